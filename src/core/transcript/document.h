// A transcript's JSON as a compact tree, and how readers walk over it.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>
#include <string.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/transcript/limits.h"

namespace s2t::core {

// Inside core a failure travels as an exception; parse_transcript() turns it into its result.
struct Refusal {
  Status status;
};

// Asks now and then whether to give up.
class StopCheck {
 public:
  StopCheck(StopFunction stop, void* context) : stop_(stop), context_(context) {}

  // Throws a Refusal of kCancelled. Cheap enough for every step of a loop.
  void poll() {
    if (++calls_ % kInterval == 0 && stop_ != nullptr && stop_(context_)) cancel();
  }

 private:
  static constexpr unsigned kInterval = 4096;

  [[noreturn]] static void cancel();

  StopFunction stop_;
  void* context_;
  unsigned calls_ = 0;
};

class TranscriptValue;

// JSON (RFC 8259), the grammar of which nlohmann/json knows, as a tree of nodes. A byte order mark
// before it is skipped. NaN, Infinity and -Infinity, which Python writes, are values of a kind of
// their own. What PostgreSQL cannot store, or UTF-8 does not allow, reads as U+FFFD.
class TranscriptDocument {
 public:
  // Throws a Refusal for what is too deep or not JSON. The text outlives the document.
  static TranscriptDocument parse(std::string_view text, StopCheck* stop);

  [[nodiscard]] TranscriptValue root() const;

  // How many sequences of bytes were not UTF-8.
  [[nodiscard]] size_t replaced() const { return replaced_; }

 private:
  friend class TranscriptValue;
  class Builder;

  enum class Kind : uint8_t {
    kNull,
    kFalse,
    kTrue,
    kNumber,
    kNotANumber,
    kString,
    kArray,
    kObject
  };

  // Nodes stand in the order of the document: an array or object is followed by what it contains.
  struct Node {
    static constexpr uint32_t kMaxLength = (1U << 29U) - 1;

    uint32_t offset;       // of the text of a number or string: see text_at()
    uint32_t length : 29;  // of that text
    uint32_t kind : 3;
    uint32_t end;  // the node that follows after this one with all it contains
    uint32_t key;  // offset of the key of an object's member: see key_at()
  };

  // A text of the document's own characters has an offset behind those of the source.
  [[nodiscard]] std::string_view text_at(uint32_t offset, uint32_t length) const {
    const std::string_view source = this->source();
    if (offset < source.size()) return {source.data() + offset, length};
    return {characters_.data() + (offset - source.size()), length};
  }
  // What was parsed.
  [[nodiscard]] std::string_view source() const {
    return clean_.empty() ? text_ : std::string_view(clean_);
  }

  // A key has its length before it.
  [[nodiscard]] std::string_view key_at(uint32_t offset) const {
    uint32_t length = 0;
    memcpy(&length, characters_.data() + offset, sizeof length);
    return {characters_.data() + offset + sizeof length, length};
  }

  // Where a key is, kNoKey if no member has it. Of one that has no slot in keys_ each member has
  // its own.
  [[nodiscard]] uint32_t find_key(std::string_view key) const;
  uint32_t put_key(std::string_view key);

  static constexpr uint32_t kNoKey = UINT32_MAX;
  static constexpr size_t kKeySlots = 512;
  static constexpr size_t kKeyProbes = 16;

  std::string_view text_;
  std::string clean_;       // the text, where there was something to mend
  std::string characters_;  // keys, and what is not in the source as it reads
  std::vector<Node> nodes_;
  std::vector<uint32_t> keys_ = std::vector<uint32_t>(kKeySlots, kNoKey);
  bool has_other_keys_ = false;  // that found no slot
  size_t replaced_ = 0;
};

// A value of a document, or none: what is looked up and not there. The document outlives it.
class TranscriptValue {
 public:
  class Iterator;
  class Range;
  struct Member;

  TranscriptValue() = default;

