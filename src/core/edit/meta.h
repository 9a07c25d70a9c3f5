// What is known of a segment beyond its text, taken apart for an edit (docs/transcripts.md,
// "`segments.meta`"). These allocate, and so throw; core/edit/edit.h catches.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/edit/json_members.h"

namespace s2t::core {

struct MetaWord {
  std::string_view source;  // the element as it is written
  std::vector<JsonMember> members;
  std::string text;  // without blanks around it
  std::optional<int32_t> start_ms;
  std::optional<int32_t> end_ms;
  // Bytes of the segment's text, once it is placed.
  size_t from = 0;
  size_t to = 0;
};

class Meta {
 public:
  explicit Meta(std::string_view json);

  [[nodiscard]] bool is_object() const { return is_object_; }
  [[nodiscard]] const std::vector<JsonMember>& members() const { return members_; }
  // The segment's speaker as it is written; "" if there is none.
  [[nodiscard]] std::string_view speaker() const { return json_member(members_, "speaker"); }
  // The words, where all of them can be read; what cannot is kept as any other key.
  [[nodiscard]] std::vector<MetaWord>& words() { return words_; }
  [[nodiscard]] bool has_words() const { return has_words_; }

  // Finds the words in the text, in their order. False if one of them is not there.
  [[nodiscard]] bool place_words(std::string_view text);

 private:
  std::vector<JsonMember> members_;
  std::vector<MetaWord> words_;
  bool is_object_ = false;
  bool has_words_ = false;
};

// Puts an object together, as the database prints it.
class MetaWriter {
 public:
  void add(std::string_view key, std::string_view value);  // both as written
  void add_text(std::string_view key, std::string_view text);
  // The words between these; none: no key.
  void add_words(const std::vector<std::string>& words);
  // "" for an object without members.
  [[nodiscard]] std::string end();

 private:
  std::string json_;
};

// A word with another value (as written; "" takes the member away) for one of its members.
[[nodiscard]] std::string with_member(const MetaWord& word, std::string_view key,
                                      std::string_view value);

}  // namespace s2t::core
