// NVIDIA. Riva: Google's shape, but times are whole numbers of milliseconds. NeMo: lists of words
// and segments under "timestamp" ("timestep" in older releases), or words with speakers; seconds.
#include <algorithm>
#include <array>
#include <map>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

TranscriptValue either(const TranscriptValue& parent, std::string_view camel,
                       std::string_view snake) {
  const TranscriptValue value = parent[camel];
  return value.is_set() ? value : parent[snake];
}

// ---- Riva ----

constexpr TimeUnit kRivaUnit = TimeUnit::kWholeMilliseconds;

bool is_riva_result(const TranscriptValue& result) {
  if (either(result, "audioProcessed", "audio_processed").is_number()) return true;
  return first_with(result["alternatives"].first()["words"],
                    [](const TranscriptValue& word) {
                      return either(word, "endTime", "end_time").is_number();
                    })
      .exists();
}

bool recognise_riva(const TranscriptValue& document) {
  return first_with(document["results"], is_riva_result).exists();
}

std::string_view tag_of(const TranscriptValue& value) {
  const std::string_view tag = label_of(value);
  return tag == "0" ? std::string_view() : tag;  // protobuf's way of saying unknown
}

// Zero is not how sure the engine is, but that it does not tell.
std::string_view riva_confidence(const TranscriptValue& value) {
  const std::string_view confidence = confidence_of(value);
  return confidence.find_first_not_of("-0.") == std::string_view::npos ? std::string_view()
                                                                       : confidence;
}

bool is_final(const TranscriptValue& result) {
  return either(result, "isFinal", "is_final").is_true();
}

void read_riva(const TranscriptValue& document, TranscriptBuilder* builder) {
  const TranscriptValue results = required_array(document, "results");
  // Of a stream, the results that may still change repeat what a final one says. A batch has none
  // that is final.
  const bool of_stream = first_with(results, is_final).exists();
  std::map<std::string_view, int32_t> done;  // where the results of a channel have got to
  for (const TranscriptValue result : results.elements()) {
    require_object(result);
    if (of_stream && !is_final(result)) continue;
    const TranscriptValue best = result["alternatives"].first();
    if (builder->count() == 0) {
      builder->set_language(label_of(either(best, "languageCode", "language_code").first()));
    }
    std::vector<Word> words;
    for (const TranscriptValue element : best["words"].elements()) {
      builder->stop()->poll();
      require_object(element);
      Word word;
      word.text = required_text(element, "word");
      // Protobuf leaves out what is zero.
      const auto start = optional_time(either(element, "startTime", "start_time"), kRivaUnit);
      const auto end = optional_time(either(element, "endTime", "end_time"), kRivaUnit);
      word.times = make_times(start.value_or(0), end.value_or(0));
      word.confidence = riva_confidence(element["confidence"]);
      word.speaker = tag_of(either(element, "speakerTag", "speaker_tag"));
      if (!word.text.empty()) words.push_back(std::move(word));
    }
    const TranscriptValue processed = either(result, "audioProcessed", "audio_processed");
    Draft draft;
    draft.text = best["transcript"].text();
    draft.channel = tag_of(either(result, "channelTag", "channel_tag"));
    draft.confidence = riva_confidence(best["confidence"]);
    int32_t& done_ms = done[draft.channel];
    if (words.empty() && processed.is_set()) {
      draft.times = make_times(done_ms, *optional_time(processed, TimeUnit::kSeconds));
      done_ms = draft.times.end_ms;
      builder->add(draft);
      continue;
    }
    if (!words.empty()) done_ms = words.back().times->end_ms;
    add_text_of_words(draft, &words, builder);
  }
}

// ---- NeMo ----

constexpr TimeUnit kNemoUnit = TimeUnit::kSeconds;
constexpr WordShape kNemoWord = {"word",       "char",    "start",   "end",
                                 "confidence", "speaker", kNemoUnit, true};
// Of the diarizer's transcripts; its older versions called the speaker's key otherwise.
constexpr WordShape kSpokenWord = {"word",       nullptr,   "start_time", "end_time",
                                   "confidence", "speaker", kNemoUnit,    true};
constexpr WordShape kLabelledWord = {"word",       nullptr,         "start_time", "end_time",
                                     "confidence", "speaker_label", kNemoUnit,    true};

TranscriptValue timestamps_of(const TranscriptValue& document) {
  const TranscriptValue timestamp = document["timestamp"];
  return timestamp.is_object() ? timestamp : document["timestep"];
}

bool recognise_nemo(const TranscriptValue& document) {
  const TranscriptValue timestamps = timestamps_of(document);
  return timestamps["word"].is_array() || timestamps["segment"].is_array() ||
         (any_has_key(document["words"], "start_time") &&
          (any_has_key(document["words"], "speaker_label") ||
           (document["transcription"].is_string() && any_has_key(document["words"], "speaker"))));
}

void read_nemo(const TranscriptValue& document, TranscriptBuilder* builder) {
  require_object(document);
  builder->set_language(common_language(document));
  const TranscriptValue timestamps = timestamps_of(document);
  if (!timestamps.is_object()) {
    const bool labelled = any_has_key(document["words"], "speaker_label");
    std::vector<Word> words =
        read_words(document["words"], labelled ? kLabelledWord : kSpokenWord, builder->stop());
    if (words.empty()) refuse_missing(document, "timestamp");
    Draft draft;
    draft.text = document["transcription"].text();
    add_text_of_words(draft, &words, builder);
    return;
  }
  const std::vector<Word> words = read_words(timestamps["word"], kNemoWord, builder->stop());
  const TranscriptValue segments = timestamps["segment"];
  if (segments.is_empty()) {
    std::vector<Word> copy = words;
    Draft draft;
    draft.text = document[document["text"].exists() ? "text" : "pred_text"].text();
    add_text_of_words(draft, &copy, builder);
    return;
  }
  size_t next = 0;
  for (TranscriptValue::Iterator at = segments.elements().begin();
       at != segments.elements().end();) {
    const TranscriptValue segment = *at;
    const bool last = !(++at != segments.elements().end());
    require_object(segment);
    Draft draft;
    draft.times = required_times(segment, "start", "end", kNemoUnit);
    draft.text = required_text(segment, "segment");
    const size_t from = next;
    while (next < words.size() && (last || words[next].times->start_ms < draft.times.end_ms)) {
      ++next;
    }
    draft.words = std::span<const Word>(words).subspan(from, next - from);
    builder->add(draft);
  }
}

constexpr std::array<TranscriptFormat, 2> kFormats = {
    {{"riva", recognise_riva, read_riva}, {"nemo", recognise_nemo, read_nemo}}};

}  // namespace

std::span<const TranscriptFormat> nvidia_formats() { return kFormats; }

}  // namespace s2t::core
