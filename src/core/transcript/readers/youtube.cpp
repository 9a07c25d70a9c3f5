// YouTube's json3: milliseconds; events of words, which begin so long after their event. An event
// lasts until after the next one has begun, since two lines are shown at a time.
#include <algorithm>
#include <array>

#include "core/transcript/reader.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kMilliseconds;

bool recognise(const TranscriptValue& document) {
  return any_has_key(document["events"], "tStartMs");
}

// An event of captions made by hand has its text in one piece, one made by machine a piece for each
// word.
void read_event(const TranscriptValue& event, std::optional<int32_t> next_start,
                TranscriptBuilder* builder) {
  const int32_t start_ms = required_time(event, "tStartMs", kUnit);
  const int64_t duration = optional_time(event["dDurationMs"], kUnit).value_or(0);
  int32_t end_ms = static_cast<int32_t>(std::min<int64_t>(start_ms + duration, INT32_MAX));
  if (next_start && *next_start >= start_ms) end_ms = std::min(end_ms, *next_start);

  std::string text;
  std::vector<Word> words;
  bool timed = false;
  for (const TranscriptValue piece : event["segs"].elements()) {
    builder->stop()->poll();
    require_object(piece);
    const std::string_view whole = required_text(piece, "utf8");
    text += whole;
    Word word;
    word.text = trim_blanks(whole);
    if (word.text.empty()) continue;
    word.joined = !words.empty() && !is_blank_char(first_char(whole).code);
    const std::optional<int32_t> offset = optional_time(piece["tOffsetMs"], kUnit);
    timed = timed || offset.has_value();
    const int64_t at = std::min<int64_t>(int64_t{start_ms} + offset.value_or(0), INT32_MAX);
    word.times = Times{static_cast<int32_t>(at), static_cast<int32_t>(at)};
    words.push_back(std::move(word));
  }
  if (trim_blanks(text).empty()) return;
  for (size_t i = 0; i < words.size(); ++i) {
    const int32_t until = i + 1 < words.size() ? words[i + 1].times->start_ms : end_ms;
    words[i].times = make_times(words[i].times->start_ms, until);
  }
  Draft draft;
  draft.times = make_times(start_ms, end_ms);
  draft.text = text;
  if (timed) draft.words = words;
  builder->add(draft);
}

// Whether an event has something to say: some only break lines or place windows.
bool speaks(const TranscriptValue& event) {
  return first_with(event["segs"],
                    [](const TranscriptValue& piece) {
                      return !trim_blanks(piece["utf8"].text()).empty();
                    })
      .exists();
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  TranscriptValue before;
  for (const TranscriptValue event : required_array(document, "events").elements()) {
    require_object(event);
    if (!speaks(event)) continue;
    if (before.exists()) read_event(before, required_time(event, "tStartMs", kUnit), builder);
    before = event;
  }
  if (before.exists()) read_event(before, std::nullopt, builder);
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"youtube", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> youtube_formats() { return kFormats; }

}  // namespace s2t::core
