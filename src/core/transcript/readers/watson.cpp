// IBM Watson: seconds as numbers; words as lists of text, start and end; how sure it is of each in
// a list beside them; speakers, by the time at which a word begins, in a list of the document's.
#include <array>
#include <map>

#include "core/transcript/reader.h"

namespace s2t::core {

namespace {

constexpr TimeUnit kUnit = TimeUnit::kSeconds;

bool recognise_results(const TranscriptValue& holder) {
  return holder["results"].is_array() &&
         (holder["result_index"].exists() ||
          first_with(holder["results"], [](const TranscriptValue& result) {
            return result["alternatives"].first()["timestamps"].first().is_array();
          }).exists());
}

// A job's document holds the results of one recognition after the other.
bool recognise(const TranscriptValue& document) {
  return recognise_results(document) || first_with(document["results"], recognise_results).exists();
}

using Speakers = std::map<int32_t, std::string_view>;

Speakers read_speakers(const TranscriptValue& labels) {
  Speakers speakers;
  for (const TranscriptValue label : labels.elements()) {
    require_object(label);
    speakers[required_time(label, "from", kUnit)] = label_of(label["speaker"]);
  }
  return speakers;
}

Word read_word(const TranscriptValue& entry, const Speakers& speakers) {
  std::array<TranscriptValue, 3> parts;
  size_t count = 0;
  for (const TranscriptValue part : entry.elements()) {
    if (count < parts.size()) parts[count] = part;
    ++count;
  }
  if (count != parts.size() || !parts[0].is_string()) {
    refuse_kind(entry, "a list of word, start and end");
  }
  const std::optional<int32_t> start = optional_time(parts[1], kUnit);
  const std::optional<int32_t> end = optional_time(parts[2], kUnit);
  if (!start || !end) refuse_kind(entry, "a list of word, start and end");
  Word word;
  word.text = parts[0].text();
  word.times = make_times(*start, *end);
  const auto speaker = speakers.find(*start);
  if (speaker != speakers.end()) word.speaker = speaker->second;
  return word;
}

void read_result(const TranscriptValue& result, const Speakers& speakers,
                 TranscriptBuilder* builder) {
  require_object(result);
  const TranscriptValue best = result["alternatives"].first();
  std::vector<Word> words;
  for (const TranscriptValue entry : best["timestamps"].elements()) {
    builder->stop()->poll();
    words.push_back(read_word(entry, speakers));
  }
  size_t i = 0;
  for (const TranscriptValue entry : best["word_confidence"].elements()) {
    if (i == words.size() || entry.first().text() != words[i].text) break;
    const TranscriptValue::Range parts = entry.elements();
    TranscriptValue::Iterator at = parts.begin();
    if (++at != parts.end()) words[i].confidence = confidence_of(*at);
    ++i;
  }
  std::erase_if(words, [](const Word& word) { return word.text.empty(); });
  Draft draft;
  draft.text = best["transcript"].text();
  draft.confidence = confidence_of(best["confidence"]);
  add_text_of_words(draft, &words, builder);
}

void read_holder(const TranscriptValue& holder, TranscriptBuilder* builder) {
  const Speakers speakers = read_speakers(holder["speaker_labels"]);
  for (const TranscriptValue result : required_array(holder, "results").elements()) {
    // Interim results repeat what the final one says.
    const TranscriptValue final = result["final"];
    if (final.exists() && !final.is_true()) continue;
    read_result(result, speakers, builder);
  }
}

void read(const TranscriptValue& document, TranscriptBuilder* builder) {
  if (document["results"].first()["results"].is_array()) {
    for (const TranscriptValue holder : document["results"].elements()) {
      read_holder(holder, builder);
    }
    return;
  }
  read_holder(document, builder);
}

constexpr std::array<TranscriptFormat, 1> kFormats = {{{"watson", recognise, read}}};

}  // namespace

std::span<const TranscriptFormat> watson_formats() { return kFormats; }

}  // namespace s2t::core
