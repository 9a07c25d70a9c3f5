#include "core/edit/edit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s2t::core {
namespace {

constexpr const char* kWords =
    R"({"words": [{"text": "Xin", "end_ms": 400, "start_ms": 0, "confidence": 0.9870}, )"
    R"({"text": "chào", "end_ms": 900, "start_ms": 500}, {"text": "bạn.", "end_ms": 1900, )"
    R"("start_ms": 1200, "speaker": "B"}], "speaker": "A", "confidence": 0.910})";

class Edit : public ::testing::Test {
 protected:
  // Memory of exactly the size that is asked for, which the sanitizers watch over.
  Room room(size_t bytes) {
    memory_.emplace_back(bytes);
    return {memory_.back().data(), bytes};
  }

  Status correct_it(const Utterance& before, const Correction& correction) {
    return correct(before, correction, room(correct_room(before, correction)), &corrected_);
  }
  Status split_it(const Utterance& whole, std::optional<int32_t> at_ms,
                  std::optional<int32_t> at_char) {
    return split(whole, at_ms, at_char, room(split_room(whole)), &split_);
  }
  Status merge_them(const std::vector<Utterance>& parts) {
    return merge(parts, room(merge_room(parts)), &whole_);
  }
  std::string renamed(std::string_view meta, std::string_view from, std::string_view to) {
    Renamed result;
    EXPECT_TRUE(rename_speaker(meta, from, to, room(rename_room(meta, to)), &result).ok());
    return result.changed ? std::string(result.meta) : "unchanged";
  }

