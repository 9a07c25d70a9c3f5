#include "core/transcript/document.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/base/json_text.h"
#include "core/base/text.h"
#include "core/transcript/input.h"

namespace s2t::core {

namespace {

constexpr const char* kInvalid = "invalid transcript";
constexpr int kShownBytes = 201;    // of a path in a detail, terminator included
constexpr size_t kShortBytes = 20;  // of a string that is shown: a time, hardly a text

// How many nodes `text` can have at most: each one but the root follows one of these characters.
size_t count_nodes(std::string_view text) {
  size_t nodes = 1;
  for (const char c : text) nodes += c == ',' || c == ':' || c == '[' || c == '{' ? 1 : 0;
  return nodes;
}

// The parser's own words about a syntax error, without its heading and without the text it read.
std::string reason_of(const char* what) {
  std::string_view reason = what;
  const size_t heading = reason.find("syntax error ");
  if (heading != std::string_view::npos) reason.remove_prefix(heading);
  return std::string(reason.substr(0, reason.find("; last read")));
}

}  // namespace

void StopCheck::cancel() {
  throw Refusal{
      failure(Code::kCancelled, "reading the transcript was cancelled", nullptr, "%s", "")};
}

// Takes the parser's events; the names are the parser's.
class TranscriptDocument::Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(TranscriptDocument* document, const TranscriptInput* input, StopCheck* stop)
      : document_(document), input_(input), stop_(stop) {}

  bool null() override { return add(Kind::kNull, {}); }
  bool boolean(bool value) override { return add(value ? Kind::kTrue : Kind::kFalse, {}); }
  bool number_integer(number_integer_t value) override { return add_integer(value); }
  bool number_unsigned(number_unsigned_t value) override { return add_integer(value); }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return add(Kind::kNumber, text);
  }
  bool string(string_t& text) override { return add(Kind::kString, text); }
  bool key(string_t& text) override { return add(Kind::kString, text); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_array(size_t /*elements*/) override { return open(Kind::kArray); }
  bool start_object(size_t /*elements*/) override { return open(Kind::kObject); }
  bool end_array() override { return close(); }
  bool end_object() override { return close(); }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    // The parser counts the byte it read last, the end being one, in what it was given.
    const size_t offset = position - std::min(position, input_->added_bytes() + 1);
    if (dynamic_cast<const nlohmann::detail::out_of_range*>(&error) != nullptr) {
      throw Refusal{failure(Code::kOutOfRange, kInvalid, nullptr,
                            "The number that ends at byte %zu is out of range.", offset)};
    }
    throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr,
                          "The document is not JSON: %s, at byte %zu.",
                          reason_of(error.what()).c_str(), offset)};
  }

 private:
  bool add(Kind kind, std::string_view text) {
    stop_->poll();
    if (text.size() > Node::kMaxLength) refuse_document("A string of the document is too long.");
    std::string& characters = document_->characters_;
    Node node{};
    node.offset = static_cast<uint32_t>(characters.size());
    node.length = static_cast<uint32_t>(text.size());
    node.kind = static_cast<uint32_t>(kind);
    node.end = static_cast<uint32_t>(document_->nodes_.size() + 1);
    characters.append(text);
    document_->nodes_.push_back(node);
    return true;
  }

  template <typename Integer>
  bool add_integer(Integer value) {
    char digits[24];
    const char* end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    return add(Kind::kNumber, {std::begin(digits), end});
  }

  bool open(Kind kind) {
    if (open_.size() >= kMaxTranscriptDepth) {
      throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr,
                            "The document is nested deeper than %d levels.", kMaxTranscriptDepth)};
    }
    open_.push_back(static_cast<uint32_t>(document_->nodes_.size()));
    return add(kind, {});
  }

  bool close() {
    document_->nodes_[open_.back()].end = static_cast<uint32_t>(document_->nodes_.size());
    open_.pop_back();
    return true;
  }

  TranscriptDocument* document_;
  const TranscriptInput* input_;
  StopCheck* stop_;
  std::vector<uint32_t> open_;  // the arrays and objects we are in
};

TranscriptDocument TranscriptDocument::parse(std::string_view text, StopCheck* stop) {
  if (text.size() > kMaxTranscriptBytes) {
    throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr,
                          "The document has %zu bytes; at most %zu are allowed.", text.size(),
                          kMaxTranscriptBytes)};
  }
  TranscriptDocument document;
  document.nodes_.reserve(count_nodes(text));
  document.characters_.reserve(text.size());
  TranscriptInput input(text);
  Builder builder(&document, &input, stop);
  nlohmann::json::sax_parse(TranscriptInputIterator(&input), TranscriptInputIterator(), &builder);
  return document;
}

TranscriptValue TranscriptDocument::root() const { return {this, 0}; }

bool TranscriptValue::is_empty() const { return !exists() || end() == node_ + 1; }

std::string_view TranscriptValue::text() const {
  if (!is_string() && !is_number()) return {};
  return std::string_view(document_->characters_).substr(node().offset, node().length);
}

TranscriptValue TranscriptValue::operator[](std::string_view key) const {
  TranscriptValue found;
  if (!is_object()) return found;
  for (uint32_t at = node_ + 1; at != end();) {
    const TranscriptValue name(document_, at);
    const TranscriptValue value(document_, at + 1);
    if (name.text() == key) found = value;
    at = value.end();
  }
  return found;
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
    const TranscriptValue value(document_, at + 1);
    members.push_back({TranscriptValue(document_, at).text(), value});
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
    if (at.is_array()) {
      size_t index = 0;
      for (; TranscriptValue(document_, child).end() <= node_; ++index) {
        child = TranscriptValue(document_, child).end();
      }
      path += '[' + std::to_string(index) + ']';
    } else {
      while (TranscriptValue(document_, child + 1).end() <= node_) {
        child = TranscriptValue(document_, child + 1).end();
      }
      if (!path.empty()) path += '.';
      path += TranscriptValue(document_, child).text();
      ++child;
    }
    at = TranscriptValue(document_, child);
  }
  return path;
}

std::string TranscriptValue::describe() const {
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
  throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr, "%s is %s; %s is expected.",
                        path.empty() ? "The document" : excerpt(path, shown, sizeof shown),
                        excerpt(description, what, sizeof what), expected)};
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
