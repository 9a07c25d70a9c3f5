// The formats of transcripts: how each is recognised and read, and what their readers share.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/transcript/builder.h"
#include "core/transcript/document.h"
#include "core/transcript/time.h"

namespace s2t::core {

// A format of JSON documents.
struct TranscriptFormat {
  std::string_view name;
  // Looks at the whole document: what its first elements lack, others may have.
  bool (*recognise)(const TranscriptValue& document);
  // Throws a Refusal for an element that is not what the format has there.
  void (*read)(const TranscriptValue& document, TranscriptBuilder* builder);
};

// A format of plain text.
struct TextFormat {
  std::string_view name;
  bool (*recognise)(std::string_view text);
  void (*read)(std::string_view text, TranscriptBuilder* builder);
};

// Throws a Refusal for a name that is neither one of a format nor "auto" or "google".
void require_format_name(std::string_view name);

// The format of plain text called `name`, or the one recognised for "auto"; nullptr for one of JSON
// documents.
[[nodiscard]] const TextFormat* find_text_format(std::string_view name, std::string_view text);

// The format of JSON documents called `name`, or the one recognised for "auto" and "google". Throws
// a Refusal for a document that no format recognises, and for one that tells of an error instead.
[[nodiscard]] const TranscriptFormat& find_transcript_format(std::string_view name,
                                                             const TranscriptValue& document);

// The format of JSON documents that recognises the document first, or nullptr.
[[nodiscard]] const TranscriptFormat* recognised_format(const TranscriptValue& document);

// Throws a Refusal if `builder`, filled by a reader that was picked by recognition, knows nothing
// of the times or speakers that the document tells of.
void require_all_read(const TranscriptValue& document, const TranscriptBuilder& builder);

[[nodiscard]] std::span<const TextFormat> text_formats();

// Every format of JSON documents, by family; their order is that of recognition.
[[nodiscard]] std::span<const std::span<const TranscriptFormat>> all_formats();

[[nodiscard]] std::span<const TranscriptFormat> own_formats();
[[nodiscard]] std::span<const TranscriptFormat> aws_formats();
[[nodiscard]] std::span<const TranscriptFormat> azure_formats();
[[nodiscard]] std::span<const TranscriptFormat> elevenlabs_formats();
[[nodiscard]] std::span<const TranscriptFormat> gladia_formats();
[[nodiscard]] std::span<const TranscriptFormat> hugging_face_formats();
[[nodiscard]] std::span<const TranscriptFormat> nvidia_formats();
[[nodiscard]] std::span<const TranscriptFormat> parakeet_formats();
[[nodiscard]] std::span<const TranscriptFormat> podcasting_formats();
[[nodiscard]] std::span<const TranscriptFormat> revai_formats();
[[nodiscard]] std::span<const TranscriptFormat> sherpa_formats();
[[nodiscard]] std::span<const TranscriptFormat> soniox_formats();
[[nodiscard]] std::span<const TranscriptFormat> vosk_formats();
[[nodiscard]] std::span<const TranscriptFormat> watson_formats();
[[nodiscard]] std::span<const TranscriptFormat> youtube_formats();
[[nodiscard]] std::span<const TranscriptFormat> deepgram_formats();
[[nodiscard]] std::span<const TranscriptFormat> speechmatics_formats();
[[nodiscard]] std::span<const TranscriptFormat> google_formats();
[[nodiscard]] std::span<const TranscriptFormat> assemblyai_formats();
[[nodiscard]] std::span<const TranscriptFormat> whisper_formats();

// ---- What readers share. "Set" is neither missing nor null. ----

// Throw unless the value is set and of that kind; `parent[key]` is returned.
[[nodiscard]] TranscriptValue required_array(const TranscriptValue& parent, std::string_view key);
[[nodiscard]] std::string_view required_text(const TranscriptValue& parent, std::string_view key);
void require_object(const TranscriptValue& value);

// The first element of an array that has what is asked for, or none.
template <typename Predicate>
[[nodiscard]] TranscriptValue first_with(const TranscriptValue& array, Predicate has) {
  for (const TranscriptValue element : array.elements()) {
    if (has(element)) return element;
  }
  return {};
}
[[nodiscard]] TranscriptValue first_with_key(const TranscriptValue& array, std::string_view key);
[[nodiscard]] bool any_has_key(const TranscriptValue& array, std::string_view key);

// The language as documents name it, in one of the places that most engines use.
[[nodiscard]] std::string_view common_language(const TranscriptValue& document);

// The text of a string or number (labels of speakers are either), "" for anything else.
[[nodiscard]] std::string_view label_of(const TranscriptValue& value);

// A confidence given as a number or as a string that holds one, "" for anything else.
[[nodiscard]] std::string_view confidence_of(const TranscriptValue& value);

// A time given as a number, a string that holds one, or a string such as "12.900s". Throws for
// anything else that is set, and for times below zero (22023) or beyond 32 bits (22003).
[[nodiscard]] std::optional<int32_t> optional_time(const TranscriptValue& value, TimeUnit unit);
[[nodiscard]] int32_t required_time(const TranscriptValue& parent, std::string_view key,
                                    TimeUnit unit);

// Throws for a time that could not be read. `expected` names the unit.
[[noreturn]] void refuse_time(const TranscriptValue& value, TimeParse parse, const char* expected);

// An end before its start becomes the start.
[[nodiscard]] Times make_times(int32_t start_ms, int32_t end_ms);
[[nodiscard]] Times required_times(const TranscriptValue& parent, std::string_view start_key,
                                   std::string_view end_key, TimeUnit unit);

// Where the parts of a word are in a format; nullptr for what it does not have.
struct WordShape {
  const char* text;
  const char* other_text;  // where `text` is not set
  const char* start;
  const char* end;
  const char* confidence;
  const char* speaker;
  TimeUnit unit;
  bool times_required;
};

// The words of an array; none if the value is not set. Words without text are left out.
[[nodiscard]] std::vector<Word> read_words(const TranscriptValue& array, const WordShape& shape,
                                           StopCheck* stop);

// Puts the tokens of a language model together into words: one that begins with a blank (or "▁") or
// stands next to writing without blanks begins a word.
class TokenJoiner {
 public:
  explicit TokenJoiner(TranscriptBuilder* builder) : builder_(builder) {}

  void add(std::string_view token, std::optional<Times> times, std::string_view confidence,
           std::string_view speaker);
  // The words, complete; confidences of several tokens are their mean.
  [[nodiscard]] std::vector<Word>* finish();

 private:
  void close();

  TranscriptBuilder* builder_;
  std::vector<Word> words_;
  std::vector<std::string_view> confidences_;  // of the word that is being put together
  bool blank_before_ = true;
};

// Takes words as they are, without the engine's own text.
void add_words_by_script(std::vector<Word>* words, const WordContext& context,
                         TranscriptBuilder* builder);

// Takes words of which `text` may tell the punctuation; a text whose words have no times as a
// whole.
void add_text_of_words(const Draft& draft, std::vector<Word>* words, TranscriptBuilder* builder);

// Takes what one speaker said until another one did, or until a pause: a segment as it is if it is
// short enough for one, else segments made of its words.
void add_turn(const Draft& turn, std::vector<Word>* words, TranscriptBuilder* builder);

// Takes a text about whose times nothing is known but the whole duration, if that.
void add_untimed(const Draft& draft, TranscriptBuilder* builder);

}  // namespace s2t::core
