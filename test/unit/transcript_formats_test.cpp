// Every format that is read, by its fixtures.
#include "core/transcript/reader.h"
#include "transcript_parsed.h"

namespace s2t::core {
namespace {

struct Expectation {
  const char* file;  // without ".json"
  const char* format;
  const char* language;
  int32_t duration_ms;
  // idx start-end text, and the speaker in brackets where there is one
  std::vector<std::string> segments;

  [[nodiscard]] std::string file_name() const {
    const std::string name = file;
    return name.ends_with(".srt") || name.ends_with(".vtt") ? name : name + ".json";
  }
};

// GoogleTest's name.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Expectation& expectation, std::ostream* out) { *out << expectation.file; }

class FormatTest : public testing::TestWithParam<Expectation> {};

TEST_P(FormatTest, ReadsTheFixture) {
  const Expectation& expected = GetParam();
  const std::string document = read_file(fixtures() / expected.file_name());
  for (const char* name : {"auto", expected.format}) {
    const Parsed parsed = parse(document, name);
    ASSERT_TRUE(parsed.status.ok()) << parsed.status.detail;
    EXPECT_EQ(parsed.format, expected.format);
    EXPECT_EQ(parsed.language, expected.language);
    EXPECT_EQ(parsed.duration_ms, expected.duration_ms);
    EXPECT_EQ(lines_of(parsed), expected.segments);
  }
}

const Expectation kExpectations[] = {
    {"s2t",
     "s2t",
     "vi",
     9500,
     {"0 0-2400 Xin chào các bạn. [Lan]", "5 2400-5100  Giữ nguyên khoảng trắng \n và xuống dòng. ",
      "3 1000-1000 "}},
    {"s2t-list",
     "s2t",
     "",
     2000,
     {"0 0-1000 Không có ký tự \uFFFD và không có \uFFFD lẻ, nhưng 😀 thì có.",
      "1 1000-2000 Dòng thứ hai."}},
    {"openai", "openai", "", 4000, {"0 0-4000 The kettle is on, and the cups are on the table."}},
    {"openai-verbose",
     "openai",
     "vi",
     6550,
     {"0 0-2920 Trời hôm nay đẹp.", "1 2920-6200 Chúng ta đi bộ nhé?"}},
    {"openai-words",
     "openai",
     "en",
     7250,
     {"0 0-900 \"Who's there?\"", "1 1000-2400 she asked - twice.",
      "2 3000-5900 Nobody answered (well-known silence)."}},
    {"openai-diarized",
     "openai",
     "",
     5750,
     {"0 250-2000 Did you bring the map? [A]", "1 2500-3125 I did. [B]"}},
    {"whisper",
     "whisper",
     "en",
     2445,
     {"0 0-2445 The river was high.", "1 2445-2445 We turned back."}},
    {"faster-whisper",
     "faster-whisper",
     "",
     3300,
     {"0 0-1800 Một con mèo ngồi trên mái nhà.", "1 1900-3300 Nó không nhảy xuống."}},
    {"faster-whisper-info", "faster-whisper", "ja", 4096, {"0 500-3750 今日は雨です。"}},
    {"whisper-timestamped",
     "whisper-timestamped",
     "en",
     1960,
     {"0 420-1960 Close the window, please."}},
    {"whisperx",
     "whisperx",
     "en",
     3400,
     {"0 31-2512 Room 204 is upstairs. [SPEAKER_00]", "1 2900-3400 Thanks."}},
    {"whisper.cpp",
     "whisper.cpp",
     "vi",
     5000,
     {"0 0-3240 Tàu đến lúc mấy giờ?", "1 3240-5000 Tám giờ tối. [1]"}},
    {"deepgram-channels",
     "deepgram",
     "en",
     6401,
     {"0 80-900 Good morning.", "1 950-3900 My parcel is lost.", "2 1000-1900 How can I help?"}},
    {"deepgram-diarized",
     "deepgram",
     "",
     5000,
     {"0 500-900 ready [0]", "1 1000-1300 yes [1]", "2 2300-2600 wait [1]"}},
    {"deepgram-utterances",
     "deepgram",
     "",
     12000,
     {"0 100-800 One two. [0]", "1 2000-7000 Three, four five [1]", "2 7900-11500 six seven. [1]"}},
    {"assemblyai-utterances",
     "assemblyai",
     "en_us",
     8000,
     {"0 240-1010 Shall we start? [A]", "1 1500-1790 Yes. [B]"}},
    {"assemblyai-words",
     "assemblyai",
     "fr",
     3500,
     {"0 100-1300 Mme. Roux est là.", "1 1600-2100 Entrez !"}},
    {"google-v1",
     "google-v1",
     "en-us",
     6250,
     {"0 0-2000 the lamp is broken", "1 3000-4800 東京は晴れです", "2 5000-6250 no words here"}},
    {"google-v1-diarized",
     "google-v1",
     "",
     1900,
     {"0 0-900 is it far? [1]", "1 1200-1900 not at all. [2]"}},
    {"google-v2", "google-v2", "cmn-Hans-CN", 1800, {"0 0-1500 我们明天见 [1]"}},
    {"aws",
     "aws",
     "",
     3200,
     {"0 9-2600 The store, I think, is 3.5 km away.", "1 2700-3200 Really?"}},
    {"aws-speakers",
     "aws",
     "en-GB",
     1700,
     {"0 500-900 Tea? [spk_0]", "1 1200-1700 Please. [spk_1]"}},
    {"aws-channels", "aws", "", 1400, {"0 100-900 Can you hear me?", "1 1000-1400 Yes."}},
    {"speechmatics",
     "speechmatics",
     "es",
     10000,
     {"0 300-1100 ¿Qué hora es? [S1]", "1 1600-2400 3:30."}},
    {"azure",
     "azure",
     "en-GB",
     5120,
     {"0 500-1500 Good morning. [1]", "1 2000-2900 It is. [2]", "2 3000-4250 Is it open? [1]"}},
    {"azure-display",
     "azure",
     "",
     3800,
     {"0 400-1600 Close your books. [2]", "1 2100-3000 Page 9. [2]"}},
    {"azure-fast",
     "azure-fast",
     "en-US",
     4400,
     {"0 80-1680 The bus is late. [1]", "1 3000-3900 Again. [2]"}},
    {"aws-call-analytics",
     "aws-call-analytics",
     "en-US",
     3200,
     {"0 120-1900 Hello, how can I help? [AGENT]", "1 1700-3100 My card is gone. [CUSTOMER]"}},
    {"elevenlabs",
     "elevenlabs",
     "eng",
     2000,
     {"0 100-800 Who is it? [speaker_0]", "1 900-1600 (knocking) [speaker_0]",
      "2 1700-2000 Me. [speaker_1]"}},
    {"elevenlabs-channels", "elevenlabs", "deu", 900, {"0 100-600 Hallo.", "1 200-900 Guten Tag."}},
    {"gladia",
     "gladia",
     "fr",
     6500,
     {"0 210-1500 On part demain. [0]", "1 2000-2600 D'accord. [1]"}},
    {"hugging-face",
     "hugging-face",
     "",
     1900,
     {"0 0-1750 The gate is shut.", "1 1900-1900 Try the other one."}},
    {"hugging-face-words", "hugging-face", "", 1400, {"0 0-1400 The gate is shut."}},
    {"insanely-fast-whisper",
     "hugging-face",
     "",
     2000,
     {"0 0-1500 Ready when you are. [SPEAKER_00]", "1 1500-2000 Go. [SPEAKER_01]"}},
    {"vosk", "vosk", "", 1300, {"0 300-1300 open the window"}},
    {"vosk-list", "vosk", "", 4600, {"0 300-600 open", "1 4300-4600 close"}},
    {"soniox",
     "soniox",
     "en",
     2010,
     {"0 300-1410 Beautiful day, isn't it? [1]", "1 1800-2010 Yes. [2]"}},
    {"revai", "revai", "", 1900, {"0 270-900 Hi, Tom. [0]", "1 1200-1900 Well - come in! [1]"}},
    {"watson",
     "watson",
     "",
     4100,
     {"0 1000-2150 several tornadoes [2]", "1 3300-4100 touched down [1]"}},
    {"riva", "riva", "", 2160, {"0 960-2160 What is natural language? [1]"}},
    {"nemo", "nemo", "", 1600, {"0 240-1600 the train leaves at nine"}},
    {"nemo-speakers",
     "nemo",
     "",
     1400,
     {"0 400-800 eleven [speaker_0]", "1 1000-1400 twenty [speaker_1]"}},
    {"mistral",
     "mistral",
     "",
     4000,
     {"0 200-1400 Leave it on. [speaker_1]", "1 1800-2500 I will. [speaker_2]"}},
    {"sherpa-onnx", "sherpa-onnx", "en", 1900, {"0 320-1900 After early night"}},
    {"parakeet", "parakeet", "", 2800, {"0 160-1200 It rained.", "1 1600-2800 Then the sun came."}},
    {"podcasting",
     "podcasting",
     "",
     3250,
     {"0 500-1900 Welcome back. [Darth]", "1 2000-3250 Thank you for having me. [Luke]"}},
    {"youtube", "youtube", "", 5330, {"0 160-2330 the lake froze", "1 2330-5330 over night"}},
    {"whisper.cpp-tokens", "whisper.cpp", "en", 1500, {"0 0-1500 Yesterday, rain."}},
    {"srt.srt",
     "srt",
     "",
     63500,
     {"0 1000-2500 Hello, a < b & c > d.\nSecond line.", "1 3200-4000 Up there.",
      "2 62000-63500 No hours."}},
    {"vtt.vtt",
     "vtt",
     "en",
     360001000,
     {"0 1000-2500 Hello & welcome [Mary Ann]", "1 3000-4000 Who? [Mary Ann]",
      "2 3000-4000 1 < 2, me. [Bob]", "3 360000000-360001000 The end"}},
};

INSTANTIATE_TEST_SUITE_P(Fixtures, FormatTest, testing::ValuesIn(kExpectations),
                         [](const testing::TestParamInfo<Expectation>& info) {
                           std::string name = info.param.file;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return c == '-' || c == '.'; }, '_');
                           return name;
                         });

