#include "core/search/search.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace s2t::core {
namespace {

SearchQuery query_of(std::string_view text) {
  SearchQuery query;
  const Status status = query.parse(text);
  EXPECT_TRUE(status.ok()) << status.detail;
  return query;
}

bool finds(std::string_view query, std::string_view text) { return query_of(query).matches(text); }

std::string shown(std::string_view query, std::string_view text) {
  char out[SearchQuery::kMaxSnippetBytes];
  return {out, query_of(query).snippet(text, out)};
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(SearchTest, CaseAndMarksOfTheTextDoNotMatter) {
  EXPECT_TRUE(finds("xin chao", "Xin chào các bạn"));
  EXPECT_TRUE(finds("XIN CHÀO", "xin chào các bạn"));
  EXPECT_TRUE(finds("duong", "Đường"));
  EXPECT_TRUE(finds("đường", "ĐƯỜNG"));
  EXPECT_TRUE(finds("viet", "Vie\u0323\u0302t"));
  EXPECT_TRUE(finds("vie\u0323\u0302t", "Việt"));
  EXPECT_FALSE(finds("xin chao", "xin các bạn"));
}

TEST(SearchTest, MarksOfTheQueryMustBeThereUnlessTheWordHasNone) {
  EXPECT_TRUE(finds("bạn", "bạn"));
  EXPECT_TRUE(finds("bạn", "ban"));
  EXPECT_FALSE(finds("bạn", "bán"));
  EXPECT_FALSE(finds("đường", "dường"));
  EXPECT_TRUE(finds("đuong", "đường"));
  // Both ways of placing the tone.
  EXPECT_TRUE(finds("hòa", "hoà"));
  EXPECT_TRUE(finds("thuý", "thúy"));
  EXPECT_FALSE(finds("hóa", "hoà"));
}

TEST(SearchTest, AllWordsInAnyOrder) {
  EXPECT_TRUE(finds("chào xin ", "xin lời chào"));
  EXPECT_FALSE(finds("chào xin mời ", "xin lời chào"));
  EXPECT_TRUE(finds("a a a ", "a"));
}

TEST(SearchTest, OnlyTheLastWordMayBeABeginning) {
  EXPECT_TRUE(finds("ngh", "đang nghe"));
  EXPECT_FALSE(finds("ngh ", "đang nghe"));
  EXPECT_FALSE(finds("ngh dang", "đang nghe"));
  EXPECT_TRUE(finds("dang ngh", "đang nghe"));
  EXPECT_FALSE(finds("ghe", "đang nghe"));
  EXPECT_FALSE(finds("\"ngh\"", "đang nghe"));
  EXPECT_FALSE(finds("nghes", "đang nghe"));
  EXPECT_TRUE(finds("nghé", "nghếch"));
}

TEST(SearchTest, QuotedWordsFollowEachOther) {
  EXPECT_TRUE(finds("\"hop dong\"", "ký hợp đồng mới"));
  EXPECT_TRUE(finds("\"hop dong\"", "hợp, đồng"));
  EXPECT_FALSE(finds("\"hop dong\"", "hợp tác đồng ý"));
  EXPECT_TRUE(finds("hop dong", "hợp tác đồng ý"));
  EXPECT_FALSE(finds("\"dong hop\"", "hợp đồng"));
  EXPECT_TRUE(finds("moi \"hop dong\"", "hợp đồng mới"));
  EXPECT_TRUE(finds("“hop dong”", "hợp đồng"));
  EXPECT_FALSE(finds("“hop dong”", "hợp tác đồng ý"));
  // One that is not closed yet.
  EXPECT_TRUE(finds("\"hop do", "hợp đồng"));
  EXPECT_TRUE(finds("\"a b\"\"b c\"", "b c a b"));
  EXPECT_FALSE(finds("\"a b\"\"b c\"", "a b a c"));
}

TEST(SearchTest, WhatIsWrittenTogetherStaysTogether) {
  EXPECT_TRUE(finds("18:30", "lúc 18:30"));
  EXPECT_FALSE(finds("18:30", "30 phút, 18 giờ"));
  EXPECT_TRUE(finds("e-mail", "Gửi E-mail đi"));
  EXPECT_TRUE(finds("don't", "I don’t know"));
  EXPECT_TRUE(finds("C++", "học c từ đầu"));
}

TEST(SearchTest, ScriptsWithoutBlanks) {
  EXPECT_TRUE(finds("你好", "他说你好吗"));
  EXPECT_FALSE(finds("你好", "好你"));
  EXPECT_FALSE(finds("你好", "你不好"));
  EXPECT_TRUE(finds("你 好", "你不好"));
  EXPECT_TRUE(finds("東京", "東京タワー"));
  EXPECT_TRUE(finds("タワー", "東京タワー"));
  EXPECT_TRUE(finds("กิน", "ฉันกินข้าว"));
  EXPECT_TRUE(finds("手机", "iPhone手机"));
  EXPECT_TRUE(finds("iphone", "我的iPhone手机"));
  EXPECT_TRUE(finds("안녕", "안녕하세요"));
}

TEST(SearchTest, AQueryWithoutWordsFindsNothing) {
  for (const std::string_view query : {"?", "\"\"", "😀", "...", "。"}) {
    EXPECT_FALSE(finds(query, "? ... \"\" 😀 。 a")) << query;
  }
  EXPECT_FALSE(finds("a", ""));
  EXPECT_FALSE(finds("a", " .,"));
}

TEST(SearchTest, BrokenQueries) {
  SearchQuery query;
  EXPECT_STREQ(query.parse(" \t").message, "invalid search query");
  EXPECT_STREQ(query.parse("").detail, "Argument in_query is blank.");
  EXPECT_TRUE(query.parse(repeated("ệ", 256)).ok());
  EXPECT_STREQ(query.parse(repeated("ệ", 257)).detail,
               "Argument in_query has 257 characters; at most 256 are allowed.");
  EXPECT_TRUE(query.parse(repeated("æ ", 128)).ok());
  EXPECT_TRUE(query.matches("æ"));
  // Not UTF-8: every byte counts, and nothing overflows.
  EXPECT_FALSE(query.parse(repeated("\x80", 5000)).ok());
  EXPECT_TRUE(query.parse(repeated("\xFF", 200)).ok());
}

TEST(SnippetTest, MarksWholeWordsOfTheOriginal) {
  EXPECT_EQ(shown("chao", "Xin chào, CHÁO!"), "Xin <b>chào</b>, <b>CHÁO</b>!");
  EXPECT_EQ(shown("ngh", "nghe nghề"), "<b>nghe</b> <b>nghề</b>");
  EXPECT_EQ(shown("\"hop dong\" moi", "hợp đồng mới, hợp tác"),
            "<b>hợp đồng</b> <b>mới</b>, hợp tác");
  EXPECT_EQ(shown("hop \"hop dong\"", "hợp đồng"), "<b>hợp đồng</b>");
  EXPECT_EQ(shown("你好", "他说你好吗"), "他说<b>你好</b>吗");
  EXPECT_EQ(shown("viet", "Vie\u0323\u0302t."), "<b>Vie\u0323\u0302t</b>.");
  EXPECT_EQ(shown("none", "<i>nothing & none</i>"), "<i>nothing & <b>none</b></i>");
  EXPECT_EQ(shown("x", ""), "");
  EXPECT_EQ(shown("x", "không có"), "không có");
}

TEST(SnippetTest, ShowsAPieceOfALongText) {
  const std::string before = repeated("trước ", 100);
  const std::string after = repeated(" sau", 100);
  const std::string snippet = shown("đây", before + "đây" + after);
  EXPECT_TRUE(snippet.starts_with("...trước")) << snippet;
  EXPECT_TRUE(snippet.ends_with("sau...")) << snippet;
  EXPECT_NE(snippet.find(" <b>đây</b> "), std::string::npos) << snippet;

  const std::string at_end = shown("đây", before + "đây");
  EXPECT_TRUE(at_end.starts_with("...")) << at_end;
  EXPECT_TRUE(at_end.ends_with("<b>đây</b>")) << at_end;
  EXPECT_GT(at_end.size(), 190U);
  EXPECT_TRUE(shown("đây", "đây" + after).starts_with("<b>đây</b> sau"));
}

TEST(SnippetTest, FitsWhateverTheTextIs) {
  EXPECT_LE(shown("a", repeated("a ", 5000)).size(), SearchQuery::kMaxSnippetBytes);
  EXPECT_LE(shown("好", repeated("好", 5000)).size(), SearchQuery::kMaxSnippetBytes);
  EXPECT_LE(shown("𠀀", repeated("𠀀", 5000)).size(), SearchQuery::kMaxSnippetBytes);
  EXPECT_LE(shown("a", repeated("x", 5000) + " a " + repeated("x", 5000)).size(),
            SearchQuery::kMaxSnippetBytes);
  EXPECT_LE(shown("a", repeated("\x80", 5000) + " a " + repeated("\x80", 5000)).size(),
            SearchQuery::kMaxSnippetBytes);
  EXPECT_LE(shown("a", repeated("\x80 a", 5000)).size(), SearchQuery::kMaxSnippetBytes);
  const std::string phrase = repeated("a ", 126) + "b";
  EXPECT_LE(shown("\"" + phrase + "\"", repeated(phrase + " ", 10)).size(),
            SearchQuery::kMaxSnippetBytes);
}

std::string words_of(std::string_view text) {
  std::string words;
  WordReader reader(text);
  char word[kMaxIndexedWordBytes];
  size_t size;
  while (reader.next(word, &size)) words += std::string(word, size) + "|";
  return words;
}

std::string condition_of(std::string_view query) {
  char condition[SearchQuery::kMaxConditionBytes];
  query_of(query).condition("abc", condition);
  return condition;
}

TEST(IndexTest, HoldsWordsFolded) {
  EXPECT_EQ(words_of("Xin chào, 世界! Straße"), "xin|chao|世|界|strasse|");
  EXPECT_EQ(words_of(" ..."), "");
  EXPECT_EQ(words_of(repeated("x", 100)), repeated("x", 64) + "|");
  EXPECT_EQ(words_of("x" + repeated("и", 100)), "x" + repeated("и", 31) + "|");
  EXPECT_EQ(words_of(repeated("x", 63) + "æb"), repeated("x", 63) + "a|");
}

TEST(IndexTest, IsAskedForEveryWord) {
  EXPECT_EQ(condition_of("xin CHÀO"), "'abc' | 'abcxin' & 'abcchao':*");
  EXPECT_EQ(condition_of("\"x 世界\""), "'abc' | 'abcx' & 'abc世' & 'abc界'");
  EXPECT_EQ(condition_of("?"), "");
  EXPECT_EQ(condition_of(repeated("x", 100) + " "), "'abc' | 'abc" + repeated("x", 64) + "'");
  // The longest there is.
  EXPECT_LT(condition_of(repeated("你", kMaxQueryChars)).size(), SearchQuery::kMaxConditionBytes);
  EXPECT_LT(condition_of(repeated("x ", kMaxQueryChars / 2)).size(),
            SearchQuery::kMaxConditionBytes);
}

// A query word and a word of a text are cut at the same place.
TEST(IndexTest, CutsAlike) {
  for (int n = 60; n < 70; ++n) {
    const std::string word = repeated("x", n) + "æи界z";
    const std::string indexed = words_of(word + " ");
    EXPECT_EQ(condition_of(word + " ").substr(12),
              indexed.substr(0, indexed.find('|')) + "'" +
                  condition_of(word + " ").substr(12 + indexed.find('|') + 1))
        << n;
  }
}

// In a database without an encoding a query may be any bytes.
TEST(SearchTest, AnyBytesStayWithinTheirRoom) {
  SearchQuery query;
  for (const char* part : {"\x80", "\xE0\xB8\x81\x80", "\xF0\x9F", "가\x80", "\xFF ", "ﷲ\x80"}) {
    for (const int times : {255, 256, 257, 512, 513, 1024, 5000}) {
      const std::string text = repeated(part, times);
      const Status status = query.parse(text);
      if (!status.ok()) {
        EXPECT_EQ(status.code, Code::kInvalidParameter);
        continue;
      }
      char out[SearchQuery::kMaxConditionBytes];
      query.condition("abc", out);
      char shown[SearchQuery::kMaxSnippetBytes];
      EXPECT_LE(query.snippet(text, shown), sizeof shown);
      EXPECT_TRUE(query.matches(text) || !query.matches(text));
    }
  }
  EXPECT_FALSE(query.parse(repeated("\x80", 513)).ok());
}

TEST(SearchTest, ComposedOrNotInEveryScript) {
  EXPECT_TRUE(finds("한글 ", "\u1112\u1161\u11AB\u1100\u1173\u11AF"));
  EXPECT_TRUE(finds("\u1112\u1161\u11AB", "한글"));
  EXPECT_TRUE(finds("が", "か\u3099"));
  EXPECT_TRUE(finds("か\u3099", "がくせい"));
  EXPECT_FALSE(finds("か", "が"));
  EXPECT_FALSE(finds("か ", "か\u3099"));
  EXPECT_TRUE(finds("ガ", "ｶﾞ"));
  EXPECT_TRUE(finds("احمد", "أحمد"));
  EXPECT_TRUE(finds("office", "oﬃce"));
  EXPECT_TRUE(finds("oﬃce", "office"));
}

}  // namespace
}  // namespace s2t::core
