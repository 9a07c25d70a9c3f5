#include "core/edit/meta.h"

#include "core/transcript/script.h"

namespace s2t::core {

namespace {

bool read_word(std::string_view source, MetaWord* word) {
  word->source = source;
  if (!read_json_object(source, &word->members)) return false;
  const std::optional<std::string> text = decode_json_string(json_member(word->members, "text"));
  if (!text) return false;
  word->text = trim_blanks(*text);
  word->start_ms = read_json_int32(json_member(word->members, "start_ms"));
  word->end_ms = read_json_int32(json_member(word->members, "end_ms"));
  return true;
}

}  // namespace

Meta::Meta(std::string_view json) {
  if (!read_json_object(json, &members_)) {
    members_.clear();
    return;
  }
  is_object_ = true;
  std::vector<std::string_view> elements;
  if (!read_json_array(json_member(members_, "words"), &elements)) return;
  words_.resize(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    if (read_word(elements[i], &words_[i])) continue;
    words_.clear();
    return;
  }
  has_words_ = true;
}

bool Meta::place_words(std::string_view text) {
  size_t at = 0;
  for (MetaWord& word : words_) {
    word.from = text.find(word.text, at);
    if (word.from == std::string_view::npos) return false;
    at = word.to = word.from + word.text.size();
  }
  return true;
}

void MetaWriter::add(std::string_view key, std::string_view value) {
  json_ += json_.empty() ? "{" : ", ";
  json_ += '"';
  json_ += key;
  json_ += "\": ";
  json_ += value;
}

void MetaWriter::add_text(std::string_view key, std::string_view text) {
  std::string value;
  append_json_text(text, &value);
  add(key, value);
}

void MetaWriter::add_words(const std::vector<std::string>& words) {
  if (words.empty()) return;
  std::string value;
  for (const std::string& word : words) {
    value += value.empty() ? "[" : ", ";
    value += word;
  }
  value += ']';
  add("words", value);
}

std::string MetaWriter::end() {
  if (!json_.empty()) json_ += '}';
  return std::move(json_);
}

std::string with_member(const MetaWord& word, std::string_view key, std::string_view value) {
  MetaWriter writer;
  bool found = false;
  for (const JsonMember& member : word.members) {
    const bool this_one = member.key == key;
    found |= this_one;
    if (!this_one || !value.empty()) writer.add(member.key, this_one ? value : member.value);
  }
  if (!found && !value.empty()) writer.add(key, value);
  const std::string json = writer.end();
  return json.empty() ? "{}" : json;
}

}  // namespace s2t::core
