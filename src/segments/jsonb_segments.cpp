#include "segments/jsonb_segments.h"

#include "pg/error.h"
#include "segments/numbers.h"

namespace s2t::segments {

namespace {

std::string_view describe(const JsonbValue& value) {
  switch (value.type) {
    case jbvNull:
      return "null";
    case jbvString:
      return psprintf("\"%.*s\"", value.val.string.len, value.val.string.val);
    case jbvNumeric:
      return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
    case jbvBool:
      return value.val.boolean ? "true" : "false";
    case jbvBinary:
      return JsonContainerIsObject(value.val.binary.data) ? "an object" : "an array";
    default:
      return "of an unexpected type";
  }
}

// An integer is written without a decimal point: 3.0 is more likely three seconds gone astray than
// 3 milliseconds.
bool read_int32(const JsonbValue& value, int32_t* result) {
  if (value.type != jbvNumeric) return false;
  Datum number = NumericGetDatum(value.val.numeric);
  if (DatumGetInt32(DirectFunctionCall1(numeric_scale, number)) != 0) return false;
  bool failed = false;
  *result = numeric_int4_opt_error(value.val.numeric, &failed);
  return !failed;
}

// Of a document that is no array: a scalar is kept as an array of one.
core::NoArray kind_of(Jsonb* document) {
  if (JB_ROOT_IS_OBJECT(document)) return core::NoArray::kObject;
  JsonbValue* scalar = getIthJsonbValueFromContainer(&document->root, 0);
  return scalar->type == jbvString ? core::NoArray::kString : core::NoArray::kScalar;
}

enum Member : uint8_t { kIdx = 1, kStartMs = 2, kEndMs = 4, kText = 8, kAll = 15, kOther = 0 };

Member member_of(const JsonbValue& key) {
  std::string_view name{key.val.string.val, static_cast<size_t>(key.val.string.len)};
  if (name == "idx") return kIdx;
  if (name == "text") return kText;
  if (name == "end_ms") return kEndMs;
  if (name == "start_ms") return kStartMs;
  return kOther;
}

}  // namespace

JsonbSegments::JsonbSegments(Jsonb* document) : document_(document) {
  if (!JB_ROOT_IS_ARRAY(document) || JB_ROOT_IS_SCALAR(document))
    raise_no_array(core::segments_not_array(kind_of(document)));
  count_ = static_cast<int>(JB_ROOT_COUNT(document));
  iterator_ = JsonbIteratorInit(&document->root);
  JsonbValue array;
  (void)JsonbIteratorNext(&iterator_, &array, false);
}

bool JsonbSegments::next(core::Segment* segment, Jsonb** meta) {
  JsonbValue value;
  JsonbIteratorToken token = JsonbIteratorNext(&iterator_, &value, false);
  if (token == WJB_END_ARRAY) return false;
  position_++;
  if (token != WJB_BEGIN_OBJECT) {
    pg::raise_unless_ok(core::segment_not_object(
        position_, token == WJB_BEGIN_ARRAY ? std::string_view("an array") : describe(value)));
  }
  read_members(segment, meta);
  pg::raise_unless_ok(core::check_segment(*segment, position_));
  check_unique(segment->idx);
  return true;
}

// The iterator stands after the object's beginning; afterwards it stands after its end.
void JsonbSegments::read_members(core::Segment* segment, Jsonb** meta) {
  int seen = 0;
  JsonbParseState* others = nullptr;
  JsonbValue key;
  JsonbValue value;
  while (JsonbIteratorNext(&iterator_, &key, false) == WJB_KEY) {
    (void)JsonbIteratorNext(&iterator_, &value, true);
    Member member = member_of(key);
    bool valid = true;
    const char* expected = "an integer";
    switch (member) {
      case kIdx:
        valid = read_int32(value, &segment->idx);
        break;
      case kStartMs:
        valid = read_int32(value, &segment->start_ms);
        break;
      case kEndMs:
        valid = read_int32(value, &segment->end_ms);
        break;
      case kText:
        valid = value.type == jbvString;
        expected = "a string";
        if (valid)
          segment->text = {value.val.string.val, static_cast<size_t>(value.val.string.len)};
        break;
      default:
        if (others == nullptr) (void)pushJsonbValue(&others, WJB_BEGIN_OBJECT, nullptr);
        (void)pushJsonbValue(&others, WJB_KEY, &key);
        (void)pushJsonbValue(&others, WJB_VALUE, &value);
        break;
    }
    if (!valid) {
      const char* name = pnstrdup(key.val.string.val, key.val.string.len);
      pg::raise_unless_ok(core::segment_value_invalid(position_, name, expected, describe(value)));
    }
    seen |= member;
  }
  if (seen != kAll) {
    const char* missing = (seen & kIdx) == 0       ? "idx"
                          : (seen & kStartMs) == 0 ? "start_ms"
                          : (seen & kEndMs) == 0   ? "end_ms"
                                                   : "text";
    pg::raise_unless_ok(core::segment_key_missing(position_, missing));
  }
  *meta = others == nullptr ? nullptr
                            : JsonbValueToJsonb(pushJsonbValue(&others, WJB_END_OBJECT, nullptr));
}

// Segments nearly always come in ascending order, which proves their numbers unique in passing.
void JsonbSegments::check_unique(int32_t idx) {
  if (likely(idx > highest_) || known_unique_) {
    highest_ = idx;
    return;
  }
  look_for_repeated_idx();
  known_unique_ = true;
}

// Looks through all numbers of the array and raises for the first element whose number an earlier
// one has. Elements that are broken in other ways are left to next().
void JsonbSegments::look_for_repeated_idx() {
  auto* numbers = static_cast<Numbered*>(
      MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Numbered) * count_));
  int found = 0;
  for (int i = 0; i < count_; i++) {
    JsonbValue* element = getIthJsonbValueFromContainer(&document_->root, i);
    JsonbValue idx;
    int32_t number;
    if (element->type == jbvBinary && JsonContainerIsObject(element->val.binary.data) &&
        getKeyJsonValueFromContainer(element->val.binary.data, "idx", 3, &idx) != nullptr &&
        read_int32(idx, &number))
      numbers[found++] = {number, i};
    pfree(element);
    CHECK_FOR_INTERRUPTS();
  }
  require_unique(numbers, found);
  pfree(numbers);
}

}  // namespace s2t::segments