TEST(TranscriptTest, EveryFixtureIsExpected) {
  for (const auto& entry : std::filesystem::directory_iterator(fixtures())) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(std::any_of(std::begin(kExpectations), std::end(kExpectations),
                            [&](const Expectation& one) { return name == one.file_name(); }))
        << name;
  }
}

// No reader that is asked before the right one takes a document for its own.
TEST(FormatsTest, NoFixtureIsTakenForAnother) {
  for (const Expectation& expected : kExpectations) {
    SCOPED_TRACE(expected.file);
    const std::string text = read_file(fixtures() / expected.file_name());
    if (expected.file_name() != std::string(expected.file) + ".json") {
      EXPECT_EQ(parse(text).format, expected.format);
      continue;
    }
    StopCheck stop(nullptr, nullptr);
    const TranscriptDocument document = TranscriptDocument::parse(text, &stop);
    bool recognised = false;
    for (const std::span<const TranscriptFormat> family : all_formats()) {
      for (const TranscriptFormat& format : family) {
        if (!format.recognise(document.root())) continue;
        recognised = recognised || format.name == expected.format;
        // One that comes later may take it, too; only the first is asked under "auto".
        EXPECT_TRUE(recognised) << "recognised as " << format.name;
      }
    }
    EXPECT_TRUE(recognised);
  }
}

