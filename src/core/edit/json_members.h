// Members of JSON objects and elements of arrays, as they are written: what an edit does not touch
// keeps every digit.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s2t::core {

// A member of an object: its key, between the quotation marks, and its value, both as written.
struct JsonMember {
  std::string_view key;
  std::string_view value;
};

// The members of an object, and the elements of an array. False if it is none, or broken as far as
// this looks at it: what jsonb prints never is. They allocate, and so throw.
[[nodiscard]] bool read_json_object(std::string_view json, std::vector<JsonMember>* members);
[[nodiscard]] bool read_json_array(std::string_view json, std::vector<std::string_view>* elements);

// What a JSON string stands for; nullopt if the value is no string.
[[nodiscard]] std::optional<std::string> decode_json_string(std::string_view value);

// An integer of 32 bits; nullopt for any other value.
[[nodiscard]] std::optional<int32_t> read_json_int32(std::string_view value) noexcept;

// The value of the member called `key`, the last one if there are several; "" if there is none.
[[nodiscard]] std::string_view json_member(const std::vector<JsonMember>& members,
                                           std::string_view key) noexcept;

// Appends `text` as a JSON string.
void append_json_text(std::string_view text, std::string* out);

}  // namespace s2t::core
