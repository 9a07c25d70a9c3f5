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

struct TranscriptFormat {
  std::string_view name;
  bool (*recognise)(const TranscriptValue& document);
  // Throws a Refusal for an element that is not what the format has there.
  void (*read)(const TranscriptValue& document, TranscriptBuilder* builder);
};

// The format called `name`, or the one recognised for "auto" and "google". Throws a Refusal for an
// unknown name and for a document that no format recognises.
[[nodiscard]] const TranscriptFormat& find_transcript_format(std::string_view name,
                                                             const TranscriptValue& document);

// One list for each family; their order is that of recognition.
[[nodiscard]] std::span<const TranscriptFormat> own_formats();
[[nodiscard]] std::span<const TranscriptFormat> aws_formats();
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

// The text of a string or number (labels of speakers are either), "" for anything else.
[[nodiscard]] std::string_view label_of(const TranscriptValue& value);

// A confidence given as a number or as a string that holds one, "" for anything else.
[[nodiscard]] std::string_view confidence_of(const TranscriptValue& value);

// A time given as a number, a string that holds one, or a string such as "12.900s". Throws for
// anything else that is set, and for times below zero (22023) or beyond 32 bits (22003).
[[nodiscard]] std::optional<int32_t> optional_time(const TranscriptValue& value, TimeUnit unit);
[[nodiscard]] int32_t required_time(const TranscriptValue& parent, std::string_view key,
                                    TimeUnit unit);

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

// Takes what one speaker said until another one did, or until a pause: a segment as it is if it is
// short enough for one, else segments made of its words.
void add_turn(const Draft& turn, std::vector<Word>* words, TranscriptBuilder* builder);

// Takes a text about whose times nothing is known but the whole duration, if that.
void add_untimed(const Draft& draft, TranscriptBuilder* builder);

}  // namespace s2t::core