// All that was said, in order, without blanks.
std::string said(const Parsed& parsed) {
  std::string text;
  for (const Parsed::Item& item : parsed.items) text += without_blanks(item.text);
  return text;
}

// Whose words are in two places, and differ there.
bool reads_another_way(const Expectation& fixture, const TranscriptFormat& format) {
  const std::string_view file = fixture.file;
  return (file == "assemblyai-words" && format.name == "elevenlabs") ||
         (file == "google-v1-diarized" && format.name == "google-v2");
}

// Read under the name of another format, a document is refused, or keeps its words.
// (Parsing checks every segment.)
TEST(FormatsTest, EveryFixtureUnderEveryName) {
  for (const Expectation& expected : kExpectations) {
    SCOPED_TRACE(expected.file);
    const std::string text = read_file(fixtures() / expected.file_name());
    const std::string right = said(parse(text, expected.format));
    for (const std::span<const TranscriptFormat> family : all_formats()) {
      for (const TranscriptFormat& format : family) {
        const Parsed other = parse(text, format.name);
        EXPECT_TRUE(other.status.ok() || other.status.detail[0] != '\0') << format.name;
        if (other.status.ok() && !reads_another_way(expected, format)) {
          EXPECT_EQ(said(other), right) << format.name;
        }
      }
    }
  }
}

// Silence is silence under any name, but what says something under another one is not silent.
TEST(FormatsTest, NothingReadIsNoSilence) {
  const Parsed wrong = parse(read_file(fixtures() / "deepgram-channels.json"), "vosk");
  expect_refused(wrong,
                 "Read as \"vosk\" the document says nothing, but it looks like \"deepgram\".");
  EXPECT_STREQ(wrong.status.hint, "Pass the format that the document has, or auto.");
  for (const char* silent :
       {R"({"text": ""})", R"({"result": [], "text": ""})", R"([])", R"([{}])"}) {
    const Parsed parsed = parse(silent, "vosk");
    EXPECT_TRUE(parsed.status.ok()) << silent << parsed.status.detail;
    EXPECT_EQ(said(parsed), "") << silent;
  }
  EXPECT_TRUE(
      parse(R"({"status": "completed", "text": "", "words": []})", "assemblyai").status.ok());
}

