// Feeds the parser of transcripts with whatever libFuzzer makes of the seeds, and the exports with
// whatever came out; the same bytes are folded, searched for and searched in. test/fuzz/run builds
// and runs it.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/export/export.h"
#include "core/search/search.h"
#include "core/transcript/clean_json.h"
#include "core/transcript/reader.h"
#include "core/transcript/transcript.h"

namespace s2t::core {
namespace {

// Whether a JSON text has the escape of U+0000, which jsonb refuses; a backslash that is escaped
// itself begins none.
bool escapes_nul(std::string_view json) {
  for (size_t i = 0; i + 1 < json.size(); ++i) {
    if (json[i] != '\\') continue;
    if (json.substr(i, 6) == "\\u0000") return true;
    ++i;
  }
  return false;
}

constexpr std::array<const char*, 8> kExports = {"txt", "srt", "vtt", "json",
                                                 "tsv", "csv", "md",  "ttml"};

void require(bool condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "broken promise: %s\n", what);
  abort();
}

Transcript* parse(std::string_view document, const char* format) {
  Transcript* transcript = nullptr;
  const Status status = parse_transcript(document, format, nullptr, nullptr, &transcript);
  require(status.ok() == (transcript != nullptr), "success makes a transcript, failure none");
  require(status.ok() || (status.message != nullptr && status.detail[0] != '\0'),
          "a failure has a message and a detail");
  return transcript;
}

bool is_storable(std::string_view text) {
  // The serializer refuses what is not UTF-8.
  try {
    (void)nlohmann::json(std::string(text)).dump();
    return text.find('\0') == std::string_view::npos;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

void check_segments(const Transcript* transcript) {
  require(transcript_duration_ms(transcript) >= 0, "a duration is not negative");
  require(is_storable(transcript_language(transcript)), "a language can be stored");
  (void)transcript_replaced(transcript);
  const bool own = transcript_format(transcript) == "s2t";
  std::vector<int32_t> numbers;
  int32_t start_before = 0;
  for (int32_t i = 0; i < transcript_count(transcript); ++i) {
    const TranscriptSegment found = transcript_segment(transcript, i);
    require(check_segment(found.segment, i).ok(), "segments are valid");
    require(is_storable(found.segment.text), "a text can be stored");
    require(own || (found.segment.idx == i && found.segment.start_ms >= start_before &&
                    !found.segment.text.empty()),
            "segments are ordered and have texts");
    if (!found.meta.empty()) {
      const nlohmann::json meta = nlohmann::json::parse(found.meta, nullptr, false);
      require(meta.is_object() && is_storable(found.meta) && !escapes_nul(found.meta),
              "meta is an object");
      for (const char* key : {"idx", "start_ms", "end_ms", "text"}) {
        require(!meta.contains(key), "meta has none of a segment's keys");
      }
    }
    start_before = found.segment.start_ms;
    numbers.push_back(found.segment.idx);
  }
  std::sort(numbers.begin(), numbers.end());
  require(std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end(),
          "numbers are unique");
}

// Words as a meta may have them: the text's own, some of them moved, and one that is not in it.
std::vector<CueWord> words_of(const Segment& segment) {
  std::vector<CueWord> words;
  for (size_t from = 0; from < segment.text.size();) {
    const size_t to = std::min(segment.text.find(' ', from + 1), segment.text.size());
    const auto at_ms = static_cast<int32_t>(words.size() * words.size() % 97);
    words.push_back({segment.text.substr(from, to - from), at_ms});
    from = to + words.size() % 2;
  }
  words.push_back({"no word", segment.start_ms});
  return words;
}

// `others`: with every option that the format has turned.
std::string export_as(const Transcript* transcript, const char* name, bool others) {
  SubtitleFormat format{};
  require(find_subtitle_format(name, &format).ok(), "the format is known");
  RenderOptions options = default_options(format);
  if (others) options = {!options.speakers, !options.times, !options.words};
  SubtitleWriter writer(format, transcript_duration_ms(transcript), transcript_language(transcript),
                        options);
  std::string file;
  const auto append = [&file](auto write) {
    const size_t bytes = write(nullptr);
    std::string part(bytes, '\0');
    require(write(part.data()) == bytes, "what is written is what was measured");
    file += part;
  };
  append([&](char* out) { return writer.write_head(out); });
  for (int32_t i = 0; i < transcript_count(transcript); ++i) {
    const TranscriptSegment found = transcript_segment(transcript, i);
    const std::vector<CueWord> words = words_of(found.segment);
    const Cue cue{found.segment, "A & B", found.meta, words};
    require(writer.write_cue(cue, nullptr) <= SubtitleWriter::room_for(cue), "a cue has room");
    append([&](char* out) { return writer.write_cue(cue, out); });
  }
  append([&](char* out) { return writer.write_tail(out); });
  return file;
}

void check_exports(const Transcript* transcript) {
  for (const char* name : kExports) {
    const std::string file = export_as(transcript, name, false);
    require(is_storable(file), "a file can be stored");
    require(is_storable(export_as(transcript, name, true)), "a file with options can be stored");
    require(name != std::string_view("srt") || file.find("\n\n\n") == std::string::npos,
            "no cue has a blank line");
    if (name != std::string_view("json")) continue;
    Transcript* again = parse(file, "s2t");
    require(again != nullptr && transcript_count(again) == transcript_count(transcript),
            "an export can be imported");
    for (int32_t i = 0; i < transcript_count(again); ++i) {
      require(transcript_segment(again, i).segment.text ==
                  transcript_segment(transcript, i).segment.text,
              "texts survive export and import");
    }
    free_transcript(again);
  }
}

// A document is JSON if and only if the library takes it by itself, and says the same.
void check_document(std::string_view text) {
  size_t replaced = 0;
  const std::string clean = clean_json(text, &replaced);
  const bool is_json = nlohmann::json::accept(clean);
  StopCheck stop(nullptr, nullptr);
  try {
    const TranscriptDocument document = TranscriptDocument::parse(text, &stop);
    require(is_json, "what is no JSON is refused");
    std::string json;
    document.root().append_json(&json);
    require(clean != text || nlohmann::json::parse(json) == nlohmann::json::parse(clean),
            "a document says what it said");
  } catch (const Refusal& refusal) {
    require(!is_json || strstr(refusal.status.detail, "nested deeper") != nullptr,
            "what is JSON is read");
  }
}

void check(std::string_view document, const char* format) {
  Transcript* transcript = parse(document, format);
  if (transcript == nullptr) return;
  check_segments(transcript);
  check_exports(transcript);
  free_transcript(transcript);
}

// Any bytes may be folded, be a query or a text, in a database without an encoding.
void check_search(std::string_view bytes) {
  std::string folded(kMaxFoldedGrowth * bytes.size(), '\0');
  folded.resize(fold(bytes, folded.data()));

  const size_t cut = bytes.find('\n');
  const std::string_view line = bytes.substr(0, std::min(cut, bytes.size()));
  const std::string_view rest = cut == std::string_view::npos ? bytes : bytes.substr(cut + 1);
  SearchQuery query;
  const Status status = query.parse(line);
  require(status.ok() || status.detail[0] != '\0', "a refused query has a detail");
  if (!status.ok()) return;
  char condition[SearchQuery::kMaxConditionBytes];
  query.condition("abc", condition);
  char shown[SearchQuery::kMaxSnippetBytes];
  for (const std::string_view text : {rest, line, bytes}) {
    (void)query.matches(text);
    require(query.snippet(text, shown) <= sizeof shown, "a snippet has room");
  }
  WordReader reader(bytes);
  char word[kMaxIndexedWordBytes];
  size_t size = 0;
  while (reader.next(word, &size)) require(size <= sizeof word, "a word has room");
}

// The name of a format by number.
std::string format_of(size_t number) {
  std::vector<std::string> names = {"google", "srt", "vtt"};
  for (const auto& family : all_formats()) {
    for (const TranscriptFormat& format : family) names.emplace_back(format.name);
  }
  return names[number % names.size()];
}

}  // namespace
}  // namespace s2t::core

// libFuzzer's name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  s2t::core::check_document(document);
  s2t::core::check(document, "auto");
  s2t::core::check(document, s2t::core::format_of(size).c_str());
  s2t::core::check_search(document);
  return 0;
}
