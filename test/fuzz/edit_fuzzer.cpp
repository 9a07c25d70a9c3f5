// Feeds the edits of a segment's text and meta with whatever libFuzzer makes of the seeds: two
// metas and two texts. test/fuzz/run builds and runs it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/edit/edit.h"

namespace s2t::core {
namespace {

using Json = nlohmann::json;

void require(bool condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "broken promise: %s\n", what);
  abort();
}

// Memory of exactly the size that was asked for.
class Memory {
 public:
  Room room(size_t bytes) {
    blocks_.emplace_back(bytes);
    return {blocks_.back().data(), bytes};
  }

 private:
  std::vector<std::vector<char>> blocks_;
};

// The four of a document: lines of meta, text, meta, text.
struct Input {
  std::string_view parts[4];

  explicit Input(std::string_view bytes) {
    for (std::string_view& part : parts) {
      const size_t end = std::min(bytes.find('\n'), bytes.size());
      part = bytes.substr(0, end);
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
  }
};

std::optional<Json> parse(std::string_view json) {
  Json value = Json::parse(json, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

size_t words_in(const std::optional<Json>& meta) {
  if (!meta || !meta->is_object()) return 0;
  const auto words = meta->find("words");
  return words != meta->end() && words->is_array() ? words->size() : 0;
}

// Whether a key stands twice in an object, as jsonb never has it.
bool repeats_key(std::string_view json) {
  std::vector<std::set<std::string>> objects;
  bool repeated = false;
  const auto note = [&](int /*depth*/, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) objects.emplace_back();
    if (event == Json::parse_event_t::object_end) objects.pop_back();
    if (event == Json::parse_event_t::key) {
      repeated |= !objects.back().insert(value.get<std::string>()).second;
    }
    return true;
  };
  (void)Json::parse(json, note, false);
  return repeated;
}

// What came of a meta that was JSON is JSON.
void require_json(std::string_view before, std::string_view now) {
  require(!parse(before) || now.empty() || parse(now), "a meta stays JSON");
}

void check_correct(const Utterance& whole, std::string_view text, Memory* memory) {
  const Correction correction{.text = text, .speaker = text};
  Corrected corrected;
  const Room room = memory->room(correct_room(whole, correction));
  if (!correct(whole, correction, room, &corrected).ok()) return;
  require(corrected.now.text == text, "the text is the one given");
  require_json(whole.meta, corrected.now.meta);
  if (parse(whole.meta)) {
    require(words_in(parse(whole.meta)) ==
                words_in(parse(corrected.now.meta)) + static_cast<size_t>(corrected.lost_words),
            "a word stays or is lost");
  }
}

void check_split(const Utterance& whole, size_t seed, Memory* memory) {
  const auto at_char = static_cast<int32_t>(seed % (whole.text.size() + 1));
  const auto at_ms = static_cast<int32_t>(seed % 1000);
  for (int which = 1; which <= 3; ++which) {
    Split parts;
    const auto ms = (which & 1) != 0 ? std::optional(at_ms) : std::nullopt;
    const auto chars = (which & 2) != 0 ? std::optional(at_char) : std::nullopt;
    if (!split(whole, ms, chars, memory->room(split_room(whole)), &parts).ok()) continue;
    require(!parts.head.text.empty() && !parts.tail.text.empty(), "both sides have a text");
    require(parts.head.start_ms <= parts.head.end_ms && parts.tail.start_ms <= parts.tail.end_ms &&
                parts.head.end_ms <= parts.tail.start_ms,
            "times ascend");
    require_json(whole.meta, parts.head.meta);
    require_json(whole.meta, parts.tail.meta);
    if (!parse(whole.meta) || !parse(whole.meta)->is_object()) continue;
    const size_t words = words_in(parse(parts.head.meta)) + words_in(parse(parts.tail.meta));
    require(words + static_cast<size_t>(parts.lost_words) >= words_in(parse(whole.meta)),
            "a word is on a side or lost");
  }
}

void check_merge(const Utterance& first, const Utterance& second, Memory* memory) {
  const std::vector<Utterance> parts = {first, second, first};
  Utterance whole;
  require(merge(parts, memory->room(merge_room(parts)), &whole).ok(), "everything can be merged");
  if (parse(first.meta) && parse(second.meta)) require_json(first.meta, whole.meta);
}

void check_rename(std::string_view meta, std::string_view from, std::string_view to,
                  Memory* memory) {
  Renamed renamed;
  require(rename_speaker(meta, from, to, memory->room(rename_room(meta, to)), &renamed).ok(),
          "a speaker can be renamed");
  require_json(meta, renamed.meta);
  require(renamed.changed || renamed.meta == meta, "what does not change stays");
}

bool is_utf8(std::string_view text) {
  try {
    (void)Json(std::string(text)).dump();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace
}  // namespace s2t::core

// libFuzzer's name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace s2t::core;
  const Input input({reinterpret_cast<const char*>(data), size});
  // As the database has them.
  for (std::string_view part : input.parts) {
    if (!is_utf8(part) || repeats_key(part)) return 0;
  }
  const Utterance first{0, 1000, input.parts[1], input.parts[0]};
  const Utterance second{1000, 2000, input.parts[3], input.parts[2]};
  Memory memory;
  check_correct(first, second.text, &memory);
  check_split(first, size, &memory);
  check_merge(first, second, &memory);
  check_rename(first.meta, second.text, first.text, &memory);
  check_rename(first.meta, "A", second.text, &memory);
  return 0;
}