// ---- What auto must not lose ----

struct Case {
  const char* document;
  const char* format;
  const char* language;
  int32_t duration_ms;
  std::vector<std::string> segments;
};

const Case kCases[] = {
    {R"({"transcription_info": {"language": "pt", "duration": 9.5}, "text": "Oi", "segments": [{"start": 0.0, "end": 1.0, "text": "Oi"}]})",
     "whisper",
     "pt",
     9500,
     {"0 0-1000 Oi"}},
    {R"({"results": [{"alternatives": [{"transcript": "we met", "words": [{"startTime": "0.1s", "endTime": "0.4s", "word": "we"}, {"startTime": "0.4s", "endTime": "0.8s", "word": "met"}]}]},
                     {"alternatives": [{"transcript": " last year", "words": [{"startTime": "0.1s", "endTime": "0.4s", "word": "we", "speakerTag": 2}, {"startTime": "0.4s", "endTime": "0.8s", "word": "met", "speakerTag": 2},
                       {"startTime": "2.1s", "endTime": "2.5s", "word": "last", "speakerTag": 1}, {"startTime": "2.5s", "endTime": "2.9s", "word": "year", "speakerTag": 1}]}]}]})",
     "google-v1",
     "",
     2900,
     {"0 100-800 we met [2]", "1 2100-2900 last year [1]"}},
    // Each result with all words so far.
    {R"({"results": [{"alternatives": [{"transcript": "a", "words": [{"startTime": "1s", "endTime": "2s", "word": "a"}]}]},
                     {"alternatives": [{"transcript": "a b", "words": [{"startTime": "1s", "endTime": "2s", "word": "a"}, {"startTime": "2s", "endTime": "3s", "word": "b"}]}]},
                     {"alternatives": [{"transcript": "a b c", "words": [{"startTime": "1s", "endTime": "2s", "word": "a"}, {"startTime": "2s", "endTime": "3s", "word": "b"}, {"startTime": "3s", "endTime": "4s", "word": "c"}]}]}]})",
     "google-v1",
     "",
     4000,
     {"0 1000-4000 a b c"}},
    {R"({"results": [{"alternatives": [{}]}, {"alternatives": [{"transcript": "then me", "words": [{"startTime": "1s", "endTime": "2s", "word": "then"}, {"startTime": "2s", "endTime": "3s", "word": "me"}]}]}]})",
     "google-v1",
     "",
     3000,
     {"0 1000-3000 then me"}},
    {R"({"format": "2.4", "metadata": {}, "results": [{"type": "speaker_change", "start_time": 0.1, "end_time": 0.1, "score": 0.9}, {"type": "word", "start_time": 0.2, "end_time": 0.6, "alternatives": [{"content": "Hey"}]}]})",
     "speechmatics",
     "",
     600,
     {"0 200-600 Hey"}},
    {R"({"utterances": [{"text": "In seconds.", "start": 12.0, "end": 27.52, "speaker": 0, "words": null}], "audio_duration": 27.52, "timestamps": "s"})",
     "assemblyai",
     "",
     27520,
     {"0 12000-27520 In seconds. [0]"}},
    {R"({"transcription": [{"offsets": {"from": 900, "to": 2000}, "text": " one"}, {"offsets": {"from": 2000, "to": 2900}, "text": " two"}, {"offsets": {"from": 2900, "to": 1800}, "text": " three"}, {"offsets": {"from": 1800, "to": 1200}, "text": " four"}]})",
     "whisper.cpp",
     "",
     2900,
     {"0 900-2000 one", "1 2000-2900 two", "2 2900-2900 three", "3 2900-2900 four"}},
    {R"({"text": " a", "segments": [{"id": 0, "start": 0.0, "end": 1.0, "text": " a", "avg_logprob": NaN, "compression_ratio": -Infinity, "no_speech_prob": 0.1}], "language": "en"})",
     "whisper",
     "en",
     1000,
     {"0 0-1000 a"}},
    {R"({"text": "a b", "segments": [{"id": 0, "start": 0, "end": 1, "text": "a"}, {"id": 1, "start": 1, "end": null, "text": "b"}], "language": "en"})",
     "whisper",
     "en",
     1000,
     {"0 0-1000 a", "1 1000-1000 b"}},
    {R"({"status": "Success", "session_id": "a", "transcription": "right and i", "speaker_count": 2, "words": [{"word": "right", "start_time": 0.0, "end_time": 0.04, "speaker": "speaker_0"}, {"word": "and", "start_time": 0.64, "end_time": 0.68, "speaker": "speaker_1"}, {"word": "i", "start_time": 0.84, "end_time": 0.88, "speaker": "speaker_1"}], "sentences": [{"text": "right", "start_time": 0.0, "end_time": 0.04, "speaker": "speaker_0"}, {"text": "and i", "start_time": 0.64, "end_time": 0.88, "speaker": "speaker_1"}]})",
     "nemo",
     "",
     880,
     {"0 0-40 right [speaker_0]", "1 640-880 and i [speaker_1]"}},
    {R"({"language_code": "eng", "text": "Yes No", "words": [{"text": "Yes", "start": 0.1, "end": 0.5, "type": "word", "speaker_id": "x"}, {"text": " ", "start": 0.5, "end": 0.5, "type": "spacing", "speaker_id": "x"}, {"text": "No", "start": 0.6, "end": 0.9, "type": "word", "speaker_id": "y"}]})",
     "elevenlabs",
     "eng",
     900,
     {"0 100-500 Yes [x]", "1 600-900 No [y]"}},
    // What a callback brings.
    {R"({"id": "7f", "event": "transcription.success", "payload": {"metadata": {"audio_duration": 4.2, "number_of_distinct_channels": 2, "billing_time": 8.4, "transcription_time": 1.1},
         "transcription": {"full_transcript": "Hallo. Ja?", "languages": ["de"], "utterances": [
           {"text": "Hallo.", "language": "de", "start": 0.3, "end": 0.9, "confidence": 0.9, "channel": 0, "words": [{"word": "Hallo.", "start": 0.3, "end": 0.9, "confidence": 0.9}]},
           {"text": "Ja?", "language": "de", "start": 0.6, "end": 1.1, "confidence": 0.8, "channel": 1, "words": []}]}}, "custom_metadata": {"a": 1}})",
     "gladia",
     "de",
     4200,
     {"0 300-900 Hallo.", "1 600-1100 Ja?"}},
    // A stream: what may still change repeats what is final.
    {R"({"results": [{"alternatives": [{"transcript": "to"}], "stability": 0.01, "audioProcessed": 0.8},
                     {"alternatives": [{"transcript": "to be", "confidence": 0, "words": [{"startTime": 120, "endTime": 400, "word": "to"}, {"startTime": 480, "endTime": 800, "word": "be"}]}], "isFinal": true, "channelTag": 1, "audioProcessed": 1.6},
                     {"alternatives": [{"transcript": "or not"}], "stability": 0.4, "audioProcessed": 2.4},
                     {"alternatives": [{"transcript": "or not", "words": [{"startTime": 1700, "endTime": 1900, "word": "or"}, {"startTime": 1980, "endTime": 2300, "word": "not"}]}], "isFinal": true, "channelTag": 1, "audioProcessed": 2.6}]})",
     "riva",
     "",
     2300,
     {"0 120-800 to be", "1 1700-2300 or not"}},
};

