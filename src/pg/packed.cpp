#include "pg/packed.h"

namespace s2t::pg {

namespace {

constexpr char kNull = '-';

[[noreturn]] void raise_bad_message() {
  ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid packed values")));
  pg_unreachable();
}

void append_counted(StringInfo message, const char* bytes, int length) {
  appendStringInfo(message, "%d:", length);
  appendBinaryStringInfo(message, bytes, length);
}

bool stands_as_it_is(Oid type) { return type == TEXTOID || type == JSONBOID; }

std::string_view view_of(text* packed) {
  return {VARDATA_ANY(packed), static_cast<size_t>(VARSIZE_ANY_EXHDR(packed))};
}

char take_char(std::string_view* rest) {
  if (rest->empty()) raise_bad_message();
  const char c = rest->front();
  rest->remove_prefix(1);
  return c;
}

// A number of decimal digits, and the character after it in `end`.
uint32_t take_number(std::string_view* rest, char* end) {
  uint64_t number = 0;
  int digits = 0;
  char c = take_char(rest);
  for (; c >= '0' && c <= '9'; c = take_char(rest)) {
    number = number * 10 + static_cast<uint64_t>(c - '0');
    if (++digits > 10) raise_bad_message();
  }
  if (digits == 0 || number > PG_UINT32_MAX) raise_bad_message();
  *end = c;
  return static_cast<uint32_t>(number);
}

int take_types(std::string_view* rest, Oid* types) {
  int count = 0;
  char end = ',';
  while (end == ',') {
    if (count == Packing::kMost) raise_bad_message();
    types[count++] = take_number(rest, &end);
  }
  if (end != ':') raise_bad_message();
  return count;
}

}  // namespace

int read_types(text* packed, Oid* types) {
  std::string_view rest = view_of(packed);
  return take_types(&rest, types);
}

Packing* Packing::make(MemoryContext memory, const Oid* types, int count) {
  auto* packing = static_cast<Packing*>(MemoryContextAllocZero(memory, sizeof(Packing)));
  packing->count_ = count;
  packing->kinds_ = static_cast<Kind*>(MemoryContextAllocZero(memory, sizeof(Kind) * count));
  for (int i = 0; i < count; i++) {
    Kind* kind = &packing->kinds_[i];
    Oid function = InvalidOid;
    bool is_varlena = false;
    kind->type = types[i];
    getTypeBinaryOutputInfo(types[i], &function, &is_varlena);
    fmgr_info_cxt(function, &kind->send, memory);
    getTypeBinaryInputInfo(types[i], &function, &kind->parameter);
    fmgr_info_cxt(function, &kind->receive, memory);
  }
  return packing;
}

void Packing::pack_value(StringInfo message, Kind* kind, Datum value) {
  if (kind->type == TEXTOID) {
    text* words = DatumGetTextPP(value);
    append_counted(message, VARDATA_ANY(words), static_cast<int>(VARSIZE_ANY_EXHDR(words)));
    return;
  }
  if (kind->type == JSONBOID) {
    Jsonb* json = DatumGetJsonbP(value);
    const char* words = JsonbToCString(nullptr, &json->root, static_cast<int>(VARSIZE(json)));
    append_counted(message, words, static_cast<int>(strlen(words)));
    return;
  }
  bytea* bytes = SendFunctionCall(&kind->send, value);
  const int length = static_cast<int>(VARSIZE(bytes) - VARHDRSZ);
  appendStringInfo(message, "%d:", length * 2);
  enlargeStringInfo(message, length * 2);
  message->len += static_cast<int>(
      hex_encode(VARDATA(bytes), static_cast<size_t>(length), message->data + message->len));
  message->data[message->len] = '\0';
}

Datum Packing::unpack_value(Kind* kind, std::string_view bytes) {
  if (stands_as_it_is(kind->type)) {
    // Whoever packed it may have counted wrong.
    (void)pg_verify_mbstr(GetDatabaseEncoding(), bytes.data(), static_cast<int>(bytes.size()),
                          false);
    if (kind->type == TEXTOID)
      return PointerGetDatum(
          cstring_to_text_with_len(bytes.data(), static_cast<int>(bytes.size())));
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(pnstrdup(bytes.data(), bytes.size())));
  }
  StringInfoData value;
  initStringInfo(&value);
  enlargeStringInfo(&value, static_cast<int>(bytes.size() / 2));
  value.len = static_cast<int>(hex_decode(bytes.data(), bytes.size(), value.data));
  value.data[value.len] = '\0';
  Datum received = ReceiveFunctionCall(&kind->receive, &value, kind->parameter, -1);
  if (value.cursor != value.len) raise_bad_message();
  return received;
}

text* Packing::pack(const Datum* values, const bool* nulls) const {
  StringInfoData message;
  initStringInfo(&message);
  // The length of a text goes before it.
  appendStringInfoSpaces(&message, VARHDRSZ);
  for (int i = 0; i < count_; i++)
    appendStringInfo(&message, "%u%c", kinds_[i].type, i == count_ - 1 ? ':' : ',');
  for (int i = 0; i < count_; i++) {
    if (nulls[i])
      appendStringInfoChar(&message, kNull);
    else
      pack_value(&message, &kinds_[i], values[i]);
  }
  SET_VARSIZE(message.data, message.len);
  return reinterpret_cast<text*>(message.data);
}

void Packing::unpack(text* packed, Datum* values, bool* nulls) const {
  std::string_view rest = view_of(packed);
  Oid types[kMost];
  const int count = take_types(&rest, types);
  bool same = count == count_;
  for (int i = 0; same && i < count; i++) same = types[i] == kinds_[i].type;
  if (!same) {
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("packed values are of other types"),
                    errhint("Update s2t, s2t_shard and s2t_router to one version.")));
  }
  for (int i = 0; i < count; i++) {
    values[i] = 0;
    nulls[i] = !rest.empty() && rest.front() == kNull;
    if (nulls[i]) {
      rest.remove_prefix(1);
      continue;
    }
    char end = '\0';
    const size_t length = take_number(&rest, &end);
    if (end != ':' || length > rest.size()) raise_bad_message();
    values[i] = unpack_value(&kinds_[i], rest.substr(0, length));
    rest.remove_prefix(length);
  }
  if (!rest.empty()) raise_bad_message();
}

}  // namespace s2t::pg