  Corrected corrected_;
  Split split_;
  Utterance whole_;
  std::vector<std::vector<char>> memory_;
};

const Utterance kHello{0, 2000, "Xin chào bạn.", kWords};

TEST_F(Edit, WordsKeepEveryDigitWhereTheTextDidNotChange) {
  ASSERT_TRUE(correct_it(kHello, {.text = "Xin chào các bạn."}).ok());
  EXPECT_EQ(corrected_.now.text, "Xin chào các bạn.");
  EXPECT_EQ(corrected_.now.meta, kWords);
  EXPECT_EQ(corrected_.lost_words, 0);
}

TEST_F(Edit, AWordForAWordTakesOverItsTimes) {
  ASSERT_TRUE(correct_it(kHello, {.text = "Xin chúc bạn."}).ok());
  EXPECT_NE(corrected_.now.meta.find(R"({"text": "chúc", "end_ms": 900, "start_ms": 500})"),
            std::string_view::npos);
  EXPECT_EQ(corrected_.lost_words, 0);
}

TEST_F(Edit, WordsThatWereRewrittenOtherwiseAreGone) {
  ASSERT_TRUE(correct_it(kHello, {.text = "Xin mời quý vị bạn."}).ok());
  EXPECT_EQ(corrected_.now.meta.find("chào"), std::string_view::npos);
  EXPECT_NE(corrected_.now.meta.find("bạn."), std::string_view::npos);
  EXPECT_EQ(corrected_.lost_words, 1);
  ASSERT_TRUE(correct_it(kHello, {.text = ""}).ok());
  EXPECT_EQ(corrected_.now.meta, R"({"speaker": "A", "confidence": 0.910})");
  EXPECT_EQ(corrected_.lost_words, 3);
}

TEST_F(Edit, AWordThatGrewIsAnother) {
  ASSERT_TRUE(correct_it({0, 100, "cat sat", R"({"words": [{"text": "cat"}, {"text": "sat"}]})"},
                         {.text = "cats sat"})
                  .ok());
  EXPECT_EQ(corrected_.now.meta, R"({"words": [{"text": "cats"}, {"text": "sat"}]})");
  ASSERT_TRUE(correct_it({0, 100, "cat sat", R"({"words": [{"text": "cat"}, {"text": "sat"}]})"},
                         {.text = "cat, sat"})
                  .ok());
  EXPECT_EQ(corrected_.now.meta, R"({"words": [{"text": "cat"}, {"text": "sat"}]})");
  EXPECT_EQ(corrected_.lost_words, 0);
}

TEST_F(Edit, WordsThatAreNotInTheTextDoNotOutliveACorrection) {
  ASSERT_TRUE(
      correct_it({0, 100, "twenty", R"({"words": [{"text": "20"}], "x": 1})"}, {.text = "thirty"})
          .ok());
  EXPECT_EQ(corrected_.now.meta, R"({"x": 1})");
  EXPECT_EQ(corrected_.lost_words, 1);
}

TEST_F(Edit, SpeakersAndTimes) {
  ASSERT_TRUE(correct_it(kHello, {.start_ms = 10, .end_ms = 20, .speaker = "Lê \"An\""}).ok());
  EXPECT_EQ(corrected_.now.start_ms, 10);
  EXPECT_EQ(corrected_.now.end_ms, 20);
  EXPECT_NE(corrected_.now.meta.find(R"("speaker": "Lê \"An\"")"), std::string_view::npos);
  ASSERT_TRUE(correct_it({0, 1, "a", ""}, {.speaker = "B"}).ok());
  EXPECT_EQ(corrected_.now.meta, R"({"speaker": "B"})");
  ASSERT_TRUE(correct_it({0, 1, "a", R"({"speaker": "B"})"}, {.speaker = ""}).ok());
  EXPECT_EQ(corrected_.now.meta, "");
  EXPECT_FALSE(correct_it(kHello, {.start_ms = -1}).ok());
  EXPECT_FALSE(correct_it(kHello, {.start_ms = 2001}).ok());
  EXPECT_FALSE(correct_it({0, 1, "a", "[1]"}, {.speaker = "B"}).ok());
  ASSERT_TRUE(correct_it({0, 1, "a", "[1]"}, {.text = "b"}).ok());
  EXPECT_EQ(corrected_.now.meta, "[1]");
}

TEST_F(Edit, SpeakersHaveNames) {
  EXPECT_TRUE(check_speaker("Nguyễn Văn A", "in_to").ok());
  EXPECT_FALSE(check_speaker("", "in_to").ok());
  EXPECT_FALSE(check_speaker(" \u00A0", "in_to").ok());
  EXPECT_FALSE(check_speaker("a\nb", "in_to").ok());
  std::string name;
  for (int i = 0; i < 255; ++i) name += "ễ";
  EXPECT_TRUE(check_speaker(name, "in_to").ok());
  EXPECT_STREQ(check_speaker(name + "a", "in_to").detail,
               "Argument in_to has 256 characters; at most 255 are expected.");
}

TEST_F(Edit, RenamingReachesTheWords) {
  EXPECT_EQ(renamed(R"({"speaker": "A", "x": 1.50})", "A", "An"),
            R"({"speaker": "An", "x": 1.50})");
  EXPECT_EQ(renamed(R"({"speaker": "A", "x": "B"})", "B", "An"), "unchanged");
  EXPECT_EQ(renamed(R"({"words": [{"text": "B", "speaker": "B"}, {"text": "c"}]})", "B", "C\\"),
            R"({"words": [{"text": "B", "speaker": "C\\"}, {"text": "c"}]})");
  EXPECT_EQ(renamed("", "A", "B"), "unchanged");
  EXPECT_EQ(renamed("[\"A\"]", "A", "B"), "unchanged");
}

TEST_F(Edit, SplitByCharactersTakesTheTimesOfTheWords) {
  ASSERT_TRUE(split_it(kHello, std::nullopt, 9).ok());
  EXPECT_EQ(split_.head.text, "Xin chào");
  EXPECT_EQ(split_.tail.text, "bạn.");
  EXPECT_EQ(split_.head.end_ms, 900);
  EXPECT_EQ(split_.tail.start_ms, 1200);
  EXPECT_EQ(split_.tail.end_ms, 2000);
  EXPECT_EQ(split_.tail.meta, R"({"words": [{"text": "bạn.", "end_ms": 1900, "start_ms": 1200, )"
                              R"("speaker": "B"}], "speaker": "A", "confidence": 0.910})");
  EXPECT_EQ(split_.lost_words, 0);
}

TEST_F(Edit, SplitByTimeFindsTheWord) {
  ASSERT_TRUE(split_it(kHello, 450, std::nullopt).ok());
  EXPECT_EQ(split_.head.text, "Xin");
  EXPECT_EQ(split_.tail.text, "chào bạn.");
  EXPECT_EQ(split_.head.end_ms, 450);
  EXPECT_EQ(split_.tail.start_ms, 450);
  EXPECT_FALSE(split_it(kHello, 1500, std::nullopt).ok());
  EXPECT_FALSE(split_it(kHello, 0, std::nullopt).ok()) << "nothing would be before it";
  EXPECT_FALSE(split_it({0, 100, "a b", ""}, 50, std::nullopt).ok()) << "no words";
}

TEST_F(Edit, SplitWithinAWordLosesIt) {
  ASSERT_TRUE(split_it(kHello, 700, 6).ok());
  EXPECT_EQ(split_.head.text, "Xin ch");
  EXPECT_EQ(split_.tail.text, "ào bạn.");
  EXPECT_EQ(split_.lost_words, 1);
  EXPECT_EQ(split_.head.meta.find("chào"), std::string_view::npos);
  EXPECT_EQ(split_.tail.meta.find("chào"), std::string_view::npos);
}

TEST_F(Edit, WordsThatAreNotInTheTextFollowByTheirTimes) {
  const Utterance numbers{0, 1000, "twenty one",
                          R"({"words": [{"text": "20", "start_ms": 0, "end_ms": 400}, )"
                          R"({"text": "1", "start_ms": 500, "end_ms": 900}]})"};
  ASSERT_TRUE(split_it(numbers, 450, 7).ok());
  EXPECT_NE(split_.head.meta.find("\"20\""), std::string_view::npos);
  EXPECT_NE(split_.tail.meta.find("\"1\""), std::string_view::npos);
  EXPECT_EQ(split_.lost_words, 0);
  const Utterance untimed{0, 1000, "twenty one", R"({"words": [{"text": "20"}, {"text": "1"}]})"};
  ASSERT_TRUE(split_it(untimed, std::nullopt, 7).ok());
  EXPECT_EQ(split_.lost_words, 2);
  EXPECT_EQ(split_.head.meta, "");
  EXPECT_EQ(split_.head.end_ms, 700) << "in proportion to the characters";
}

TEST_F(Edit, SplitsThatLeaveNothing) {
  for (int at : {-5, 0, 13, 14, 1000}) EXPECT_FALSE(split_it(kHello, std::nullopt, at).ok()) << at;
  EXPECT_FALSE(split_it(kHello, std::nullopt, std::nullopt).ok());
  EXPECT_FALSE(split_it(kHello, 2001, 5).ok());
  EXPECT_FALSE(split_it({5, 10, "", ""}, 7, 1).ok());
  EXPECT_FALSE(split_it({5, 10, "a  ", ""}, 7, 2).ok());
}

TEST_F(Edit, MergingWhatWasSplitGivesItBack) {
  for (int at = 4; at <= 9; at += 5) {
    ASSERT_TRUE(split_it(kHello, std::nullopt, at).ok());
    const Split parts = split_;
    ASSERT_TRUE(merge_them({parts.head, parts.tail}).ok());
    EXPECT_EQ(whole_.text, kHello.text);
    EXPECT_EQ(whole_.start_ms, 0);
    EXPECT_EQ(whole_.end_ms, 2000);
    EXPECT_NE(whole_.meta.find(R"("confidence": 0.910)"), std::string_view::npos);
    EXPECT_NE(whole_.meta.find("chào"), std::string_view::npos);
  }
}

TEST_F(Edit, MergedWordsOfOthersAreToldTheirSpeaker) {
  ASSERT_TRUE(
      merge_them({{0, 10, "a", R"({"x": 1, "y": 1, "words": [{"text": "a"}], "speaker": "A"})"},
                  {10, 30, " ", ""},
                  {5, 20, "b", R"({"x": 1, "y": 2, "words": [{"text": "b"}], "speaker": "B"})"}})
          .ok());
  EXPECT_EQ(whole_.text, "a b");
  EXPECT_EQ(whole_.end_ms, 30);
  EXPECT_EQ(whole_.meta,
            R"({"speaker": "A", "words": [{"text": "a"}, {"text": "b", "speaker": "B"}]})");
  ASSERT_TRUE(merge_them({{0, 1, "你好", ""}, {1, 2, "世界", R"({"speaker": "B"})"}}).ok());
  EXPECT_EQ(whole_.text, "你好世界");
  EXPECT_EQ(whole_.meta, R"({"speaker": "B"})");
}

TEST_F(Edit, EscapesAreReadAndKept) {
  const Utterance quoted{0, 100, "say \"no\" a\tb",
                         R"({"words": [{"text": "say"}, {"text": "\"no\""}, {"text": "a\tb"}]})"};
  ASSERT_TRUE(split_it(quoted, std::nullopt, 4).ok());
  EXPECT_EQ(split_.lost_words, 0);
  EXPECT_EQ(split_.tail.meta, R"({"words": [{"text": "\"no\""}, {"text": "a\tb"}]})");
}

TEST_F(Edit, BrokenMetaIsLeftAlone) {
  for (const char* meta :
       {"", "{", "[", "{\"words\": [}", "{\"words\": {}}", "\"", "{\"a\"",
        "{\"a\":", "{\"words\": [{\"text\": 1}]}", "nonsense", "{}}", "{\"a\\"}) {
    const Utterance whole{0, 100, "a b", meta};
    EXPECT_TRUE(correct_it(whole, {.text = "c"}).ok()) << meta;
    EXPECT_TRUE(split_it(whole, 50, 1).ok()) << meta;
    EXPECT_TRUE(merge_them({whole, whole}).ok()) << meta;
    (void)renamed(meta, "a", "b");
  }
}

}  // namespace
}  // namespace s2t::core