TEST(FormatsTest, NothingIsLost) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.document);
    const Parsed parsed = parse(one.document);
    ASSERT_TRUE(parsed.status.ok()) << parsed.status.detail;
    EXPECT_EQ(parsed.format, one.format);
    EXPECT_EQ(parsed.language, one.language);
    EXPECT_EQ(parsed.duration_ms, one.duration_ms);
    EXPECT_EQ(lines_of(parsed), one.segments);
  }
}

TEST(FormatsTest, WhatIsNoNumberIsLeftOut) {
  const Parsed parsed = parse(
      R"({"text": "a", "segments": [{"id": 0, "start": 0, "end": 1, "text": "a", "avg_logprob": NaN, "no_speech_prob": 0.5, "x": [Infinity]}]})");
  EXPECT_EQ(parsed.items[0].meta, json::parse(R"({"no_speech_prob": 0.5, "x": [null]})"));
  expect_refused(parse(R"({"text": "a", "segments": [{"start": NaN, "end": 1, "text": "a"}]})"),
                 "segments[0].start is NaN or infinite; a number of seconds is expected.");
}

TEST(FormatsTest, RefusesWhatIsNotReadWhole) {
  const std::vector<std::pair<const char*, const char*>> documents = {
      {R"({"text": "a b", "pieces": [{"start": 1, "end": 2}]})", "times or words"},
      {R"({"text": "a b", "sentences": ["a", "b"]})", "times or words"},
      {R"({"text": "a b", "result": [{"w": "a"}]})", "times or words"},
      {R"({"results": [{"alternatives": [{"transcript": "a", "parts": [{"start": 1}]}]}]})",
       "times or words"},
      {R"({"text": "a", "segments": [{"id": 0, "start": 0, "end": 1, "text": "a", "who": [{"speaker": "A"}]}]})",
       "a speaker"},
  };
  for (const auto& [document, what] : documents) {
    const Parsed parsed = parse(document);
    EXPECT_EQ(parsed.status.code, Code::kInvalidParameter) << document;
    EXPECT_NE(std::string(parsed.status.detail).find(what), std::string::npos)
        << document << parsed.status.detail;
    EXPECT_NE(parsed.status.hint, nullptr);
  }
  EXPECT_EQ(parse(R"({"utterances": [{"text": "a", "start": 1.5, "end": 2.5}]})").status.code,
            Code::kInvalidParameter);
  EXPECT_EQ(
      parse(
          R"({"results": [{"alternatives": [{"transcript": "a", "words": [{"startTime": 1.5, "endTime": 2.5, "word": "a"}]}]}]})")
          .status.code,
      Code::kInvalidParameter);
  expect_refused(parse(R"({"error": {"message": "x"}, "text": ""})"),
                 "The document tells of an error: it is no transcript.");
}

