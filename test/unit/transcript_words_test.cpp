// Words in are words out: what a document says is taken from its JSON without the code under test,
// and compared with what is read.
#include <map>
#include <set>

#include "core/base/text.h"
#include "core/transcript/reader.h"
#include "transcript_parsed.h"

namespace s2t::core {
namespace {

// Where the whole text of a fixture stands; a star is every element or member.
const std::map<std::string, std::string> kTexts = {
    {"assemblyai-utterances", "text"},
    {"assemblyai-words", "text"},
    {"aws", "results/transcripts/*/transcript"},
    {"aws-call-analytics", "Transcript/*/Content"},
    {"aws-channels", "results/transcripts/*/transcript"},
    {"aws-speakers", "results/transcripts/*/transcript"},
    {"azure", "combinedRecognizedPhrases/*/display"},
    {"azure-display", "combinedRecognizedPhrases/*/display"},
    {"azure-fast", "combinedPhrases/*/text"},
    {"deepgram-channels", "results/channels/*/alternatives/0/transcript"},
    {"deepgram-diarized", "results/channels/*/alternatives/0/transcript"},
    {"deepgram-utterances", "results/channels/*/alternatives/0/transcript"},
    {"elevenlabs", "text"},
    {"elevenlabs-channels", "transcripts/*/text"},
    {"faster-whisper", "*/text"},
    {"faster-whisper-info", "segments/*/text"},
    {"gladia", "result/transcription/full_transcript"},
    {"google-v1", "results/*/alternatives/0/transcript"},
    {"google-v1-diarized", "response/results/0/alternatives/0/transcript"},
    {"google-v2", "results/*/inlineResult/transcript/results/*/alternatives/0/transcript"},
    {"hugging-face", "text"},
    {"hugging-face-words", "text"},
    {"insanely-fast-whisper", "text"},
    {"mistral", "text"},
    {"nemo", "text"},
    {"nemo-speakers", "transcription"},
    {"openai", "text"},
    {"openai-diarized", "text"},
    {"openai-verbose", "text"},
    {"openai-words", "text"},
    {"parakeet", "text"},
    {"podcasting", "segments/*/body"},
    {"revai", "monologues/*/elements/*/value"},
    {"riva", "results/*/alternatives/0/transcript"},
    {"s2t", "segments/*/text"},
    {"sherpa-onnx", "text"},
    {"soniox", "text"},
    {"speechmatics", "results/*/alternatives/0/content"},
    {"vosk", "text"},
    {"vosk-list", "*/text"},
    {"watson", "results/*/alternatives/0/transcript"},
    {"whisper", "text"},
    {"whisper-timestamped", "text"},
    {"whisper.cpp", "transcription/*/text"},
    {"whisper.cpp-tokens", "transcription/*/text"},
    {"whisperx", "segments/*/text"},
    {"youtube", "events/*/segs/*/utf8"},
};

void collect(const json& value, std::string_view path, std::string* out) {
  if (path.empty()) {
    if (value.is_string()) *out += value.get<std::string>();
    return;
  }
  const size_t slash = path.find('/');
  const std::string step(path.substr(0, slash));
  const std::string_view rest = slash == std::string_view::npos ? "" : path.substr(slash + 1);
  if (step == "*") {
    for (const json& element : value) collect(element, rest, out);
  } else if (value.is_array()) {
    if (std::stoul(step) < value.size()) collect(value[std::stoul(step)], rest, out);
  } else if (value.is_object() && value.contains(step)) {
    collect(value[step], rest, out);
  }
}

// How often each character occurs, blanks aside: channels are put in another order.
std::map<char32_t, int> letters_of(std::string_view text) {
  std::map<char32_t, int> letters;
  while (!text.empty()) {
    const Char next = first_char(text);
    if (!is_space(next.code) && !is_control(next.code)) ++letters[next.code];
    text.remove_prefix(next.bytes);
  }
  return letters;
}

const std::set<std::string> kSpeakerKeys = {"speaker",      "speaker_label", "speakerTag",
                                            "speakerLabel", "speaker_id",    "ParticipantRole"};

// Every speaker that is named anywhere.
void collect_speakers(const json& value, std::set<std::string>* speakers) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (kSpeakerKeys.contains(key) && member.is_string()) {
        speakers->insert(member.get<std::string>());
      } else if (kSpeakerKeys.contains(key) && member.is_number()) {
        speakers->insert(member.dump());
      }
    }
  }
  if (!value.is_structured()) return;
  for (const json& element : value) collect_speakers(element, speakers);
}

TEST(WordsTest, WordsInAreWordsOut) {
  size_t read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fixtures())) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".json" || name == "s2t-list") continue;  // lone surrogates
    SCOPED_TRACE(name);
    ASSERT_TRUE(kTexts.contains(name)) << "a fixture without a place for its text";
    const std::string document = read_file(entry.path());
    const json tree = json::parse(document);
    std::string said;
    collect(tree, kTexts.at(name), &said);
    ASSERT_FALSE(said.empty());

    const Parsed parsed = parse(document);
    ASSERT_TRUE(parsed.status.ok()) << parsed.status.detail;
    std::string text;
    std::set<std::string> speakers;
    int32_t before = 0;
    for (const Parsed::Item& item : parsed.items) {
      text += item.text;
      EXPECT_TRUE(item.start_ms >= before || name == "s2t");
      before = item.start_ms;
      collect_speakers(item.meta, &speakers);
    }
    EXPECT_EQ(letters_of(text), letters_of(said)) << text << "\n" << said;
    std::set<std::string> named;
    collect_speakers(tree, &named);
    named.erase("UU");  // Speechmatics: unknown
    EXPECT_EQ(speakers, named);
    ++read;
  }
  EXPECT_EQ(read, kTexts.size());
}

// Named wrongly, a document is read or refused with a reason.
TEST(WordsTest, EveryFixtureWithEveryOtherReader) {
  for (const auto& entry : std::filesystem::directory_iterator(fixtures())) {
    const std::string document = read_file(entry.path());
    for (const auto& family : all_formats()) {
      for (const TranscriptFormat& format : family) {
        SCOPED_TRACE(entry.path().string() + " as " + std::string(format.name));
        const Parsed parsed = parse(document, format.name);
        if (parsed.status.ok()) continue;
        EXPECT_TRUE(parsed.status.code == Code::kInvalidParameter ||
                    parsed.status.code == Code::kOutOfRange);
        EXPECT_STRNE(parsed.status.detail, "");
      }
    }
  }
}

}  // namespace
}  // namespace s2t::core
