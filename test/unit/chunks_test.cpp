#include "core/export/chunks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/transcript/script.h"

namespace s2t::core {
namespace {

struct Text {
  std::string text;
  std::vector<Chunker::SegmentEnd> ends;

  Text& say(std::string_view segment, bool same_speaker = true) {
    if (!text.empty()) {
      ends.back().turn = !same_speaker;
      text += chunk_separator(text, segment, same_speaker);
    }
    text += segment;
    ends.push_back({text.size(), true});
    return *this;
  }
};

std::vector<Chunk> cut(const Text& text, int32_t max_chars, int32_t overlap = 0) {
  std::vector<Chunk> chunks;
  Chunker chunker(text.text, text.ends.data(), text.ends.size(), max_chars, overlap);
  Chunk chunk{};
  while (chunker.next(&chunk)) {
    chunks.push_back(chunk);
    if (chunks.size() > text.text.size()) break;
  }
  return chunks;
}

std::vector<std::string> texts(const Text& text, int32_t max_chars, int32_t overlap = 0) {
  std::vector<std::string> result;
  for (const Chunk& chunk : cut(text, max_chars, overlap)) {
    result.push_back(text.text.substr(chunk.from, chunk.to - chunk.from));
  }
  return result;
}

using Texts = std::vector<std::string>;

TEST(ChunksTest, EndAtSentences) {
  const Text text = Text().say("One two three.").say("Four five,").say("six seven. Eight nine.");
  EXPECT_EQ(texts(text, 1000), Texts({text.text}));
  EXPECT_EQ(texts(text, 40), Texts({"One two three. Four five, six seven.", "Eight nine."}));
  EXPECT_EQ(texts(text, 30), Texts({"One two three.", "Four five, six seven.", "Eight nine."}));
  EXPECT_EQ(texts(text, 14), Texts({"One two three.", "Four five,", "six seven.", "Eight nine."}));
}

TEST(ChunksTest, EndAtTurnsOfSpeakersInTheSecondHalf) {
  const Text text = Text().say("Hello there you").say("Yes. No.", false);
  EXPECT_EQ(texts(text, 20), Texts({"Hello there you", "Yes. No."}));
  EXPECT_EQ(texts(Text().say("Hi").say("A first sentence. And more", false), 22),
            Texts({"Hi\nA first sentence.", "And more"}));
}

TEST(ChunksTest, EndAtWordsAndOnlyThenAtLetters) {
  EXPECT_EQ(texts(Text().say("aaa bbb ccc"), 8), Texts({"aaa bbb", "ccc"}));
  EXPECT_EQ(texts(Text().say("aaaabbbb c"), 4), Texts({"aaaa", "bbbb", "c"}));
  // Not between a letter and its mark.
  EXPECT_EQ(texts(Text().say("aae\u0302b"), 3), Texts({"aa", "e\u0302b"}));
  EXPECT_EQ(texts(Text().say("今天天气好。我们去吧"), 8), Texts({"今天天气好。", "我们去吧"}));
  EXPECT_EQ(texts(Text().say("今天天气好我们去吧"), 4), Texts({"今天天气", "好我们去", "吧"}));
}

TEST(ChunksTest, OverlapBeginsAtSentencesOrWords) {
  const Text text = Text().say("One two. Three four. Five six. Seven.");
  EXPECT_EQ(texts(text, 22, 10), Texts({"One two. Three four.", "four. Five six. Seven."}));
  EXPECT_EQ(texts(text, 24, 12),
            Texts({"One two. Three four.", "Three four. Five six.", "Five six. Seven."}));
  EXPECT_EQ(texts(Text().say("aaa bbb ccc ddd eee"), 11, 4), Texts({"aaa bbb ccc", "ccc ddd eee"}));
}

TEST(ChunksTest, BlanksMakeNoChunks) {
  EXPECT_EQ(texts(Text(), 10), Texts());
  EXPECT_EQ(texts(Text().say("  \n "), 10), Texts());
  EXPECT_EQ(texts(Text().say(" a" + std::string(100, ' ') + "b "), 10, 5), Texts({"a", "b"}));
}

TEST(ChunksTest, ChecksWhatIsAskedFor) {
  EXPECT_TRUE(check_chunk_sizes(1, 0).ok());
  EXPECT_TRUE(check_chunk_sizes(kMaxChunkChars, kMaxChunkChars / 2).ok());
  EXPECT_FALSE(check_chunk_sizes(0, 0).ok());
  EXPECT_FALSE(check_chunk_sizes(kMaxChunkChars + 1, 0).ok());
  EXPECT_FALSE(check_chunk_sizes(10, -1).ok());
  EXPECT_FALSE(check_chunk_sizes(10, 6).ok());
}

int chars_of(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_char(c); }));
}

// Whatever is said: every letter is in a chunk, none is too long or empty, and they go forward.
TEST(ChunksTest, EveryLetterIsInAChunk) {
  const std::vector<std::string> parts = {
      "a",   "b", "word", ".",  ",",  " ",       "  ",     "\n", "Dr", "được", "。",  "天",
      "ไทย", "ế", "?!",   "\"", ". ", "e\u0302", "\u0301", "😀",  ") ", "...",  "한국"};
  std::mt19937 random(20251128);
  const auto below = [&random](int n) { return std::uniform_int_distribution<>(0, n - 1)(random); };
  for (int round = 0; round < 20000; ++round) {
    Text text;
    for (int segments = below(12); segments > 0; --segments) {
      std::string segment;
      for (int n = 1 + below(20); n > 0; --n)
        segment += parts[below(static_cast<int>(parts.size()))];
      const std::string_view trimmed = trim_blanks(segment);
      if (!trimmed.empty()) text.say(trimmed, below(3) > 0);
    }
    const int max_chars = 1 + below(60);
    const int overlap = below(max_chars / 2 + 1);
    size_t covered = 0;
    size_t begun = 0;
    bool first = true;
    for (const Chunk& chunk : cut(text, max_chars, overlap)) {
      const std::string_view piece =
          std::string_view(text.text).substr(chunk.from, chunk.to - chunk.from);
      ASSERT_FALSE(piece.empty());
      ASSERT_LE(chars_of(piece), max_chars);
      ASSERT_EQ(trim_blanks(piece), piece);
      ASSERT_FALSE(continues_char(piece[0]));
      ASSERT_GT(chunk.to, covered);
      ASSERT_TRUE(first || chunk.from > begun);
      if (chunk.from > covered) {
        ASSERT_EQ(trim_blanks(text.text.substr(covered, chunk.from - covered)), "");
      } else {
        ASSERT_LE(chars_of(text.text.substr(chunk.from, covered - chunk.from)), overlap);
      }
      covered = chunk.to;
      begun = chunk.from;
      first = false;
    }
    ASSERT_EQ(trim_blanks(text.text.substr(covered)), "") << text.text;
  }
}

}  // namespace
}  // namespace s2t::core
