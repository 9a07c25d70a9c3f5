// What a reader of transcripts fills: segments, and what is known of the whole.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/transcript/document.h"
#include "core/transcript/segmenter.h"
#include "core/transcript/transcript.h"

namespace s2t::core {

// A segment as an engine made it. Empty texts and missing values do not appear in its meta.
struct Draft {
  Times times{};
  std::string_view text;  // blanks around it are left out
  std::string_view speaker;
  std::string_view channel;
  std::string_view language;
  std::string_view confidence;  // a JSON number
  std::span<const Word> words;
  std::span<const TranscriptValue::Member> further;  // kept as they are
};

// What the words of a list have in common.
struct WordContext {
  std::string_view channel;
  std::string_view confidence;  // of a segment whose words have none
};

class Transcript {
 public:
  struct Entry {
    Segment segment;  // without its text, which is at `text_at`
    size_t text_at;
    size_t text_bytes;
    size_t meta_at;  // right after the text
    size_t meta_bytes;
  };

  std::string_view format;
  std::string language;
  int32_t duration_ms = 0;
  size_t replaced = 0;
  std::vector<Entry> entries;
  std::string characters;  // texts and metas, one after the other
};

class TranscriptBuilder {
 public:
  TranscriptBuilder(Transcript* transcript, StopCheck* stop)
      : transcript_(transcript), stop_(stop) {}

  void set_language(std::string_view language);
  void set_duration(std::optional<int32_t> duration_ms) { duration_ms_ = duration_ms; }
  // 0 while it is not known.
  [[nodiscard]] int32_t known_duration() const { return duration_ms_.value_or(0); }
  [[nodiscard]] StopCheck* stop() { return stop_; }

  // Keeps a text that readers make as long as they read.
  [[nodiscard]] std::string_view keep(std::string text) {
    return kept_.emplace_back(std::move(text));
  }

  // Takes a segment; one without text and words is left out.
  //
  // What has one channel comes in the order of speech: a time that is before the one of the segment
  // in front of it is raised to that.
  void add(const Draft& draft);

  // The mean of confidences to four decimals, "" if none is known.
  [[nodiscard]] static std::string mean_of(std::span<const std::string_view> confidences);

  // Takes words, all of which have times, and makes segments of them. A segment's confidence is the
  // mean of its words'.
  void add_words(std::span<const Word> words, const WordContext& context);

  // Takes a segment that is complete; its text is not touched, its number is `segment.idx`.
  void add_verbatim(const Segment& segment, std::span<const TranscriptValue::Member> further);

  // Once everything has been added: duration and order. Segments are ordered by their beginning and
  // numbered, unless any was added verbatim.
  void finish();

  // A text was taken without knowing when it was spoken.
  void note_untimed() { untimed_ = true; }
  [[nodiscard]] bool untimed() const { return untimed_; }
  [[nodiscard]] size_t count() const { return transcript_->entries.size(); }
  [[nodiscard]] bool has_speakers() const { return has_speakers_; }

 private:
  [[nodiscard]] Times in_order(std::string_view channel, Times times);
  void append(const Segment& segment, std::string_view meta);

  Transcript* transcript_;
  StopCheck* stop_;
  std::optional<int32_t> duration_ms_;
  bool verbatim_ = false;
  bool untimed_ = false;
  bool has_speakers_ = false;
  std::map<std::string, int32_t, std::less<>> starts_;  // the last one of each channel
  std::deque<std::string> kept_;
};

}  // namespace s2t::core
