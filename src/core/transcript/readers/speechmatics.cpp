// Speechmatics json-v2: seconds as numbers; words, entities and punctuation one after the other.
#include <array>
#include <map>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;
constexpr std::string_view kUnknownSpeaker = "UU";

bool recognise(const TranscriptValue& document) {
  const TranscriptValue results = document["results"];
  if (!results.is_array()) return false;
  const auto has_content = [](const TranscriptValue& result) {
    return result["alternatives"].first()["content"].exists();
  };
  if (first_with(results, has_content).exists()) return true;
  return results.is_empty() && document["format"].is_string() && document["metadata"].exists();
}

std::string_view best_label(const TranscriptValue& result, const char* key) {
  const std::string_view label = label_of(result["alternatives"].first()[key]);
  return label == kUnknownSpeaker ? std::string_view() : label;
}

struct Channel {
  std::vector<Word> words;
  std::optional<Word> opening;  // a mark that attaches to the word that follows
  bool join_next = false;       // the mark before attaches to what follows, too
};

// In the order of their names, which makes none: segments are merged by time.
using Channels = std::map<std::string_view, Channel>;

// Adds a word with the marks that open it.
void add_word(Word word, Channel* channel) {
  word.joined = channel->join_next;
  channel->join_next = false;
  if (channel->opening) word.text.insert(0, channel->opening->text);
  channel->opening.reset();
  channel->words.push_back(std::move(word));
}

// Adds a word, or a mark to the word it belongs to.
void add_result(const TranscriptValue& result, Channel* channel) {
  require_object(result);
  const TranscriptValue best = required_array(result, "alternatives").first();
  if (!best.exists()) return;
  const std::string_view content = required_text(best, "content");
  if (content.empty()) return;

  const bool mark = result["type"].text() == "punctuation";
  const std::string_view given = result["attaches_to"].text();
  const std::string_view attaches = given.empty() && mark ? "previous" : given;
  if ((attaches == "previous" || attaches == "both") && !channel->words.empty()) {
    channel->words.back().text += content;
    channel->join_next = attaches == "both";
    return;
  }
  Word word;
  word.text = content;
  word.times = required_times(result, "start_time", "end_time", kUnit);
  if (attaches == "next") {
    if (channel->opening) word.text.insert(0, channel->opening->text);
    channel->opening = std::move(word);
    return;
  }
  word.confidence = confidence_of(best["confidence"]);
  word.speaker = best_label(result, "speaker");
  add_word(std::move(word), channel);
}

std::string_view language_of(const TranscriptValue& document) {
  const std::string_view configured =
      document["metadata"]["transcription_config"]["language"].text();
  if (!configured.empty() && configured != "auto") return configured;
  for (const TranscriptValue result : document["results"].elements()) {
    const std::string_view language = best_label(result, "language");
    if (!language.empty()) return language;
  }
  return {};
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  const TranscriptValue results = required_array(document, "results");
  builder->set_language(language_of(document));
  std::optional<int32_t> duration = optional_time(document["job"]["duration"], kUnit);
  if (!duration) duration = optional_time(document["metadata"]["end_time"], kUnit);
  builder->set_duration(duration);

  Channels channels;
  for (const TranscriptValue result : results.elements()) {
    builder->stop()->poll();
    const std::string_view type = result["type"].text();
    if (type == "speaker_change" || type == "channel_change") continue;
    add_result(result, &channels[label_of(result["channel"])]);
  }
  for (auto& [name, channel] : channels) {
    if (channel.opening) channel.words.push_back(*channel.opening);
    join_by_script(channel.words);
    builder->add_words(channel.words, {name, {}});
  }
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"speechmatics", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> speechmatics_formats() { return kFormats; }

}  // namespace s2t::core
