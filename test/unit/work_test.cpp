// How much work a document makes: twice the document, about twice the steps, whatever it is made
// of. A step is a basic block of the readers with channels and of the builder (CMakeLists.txt has
// them compiled for that), so that the count is the same on every machine.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "transcript_parsed.h"

namespace {

uint64_t steps = 0;

}  // namespace

// Called at each basic block ("-fsanitize-coverage=trace-pc" of the compiler's manual).
extern "C" __attribute__((no_sanitize("address", "undefined"), visibility("default"))) void
__sanitizer_cov_trace_pc() {
  ++steps;
}

namespace s2t::core {
namespace {

using MakeElement = std::function<std::string(int)>;

std::string array_of(const MakeElement& make, int count) {
  std::string array = "[";
  for (int i = 0; i < count; ++i) array += (i == 0 ? "" : ",") + make(i);
  return array + "]";
}

uint64_t steps_of(const std::string& document, const std::string& format, int segments) {
  steps = 0;
  const Parsed parsed = parse(document, format);
  const uint64_t counted = steps;
  EXPECT_TRUE(parsed.status.ok()) << parsed.status.message << ": " << parsed.status.detail;
  EXPECT_EQ(parsed.items.size(), static_cast<size_t>(segments));
  return counted;
}

// `document` makes one of an array; each element becomes a segment.
void expect_linear(const std::string& format, const MakeElement& make,
                   const std::function<std::string(const std::string&)>& document) {
  constexpr int kCount = 2000;
  const uint64_t once = steps_of(document(array_of(make, kCount)), format, kCount);
  const uint64_t twice = steps_of(document(array_of(make, 2 * kCount)), format, 2 * kCount);
  EXPECT_GT(once, uint64_t{kCount}) << "the readers are not compiled for counting";
  EXPECT_LT(static_cast<double>(twice), 2.5 * static_cast<double>(once));
}

TEST(WorkTest, ChannelsOfGoogle) {
  const auto results = [](const std::string& array) { return "{\"results\": " + array + "}"; };
  expect_linear(
      "google-v1",
      [](int i) {
        return R"({"channelTag": )" + std::to_string(i + 1) +
               R"(, "alternatives": [{"transcript": "a", "words": [{"startTime": "1s", "endTime": "2s", "word": "a"}]}]})";
      },
      results);
  expect_linear(
      "google-v2",
      [](int i) {
        return R"({"channelTag": )" + std::to_string(i + 1) +
               R"(, "resultEndOffset": "2s", "alternatives": [{"transcript": "a"}]})";
      },
      results);
}

TEST(WorkTest, ResultsOfGoogleInOneChannel) {
  expect_linear(
      "google-v1",
      [](int i) {
        return R"({"alternatives": [{"transcript": "a", "words": [{"startTime": ")" +
               std::to_string(2 * i) + R"(s", "endTime": ")" + std::to_string(2 * i + 1) +
               R"(s", "word": "a"}]}]})";
      },
      [](const std::string& array) { return "{\"results\": " + array + "}"; });
}

TEST(WorkTest, ChannelsOfDeepgram) {
  expect_linear(
      "deepgram",
      [](int i) {
        return R"({"alternatives": [{"transcript": "a", "words": [{"word": "a", "start": )" +
               std::to_string(i) + R"(, "end": )" + std::to_string(i) + R"(.5}]}]})";
      },
      [](const std::string& array) {
        return "{\"metadata\": {\"duration\": 4000}, \"results\": {\"channels\": " + array + "}}";
      });
}

}  // namespace
}  // namespace s2t::core