TEST(FormatsTest, NoConfidenceIsNotZero) {
  const Parsed parsed = parse(
      R"({"results": [{"alternatives": [{"transcript": "a b", "confidence": 0.0, "words": [{"startTime": 1, "endTime": 2, "word": "a", "confidence": 0.0}, {"startTime": 2, "endTime": 3, "word": "b", "confidence": -0.5}]}], "audioProcessed": 1.5}]})");
  ASSERT_TRUE(parsed.status.ok()) << parsed.status.detail;
  EXPECT_EQ(
      parsed.items[0].meta,
      json::parse(
          R"({"confidence": -0.5, "words": [{"text": "a", "start_ms": 1, "end_ms": 2}, {"text": "b", "start_ms": 2, "end_ms": 3, "confidence": -0.5}]})"));
}

TEST(FormatsTest, WordsOfTokens) {
  const json words =
      parse(read_file(fixtures() / "whisper.cpp-tokens.json")).items[0].meta["words"];
  EXPECT_EQ(
      words,
      json::parse(
          R"([{"text": "Yesterday,", "start_ms": 0, "end_ms": 720, "confidence": 0.8}, {"text": "rain.", "start_ms": 800, "end_ms": 1500, "confidence": 0.95}])"));
}

TEST(FormatsTest, ChannelsAreMergedByTime) {
  const Parsed parsed = parse(
      R"({"results": [{"channelTag": 1, "alternatives": [{"transcript": "one", "words": [{"startTime": "1s", "endTime": "2s", "word": "one"}]}]}, {"channelTag": 1, "alternatives": [{"transcript": "three", "words": [{"startTime": "5s", "endTime": "6s", "word": "three"}]}]},
                                              {"channelTag": 2, "alternatives": [{"transcript": "two", "words": [{"startTime": "3s", "endTime": "4s", "word": "two"}]}]}]})");
  EXPECT_EQ(lines_of(parsed),
            (std::vector<std::string>{"0 1000-2000 one", "1 3000-4000 two", "2 5000-6000 three"}));
}

TEST(FormatsTest, BytesThatAreNoUtf8AreCounted) {
  const Parsed parsed = parse("{\"text\": \"a\xFF\xC3 \xE1\xBA\x62\"}");
  EXPECT_EQ(parsed.replaced, 3U);
  EXPECT_EQ(parsed.items[0].text,
            "a\uFFFD\uFFFD \uFFFD"
            "b");
  EXPECT_EQ(parse("WEBVTT\n\n00:00.000 --> 00:01.000\n\xFFx\n").replaced, 1U);
}

TEST(FormatsTest, TheNameIsLookedAtFirst) {
  const Parsed parsed = parse(std::string(kMaxTranscriptBytes + 1, '['), "mp3");
  EXPECT_STREQ(parsed.status.message, "unknown transcript format");
}

}  // namespace
}  // namespace s2t::core
