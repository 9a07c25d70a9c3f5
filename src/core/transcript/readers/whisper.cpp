// OpenAI's service, whisper and its relatives: segments with times in seconds as numbers. They
// differ in what they call a word and how sure they are of it. whisper.cpp, in milliseconds, goes
// its own way.
#include <algorithm>
#include <array>

#include "core/transcript/reader.h"
#include "core/transcript/script.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;

// What a segment's meta leaves out: what has another place, the decoder's own book-keeping, and
// names that segments have already.
constexpr std::array<std::string_view, 16> kLeftOut = {
    "start", "end",   "text", "words",    "speaker", "confidence",    "id",        "seek", "tokens",
    "type",  "chars", "idx",  "start_ms", "end_ms",  "word_segments", "speaker_id"};

// The segments, wherever they are: in the document, or the document itself.
TranscriptValue segments_of(const TranscriptValue& document) {
  return document.is_array() ? document : document["segments"];
}

bool has_segments(const TranscriptValue& document) {
  const TranscriptValue segments = segments_of(document);
  if (!segments.is_array()) return false;
  if (segments.is_empty()) return document.is_object();
  return first_with(segments,
                    [](const TranscriptValue& segment) {
                      return segment["start"].exists() && segment["text"].exists();
                    })
      .exists();
}

bool any_segment_has(const TranscriptValue& document, std::string_view key) {
  return any_has_key(segments_of(document), key);
}

bool any_word_has(const TranscriptValue& document, std::string_view key) {
  return first_with(
             segments_of(document),
             [key](const TranscriptValue& segment) { return any_has_key(segment["words"], key); })
      .exists();
}

// Voxtral and its service call their segments so.
bool is_mistral(const TranscriptValue& document) {
  if (!document.is_object() || !has_segments(document)) return false;
  const auto of_its_type = [](const TranscriptValue& segment) {
    return segment["type"].text() == "transcription_segment";
  };
  return document["usage"]["prompt_audio_seconds"].exists() ||
         document["model"].text().starts_with("voxtral") ||
         first_with(segments_of(document), of_its_type).exists();
}

bool is_openai(const TranscriptValue& document) {
  if (!document.is_object()) return false;
  if (has_segments(document)) {
    return document["task"].exists() || document["usage"].exists() ||
           any_segment_has(document, "type");
  }
  return !document["segments"].exists() && document["text"].is_string();
}

bool is_whisper_timestamped(const TranscriptValue& document) {
  return has_segments(document) &&
         (any_segment_has(document, "confidence") || any_word_has(document, "confidence"));
}

// WhisperX names its scores so, and before the alignment gives nothing but segments without
// numbers.
bool is_whisperx(const TranscriptValue& document) {
  if (!document.is_object() || !has_segments(document)) return false;
  return document["word_segments"].exists() || any_word_has(document, "score") ||
         (!document["text"].exists() && !document["info"].exists() &&
          !any_segment_has(document, "id"));
}

bool is_faster_whisper(const TranscriptValue& document) {
  return has_segments(document) &&
         (document.is_array() || document["info"].exists() || !document["text"].exists());
}

constexpr WordShape kWord = {"word", "text", "start", "end", "confidence", "speaker", kUnit, false};

WordShape shape_with(const char* confidence) {
  WordShape shape = kWord;
  shape.confidence = confidence;
  return shape;
}

// Under which of the names a format's words have their confidence.
WordShape word_shape_of(const TranscriptValue& document) {
  if (any_word_has(document, "probability")) return shape_with("probability");
  if (any_word_has(document, "confidence")) return shape_with("confidence");
  return shape_with("score");
}

// `last`: where the audio ends within the last segment, some leave its end open.
void read_segment(const TranscriptValue& segment, std::span<const Word> words, bool last,
                  TranscriptBuilder* builder) {
  std::vector<TranscriptValue::Member> further = segment.members();
  std::erase_if(further, [](const TranscriptValue::Member& member) {
    return !member.value.is_set() || member.value.is_not_a_number() ||
           std::find(kLeftOut.begin(), kLeftOut.end(), member.key) != kLeftOut.end();
  });
  Draft draft;
  const int32_t start_ms = required_time(segment, "start", kUnit);
  const bool open = last && segment["end"].exists() && !segment["end"].is_set();
  draft.times = make_times(start_ms, open ? start_ms : required_time(segment, "end", kUnit));
  draft.text = required_text(segment, "text");
  const TranscriptValue speaker = segment["speaker"];
  draft.speaker = label_of(speaker.is_set() ? speaker : segment["speaker_id"]);
  draft.confidence = confidence_of(segment["confidence"]);
  draft.words = words;
  draft.further = further;
  builder->add(draft);
}

// OpenAI's service gives words for the whole document: those that begin before the end of a segment
// are that segment's.
class WordsByTime {
 public:
  explicit WordsByTime(std::vector<Word> words) : words_(std::move(words)) {}

  std::span<const Word> take_until(std::optional<int32_t> end_ms) {
    const size_t from = next_;
    while (next_ < words_.size() &&
           (!end_ms || !words_[next_].times || words_[next_].times->start_ms < *end_ms)) {
      ++next_;
    }
    return std::span<const Word>(words_).subspan(from, next_ - from);
  }
  std::vector<Word>* all() { return &words_; }

