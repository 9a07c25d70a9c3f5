#include "core/transcript/segment_scanner.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "core/base/json_escape.h"

namespace s2t::core {
namespace {

struct Read {
  std::vector<Segment> segments;
  std::vector<std::string> texts;
  std::vector<std::string> others;
  Status status;
};

Read read(const std::string& json) {
  Read result;
  SegmentScanner scanner(json);
  result.status = scanner.begin();
  while (result.status.ok()) {
    ScannedSegment scanned;
    bool found = false;
    result.status = scanner.next(&scanned, &found);
    if (!result.status.ok() || !found) break;
    std::string text(scanned.segment.text);
    if (scanned.escaped) text.resize(unescape(scanned.segment.text, text.data()));
    std::string others(scanned.source.size() + 2, '\0');
    others.resize(scanned.others ? others_of(scanned.source, others.data()) : 0);
    result.segments.push_back(scanned.segment);
    result.texts.push_back(text);
    result.others.push_back(others);
  }
  return result;
}

std::string refusal(const std::string& json) {
  const Read result = read(json);
  EXPECT_EQ(result.status.code, Code::kInvalidParameter) << json;
  return std::string(result.status.message == nullptr ? "" : result.status.message) + ": " +
         result.status.detail;
}

std::string element(const std::string& members) { return "[{" + members + "}]"; }

constexpr const char* kPlain = R"("idx": 0, "start_ms": 0, "end_ms": 1, "text": "a")";

TEST(SegmentScannerTest, ReadsAnArray) {
  const Read result = read(
      " [ {\"idx\":0,\"start_ms\":0,\"end_ms\":1000,\"text\":\"xin ch\u00e0o\"} ,\n\t"
      "{\"text\":\"\",\"end_ms\":2147483647,\"start_ms\":7,\"idx\":41}\r] ");
  ASSERT_TRUE(result.status.ok()) << result.status.detail;
  ASSERT_EQ(result.segments.size(), 2U);
  EXPECT_EQ(result.texts[0], "xin ch\u00e0o");
  EXPECT_EQ(result.segments[0].end_ms, 1000);
  EXPECT_EQ(result.segments[1].idx, 41);
  EXPECT_EQ(result.segments[1].start_ms, 7);
  EXPECT_EQ(result.segments[1].end_ms, INT32_MAX);
  EXPECT_EQ(result.texts[1], "");
}

TEST(SegmentScannerTest, AnEmptyArrayIsSilence) {
  const Read result = read("[ ]");
  EXPECT_TRUE(result.status.ok());
  EXPECT_TRUE(result.segments.empty());
}

TEST(SegmentScannerTest, WhatIsNoArray) {
  EXPECT_EQ(refusal("{\"a\": [1, {\"b\": null}]}"),
            "segments must be an array: Argument in_segments is an object.");
  EXPECT_EQ(refusal("\"[]\""), "segments must be an array: Argument in_segments is a string.");
  EXPECT_EQ(refusal("null"), "segments must be an array: Argument in_segments is a scalar.");
  EXPECT_EQ(refusal(""),
            "segments are not valid JSON: a value is expected, not the end of the text.");
  EXPECT_EQ(refusal("null x"),
            "segments are not valid JSON: The end of the text is expected, not \"x\".");
}

TEST(SegmentScannerTest, TextsWithEscapes) {
  const Read result = read(element(
      R"("idx":0,"start_ms":0,"end_ms":1,"text":"\"\\\/\b\f\n\r\t|\u0041\u00e0\u20AC\ud83d\ude00|")"));
  ASSERT_TRUE(result.status.ok()) << result.status.detail;
  EXPECT_EQ(result.texts[0], "\"\\/\b\f\n\r\t|A\u00e0\u20ac\U0001F600|");
}

TEST(SegmentScannerTest, KeysWithEscapes) {
  const Read result =
      read(element(R"("\u0069dx":3,"start\u005fms":0,"end_ms":1,"te\u0078t":"a","\u0061":1)"));
  ASSERT_TRUE(result.status.ok()) << result.status.detail;
  EXPECT_EQ(result.segments[0].idx, 3);
  EXPECT_EQ(result.others[0], R"({"\u0061":1})");
}

TEST(SegmentScannerTest, OtherKeysAreGathered) {
  const Read result = read(element(
      R"("a" : {"b": [1, 2, {}], "idx": 7} ,"idx":0,"start_ms":0, "x":"}" ,"end_ms":1,"text":"a", "c": [[]])"));
  ASSERT_TRUE(result.status.ok()) << result.status.detail;
  EXPECT_EQ(result.others[0], R"({"a" : {"b": [1, 2, {}], "idx": 7},"x":"}","c": [[]]})");
}

TEST(SegmentScannerTest, TheLastOfARepeatedKeyCounts) {
  const Read result = read(element(std::string(R"("idx": "x", "text": 7, )") + kPlain));
  ASSERT_TRUE(result.status.ok()) << result.status.detail;
  EXPECT_EQ(result.segments[0].idx, 0);
  EXPECT_EQ(
      refusal(element(std::string(kPlain) + R"(, "idx": "x")")),
      "invalid segment: Element 0 has the value \"x\" for key \"idx\"; an integer is expected.");
}

TEST(SegmentScannerTest, NumbersAsJsonbTakesThem) {
  const auto idx = [](const std::string& number) {
    const Read result =
        read(element("\"idx\":" + number + ",\"start_ms\":0,\"end_ms\":1,\"text\":\"a\""));
    return result.status.ok() ? result.segments[0].idx : -1;
  };
  EXPECT_EQ(idx("12"), 12);
  EXPECT_EQ(idx("-0"), 0);
  EXPECT_EQ(idx("1e3"), 1000);
  EXPECT_EQ(idx("1.5E+1"), 15);
  EXPECT_EQ(idx("0e999999999999"), 0);
  EXPECT_EQ(idx("2147483647"), INT32_MAX);
  EXPECT_EQ(idx("2147483648"), -1);
  EXPECT_EQ(idx("3.0"), -1);
  EXPECT_EQ(idx("1.50e1"), -1);
  EXPECT_EQ(idx("10e-1"), -1);
  EXPECT_EQ(idx("1e10"), -1);
  EXPECT_EQ(idx("99999999999999999999999999"), -1);
  EXPECT_EQ(idx("-5"), -1);
  EXPECT_EQ(idx("01"), -1);
  EXPECT_EQ(idx("+1"), -1);
  EXPECT_EQ(idx("1."), -1);
  EXPECT_EQ(idx("NaN"), -1);
}

TEST(SegmentScannerTest, ErrorsNameElementKeyAndValue) {
  const std::string first = std::string("[{") + kPlain + "}, ";
  EXPECT_EQ(
      refusal(first + R"({"idx": 1.5, "start_ms": 0, "end_ms": 1, "text": "a"}])"),
      "invalid segment: Element 1 has the value 1.5 for key \"idx\"; an integer is expected.");
  EXPECT_EQ(
      refusal(first + R"({"idx": 1, "start_ms": {}, "end_ms": 1, "text": "a"}])"),
      "invalid segment: Element 1 has the value an object for key \"start_ms\"; an integer is "
      "expected.");
  EXPECT_EQ(
      refusal(first + R"({"idx": 1, "start_ms": 0, "end_ms": 1, "text": null}])"),
      "invalid segment: Element 1 has the value null for key \"text\"; a string is expected.");
  EXPECT_EQ(refusal(first + R"({"idx": 1, "start_ms": 0, "text": "a"}])"),
            "invalid segment: Element 1 has no key \"end_ms\".");
  EXPECT_EQ(refusal(first + "[1]]"),
            "invalid segment: Element 1 is an array; an object is expected.");
  EXPECT_EQ(refusal(first + "\"a\\u0062\"]"),
            "invalid segment: Element 1 is \"ab\"; an object is expected.");
  EXPECT_EQ(refusal(first + R"({"idx": 1, "start_ms": 5, "end_ms": 4, "text": "a"}])"),
            "invalid segment: Element 1 has the value 4 for key \"end_ms\"; at least 5, its "
            "\"start_ms\", is expected.");
  EXPECT_EQ(refusal(first + R"({"idx": 1, "start_ms": 0, "end_ms": 1, "text": "a\u0000b"}])"),
            "invalid segment: Element 1 contains \\u0000, which cannot be stored.");
}

TEST(SegmentScannerTest, WhatIsNotJson) {
  for (const char* broken : {"[",
                             "[{",
                             "[{}",
                             "[{]",
                             "[{\"a\"}]",
                             "[{\"a\":}]",
                             "[{\"a\":1,}]",
                             "[{,}]",
                             "[1,]",
                             "[,1]",
                             "[{} {}]",
                             "[nul]",
                             "[tru",
                             "[\"a]",
                             "[\"\\x\"]",
                             "[\"\\u12\"]",
                             "[\"\\ud800\"]",
                             "[\"\\udc00\"]",
                             "[\"\\ud800\\u0041\"]",
                             "[\"a\nb\"]",
                             "[{\"a\":[1,]}]",
                             "[{\"a\":[1 2]}]",
                             "[{\"a\":{\"b\" 1}}]",
                             "[{\"a\":[}]}]",
                             "[-]",
                             "[1e]",
                             "[{\"a\": \"\\",
                             "[{\"a\": \"\\u"}) {
    (void)refusal(broken);
  }
  EXPECT_EQ(refusal(std::string("[{") + kPlain + "} x"),
            "segments are not valid JSON: In or after element 0, at byte 54, a comma or \"]\" is "
            "expected, not \"x\".");
  EXPECT_EQ(
      refusal(std::string("[{") + kPlain + "}] x"),
      "segments are not valid JSON: In or after element 0, at byte 55, the end of the text is "
      "expected, not \"x\".");
}

TEST(SegmentScannerTest, DepthIsBounded) {
  const auto nested = [](int depth) {
    return element(std::string(kPlain) + ",\"a\":" + std::string(static_cast<size_t>(depth), '[') +
                   std::string(static_cast<size_t>(depth), ']'));
  };
  EXPECT_TRUE(read(nested(SegmentScanner::kMaxDepth)).status.ok());
  (void)refusal(nested(SegmentScanner::kMaxDepth + 1));
}

TEST(SegmentScannerTest, LongValuesAreCut) {
  const std::string detail = refusal(element(R"("idx": ")" + std::string(1000, 'x') +
                                             R"(", "start_ms": 0, "end_ms": 1, "text": "a")"));
  EXPECT_LT(detail.size(), 400U);
  EXPECT_NE(detail.find("..."), std::string::npos);
}

// Whatever stands there, the scanner ends, and never reads beyond it.
TEST(SegmentScannerTest, BrokenTextsEndInAnError) {
  const std::string whole = element(
      R"("idx":0,"a":{"b":[1,{"c":"\u00e0\ud83d\ude00"}]},"start_ms":1e1,"end_ms":20,"text":"a\n\u0041")");
  ASSERT_TRUE(read(whole).status.ok());
  for (size_t length = 0; length < whole.size(); ++length) {
    std::vector<char> exact(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(read(std::string(exact.begin(), exact.end())).status.ok()) << length;
  }
  std::mt19937 random(1);
  constexpr std::string_view kLetters = "{}[]\",:\\u01e-.ntf \x01\xc3";
  for (int round = 0; round < 20000; ++round) {
    std::string broken = whole;
    for (unsigned changes = random() % 3 + 1; changes > 0; --changes)
      broken[random() % broken.size()] = kLetters[random() % kLetters.size()];
    (void)read(broken);
  }
}

}  // namespace
}  // namespace s2t::core
