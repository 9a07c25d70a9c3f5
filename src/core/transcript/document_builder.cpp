// From the events of nlohmann/json's parser, which knows the grammar, to the nodes of a document.
#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/transcript/clean_json.h"
#include "core/transcript/document.h"

namespace s2t::core {

namespace {

constexpr const char* kInvalid = "invalid transcript";

// How many nodes `text` can have at most: each one but the root follows one of these characters.
size_t count_nodes(std::string_view text) {
  size_t nodes = 1;
  for (const char c : text) nodes += c == ',' || c == '[' || c == '{' ? 1 : 0;
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

// Takes the parser's events; their names are the parser's.
class TranscriptDocument::Builder {
 public:
  using Json = nlohmann::json;

  // `text` is the document, `parsed` what the parser reads: the same or its cleaned copy.
  Builder(TranscriptDocument* document, std::string_view text, std::string_view parsed,
          StopCheck* stop)
      : document_(document), text_(text), parsed_(parsed), stop_(stop) {}

  bool null() { return add(Kind::kNull, {}); }
  bool boolean(bool value) { return add(value ? Kind::kTrue : Kind::kFalse, {}); }
  // A number that is negative and an integer; zero here was -0.
  bool number_integer(Json::number_integer_t value) {
    return value == 0 ? add(Kind::kNumber, "-0") : add_integer(value);
  }
  bool number_unsigned(Json::number_unsigned_t value) { return add_integer(value); }
  // All other numbers, integers of more than 64 bits among them, as they were written.
  bool number_float(Json::number_float_t /*value*/, const Json::string_t& text) {
    return add(Kind::kNumber, text);
  }
  bool string(Json::string_t& text) {
    if (text.size() == 1 && text[0] == kNotANumberMark) return add(Kind::kNotANumber, {});
    return add(Kind::kString, text);
  }
  bool binary(Json::binary_t& /*value*/) { return false; }  // not in JSON text
  bool start_array(size_t /*elements*/) { return open(Kind::kArray); }
  bool start_object(size_t /*elements*/) { return open(Kind::kObject); }
  bool end_array() { return close(); }
  bool end_object() { return close(); }

  // Of the keys that come again and again most are found where they were put before.
  bool key(Json::string_t& key) {
    uint32_t& known = keys_[std::hash<std::string_view>()(key) % keys_.size()];
    if (known == kNone || document_->key_at(known) != key) known = put_key(key);
    key_ = known;
    return true;
  }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) {
    // The parser counts the bytes it has read, the end being one.
    size_t offset = position - std::min<size_t>(position, 1);
    if (parsed_.data() != text_.data()) offset = offset_before_cleaning(text_, offset);
    if (dynamic_cast<const nlohmann::detail::out_of_range*>(&error) != nullptr) {
      throw Refusal{failure(Code::kOutOfRange, kInvalid, nullptr,
                            "The number that ends at byte %zu is out of range.", offset)};
    }
    throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr,
                          "The document is not JSON: %s, at byte %zu.",
                          reason_of(error.what()).c_str(), offset)};
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kKnownKeys = 256;

  static void require_length(std::string_view text) {
    if (text.size() > Node::kMaxLength) refuse_document("A string of the document is too long.");
  }

  bool add(Kind kind, std::string_view text) {
    stop_->poll();
    require_length(text);
    std::string& characters = document_->characters_;
    Node node{};
    node.offset = static_cast<uint32_t>(characters.size());
    node.length = static_cast<uint32_t>(text.size());
    node.kind = static_cast<uint32_t>(kind);
    node.end = static_cast<uint32_t>(document_->nodes_.size() + 1);
    node.key = key_;
    characters.append(text);
    document_->nodes_.push_back(node);
    return true;
  }

  template <typename Integer>
  bool add_integer(Integer value) {
    std::array<char, 24> digits;
    const char* end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    return add(Kind::kNumber, {digits.data(), end});
  }

  uint32_t put_key(std::string_view key) {
    require_length(key);
    std::string& characters = document_->characters_;
    const auto offset = static_cast<uint32_t>(characters.size());
    const auto length = static_cast<uint32_t>(key.size());
    characters.append(reinterpret_cast<const char*>(&length), sizeof length);
    characters.append(key);
    return offset;
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
  std::string_view text_;
  std::string_view parsed_;
  StopCheck* stop_;
  uint32_t key_ = 0;            // of the value that comes next
  std::vector<uint32_t> open_;  // the arrays and objects we are in
  std::vector<uint32_t> keys_ = std::vector<uint32_t>(kKnownKeys, kNone);
};

TranscriptDocument TranscriptDocument::parse(std::string_view text, StopCheck* stop) {
  TranscriptDocument document;
  std::string clean;
  std::string_view parsed = text;
  if (may_need_cleaning(text)) {
    clean = clean_json(text, &document.replaced_);
    parsed = clean;
  }
  // The characters are fewer than those of the text; untouched memory costs nothing.
  document.nodes_.reserve(count_nodes(parsed));
  document.characters_.reserve(parsed.size());
  Builder builder(&document, text, parsed, stop);
  nlohmann::json::sax_parse(parsed.data(), parsed.data() + parsed.size(), &builder);
  return document;
}

}  // namespace s2t::core
