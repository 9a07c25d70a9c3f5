// Transcripts as tests look at them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "core/transcript/transcript.h"

namespace s2t::core {

using nlohmann::json;

struct Parsed {
  Status status;
  std::string format;
  std::string language;
  size_t replaced = 0;
  int32_t duration_ms = 0;
  struct Item {
    int32_t idx;
    int32_t start_ms;
    int32_t end_ms;
    std::string text;
    json meta;
  };
  std::vector<Item> items;
};

inline Parsed parse(std::string_view document, std::string_view format = "auto") {
  Parsed parsed;
  Transcript* transcript = nullptr;
  parsed.status = parse_transcript(document, format, nullptr, nullptr, &transcript);
  EXPECT_EQ(parsed.status.ok(), transcript != nullptr);
  if (transcript == nullptr) return parsed;
  parsed.format = transcript_format(transcript);
  parsed.language = transcript_language(transcript);
  parsed.replaced = transcript_replaced(transcript);
  parsed.duration_ms = transcript_duration_ms(transcript);
  for (int32_t i = 0; i < transcript_count(transcript); ++i) {
    const TranscriptSegment found = transcript_segment(transcript, i);
    EXPECT_TRUE(check_segment(found.segment, i).ok());
    parsed.items.push_back({found.segment.idx, found.segment.start_ms, found.segment.end_ms,
                            std::string(found.segment.text),
                            found.meta.empty() ? json() : json::parse(found.meta)});
  }
  free_transcript(transcript);
  return parsed;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::filesystem::path fixtures() {
  return std::filesystem::path(S2T_SOURCE_DIR) / "test/fixtures/transcripts";
}

inline std::string without_blanks(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\t') result += c;
  }
  return result;
}

inline void expect_refused(const Parsed& parsed, const std::string& detail,
                           Code code = Code::kInvalidParameter) {
  EXPECT_EQ(parsed.status.code, code);
  EXPECT_EQ(std::string(parsed.status.detail), detail);
}

// "idx start-end text", and the speaker in brackets where there is one.
inline std::vector<std::string> lines_of(const Parsed& parsed) {
  std::vector<std::string> lines;
  for (const Parsed::Item& item : parsed.items) {
    std::string line = std::to_string(item.idx) + ' ' + std::to_string(item.start_ms) + '-' +
                       std::to_string(item.end_ms) + ' ' + item.text;
    if (item.meta.contains("speaker")) line += " [" + item.meta["speaker"].get<std::string>() + ']';
    lines.push_back(line);
  }
  return lines;
}

}  // namespace s2t::core
