#include <algorithm>

#include "core/base/text.h"
#include "core/edit/edit.h"
#include "core/edit/guard.h"
#include "core/edit/meta.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr int32_t kMaxSpeakerChars = 255;
constexpr const char* kMessage = "invalid edit";

// Bytes of the longest common beginning of two texts that ends between two characters.
size_t common_prefix(std::string_view a, std::string_view b) {
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  auto at = static_cast<size_t>(differ.first - a.begin());
  while (at > 0 &&
         ((at < a.size() && continues_char(a[at])) || (at < b.size() && continues_char(b[at]))))
    --at;
  return at;
}

size_t common_suffix(std::string_view a, std::string_view b) {
  const auto differ = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  auto bytes = static_cast<size_t>(differ.first - a.rbegin());
  while (bytes > 0 && continues_char(a[a.size() - bytes])) --bytes;
  return bytes;
}

// Whether a word may end before, or begin after, what is here.
bool is_edge(std::string_view rest) {
  if (rest.empty()) return true;
  const char32_t code = first_char(rest).code;
  return is_blank_char(code) || is_punctuation(code) || is_unspaced(code);
}

bool is_edge_before(std::string_view text) {
  if (text.empty()) return true;
  const char32_t code = last_char(text);
  return is_blank_char(code) || is_punctuation(code) || is_unspaced(code);
}

// What stands between blanks, marks alone not counted.
std::vector<std::string_view> tokens_in(std::string_view text) {
  std::vector<std::string_view> tokens;
  while (!(text = trim_blanks(text)).empty()) {
    size_t end = 0;
    bool marks = true;
    while (end < text.size()) {
      const Char next = first_char(text.substr(end));
      if (is_blank_char(next.code)) break;
      marks = marks && is_punctuation(next.code);
      end += static_cast<size_t>(next.bytes);
    }
    if (!marks) tokens.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return tokens;
}

// Which words a correction of the text leaves as they are: those before `first` and from `last` on.
struct Middle {
  size_t first;
  size_t last;
  std::string_view text;  // what stands in the new text in the place of those between
};

Middle find_middle(const std::vector<MetaWord>& words, std::string_view before,
                   std::string_view now) {
  const size_t prefix = common_prefix(before, now);
  size_t suffix = common_suffix(before, now);
  suffix = std::min(suffix, std::min(before.size(), now.size()) - prefix);
  while (suffix > 0 && continues_char(before[before.size() - suffix])) --suffix;
  const size_t shift = before.size() - suffix;

  Middle middle{0, words.size(), {}};
  size_t from = 0;
  while (middle.first < words.size() && words[middle.first].to <= prefix &&
         is_edge(now.substr(words[middle.first].to)))
    from = words[middle.first++].to;
  size_t to = now.size();
  while (middle.last > middle.first && words[middle.last - 1].from >= shift) {
    const size_t place = words[middle.last - 1].from - shift + (now.size() - suffix);
    if (!is_edge_before(now.substr(0, place))) break;
    to = place;
    --middle.last;
  }
  middle.text = now.substr(from, to - from);
  return middle;
}

// The words as the text now has them.
std::vector<std::string> follow(Meta* meta, std::string_view before, std::string_view now,
                                int32_t* lost) {
  std::vector<std::string> kept;
  const std::vector<MetaWord>& words = meta->words();
  if (!meta->place_words(before)) {
    *lost = static_cast<int32_t>(words.size());
    return kept;
  }
  const Middle middle = find_middle(words, before, now);
  const std::vector<std::string_view> tokens = tokens_in(middle.text);
  const bool same_number = tokens.size() == middle.last - middle.first;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i < middle.first || i >= middle.last) {
      kept.emplace_back(words[i].source);
    } else if (same_number) {
      std::string value;
      append_json_text(tokens[i - middle.first], &value);
      kept.push_back(with_member(words[i], "text", value));
    } else {
      ++*lost;
    }
  }
  return kept;
}

Status check_times(int32_t start_ms, int32_t end_ms) {
  if (start_ms < 0)
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The segment would start at %d ms; at least 0 is expected.", start_ms);
  if (end_ms < start_ms)
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The segment would end at %d ms; at least %d, its start, is expected.", end_ms,
                   start_ms);
  return {};
}

Status not_an_object() {
  return failure(Code::kInvalidParameter, kMessage, nullptr,
                 "What is known of the segment beyond its text is not an object.");
}

