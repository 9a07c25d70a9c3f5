#include "core/transcript/document.h"

#include <gtest/gtest.h>

#include <string>

namespace s2t::core {
namespace {

// The document as JSON again; a failure's detail if it is none.
std::string again(std::string_view text, size_t replaced = 0) {
  StopCheck stop(nullptr, nullptr);
  try {
    const TranscriptDocument document = TranscriptDocument::parse(text, &stop);
    EXPECT_EQ(document.replaced(), replaced) << text;
    std::string json;
    document.root().append_json(&json);
    return json;
  } catch (const Refusal& refusal) {
    return refusal.status.detail;
  }
}

TEST(DocumentTest, LeavesGoodTextAlone) {
  for (const char* text : {"{}", "[]", "[[],{}]",
                           R"({"a":"xin chào \"bạn\" \\ 😀","b":[1,-2.5e3,0,-0.0,true,false,null]})",
                           "\"\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80\"", "7", "\"\""}) {
    EXPECT_EQ(again(text), text);
  }
  EXPECT_EQ(again("\xEF\xBB\xBF { \"a\" :\t[ 1 ,\r\n2 ] } "), "{\"a\":[1,2]}");
  EXPECT_EQ(again(R"("\u0041\/\b\n\u00e9\ud83d\ude00")"), "\"A/\\u0008\\né😀\"");
  EXPECT_EQ(again(R"({"k\u0041\"":1})"), R"({"kA\"":1})");
  EXPECT_EQ(again("[NaN, Infinity, -Infinity]"), "[null,null,null]");
}

TEST(DocumentTest, ReplacesWhatCannotBeStored) {
  EXPECT_EQ(again(R"("a\u0000b")"), "\"a\uFFFDb\"");
  EXPECT_EQ(again(R"("\ud800")"), "\"\uFFFD\"");
  EXPECT_EQ(again(R"("\uDC00x")"), "\"\uFFFDx\"");
  EXPECT_EQ(again(R"("\ud800\ud83d\ude00")"), "\"\uFFFD😀\"");
  EXPECT_EQ(again(R"("\ude00\ud83d")"), "\"\uFFFD\uFFFD\"");
  EXPECT_EQ(again(R"("\ud83d\u0041")"), "\"\uFFFDA\"");
  EXPECT_EQ(again("\"\xFF\"", 1), "\"\uFFFD\"");
  EXPECT_EQ(again("\"\xE1\xBA\"", 1), "\"\uFFFD\"");
  EXPECT_EQ(again("\"\xC0\xAF\"", 2), "\"\uFFFD\uFFFD\"");                      // overlong
  EXPECT_EQ(again("\"\xED\xA0\x80\"", 3), "\"\uFFFD\uFFFD\uFFFD\"");            // a surrogate
  EXPECT_EQ(again("\"\xF4\x90\x80\x80\"", 4), "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");  // beyond U+10FFFF
}

// The byte that the failure names.
size_t where(std::string_view text) {
  const std::string detail = again(text);
  const size_t at = detail.rfind(", at byte ");
  EXPECT_TRUE(detail.starts_with("The document is not JSON: syntax error")) << detail;
  if (at == std::string::npos) return std::string::npos;
  return std::stoul(detail.substr(at + 10));
}

TEST(DocumentTest, TellsWhereItStopsBeingJson) {
  EXPECT_EQ(again("[1,]"),
            "The document is not JSON: syntax error while parsing value - unexpected ']'; "
            "expected '[', '{', or a literal, at byte 3.");
  EXPECT_EQ(where(""), 0U);
  EXPECT_EQ(where("{\"a\":1,}"), 7U);
  EXPECT_EQ(where("{1}"), 1U);
  EXPECT_EQ(where("{\"a\" 1}"), 5U);
  EXPECT_EQ(where("[1}"), 2U);
  EXPECT_EQ(where("{\"a\":1"), 6U);
  EXPECT_EQ(where("1 2"), 2U);
  EXPECT_EQ(where("01"), 1U);
  EXPECT_EQ(where("-"), 1U);
  EXPECT_EQ(where("1."), 2U);
  EXPECT_EQ(where("1e+"), 3U);
  EXPECT_EQ(where("nul"), 3U);
  EXPECT_EQ(where("\"a"), 2U);
  EXPECT_EQ(where("\"a\nb\""), 2U);
  EXPECT_EQ(where("\"\\x\""), 2U);
  EXPECT_EQ(where("\"\\u12g4\""), 5U);
  EXPECT_EQ(where("[\"\\ud800\\u"), 10U);
}

