#include "core/transcript/segmenter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/transcript/script.h"

namespace s2t::core {
namespace {

// Words of 300 ms with 100 ms between them; "|" makes a pause of a second and a half.
std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  int32_t at = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (text.substr(0, end) == "|") {
      at += 1400;
    } else {
      words.push_back({std::string(text.substr(0, end)), Times{at, at + 300}, {}, {}, false});
      at += 400;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::vector<std::string> texts_of(const std::vector<Word>& words) {
  std::vector<std::string> texts;
  size_t next = 0;
  for (const WordRange range : segment_words(words)) {
    EXPECT_EQ(range.from, next);
    next = range.to;
    texts.push_back(join_words(std::span(words).subspan(range.from, range.to - range.from)));
  }
  EXPECT_EQ(next, words.size());
  return texts;
}

std::vector<std::string> segments_of(std::string_view text) { return texts_of(words_of(text)); }

using Texts = std::vector<std::string>;

TEST(SegmentWordsTest, BreaksAtTheEndsOfSentences) {
  EXPECT_EQ(segments_of(""), Texts());
  EXPECT_EQ(segments_of("One. Two? Three! Four… Five"),
            (Texts{"One.", "Two?", "Three!", "Four…", "Five"}));
  EXPECT_EQ(segments_of("He said \"Go!\" (Twice.) Then left."),
            (Texts{"He said \"Go!\"", "(Twice.)", "Then left."}));
  EXPECT_EQ(segments_of("นี่ ครับ။ क्या है। 你好。 再见！"),
            (Texts{"นี่ ครับ။", "क्या है।", "你好。", "再见！"}));
}

TEST(SegmentWordsTest, DoesNotTakeEveryFullStopForAnEnd) {
  EXPECT_EQ(segments_of("Dr. Ng met J. Smith. It was 3.5 km."),
            (Texts{"Dr. Ng met J. Smith.", "It was 3.5 km."}));
  EXPECT_EQ(segments_of("Well... maybe e.g. this."), (Texts{"Well... maybe e.g. this."}));
  EXPECT_EQ(segments_of("It is 10. Then go."), (Texts{"It is 10.", "Then go."}));
}

TEST(SegmentWordsTest, BreaksAtPausesAndSpeakers) {
  EXPECT_EQ(segments_of("one two | three"), (Texts{"one two", "three"}));
  std::vector<Word> words = words_of("yes no yes");
  words[1].speaker = "B";
  EXPECT_EQ(texts_of(words), (Texts{"yes", "no", "yes"}));
  words = words_of("a b");
  words[1].times = Times{words[0].times->end_ms + kPauseMs - 1, 5000};
  EXPECT_EQ(texts_of(words), (Texts{"a b"}));
  words[1].times = Times{words[0].times->end_ms + kPauseMs, 5000};
  EXPECT_EQ(texts_of(words), (Texts{"a", "b"}));
}

TEST(SegmentWordsTest, KeepsWithinTheLimits) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "từ" + std::to_string(i) + (i % 13 == 12 ? ", " : " ");
  const std::vector<Word> words = words_of(text);
  std::string all;
  for (const WordRange range : segment_words(words)) {
    const std::span part = std::span(words).subspan(range.from, range.to - range.from);
    EXPECT_LE(columns_of(join_words(part)), kSegmentColumns);
    EXPECT_LE(times_of(part)->end_ms - times_of(part)->start_ms, kSegmentMs);
    EXPECT_GE(part.size(), 3U);
    all += join_words(part) + ' ';
  }
  EXPECT_EQ(all, text);
}

TEST(SegmentWordsTest, PrefersTheEndOfAClause) {
  EXPECT_EQ(segments_of("when the rain had stopped for good, we walked down to the harbour, where "
                        "nobody was waiting"),
            (Texts{"when the rain had stopped for good,",
                   "we walked down to the harbour, where nobody was waiting"}));
}

TEST(SegmentWordsTest, KeepsAWordThatIsTooLongWhole) {
  EXPECT_EQ(segments_of(std::string(200, 'x') + " y"), (Texts{std::string(200, 'x'), "y"}));
}

// Time that grew with the square of the words would show here.
TEST(SegmentWordsTest, TakesManyWordsWithoutPunctuation) {
  std::vector<Word> words(300000, Word{"\xCC\x81", Times{0, 100000}, {}, {}, true});
  EXPECT_EQ(segment_words(words).size(), words.size());
}

TEST(JoinByScriptTest, PutsBlanksWhereTheScriptHasThem) {
  const auto joined = [](const std::vector<std::string>& texts) {
    std::vector<Word> words;
    words.reserve(texts.size());
    for (const std::string& text : texts) words.push_back({text, std::nullopt, {}, {}, false});
    join_by_script(words);
    return join_words(words);
  };
  EXPECT_EQ(joined({"xin", "chào"}), "xin chào");
  EXPECT_EQ(joined({"今日", "は", "雨", "です"}), "今日は雨です");
  EXPECT_EQ(joined({"我", "用", "Python", "写"}), "我用Python写");
  EXPECT_EQ(joined({"ภาษา", "ไทย", "easy"}), "ภาษาไทย easy");
  EXPECT_EQ(joined({"오늘", "날씨"}), "오늘 날씨");
}

std::vector<std::string> aligned(std::string_view text, std::string_view words_text) {
  std::vector<Word> words = words_of(words_text);
  std::vector<std::string> result;
  if (!align_words(text, words)) return {"refused"};
  result.reserve(words.size());
  for (const Word& word : words) result.push_back((word.joined ? "+" : "") + word.text);
  EXPECT_EQ(join_words(words), text);
  return result;
}

TEST(AlignWordsTest, GivesWordsTheirPunctuation) {
  EXPECT_EQ(aligned("Hello, world!", "hello world"), (Texts{"Hello,", "world!"}));
  EXPECT_EQ(aligned("¿Qué? - (Sí) well-known…", "Qué Sí well known"),
            (Texts{"¿Qué? -", "(Sí)", "well-", "+known…"}));
  EXPECT_EQ(aligned("- 你好，世界。", "你好 世界"), (Texts{"- 你好，", "+世界。"}));
  EXPECT_EQ(aligned("a a a", "a a a"), (Texts{"a", "a", "a"}));
}

TEST(AlignWordsTest, RefusesAnotherText) {
  EXPECT_EQ(aligned("one two", "one three"), Texts{"refused"});
  EXPECT_EQ(aligned("one two three", "one two"), Texts{"refused"});
  EXPECT_EQ(aligned("one", "one two"), Texts{"refused"});
  EXPECT_EQ(aligned("", "one"), Texts{"refused"});
  EXPECT_EQ(aligned("one extra two", "one two"), Texts{"refused"});
  std::vector<Word> none;
  EXPECT_FALSE(align_words("text", none));
}

}  // namespace
}  // namespace s2t::core