std::string meta_now(const Utterance& before, const Correction& correction, int32_t* lost) {
  Meta meta(before.meta);
  const bool text_changes = correction.text && *correction.text != before.text;
  MetaWriter writer;
  bool spoken = false;
  for (const JsonMember& member : meta.members()) {
    if (member.key == "speaker" && correction.speaker) {
      if (!correction.speaker->empty() && !spoken) writer.add_text("speaker", *correction.speaker);
      spoken = true;
    } else if (member.key == "words" && meta.has_words() && text_changes) {
      writer.add_words(follow(&meta, before.text, *correction.text, lost));
    } else {
      writer.add(member.key, member.value);
    }
  }
  if (correction.speaker && !correction.speaker->empty() && !spoken)
    writer.add_text("speaker", *correction.speaker);
  return writer.end();
}

}  // namespace

Status check_speaker(std::string_view name, const char* argument) noexcept {
  int32_t chars = 0;
  bool blank = true;
  for (std::string_view rest = name; !rest.empty();) {
    const Char next = first_char(rest);
    if (is_control(next.code))
      return failure(Code::kInvalidParameter, "invalid speaker", nullptr,
                     "Argument %s has a control character.", argument);
    blank = blank && is_blank_char(next.code);
    ++chars;
    rest.remove_prefix(static_cast<size_t>(next.bytes));
  }
  if (blank)
    return failure(Code::kInvalidParameter, "invalid speaker", nullptr, "Argument %s is blank.",
                   argument);
  if (chars > kMaxSpeakerChars)
    return failure(Code::kInvalidParameter, "invalid speaker", nullptr,
                   "Argument %s has %d characters; at most %d are expected.", argument, chars,
                   kMaxSpeakerChars);
  return {};
}

size_t correct_room(const Utterance& before, const Correction& correction) noexcept {
  constexpr size_t kKey = 16;
  return 2 * before.meta.size() + json_bytes(correction.text.value_or("")) +
         json_bytes(correction.speaker.value_or("")) + kKey;
}

Status correct(const Utterance& before, const Correction& correction, Room room,
               Corrected* corrected) noexcept {
  return guarded([&] {
    *corrected = {};
    Utterance* now = &corrected->now;
    *now = before;
    now->start_ms = correction.start_ms.value_or(before.start_ms);
    now->end_ms = correction.end_ms.value_or(before.end_ms);
    now->text = correction.text.value_or(before.text);
    if (Status status = check_times(now->start_ms, now->end_ms); !status.ok()) return status;
    if (!correction.text && !correction.speaker) return Status();
    if (!before.meta.empty() && !Meta(before.meta).is_object())
      return correction.speaker ? not_an_object() : Status();
    now->meta = RoomWriter(room).put(meta_now(before, correction, &corrected->lost_words));
    return Status();
  });
}

size_t rename_room(std::string_view meta, std::string_view to) noexcept {
  constexpr std::string_view kKey = "\"speaker\"";
  size_t speakers = 0;
  for (size_t at = 0; (at = meta.find(kKey, at)) != std::string_view::npos; at += kKey.size())
    ++speakers;
  return 2 * meta.size() + speakers * json_bytes(to);
}

Status rename_speaker(std::string_view meta, std::string_view from, std::string_view to, Room room,
                      Renamed* renamed) noexcept {
  return guarded([&] {
    *renamed = {false, meta};
    // Nearly every segment of another speaker is passed over here.
    std::string wanted;
    append_json_text(from, &wanted);
    if (meta.find(wanted) == std::string_view::npos) return Status();
    std::string name;
    append_json_text(to, &name);
    Meta parts(meta);
    MetaWriter writer;
    for (const JsonMember& member : parts.members()) {
      if (member.key == "speaker" && member.value == wanted) {
        writer.add(member.key, name);
        renamed->changed = true;
      } else if (member.key == "words" && parts.has_words()) {
        std::vector<std::string> words;
        for (const MetaWord& word : parts.words()) {
          const bool spoken = json_member(word.members, "speaker") == wanted;
          renamed->changed |= spoken;
          words.push_back(spoken ? with_member(word, "speaker", name) : std::string(word.source));
        }
        if (words.empty()) {
          writer.add(member.key, member.value);
        } else {
          writer.add_words(words);
        }
      } else {
        writer.add(member.key, member.value);
      }
    }
    if (renamed->changed) renamed->meta = RoomWriter(room).put(writer.end());
    return Status();
  });
}

}  // namespace s2t::core
