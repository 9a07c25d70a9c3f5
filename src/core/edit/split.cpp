#include <algorithm>

#include "core/edit/edit.h"
#include "core/edit/guard.h"
#include "core/edit/meta.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr const char* kMessage = "segment cannot be split there";

// Where a text is cut.
struct Cut {
  size_t byte = 0;
  int32_t chars = 0;      // before it
  int32_t all_chars = 0;  // of the text
};

Cut cut_after(std::string_view text, int32_t chars) {
  Cut cut;
  for (size_t at = 0; at < text.size();
       at += static_cast<size_t>(first_char(text.substr(at)).bytes)) {
    if (cut.all_chars == chars) cut.byte = at;
    ++cut.all_chars;
  }
  if (chars >= cut.all_chars) cut.byte = text.size();
  cut.chars = chars;
  return cut;
}

Cut cut_at(std::string_view text, size_t byte) {
  Cut cut;
  cut.byte = byte;
  for (size_t at = 0; at < text.size();
       at += static_cast<size_t>(first_char(text.substr(at)).bytes)) {
    if (at < byte) ++cut.chars;
    ++cut.all_chars;
  }
  return cut;
}

// The words on both sides of a cut.
struct Sides {
  std::vector<const MetaWord*> head;
  std::vector<const MetaWord*> tail;
  int32_t lost = 0;
};

Sides sides_by_place(const std::vector<MetaWord>& words, size_t byte) {
  Sides sides;
  for (const MetaWord& word : words) {
    if (word.to <= byte) {
      sides.head.push_back(&word);
    } else if (word.from >= byte) {
      sides.tail.push_back(&word);
    } else {
      ++sides.lost;
    }
  }
  return sides;
}

// A word without times goes with the one before it.
Sides sides_by_time(const std::vector<MetaWord>& words, int32_t at_ms) {
  Sides sides;
  const bool timed =
      std::any_of(words.begin(), words.end(), [](const MetaWord& word) { return word.start_ms; });
  if (!timed) {
    sides.lost = static_cast<int32_t>(words.size());
    return sides;
  }
  bool in_tail = false;
  for (const MetaWord& word : words) {
    if (word.start_ms) {
      const int64_t sum = int64_t{*word.start_ms} + word.end_ms.value_or(*word.start_ms);
      in_tail = sum >= 2 * int64_t{at_ms};
    }
    (in_tail ? sides.tail : sides.head).push_back(&word);
  }
  return sides;
}

// The times on both sides of the cut, as the words tell them, within those of the segment.
void set_times_by_words(const Utterance& whole, const Sides& sides, const Cut& cut, Split* result) {
  std::optional<int32_t> head_end;
  std::optional<int32_t> tail_start;
  for (const MetaWord* word : sides.head) {
    if (word->end_ms) head_end = word->end_ms;
  }
  for (const MetaWord* word : sides.tail) {
    if (word->start_ms && !tail_start) tail_start = word->start_ms;
  }
  if (!head_end && !tail_start) {
    const int64_t length = int64_t{whole.end_ms} - whole.start_ms;
    head_end = static_cast<int32_t>(whole.start_ms + length * cut.chars / cut.all_chars);
  }
  const auto within = [&](int32_t ms) { return std::clamp(ms, whole.start_ms, whole.end_ms); };
  result->tail.start_ms = within(tail_start ? *tail_start : *head_end);
  result->head.end_ms = std::min(within(head_end ? *head_end : *tail_start), result->tail.start_ms);
}

std::string meta_of_side(const Meta& meta, const std::vector<const MetaWord*>& side) {
  MetaWriter writer;
  for (const JsonMember& member : meta.members()) {
    if (member.key != "words" || !meta.has_words()) {
      writer.add(member.key, member.value);
      continue;
    }
    std::vector<std::string> words;
    words.reserve(side.size());
    for (const MetaWord* word : side) words.emplace_back(word->source);
    writer.add_words(words);
  }
  return writer.end();
}

// Where the words say that the text is to be cut for a time.
Status find_cut(const Utterance& whole, const Meta& meta, const std::vector<MetaWord>& words,
                bool placed, int32_t at_ms, Cut* cut) {
  constexpr const char* kHint = "Pass in_at_char as well.";
  if (!meta.has_words() || words.empty() || !placed)
    return failure(Code::kInvalidParameter, kMessage, kHint,
                   "No words with times tell where %d ms is in its text.", at_ms);
  for (const MetaWord& word : words) {
    if (word.start_ms && *word.start_ms >= at_ms) {
      *cut = cut_at(whole.text, word.from);
      return {};
    }
  }
  return failure(Code::kInvalidParameter, kMessage, kHint,
                 "None of its words begins at %d ms or later.", at_ms);
}

