// From the events of nlohmann/json's parser, which knows the grammar, to the nodes of a document.
#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/transcript/clean_json.h"
#include "core/transcript/document.h"
#include "core/transcript/token_feed.h"

namespace s2t::core {

namespace {

constexpr const char* kInvalid = "invalid transcript";

// How many nodes `text` can have at most: each one but the root follows one of these characters.
size_t count_nodes(std::string_view text) {
  const auto precedes_node = [](char c) -> unsigned char {
    return static_cast<unsigned char>(c == ',') | static_cast<unsigned char>(c == '[') |
           static_cast<unsigned char>(c == '{');
  };
  constexpr size_t kBlock = 64;  // of which compilers make a few instructions
  size_t nodes = 1;
  size_t at = 0;
  for (; at + kBlock <= text.size(); at += kBlock) {
    unsigned char of_block = 0;
    const char* block = text.data() + at;
    for (size_t i = 0; i < kBlock; ++i) {
      of_block = static_cast<unsigned char>(of_block + precedes_node(block[i]));
    }
    nodes += of_block;
  }
  for (; at < text.size(); ++at) nodes += precedes_node(text[at]);
  return nodes;
}

// What the parser says of no document at all: from version 3.12 on, something of streams.
constexpr const char* kEmpty =
    "syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal";

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

  // `feed`: what the parser reads in the place of the document's source, if it does.
  Builder(TranscriptDocument* document, const TokenFeed* feed, StopCheck* stop)
      : document_(document), source_(document->source()), feed_(feed), stop_(stop) {}

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
    if (is_shortened(text)) {
      return add(feed_->is_number() ? Kind::kNumber : Kind::kString, feed_->token());
    }
    if (text.size() == 1 && text[0] == kNotANumberMark) return add(Kind::kNotANumber, {});
    return add(Kind::kString, text);
  }
  bool binary(Json::binary_t& /*value*/) { return false; }  // not in JSON text
  bool start_array(size_t /*elements*/) { return open(Kind::kArray); }
  bool start_object(size_t /*elements*/) { return open(Kind::kObject); }
  bool end_array() { return close(); }
  bool end_object() { return close(); }

  bool key(Json::string_t& text) {
    if (is_shortened(text) && feed_->is_number()) return false;
    const std::string_view key = is_shortened(text) ? feed_->token() : std::string_view(text);
    require_length(key);
    key_ = document_->put_key(key);
    return true;
  }

  // What the parser was fed may tell another place than the source: parse() asks again.
  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) {
    if (feed_ != nullptr) return false;
    // The parser counts the bytes it has read, the end being one.
    size_t offset = position - std::min<size_t>(position, 1);
    if (!document_->clean_.empty()) offset = offset_before_cleaning(document_->text_, offset);
    if (dynamic_cast<const nlohmann::detail::out_of_range*>(&error) != nullptr) {
      throw Refusal{failure(Code::kOutOfRange, kInvalid, nullptr,
                            "The number that ends at byte %zu is out of range.", offset)};
    }
    throw Refusal{failure(Code::kInvalidParameter, kInvalid, nullptr,
                          "The document is not JSON: %s, at byte %zu.",
                          source_.empty() ? kEmpty : reason_of(error.what()).c_str(), offset)};
  }

 private:
  static void require_length(std::string_view text) {
    if (text.size() > Node::kMaxLength) refuse_document("A string of the document is too long.");
  }

  // Whether an event has its text in the feed.
  [[nodiscard]] bool is_shortened(const Json::string_t& text) const {
    return feed_ != nullptr && text.empty();
  }

  // Where the text is, once it lasts as long as the document: see text_at().
  uint32_t keep(std::string_view text) {
    const std::less_equal<> in_order;
    if (!text.empty() && in_order(source_.data(), text.data()) &&
        in_order(text.data() + text.size(), source_.data() + source_.size())) {
      return static_cast<uint32_t>(text.data() - source_.data());
    }
    std::string& characters = document_->characters_;
    const auto offset = static_cast<uint32_t>(source_.size() + characters.size());
    characters.append(text);
    return offset;
  }

  bool add(Kind kind, std::string_view text) {
    stop_->poll();
    require_length(text);
    Node node{};
    node.offset = keep(text);
    node.length = static_cast<uint32_t>(text.size());
    node.kind = static_cast<uint32_t>(kind);
    node.end = static_cast<uint32_t>(document_->nodes_.size() + 1);
    node.key = key_;
    document_->nodes_.push_back(node);
    return true;
  }

  template <typename Integer>
  bool add_integer(Integer value) {
    std::array<char, 24> digits;
    const char* end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    return add(Kind::kNumber, {digits.data(), end});
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
  std::string_view source_;
  const TokenFeed* feed_;
  StopCheck* stop_;
  uint32_t key_ = 0;            // of the value that comes next
  std::vector<uint32_t> open_;  // the arrays and objects we are in
};

TranscriptDocument TranscriptDocument::parse(std::string_view text, StopCheck* stop) {
  TranscriptDocument document;
  document.text_ = text;
  if (may_need_cleaning(text)) document.clean_ = clean_json(text, &document.replaced_);
  const std::string_view source = document.source();
  // Untouched memory costs nothing.
  document.nodes_.reserve(count_nodes(source));
  TokenFeed feed(source);
  Builder from_feed(&document, &feed, stop);
  if (nlohmann::json::sax_parse(feed.begin(), feed.end(), &from_feed)) return document;
  // Not JSON: read as it stands, it is told where and why.
  TranscriptDocument again;
  again.text_ = text;
  again.clean_ = std::move(document.clean_);
  again.replaced_ = document.replaced_;
  const std::string_view whole = again.source();
  Builder as_it_stands(&again, nullptr, stop);
  nlohmann::json::sax_parse(whole.data(), whole.data() + whole.size(), &as_it_stands);
  return again;
}

}  // namespace s2t::core
