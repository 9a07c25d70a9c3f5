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

std::string missing(const char* what, int byte) {
  return std::string("The document is not JSON: ") + what + " is expected at byte " +
         std::to_string(byte) + '.';
}

TEST(ScannerTest, LeavesGoodTextAlone) {
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

TEST(ScannerTest, ReplacesWhatCannotBeStored) {
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

TEST(ScannerTest, TellsWhereItStopsBeingJson) {
  EXPECT_EQ(again(""), missing("a value", 0));
  EXPECT_EQ(again("[1,]"), missing("a value", 3));
  EXPECT_EQ(again("{\"a\":1,}"), missing("a key in quotation marks", 7));
  EXPECT_EQ(again("{1}"), missing("a key in quotation marks", 1));
  EXPECT_EQ(again("{\"a\" 1}"), missing("a colon", 5));
  EXPECT_EQ(again("[1}"), missing("a comma or \"]\"", 2));
  EXPECT_EQ(again("{\"a\":1"), missing("a comma or \"}\"", 6));
  EXPECT_EQ(again("1 2"), missing("the end", 2));
  EXPECT_EQ(again("01"), missing("the end", 1));
  EXPECT_EQ(again("-"), missing("a digit", 1));
  EXPECT_EQ(again("1."), missing("a digit", 2));
  EXPECT_EQ(again("1e+"), missing("a digit", 3));
  EXPECT_EQ(again("nul"), missing("a value", 0));
  EXPECT_EQ(again("\"a"), missing("a quotation mark", 2));
  EXPECT_EQ(again("\"a\nb\""), missing("an escape of the control character", 2));
  EXPECT_EQ(again("\"\\x\""), missing("an escape", 2));
  EXPECT_EQ(again("\"\\u12g4\""), missing("a hexadecimal digit", 5));
  EXPECT_EQ(again("[\"\\ud800\\u"), missing("a hexadecimal digit", 10));
  EXPECT_EQ(again(std::string_view("\0", 1)), missing("a value", 0));
}

TEST(ScannerTest, TellsThePathOfWhatItFound) {
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
