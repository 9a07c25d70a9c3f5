#include "core/transcript/transcript.h"

#include <cstdlib>

#include "transcript_parsed.h"

namespace s2t::core {
namespace {

// ---- What goes into meta ----

TEST(TranscriptTest, KeepsFurtherKeysOfItsOwnFormat) {
  const Parsed parsed = parse(read_file(fixtures() / "s2t.json"));
  EXPECT_EQ(parsed.items[0].meta, json::parse(R"({"speaker": "Lan"})"));
  EXPECT_TRUE(parsed.items[1].meta.is_null());
  EXPECT_EQ(parsed.items[2].meta, json::parse(R"({"note": {"tags": ["a", "b"], "weight": 1.50}})"));
}

TEST(TranscriptTest, CallsWordsAndConfidenceTheSameEverywhere) {
  const json whisper = parse(read_file(fixtures() / "whisper.json")).items[0].meta;
  EXPECT_EQ(
      whisper["words"][1],
      json::parse(R"({"text": "river", "start_ms": 300, "end_ms": 900, "confidence": 0.99})"));
  EXPECT_EQ(whisper["avg_logprob"], -0.3);
  EXPECT_FALSE(whisper.contains("tokens"));

  const json aws = parse(read_file(fixtures() / "aws.json")).items[0].meta;
  EXPECT_EQ(
      aws["words"][1],
      json::parse(R"({"text": "store,", "start_ms": 200, "end_ms": 600, "confidence": 0.98})"));
  EXPECT_EQ(aws["confidence"], 0.9963);

  const json whisperx = parse(read_file(fixtures() / "whisperx.json")).items[0].meta;
  EXPECT_EQ(whisperx["words"][1], json::parse(R"({"text": "204"})"));
  EXPECT_EQ(whisperx["words"][2]["speaker"], "SPEAKER_01");
  EXPECT_FALSE(whisperx["words"][0].contains("speaker"));

  const Parsed channels = parse(read_file(fixtures() / "deepgram-channels.json"));
  EXPECT_EQ(channels.items[1].meta["channel"], "1");
  EXPECT_EQ(channels.items[0].meta["confidence"], 0.985);

  const json openai = parse(read_file(fixtures() / "openai-verbose.json")).items[1].meta;
  EXPECT_EQ(openai["words"].size(), 5U);
  EXPECT_EQ(openai["words"][0]["text"], "Chúng");
}

// ---- Failures ----

TEST(TranscriptTest, TellsWhereTheDocumentIsNoJson) {
  expect_refused(parse(R"({"segments": [)"),
                 "The document is not JSON: syntax error while parsing value - unexpected end of "
                 "input; expected '[', '{', or a literal, at byte 14.");
  expect_refused(parse("[1 2]"),
                 "The document is not JSON: syntax error while parsing array - unexpected number "
                 "literal; expected ']', at byte 3.");
  // The offset is that of the document, whatever was replaced before it.
  expect_refused(parse("[\"\xFF\xFF\\u0000\" x]"),
                 "The document is not JSON: syntax error while parsing array - invalid literal, at "
                 "byte 12.");
  expect_refused(parse(""),
                 "The document is not JSON: syntax error while parsing value - unexpected end of "
                 "input; expected '[', '{', or a literal, at byte 0.");
  EXPECT_EQ(parse("[NaN]").status.code, Code::kInvalidParameter);
  expect_refused(parse("[1e999]"), "The number that ends at byte 5 is out of range.",
                 Code::kOutOfRange);
}

TEST(TranscriptTest, RefusesUnknownEnginesAndFormats) {
  for (const char* document : {"{}", "1", "\"text\"", "null", R"({"results": []})", "[[]]", "[{}]",
                               R"({"a": {"segments": []}})"}) {
    expect_refused(parse(document), "The document comes from no speech engine that is known.");
  }
  const Parsed parsed = parse("[]", "mp3");
  EXPECT_STREQ(parsed.status.message, "unknown transcript format");
  expect_refused(parsed, "There is no format \"mp3\".");
}

TEST(TranscriptTest, NamesThePathOfABrokenElement) {
  expect_refused(
      parse(
          R"({"results": {"items": [{"type": "pronunciation", "alternatives": [{"content": "a"}], "start_time": "x"}]}})"),
      "results.items[0].start_time is \"x\"; a number of seconds is expected.");
  expect_refused(
      parse(
          R"({"results": {"items": [{"type": "pronunciation", "alternatives": [{"content": "a"}], "start_time": "1"}]}})"),
      "results.items[0].end_time is missing.");
  expect_refused(parse(R"({"results": {"items": [7]}})"),
                 "results.items[0] is 7; an object is expected.");
  expect_refused(
      parse(
          R"({"text": "", "segments": [{"start": 0, "end": 1, "text": "a"}, {"start": -1, "end": 1, "text": "b"}]})"),
      "segments[1].start is -1; at least 0 is expected.");
  expect_refused(parse(R"({"text": "", "segments": [{"start": 0, "end": 1, "text": ["a"]}]})"),
                 "segments[0].text is an array; a string is expected.");
  expect_refused(parse(R"([{"idx": 0, "start_ms": 0, "end_ms": 1.0, "text": "a"}])"),
                 "[0].end_ms is 1.0; an integer is expected.");
  expect_refused(parse(R"([{"idx": 0, "start_ms": 5, "end_ms": 1, "text": "a"}])"),
                 "[0].end_ms is 1; at least its \"start_ms\" is expected.");
  expect_refused(
      parse(
          R"({"results": {"channels": [{"alternatives": [{"words": [{"word": "a", "start": 0, "end": 1}, {"word": "b", "start": null}]}]}]}})"),
      "results.channels[0].alternatives[0].words[1].start is null; a time is expected.");
  expect_refused(parse(R"({"transcription": [{"text": "a", "offsets": {"from": 0}}]})"),
                 "transcription[0].offsets.to is missing.");
  expect_refused(parse("5", "whisper"), "The document is 5; an object is expected.");
  expect_refused(parse("{}", "deepgram"), "channels is missing.");
}

TEST(TranscriptTest, FailuresTellNoTextOfATranscript) {
  for (
      const char* document :
      {R"({"results": {"items": ["secret"]}})", R"({"text": "secret", "segments": ["secret"]})",
       R"({"text": "secret", "words": [{"word": ["secret"]}]})", R"(["secret")",
       R"({"text": "secret" 1})",
       R"({"transcription": [{"text": "a", "offsets": {"from": "secret text that is longer than a time"}}]})"}) {
    for (const char* format : {"auto", "whisper"}) {
      const Parsed parsed = parse(document, format);
      EXPECT_FALSE(parsed.status.ok()) << document;
      EXPECT_EQ(std::string(parsed.status.detail).find("secret"), std::string::npos)
          << parsed.status.detail;
    }
  }
}

TEST(TranscriptTest, RefusesTimesBeyondRange) {
  expect_refused(
      parse(R"({"text": "", "segments": [{"start": 0, "end": 2147483.648, "text": "a"}]})"),
      "segments[0].end is beyond 2147483647 milliseconds.", Code::kOutOfRange);
  EXPECT_TRUE(parse(R"({"text": "", "segments": [{"start": 0, "end": 2147483.647, "text": "a"}]})")
                  .status.ok());
}

TEST(TranscriptTest, RefusesRepeatedNumbers) {
  expect_refused(
      parse(
          R"([{"idx": 1, "start_ms": 0, "end_ms": 1, "text": ""}, {"idx": 0, "start_ms": 0, "end_ms": 1, "text": ""},
                           {"idx": 1, "start_ms": 0, "end_ms": 1, "text": ""}])"),
      "Two segments have the number 1 for key \"idx\".");
}

TEST(TranscriptTest, RefusesUnfinishedJobs) {
  expect_refused(parse(R"({"status": "error", "audio_url": "x", "text": null, "words": null})"),
                 "status is \"error\"; \"completed\" is expected.");
  expect_refused(parse(R"({"status": "FAILED", "results": {"items": []}})"),
                 "status is \"FAILED\"; \"COMPLETED\" is expected.");
}

TEST(TranscriptTest, LimitsTheDepth) {
  const auto nested = [](int depth) {
    return R"({"text": "x", "deep": )" + std::string(depth - 1, '[') + std::string(depth - 1, ']') +
           "}";
  };
  EXPECT_TRUE(parse(nested(kMaxTranscriptDepth)).status.ok());
  expect_refused(parse(nested(kMaxTranscriptDepth + 1)),
                 "The document is nested deeper than 64 levels.");
  EXPECT_EQ(parse(std::string(1000000, '[')).status.code, Code::kInvalidParameter);
}

TEST(TranscriptTest, LimitsTheSize) {
  const std::string large(kMaxTranscriptBytes + 1, ' ');
  expect_refused(parse(large), "The document has 268435457 bytes; at most 268435456 are allowed.");
}

TEST(TranscriptTest, StopsWhenAsked) {
  std::string list = "[0";
  for (int i = 0; i < 20000; ++i) list += ",0";
  int calls = 0;
  Transcript* transcript = nullptr;
  const Status status = parse_transcript(
      list + "]", "auto", [](void* context) noexcept { return ++*static_cast<int*>(context) == 2; },
      &calls, &transcript);
  EXPECT_EQ(status.code, Code::kCancelled);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(transcript, nullptr);
}

TEST(TranscriptTest, SilenceHasNoSegments) {
  for (
      const char* document :
      {"[]", R"({"duration_ms": 5, "segments": []})",
       R"({"text": "", "segments": [], "language": "en"})", R"({"text": ""})",
       R"({"transcription": []})",
       R"({"results": {"channels": [{"alternatives": [{"transcript": "", "confidence": 0, "words": []}]}]}})",
       R"({"status": "completed", "audio_duration": 1, "text": "", "words": []})",
       R"({"results": [], "totalBilledTime": "0s"})",
       R"({"results": {"transcripts": [{"transcript": ""}], "items": []}})",
       R"({"format": "2.9", "metadata": {}, "results": []})"}) {
    const Parsed parsed = parse(document);
    EXPECT_TRUE(parsed.status.ok()) << document << ' ' << parsed.status.detail;
    EXPECT_TRUE(parsed.items.empty()) << document;
  }
}

TEST(TranscriptTest, TheLastOfRepeatedKeysCounts) {
  const Parsed parsed = parse(R"({"text": "one", "text": "two"})");
  ASSERT_EQ(parsed.items.size(), 1U);
  EXPECT_EQ(parsed.items[0].text, "two");
}

// ---- Real transcripts, where they are at hand ----

// $S2T_SAMPLES, or shared/samples beside one of the folders we are in.
std::filesystem::path samples() {
  const char* given = std::getenv("S2T_SAMPLES");
  if (given != nullptr) return given;
  for (std::filesystem::path at = S2T_SOURCE_DIR; at != at.root_path(); at = at.parent_path()) {
    if (std::filesystem::is_directory(at.parent_path() / "shared/samples")) {
      return at.parent_path() / "shared/samples";
    }
  }
  return {};
}

// The text of an engine's document, put together without the code under test.
std::string text_in(const json& document) {
  if (document.contains("segments")) {
    std::string text;
    for (const json& segment : document["segments"]) text += segment["text"].get<std::string>();
    return text;
  }
  if (document.contains("text")) return document["text"];
  const json& results = document["results"];
  if (results.contains("transcripts")) return results["transcripts"][0]["transcript"];
  if (results.contains("channels")) return results["channels"][0]["alternatives"][0]["transcript"];
  std::string text;
  for (const json& result : results) {
    const json& best = result["alternatives"][0];
    text += best.contains("content") ? best["content"] : best["transcript"];
  }
  return text;
}

TEST(TranscriptTest, RealTranscriptsComeOutWhole) {
  if (!std::filesystem::is_directory(samples())) GTEST_SKIP() << "no samples: set S2T_SAMPLES";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(samples())) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    SCOPED_TRACE(entry.path());
    const std::string document = read_file(entry.path());
    const Parsed parsed = parse(document);
    ASSERT_TRUE(parsed.status.ok()) << parsed.status.detail;
    std::string text;
    int32_t before = 0;
    for (const Parsed::Item& item : parsed.items) {
      EXPECT_GE(item.start_ms, before);
      before = item.start_ms;
      text += item.text;
    }
    EXPECT_EQ(without_blanks(text), without_blanks(text_in(json::parse(document))));
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace s2t::core