// What the parser is fed for strings and numbers is an empty string: that must not make JSON of
// what is none.
TEST(DocumentTest, TokensInTheWrongPlaceAreNoJson) {
  EXPECT_EQ(where("{1:2}"), 1U);
  EXPECT_EQ(where("{\"a\":1,2:3}"), 7U);
  EXPECT_EQ(where("[1\"a\"]"), 4U);
  EXPECT_EQ(where("[\"a\"1]"), 4U);
  EXPECT_EQ(where("[\"a\"\"b\"]"), 6U);
  EXPECT_EQ(where("[1 2]"), 3U);
  EXPECT_EQ(where("[1-2]"), 3U);
  EXPECT_EQ(where("[1.2.3]"), 4U);
  EXPECT_EQ(where("[1true]"), 5U);
  EXPECT_EQ(where("[0x1]"), 2U);
  EXPECT_EQ(where("[.5]"), 1U);
  EXPECT_EQ(where("[+5]"), 1U);
  EXPECT_EQ(where("[tr ue]"), 3U);
  EXPECT_EQ(where("[1, ]"), 4U);
  EXPECT_EQ(where("{\"a\": }"), 6U);
  EXPECT_EQ(where("[\"a\", \"b"), 8U);
  EXPECT_EQ(where("\"a\\"), 3U);
  EXPECT_EQ(where("[] 1"), 3U);
  EXPECT_EQ(again("[1e999]"), "The number that ends at byte 5 is out of range.");
  EXPECT_EQ(again("[" + std::string(400, '9') + "]"),
            "The number that ends at byte 400 is out of range.");
  const std::string digits = "[0." + std::string(300, '1') + ",-" + std::string(100, '7') + "]";
  EXPECT_EQ(again(digits), digits);
}

TEST(DocumentTest, TellsWhereInTheDocumentAsItCame) {
  EXPECT_EQ(where("[\"\xFF\xFF\\u0000\" x]"), 12U);
  EXPECT_EQ(where("[NaN, -Infinity, x]"), 17U);
  EXPECT_EQ(where("[\"\\ud800\" x]"), 10U);
  EXPECT_EQ(where(std::string_view("\0", 1)), 0U);
  EXPECT_EQ(where(std::string_view("[1] \0", 5)), 4U);
  EXPECT_EQ(where(std::string_view("\"a\0\"", 4)), 2U);
  EXPECT_EQ(where("[1] \xFF"), 4U);
}

TEST(DocumentTest, KeepsNumbersAsTheyWereWritten) {
  for (const char* number :
       {"0", "-0", "7", "-7", "0.10", "1.50e+01", "1E5", "-0.000", "9223372036854775807",
        "-9223372036854775808", "18446744073709551615", "123456789012345678901234567890",
        "0.1000000000000000055511151231257827021181583404541015625", "1e-400"}) {
    EXPECT_EQ(again(number), number);
  }
}

TEST(DocumentTest, NaNIsAValueNotAKeyNorText) {
  EXPECT_EQ(again(R"({"NaN": NaN, "b": "NaN -Infinity", "c\\": -Infinity})"),
            R"({"NaN":null,"b":"NaN -Infinity","c\\":null})");
  EXPECT_EQ(where("{NaN: 1}"), 1U);
  EXPECT_EQ(where("{NaN : 1}"), 1U);
  (void)where("[NaNs]");
  (void)where("[-NaN]");
  (void)where("[1NaN]");
  // No string of a document is mistaken for what is no number.
  EXPECT_EQ(again(R"(["\u0000", "\\u0000", NaN])"), "[\"\uFFFD\",\"\\\\u0000\",null]");
}

TEST(DocumentTest, FindsKeysHoweverManyThereAre) {
  std::string text = "{";
  for (int i = 0; i < 2000; ++i) {
    text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  }
  text += ",\"\":5}";
  StopCheck stop(nullptr, nullptr);
  const TranscriptDocument document = TranscriptDocument::parse(text, &stop);
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(document.root()["k" + std::to_string(i)].text(), std::to_string(i));
  }
  EXPECT_EQ(document.root()[""].text(), "5");
  EXPECT_FALSE(document.root()["k"].exists());
}

TEST(DocumentTest, TellsThePathOfWhatItFound) {
  StopCheck stop(nullptr, nullptr);
  const TranscriptDocument document =
      TranscriptDocument::parse(R"({"x": 1, "a\u0062": [0, {"c": [], "d": 5, "d": 6}]})", &stop);
  const TranscriptValue d = document.root()["ab"].elements().begin().operator*();
  EXPECT_EQ(d.path(), "ab[0]");
  for (const TranscriptValue value : document.root()["ab"].elements()) {
    if (!value.is_object()) continue;
    EXPECT_EQ(value["d"].text(), "6");
    EXPECT_EQ(value["c"].path(), "ab[1].c");
    EXPECT_FALSE(value["e"].exists());
    EXPECT_EQ(value.members().size(), 3U);
  }
}

}  // namespace
}  // namespace s2t::core
