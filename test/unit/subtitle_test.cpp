#include "core/export/export.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/transcript/script.h"

namespace s2t::core {
namespace {

std::string file_of(const char* name, const std::vector<Cue>& cues, int32_t duration_ms = 5000,
                    const char* option = nullptr) {
  SubtitleFormat format{};
  EXPECT_TRUE(find_subtitle_format(name, &format).ok());
  RenderOptions options = default_options(format);
  if (option != nullptr) {
    EXPECT_TRUE(set_render_option(format, option, true, &options).ok());
  }
  SubtitleWriter writer(format, duration_ms, "vi", options);
  std::string file;
  const auto append = [&file](auto write) {
    std::string part(write(nullptr), '\0');
    EXPECT_EQ(write(part.data()), part.size());
    file += part;
  };
  append([&](char* out) { return writer.write_head(out); });
  for (const Cue& cue : cues) {
    EXPECT_LE(writer.write_cue(cue, nullptr), SubtitleWriter::room_for(cue));
    append([&](char* out) { return writer.write_cue(cue, out); });
  }
  append([&](char* out) { return writer.write_tail(out); });
  return file;
}

Cue cue_of(std::string_view text, std::string_view speaker = {}) {
  return {{0, 1000, 2500, text}, speaker, {}};
}

// What the text of one cue becomes.
std::string srt_text(std::string_view text) {
  const std::string file = file_of("srt", {cue_of(text)});
  const std::string head = "1\n00:00:01,000 --> 00:00:02,500\n";
  EXPECT_EQ(file.substr(0, head.size()), head);
  return file.substr(head.size());
}

std::string vtt_text(std::string_view text) {
  const std::string file = file_of("vtt", {cue_of(text)});
  const std::string head = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n";
  EXPECT_EQ(file.substr(0, head.size()), head);
  return file.substr(head.size());
}

TEST(SubtitleTest, KnowsItsFormats) {
  SubtitleFormat format{};
  const Status status = find_subtitle_format("pdf", &format);
  EXPECT_EQ(status.code, Code::kInvalidParameter);
  EXPECT_STREQ(status.detail, "There is no format \"pdf\".");
  EXPECT_TRUE(wants_time_order(SubtitleFormat::kSrt));
  EXPECT_FALSE(wants_time_order(SubtitleFormat::kJson));
}

TEST(SubtitleTest, WritesEmptyFiles) {
  EXPECT_EQ(file_of("txt", {}), "");
  EXPECT_EQ(file_of("srt", {}), "");
  EXPECT_EQ(file_of("vtt", {}), "WEBVTT\n\n");
  EXPECT_EQ(file_of("json", {}), "{\"duration_ms\":5000,\"language\":\"vi\",\"segments\":[\n]}\n");
  EXPECT_EQ(file_of("tsv", {}), "start\tend\ttext\n");
  EXPECT_EQ(file_of("csv", {}), "idx,start_ms,end_ms,speaker,text\r\n");
}

TEST(SubtitleTest, WritesTimesOfAnyLength) {
  const Cue late{{0, 360000000, INT32_MAX, "late"}, {}, {}};
  EXPECT_EQ(file_of("srt", {late}), "1\n100:00:00,000 --> 596:31:23,647\nlate\n\n");
  EXPECT_EQ(file_of("vtt", {late}), "WEBVTT\n\n100:00:00.000 --> 596:31:23.647\nlate\n\n");
}

TEST(SubtitleTest, GivesEveryCueADuration) {
  const Cue none{{0, INT32_MAX, INT32_MAX, "x"}, {}, {}};
  EXPECT_EQ(file_of("srt", {none}), "1\n596:31:23,647 --> 596:31:23,648\nx\n\n");
}

TEST(SubtitleTest, LeavesOutCuesWithoutText) {
  EXPECT_EQ(file_of("srt", {cue_of(""), cue_of(" \n\t"), cue_of("x")}),
            "1\n00:00:01,000 --> 00:00:02,500\nx\n\n");
  EXPECT_EQ(file_of("vtt", {cue_of(" \r\n ")}), "WEBVTT\n\n");
}

TEST(SubtitleTest, LeavesOutBlankLines) {
  EXPECT_EQ(srt_text("\n one \r\n\r\n  \ntwo\n\n"), "one\ntwo\n\n");
  EXPECT_EQ(vtt_text("one\n\n00:00:05.000 --> 00:00:06.000\nfake"),
            "one\n00:00:05.000 --&gt; 00:00:06.000\nfake\n\n");
}

TEST(SubtitleTest, EscapesMarkup) {
  EXPECT_EQ(vtt_text("a < b && c --> d <i>"), "a &lt; b &amp;&amp; c --&gt; d &lt;i&gt;\n\n");
  EXPECT_EQ(srt_text("1 < 2 & 3 <3"), "1 < 2 & 3 <3\n\n");
  EXPECT_EQ(srt_text("<b> </i> {\\an8} --> x"),
            "<\u2060b> <\u2060/i> {\u2060\\an8} --\u2060> x\n\n");
}

TEST(SubtitleTest, BreaksLongLines) {
  EXPECT_EQ(srt_text("this line has exactly forty-two characters"),
            "this line has exactly forty-two characters\n\n");
  EXPECT_EQ(srt_text("this one is a little longer than what fits into a line"),
            "this one is a little longer\nthan what fits into a line\n\n");
  EXPECT_EQ(srt_text(std::string(60, 'x')), std::string(60, 'x') + "\n\n");
  EXPECT_EQ(srt_text(std::string(60, 'x') + " y"), std::string(60, 'x') + "\ny\n\n");
}

TEST(SubtitleTest, BreaksTextWithoutBlanks) {
  std::string long_text;
  for (int i = 0; i < 30; ++i) long_text += "字";
  const std::string broken = srt_text(long_text);
  EXPECT_EQ(broken, long_text.substr(0, 45) + "\n" + long_text.substr(45) + "\n\n");
}

// Thai, Lao, Khmer, Burmese, Chinese, Japanese, Korean.
TEST(SubtitleTest, BreaksAtColumnsOfDisplay) {
  for (const char* text :
       {"การรู้จำเสียงพูดเป็นเทคโนโลยีที่แปลงเสียงพูดให้เป็นข้อความและใช้กันอย่างแพร่หลายในปัจจุบันนี้ทั่วโลก",
        "ການຮັບຮູ້ສຽງເວົ້າແມ່ນເຕັກໂນໂລຊີທີ່ປ່ຽນສຽງເວົ້າໃຫ້ເປັນຂໍ້ຄວາມແລະໃຊ້ກັນຢ່າງກວ້າງຂວາງ",
        "ការទទួលស្គាល់សំឡេងគឺជាបច្ចេកវិទ្យាដែលបំប្លែងសំឡេងនិយាយទៅជាអត្ថបទដែលអាចអានបាន",
        "စကားပြောအသိအမှတ်ပြုခြင်းသည်ပြောဆိုသံကိုစာသားအဖြစ်ပြောင်းလဲပေးသောနည်းပညာတစ်ခုဖြစ်သည်",
        "语音识别是一种将人类语音转换为文本的技术如今已在世界各地得到广泛的应用和发展",
        "音声認識とは人間の音声をテキストに変換する技術であり現在では世界中で広く使われている",
        "음성 인식은 사람의 음성을 텍스트로 변환하는 기술로서 오늘날 전 세계에서 널리 사용되고 "
        "있다"}) {
    std::string broken = srt_text(text);
    broken.resize(broken.size() - 1);
    std::string joined;
    int lines = 0;
    for (size_t from = 0; from < broken.size(); ++lines) {
      const size_t end = broken.find('\n', from);
      const std::string line = broken.substr(from, end - from);
      EXPECT_LE(columns_of(line), 42) << line;
      // No line begins with a mark of the letter before.
      EXPECT_GT(columns_of(first_char(line).code), 0) << line;
      joined += line;
      from = end + 1;
    }
    EXPECT_GE(lines, 2) << text;
    std::string letters = text;
    std::erase(letters, ' ');
    std::erase(joined, ' ');
    EXPECT_EQ(joined, letters);
  }
}

TEST(SubtitleTest, LosesNoWordOfLongTexts) {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += (i == 0 ? "" : " ") + std::string(1 + i % 17, static_cast<char>('a' + i % 26));
  std::string broken = srt_text(text);
  broken.resize(broken.size() - 2);
  size_t from = 0;
  while (from < broken.size()) {
    const size_t end = std::min(broken.find('\n', from), broken.size());
    EXPECT_LE(end - from, 42U);
    if (end < broken.size()) broken[end] = ' ';
    from = end + 1;
  }
  EXPECT_EQ(broken, text);
}

TEST(SubtitleTest, TellsSpeakers) {
  const std::vector<Cue> cues = {cue_of("one", "Lan & <Bo>"), cue_of("two", "Lan & <Bo>"),
                                 cue_of("three", "Minh"), cue_of("four")};
  EXPECT_EQ(file_of("txt", cues), "Lan & <Bo>: one\ntwo\nMinh: three\nfour\n");
  const std::string srt = file_of("srt", cues);
  EXPECT_NE(srt.find("\nLan & <\u2060Bo>: one\n"), std::string::npos) << srt;
  EXPECT_NE(srt.find("\ntwo\n"), std::string::npos);
  EXPECT_NE(srt.find("\nMinh: three\n"), std::string::npos);
  const std::string vtt = file_of("vtt", cues);
  EXPECT_NE(vtt.find("\n<v Lan &amp; &lt;Bo&gt;>one\n"), std::string::npos) << vtt;
  EXPECT_NE(vtt.find("\n<v Lan &amp; &lt;Bo&gt;>two\n"), std::string::npos);
  EXPECT_NE(vtt.find("\nfour\n"), std::string::npos);
}

// A word's time stands where the word does, also where a line is broken before its blank.
TEST(SubtitleTest, TellsTimesOfWords) {
  const std::vector<CueWord> words = {{"one", 1000}, {" two", 1200}, {"three", 1400}};
  Cue cue = cue_of("one two\nthree & four");
  cue.words = words;
  const std::string head = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n";
  EXPECT_EQ(file_of("vtt", {cue}, 5000, "words"),
            head + "one<00:00:01.200> two\n<00:00:01.400>three &amp; four\n\n");
  EXPECT_EQ(file_of("vtt", {cue}), head + "one two\nthree &amp; four\n\n");

  const std::vector<CueWord> blanks = {{"one", 1000}, {" two", 1200}, {" three", 1400}};
  cue.segment.text = "one  \n two \n three";
  cue.words = blanks;
  EXPECT_EQ(file_of("vtt", {cue}, 5000, "words"),
            head + "one\n<00:00:01.200>two\n<00:00:01.400>three\n\n");
}

// What takes most room beside what it is made of.
TEST(SubtitleTest, HasRoomForWhatItWrites) {
  const std::string worst(300, '"');
  const std::string controls(300, '\x01');
  std::vector<CueWord> words(300, CueWord{"\"", 1100});
  for (size_t i = 0; i < words.size(); ++i) words[i].start_ms += static_cast<int32_t>(i);
  for (const char* format : {"txt", "srt", "vtt", "json", "tsv", "csv", "md", "ttml"}) {
    for (const std::string& text : {worst, controls, std::string(300, '<'), std::string("x")}) {
      Cue cue{{INT32_MAX, INT32_MAX - 1, INT32_MAX, text}, text, {}};
      (void)file_of(format, {cue, cue});
      cue.meta = "{\"a\": 1}";
      (void)file_of(format, {cue, cue});
    }
  }
  Cue cue{{0, 1000, 2500, worst}, {}, {}};
  cue.words = words;
  EXPECT_GT(file_of("vtt", {cue}, 5000, "words").size(), 299 * sizeof "<00:00:01.101>");
}

TEST(SubtitleTest, WritesTables) {
  const std::vector<Cue> cues = {{{3, 0, 10, "a\tb\nc"}, "S\"1", {}},
                                 {{4, 10, 20, "x, \"y\""}, {}, {}}};
  EXPECT_EQ(file_of("tsv", cues), "start\tend\ttext\n0\t10\ta b c\n10\t20\tx, \"y\"\n");
  EXPECT_EQ(file_of("csv", cues),
            "idx,start_ms,end_ms,speaker,text\r\n3,0,10,\"S\"\"1\",\"a\tb\nc\"\r\n4,10,20,,\"x, "
            "\"\"y\"\"\"\r\n");
}

TEST(SubtitleTest, WritesItsOwnFormat) {
  const std::vector<Cue> cues = {{{0, 0, 10, "a\"\\\n\x01"}, "S", "{\"speaker\": \"S\"}"},
                                 {{1, 10, 20, "b"}, {}, "{}"},
                                 {{2, 20, 30, "c"}, {}, "[1]"}};
  EXPECT_EQ(file_of("json", cues),
            "{\"duration_ms\":5000,\"language\":\"vi\",\"segments\":[\n"
            "{\"idx\":0,\"start_ms\":0,\"end_ms\":10,\"text\":\"a\\\"\\\\\\n\\u0001\",\"speaker\": "
            "\"S\"},\n"
            "{\"idx\":1,\"start_ms\":10,\"end_ms\":20,\"text\":\"b\"},\n"
            "{\"idx\":2,\"start_ms\":20,\"end_ms\":30,\"text\":\"c\",\"meta\":[1]}\n]}\n");
}

}  // namespace
}  // namespace s2t::core