 private:
  std::vector<Word> words_;
  size_t next_ = 0;
};

void read_segments(const TranscriptValue& segments, WordsByTime* common_words,
                   const WordShape& shape, TranscriptBuilder* builder) {
  for (TranscriptValue::Iterator at = segments.elements().begin();
       at != segments.elements().end();) {
    const TranscriptValue segment = *at;
    ++at;
    require_object(segment);
    const bool last = !(at != segments.elements().end());
    const std::vector<Word> own = read_words(segment["words"], shape, builder->stop());
    if (!own.empty() || common_words->all()->empty()) {
      read_segment(segment, own, last, builder);
      continue;
    }
    std::optional<int32_t> end_ms = optional_time(segment["end"], kUnit);
    if (last) end_ms.reset();  // it takes all
    read_segment(segment, common_words->take_until(end_ms), last, builder);
  }
}

void read_words_only(std::string_view text, std::vector<Word>* words, TranscriptBuilder* builder) {
  const bool timed =
      !words->empty() && std::all_of(words->begin(), words->end(),
                                     [](const Word& word) { return word.times.has_value(); });
  Draft draft;
  draft.text = text;
  draft.words = *words;
  if (!timed || (!align_words(text, *words) && !trim_blanks(text).empty())) {
    // Text that is not made of these words counts for more than they do.
    if (timed) {
      draft.times = *times_of(*words);
      builder->add(draft);
    } else {
      add_untimed(draft, builder);
    }
    return;
  }
  join_by_script(*words);
  builder->add_words(*words, {});
}

std::optional<int32_t> duration_of(const TranscriptValue& document) {
  const TranscriptValue usage = document["usage"];
  for (const TranscriptValue value : {document["duration"], document["info"]["duration"],
                                      document["transcription_info"]["duration"], usage["seconds"],
                                      usage["prompt_audio_seconds"]}) {
    if (value.is_set()) return optional_time(value, kUnit);
  }
  return std::nullopt;
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  if (!document.is_object() && !document.is_array()) refuse_kind(document, "an object");
  builder->set_language(common_language(document));
  builder->set_duration(duration_of(document));

  WordsByTime words(read_words(document["words"], kWord, builder->stop()));
  const TranscriptValue segments = segments_of(document);
  if (segments.is_set() && !segments.is_array()) refuse_kind(segments, "an array");
  if (segments.is_empty() && document["text"].is_set()) {
    read_words_only(required_text(document, "text"), words.all(), builder);
  } else if (segments.exists()) {
    read_segments(segments, &words, word_shape_of(document), builder);
  } else {
    refuse_missing(document, "segments");
  }
}

bool is_whisper_cpp(const TranscriptValue& document) {
  return document["transcription"].is_array();
}

std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (!is_ascii_space(c)) letters += c;
  }
  return letters;
}

// The words that a segment's tokens make; none if they are not the segment's text (a character may
// be cut in two by its tokens).
std::vector<Word> words_of_tokens(const TranscriptValue& segment, TranscriptBuilder* builder) {
  TokenJoiner joiner(builder);
  for (const TranscriptValue token : segment["tokens"].elements()) {
    require_object(token);
    const std::string_view text = token["text"].text();
    if (text.starts_with("[_")) continue;  // marks of the model
    std::optional<Times> times;
    const TranscriptValue offsets = token["offsets"];
    if (offsets.is_set()) times = required_times(offsets, "from", "to", TimeUnit::kMilliseconds);
    joiner.add(text, times, confidence_of(token["p"]), {});
  }
  std::vector<Word> words = std::move(*joiner.finish());
  if (letters_of(join_words(words)) != letters_of(segment["text"].text())) words.clear();
  return words;
}

void read_whisper_cpp(const TranscriptValue& document, TranscriptBuilder* builder) {
  builder->set_language(common_language(document));
  for (const TranscriptValue segment : required_array(document, "transcription").elements()) {
    require_object(segment);
    const TranscriptValue offsets = segment["offsets"];
    if (!offsets.is_object()) refuse_missing(segment, "offsets");
    Draft draft;
    draft.times = required_times(offsets, "from", "to", TimeUnit::kMilliseconds);
    draft.text = required_text(segment, "text");
    draft.speaker = label_of(segment["speaker"]);
    const std::vector<Word> words = words_of_tokens(segment, builder);
    draft.words = words;
    builder->add(draft);
  }
}

constexpr std::array<TranscriptFormat, 7> kFormats = {{
    {"whisper.cpp", is_whisper_cpp, read_whisper_cpp},
    {"mistral", is_mistral, read},
    {"openai", is_openai, read},
    {"whisper-timestamped", is_whisper_timestamped, read},
    {"whisperx", is_whisperx, read},
    {"faster-whisper", is_faster_whisper, read},
    {"whisper", has_segments, read},
}};

}  // namespace

std::span<const TranscriptFormat> whisper_formats() { return kFormats; }

}  // namespace s2t::core
