#include "core/transcript/document.h"

#include <string.h>

#include "core/base/json_text.h"
#include "core/base/text.h"

namespace s2t::core {

namespace {

constexpr const char* kInvalid = "invalid transcript";
constexpr int kShownBytes = 201;    // of a path in a detail, terminator included
constexpr size_t kShortBytes = 20;  // of a string that is shown: a time, hardly a text

}  // namespace

void StopCheck::cancel() {
  throw Refusal{
      failure(Code::kCancelled, "reading the transcript was cancelled", nullptr, "%s", "")};
}

TranscriptValue TranscriptDocument::root() const { return {this, 0}; }

bool TranscriptValue::is_empty() const { return !exists() || end() == node_ + 1; }

std::string_view TranscriptValue::text() const {
  if (!is_string() && !is_number()) return {};
  return document_->text_at(node().offset, node().length);
}

namespace {

// Where to begin to look for a key.
size_t hash_of(std::string_view key) {
  if (key.empty()) return 0;
  const auto byte = [key](size_t at) { return size_t{static_cast<unsigned char>(key[at])}; };
  return key.size() * 31 + byte(0) * 7 + byte(key.size() / 2) * 3 + byte(key.size() - 1);
}

}  // namespace

uint32_t TranscriptDocument::find_key(std::string_view key) const {
  const size_t hash = hash_of(key);
  for (size_t i = 0; i < kKeyProbes; ++i) {
    const uint32_t known = keys_[(hash + i) % kKeySlots];
    if (known == kNoKey || key_at(known) == key) return known;
  }
  return kNoKey;
}

uint32_t TranscriptDocument::put_key(std::string_view key) {
  const size_t hash = hash_of(key);
  uint32_t* slot = nullptr;
  for (size_t i = 0; i < kKeyProbes && slot == nullptr; ++i) {
    uint32_t& known = keys_[(hash + i) % kKeySlots];
    if (known == kNoKey) {
      slot = &known;
    } else if (key_at(known) == key) {
      return known;
    }
  }
  const auto offset = static_cast<uint32_t>(characters_.size());
  const auto length = static_cast<uint32_t>(key.size());
  characters_.append(reinterpret_cast<const char*>(&length), sizeof length);
  characters_.append(key);
  if (slot != nullptr) {
    *slot = offset;
  } else {
    has_other_keys_ = true;
  }
  return offset;
}

TranscriptValue TranscriptValue::operator[](std::string_view key) const {
  TranscriptValue found;
  if (!is_object()) return found;
  const uint32_t known = document_->find_key(key);
  const bool by_text = known == TranscriptDocument::kNoKey;
  if (by_text && !document_->has_other_keys_) return found;
  const TranscriptDocument::Node* nodes = document_->nodes_.data();
  for (uint32_t at = node_ + 1, last = end(); at != last; at = nodes[at].end) {
    const uint32_t member = nodes[at].key;
    if (by_text ? document_->key_at(member) == key : member == known) {
      found = TranscriptValue(document_, at);
    }
  }
  return found;
}

bool TranscriptValue::document_may_have(std::string_view key) const {
  return exists() &&
         (document_->has_other_keys_ || document_->find_key(key) != TranscriptDocument::kNoKey);
}

TranscriptValue TranscriptValue::first() const {
  return is_array() && !is_empty() ? TranscriptValue(document_, node_ + 1) : TranscriptValue();
}

TranscriptValue::Range TranscriptValue::elements() const {
  return is_array() ? Range(document_, node_ + 1, end()) : Range(document_, 0, 0);
}

std::vector<TranscriptValue::Member> TranscriptValue::members() const {
  std::vector<Member> members;
  if (!is_object()) return members;
  for (uint32_t at = node_ + 1; at != end();) {
    const TranscriptValue value(document_, at);
    members.push_back({document_->key_at(value.node().key), value});
    at = value.end();
  }
  return members;
}

// Goes down from the root: a node lies between a container and that container's end.
std::string TranscriptValue::path() const {
  std::string path;
  TranscriptValue at(document_, 0);
  while (at.node_ != node_) {
    uint32_t child = at.node_ + 1;
    size_t index = 0;
    for (; TranscriptValue(document_, child).end() <= node_; ++index) {
      child = TranscriptValue(document_, child).end();
    }
    if (at.is_array()) {
      path += '[' + std::to_string(index) + ']';
    } else {
      if (!path.empty()) path += '.';
      path += document_->key_at(document_->nodes_[child].key);
    }
    at = TranscriptValue(document_, child);
  }
  return path;
}

std::string TranscriptValue::describe() const {
  if (is_not_a_number()) return "NaN or infinite";
  if (is_array()) return "an array";
  if (is_object()) return "an object";
  if (is_string() && text().size() > kShortBytes) return "a string";
  std::string json;
  append_json(&json);
  return json;
}

void TranscriptValue::append_json(std::string* out) const {
  switch (kind()) {
    case Kind::kNull:
    case Kind::kNotANumber:
      out->append("null");
      break;
    case Kind::kFalse:
      out->append("false");
      break;
    case Kind::kTrue:
      out->append("true");
      break;
    case Kind::kNumber:
      out->append(text());
      break;
    case Kind::kString:
      append_json_string(text(), out);
      break;
    case Kind::kArray: {
      const char* separator = "[";
      for (const TranscriptValue element : elements()) {
        out->append(separator);
        element.append_json(out);
        separator = ",";
      }
      out->append(is_empty() ? "[]" : "]");
      break;
    }
    case Kind::kObject: {
      const char* separator = "{";
      for (const Member& member : members()) {
        out->append(separator);
        append_json_string(member.key, out);
        out->append(":");
        member.value.append_json(out);
        separator = ",";
      }
      out->append(is_empty() ? "{}" : "}");
      break;
    }
  }
}

namespace {

[[noreturn]] void refuse(const TranscriptValue& value, const std::string& description,
                         const char* expected) {
  char shown[kShownBytes];
  char what[kShownBytes];
  const std::string path = value.path();
  const char* which = path.empty() ? "The document" : excerpt(path, shown, sizeof shown);
  const Status status =
      failure(Code::kInvalidParameter, kInvalid, nullptr, "%s is %s; %s is expected.", which,
              excerpt(description, what, sizeof what), expected);
  throw Refusal{quoting(status, strlen(which) + strlen(" is "), what)};
}

}  // namespace

void refuse_value(const TranscriptValue& value, const char* expected) {
  refuse(value, value.describe(), expected);
}

void refuse_kind(const TranscriptValue& value, const char* expected) {
  refuse(value, value.is_string() ? "a string" : value.describe(), expected);
}

void refuse_missing(const TranscriptValue& parent, std::string_view key) {
  char shown[kShownBytes];
  std::string path = parent.path();
  if (!path.empty()) path += '.';
  path += key;
  throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr, "%s is missing.",
                        excerpt(path, shown, sizeof shown))};
}

void refuse_document(const char* detail) {
  throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr, "%s", detail)};
}

}  // namespace s2t::core