Status check_cut(const Utterance& whole, std::optional<int32_t> at_ms,
                 std::optional<int32_t> at_char) {
  if (!at_ms && !at_char)
    return failure(Code::kInvalidParameter, kMessage, "Pass one of them, or both.",
                   "Both in_at_ms and in_at_char are NULL.");
  if (at_ms && (*at_ms < whole.start_ms || *at_ms > whole.end_ms))
    return failure(Code::kInvalidParameter, kMessage, nullptr,
                   "The value of in_at_ms is %d; the segment is from %d to %d.", *at_ms,
                   whole.start_ms, whole.end_ms);
  return {};
}

}  // namespace

size_t split_room(const Utterance& whole) noexcept { return 4 * whole.meta.size() + 2; }

Status split(const Utterance& whole, std::optional<int32_t> at_ms, std::optional<int32_t> at_char,
             Room room, Split* result) noexcept {
  return guarded([&] {
    *result = {whole, whole, 0};
    if (Status status = check_cut(whole, at_ms, at_char); !status.ok()) return status;
    Meta meta(whole.meta);
    const bool placed = meta.place_words(whole.text);
    Cut cut;
    if (at_char) {
      cut = cut_after(whole.text, std::max(*at_char, 0));
    } else if (Status status = find_cut(whole, meta, meta.words(), placed, *at_ms, &cut);
               !status.ok()) {
      return status;
    }
    result->head.text = trim_blanks(whole.text.substr(0, cut.byte));
    result->tail.text = trim_blanks(whole.text.substr(cut.byte));
    if (result->head.text.empty() || result->tail.text.empty())
      return failure(Code::kInvalidParameter, kMessage, nullptr,
                     "Of its %d characters %d would be before the cut.", cut.all_chars, cut.chars);

    Sides sides;
    if (placed) sides = sides_by_place(meta.words(), cut.byte);
    if (at_ms) {
      result->head.end_ms = result->tail.start_ms = *at_ms;
    } else {
      set_times_by_words(whole, sides, cut, result);
    }
    if (!placed) sides = sides_by_time(meta.words(), result->tail.start_ms);
    result->lost_words = sides.lost;
    if (meta.members().empty()) return Status();  // nothing to take apart
    RoomWriter writer(room);
    result->head.meta = writer.put(meta_of_side(meta, sides.head));
    result->tail.meta = writer.put(meta_of_side(meta, sides.tail));
    return Status();
  });
}

namespace {

// The speaker of all, as it is written; "" if none can be told.
std::string_view speaker_of(const std::vector<Meta>& metas) {
  if (!metas.front().speaker().empty()) return metas.front().speaker();
  std::string_view common;
  for (const Meta& meta : metas) {
    const std::string_view speaker = meta.speaker();
    if (speaker.empty()) continue;
    if (!common.empty() && speaker != common) return {};
    common = speaker;
  }
  return common;
}

std::vector<std::string> words_of(std::vector<Meta>* metas, std::string_view speaker) {
  std::vector<std::string> words;
  for (Meta& meta : *metas) {
    const bool another = !meta.speaker().empty() && meta.speaker() != speaker;
    for (const MetaWord& word : meta.words()) {
      const bool untold = json_member(word.members, "speaker").empty();
      words.push_back(another && untold ? with_member(word, "speaker", meta.speaker())
                                        : std::string(word.source));
    }
  }
  return words;
}

bool has_everywhere(const std::vector<Meta>& metas, const JsonMember& member) {
  return std::all_of(metas.begin(), metas.end(), [&](const Meta& meta) {
    return json_member(meta.members(), member.key) == member.value;
  });
}

std::string join_texts(std::span<const Utterance> parts) {
  std::string text;
  for (const Utterance& part : parts) {
    const std::string_view next = trim_blanks(part.text);
    if (next.empty()) continue;
    if (!text.empty() && !joins_without_blank(text, next)) text += ' ';
    text += next;
  }
  return text;
}

std::string join_metas(std::span<const Utterance> parts) {
  std::vector<Meta> metas;
  metas.reserve(parts.size());
  for (const Utterance& part : parts) metas.emplace_back(part.meta);
  const std::string_view speaker = speaker_of(metas);
  MetaWriter writer;
  if (!speaker.empty()) writer.add("speaker", speaker);
  for (const JsonMember& member : metas.front().members()) {
    if (member.key == "speaker" || member.key == "words") continue;
    if (has_everywhere(metas, member)) writer.add(member.key, member.value);
  }
  writer.add_words(words_of(&metas, speaker));
  return writer.end();
}

}  // namespace

size_t merge_room(std::span<const Utterance> parts) noexcept {
  size_t bytes = SIZE_MAX;
  (void)guarded([&] {
    bytes = join_texts(parts).size() + join_metas(parts).size();
    return Status();
  });
  return bytes;
}

Status merge(std::span<const Utterance> parts, Room room, Utterance* whole) noexcept {
  return guarded([&] {
    *whole = parts.front();
    for (const Utterance& part : parts) {
      whole->start_ms = std::min(whole->start_ms, part.start_ms);
      whole->end_ms = std::max(whole->end_ms, part.end_ms);
    }
    RoomWriter writer(room);
    whole->text = writer.put(join_texts(parts));
    whole->meta = writer.put(join_metas(parts));
    return Status();
  });
}

}  // namespace s2t::core