  [[nodiscard]] bool exists() const { return document_ != nullptr; }
  // Neither missing nor null.
  [[nodiscard]] bool is_set() const { return exists() && kind() != Kind::kNull; }
  [[nodiscard]] bool is_true() const { return exists() && kind() == Kind::kTrue; }
  [[nodiscard]] bool is_not_a_number() const { return exists() && kind() == Kind::kNotANumber; }
  [[nodiscard]] bool is_number() const { return exists() && kind() == Kind::kNumber; }
  [[nodiscard]] bool is_string() const { return exists() && kind() == Kind::kString; }
  [[nodiscard]] bool is_array() const { return exists() && kind() == Kind::kArray; }
  [[nodiscard]] bool is_object() const { return exists() && kind() == Kind::kObject; }
  // Whether an array or object has nothing in it; true for all else.
  [[nodiscard]] bool is_empty() const;

  // The text of a string, a number as it was written, "" for anything else.
  [[nodiscard]] std::string_view text() const;

  // The member of an object, the last one where the key is repeated (as jsonb has it); none for
  // anything else.
  [[nodiscard]] TranscriptValue operator[](std::string_view key) const;
  // Whether there may be a member of that key anywhere in the document.
  [[nodiscard]] bool document_may_have(std::string_view key) const;
  // The first element of an array, or none.
  [[nodiscard]] TranscriptValue first() const;
  // The elements of an array; nothing for anything else.
  [[nodiscard]] Range elements() const;
  // The members of an object; nothing for anything else.
  [[nodiscard]] std::vector<Member> members() const;

  // Where the value is: "results.items[17].start_time"; "" for the document itself.
  [[nodiscard]] std::string path() const;
  // What the value is, for a message: its JSON, or what kind of value it is if that is long.
  [[nodiscard]] std::string describe() const;
  // Appends it as JSON text without white space; what is not a number is null.
  void append_json(std::string* out) const;

 private:
  friend class TranscriptDocument;
  using Kind = TranscriptDocument::Kind;

  TranscriptValue(const TranscriptDocument* document, uint32_t node)
      : document_(document), node_(node) {}
  [[nodiscard]] const TranscriptDocument::Node& node() const { return document_->nodes_[node_]; }
  [[nodiscard]] Kind kind() const { return static_cast<Kind>(node().kind); }
  [[nodiscard]] uint32_t end() const { return node().end; }

  const TranscriptDocument* document_ = nullptr;
  uint32_t node_ = 0;
};

struct TranscriptValue::Member {
  std::string_view key;
  TranscriptValue value;
};

class TranscriptValue::Iterator {
 public:
  Iterator(const TranscriptDocument* document, uint32_t node) : document_(document), node_(node) {}
  TranscriptValue operator*() const { return {document_, node_}; }
  Iterator& operator++() {
    node_ = TranscriptValue(document_, node_).end();
    return *this;
  }
  bool operator!=(const Iterator& other) const { return node_ != other.node_; }

 private:
  const TranscriptDocument* document_;
  uint32_t node_;
};

class TranscriptValue::Range {
 public:
  Range(const TranscriptDocument* document, uint32_t from, uint32_t to)
      : document_(document), from_(from), to_(to) {}
  [[nodiscard]] Iterator begin() const { return {document_, from_}; }
  [[nodiscard]] Iterator end() const { return {document_, to_}; }

 private:
  const TranscriptDocument* document_;
  uint32_t from_;
  uint32_t to_;
};

// The failures of readers. `expected` is a phrase such as "a string". The text of a transcript is
// not told: where a string may be that, its kind alone is refused.
[[noreturn]] void refuse_value(const TranscriptValue& value, const char* expected);
[[noreturn]] void refuse_kind(const TranscriptValue& value, const char* expected);
[[noreturn]] void refuse_missing(const TranscriptValue& parent, std::string_view key);
// Free text about the document as a whole.
[[noreturn]] void refuse_document(const char* detail);

}  // namespace s2t::core
