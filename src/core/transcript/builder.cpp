#include "core/transcript/builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/json_text.h"
#include "core/base/text.h"
#include "core/transcript/language.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

// Writes the members of an object; nothing at all while none is added.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string* out) : out_(out) {}

  void string(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    append_key(key);
    append_json_string(value, out_);
  }
  void raw(std::string_view key, std::string_view json) {
    if (json.empty()) return;
    append_key(key);
    out_->append(json);
  }
  void number(std::string_view key, int32_t value) { raw(key, std::to_string(value)); }
  void value(std::string_view key, const TranscriptValue& value) {
    append_key(key);
    value.append_json(out_);
  }
  void append_key(std::string_view key) {
    out_->append(empty_ ? "{" : ",");
    append_json_string(key, out_);
    out_->append(":");
    empty_ = false;
  }
  void close() {
    if (!empty_) out_->append("}");
  }

 private:
  std::string* out_;
  bool empty_ = true;
};

// A word's speaker is only told where it is not the segment's.
void append_word(const Word& word, std::string_view speaker, std::string* out) {
  ObjectWriter object(out);
  object.append_key("text");
  append_json_string(word.text, out);
  if (word.times) {
    object.number("start_ms", word.times->start_ms);
    object.number("end_ms", word.times->end_ms);
  }
  object.raw("confidence", word.confidence);
  if (word.speaker != speaker) object.string("speaker", word.speaker);
  object.close();
}

std::string meta_of(const Draft& draft) {
  std::string meta;
  ObjectWriter object(&meta);
  object.string("speaker", draft.speaker);
  object.string("channel", draft.channel);
  object.string("language", draft.language);
  object.raw("confidence", draft.confidence);
  for (const TranscriptValue::Member& member : draft.further) {
    if (!member.value.is_not_a_number()) object.value(member.key, member.value);
  }
  if (!draft.words.empty()) {
    object.append_key("words");
    const char* separator = "[";
    for (const Word& word : draft.words) {
      meta += separator;
      append_word(word, draft.speaker, &meta);
      separator = ",";
    }
    meta += ']';
  }
  object.close();
  return meta;
}

std::string mean_confidence(std::span<const Word> words) {
  std::vector<std::string_view> confidences;
  confidences.reserve(words.size());
  for (const Word& word : words) confidences.push_back(word.confidence);
  return TranscriptBuilder::mean_of(confidences);
}

}  // namespace

std::string TranscriptBuilder::mean_of(std::span<const std::string_view> confidences) {
  double sum = 0;
  int known = 0;
  for (const std::string_view confidence : confidences) {
    double value = 0;
    const char* end = confidence.data() + confidence.size();
    if (confidence.empty() || std::from_chars(confidence.data(), end, value).ec != std::errc()) {
      continue;
    }
    sum += value;
    ++known;
  }
  if (known == 0 || !std::isfinite(sum)) return {};
  constexpr double kScale = 10000;
  const double mean = std::round(sum / known * kScale) / kScale;
  char digits[32];
  const char* end = std::to_chars(std::begin(digits), std::end(digits), mean).ptr;
  return std::string(std::string_view(digits, end - digits));
}

void TranscriptBuilder::set_language(std::string_view language) {
  transcript_->language = language_code(language);
}

void TranscriptBuilder::append(const Segment& segment, std::string_view meta) {
  std::string& characters = transcript_->characters;
  const size_t at = characters.size();
  characters.append(segment.text);
  characters.append(meta);
  Segment stored = segment;
  stored.text = {};
  transcript_->entries.push_back(
      {stored, at, segment.text.size(), at + segment.text.size(), meta.size()});
}

Times TranscriptBuilder::in_order(std::string_view channel, Times times) {
  auto found = starts_.find(channel);
  if (found == starts_.end()) found = starts_.emplace(channel, 0).first;
  int32_t& last = found->second;
  last = std::max(last, times.start_ms);
  return {last, std::max(last, times.end_ms)};
}

void TranscriptBuilder::add(const Draft& draft) {
  stop_->poll();
  std::string from_words;
  std::string_view text = trim_blanks(draft.text);
  if (text.empty()) text = from_words = join_words(draft.words);
  if (text.empty()) return;
  const Times times = in_order(draft.channel, draft.times);
  has_speakers_ = has_speakers_ || !draft.speaker.empty() ||
                  std::any_of(draft.words.begin(), draft.words.end(),
                              [](const Word& word) { return !word.speaker.empty(); });
  append({0, times.start_ms, times.end_ms, text}, meta_of(draft));
}

void TranscriptBuilder::add_words(std::span<const Word> words, const WordContext& context) {
  for (const WordRange range : segment_words(words)) {
    const std::span<const Word> part = words.subspan(range.from, range.to - range.from);
    const std::string text = join_words(part);
    const std::string mean = mean_confidence(part);
    Draft draft;
    draft.times = *times_of(part);
    draft.text = text;
    draft.speaker = part.front().speaker;
    draft.channel = context.channel;
    draft.confidence = mean.empty() ? context.confidence : std::string_view(mean);
    draft.words = part;
    add(draft);
  }
}

void TranscriptBuilder::add_verbatim(const Segment& segment,
                                     std::span<const TranscriptValue::Member> further) {
  stop_->poll();
  verbatim_ = has_speakers_ = true;  // whatever they are called
  Draft draft;
  draft.further = further;
  append(segment, meta_of(draft));
}

void TranscriptBuilder::finish() {
  std::vector<Transcript::Entry>& entries = transcript_->entries;
  if (!verbatim_) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Transcript::Entry& a, const Transcript::Entry& b) {
                       return a.segment.start_ms < b.segment.start_ms;
                     });
    int32_t idx = 0;
    for (Transcript::Entry& entry : entries) entry.segment.idx = idx++;
  }
  int32_t last_end = 0;
  for (const Transcript::Entry& entry : entries) {
    last_end = std::max(last_end, entry.segment.end_ms);
  }
  transcript_->duration_ms = duration_ms_.value_or(last_end);
}

}  // namespace s2t::core
