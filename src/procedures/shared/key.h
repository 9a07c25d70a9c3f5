// Keys of calls that may be repeated after a lost answer (docs/reference.md, "Conventions"): the
// same key returns the same result and has no second effect.
#pragma once

#include <optional>
#include <string_view>

#include "pg/function.h"
#include "pg/table.h"

namespace s2t::procedures {

// Argument `index`, in_key: nullopt for NULL. 22023 if it is blank or longer than 255 characters.
[[nodiscard]] std::optional<std::string_view> read_key(const pg::Arguments& arguments, int index);

// SHA-256 over a call's arguments as given, each with its length.
class KeyHash {
 public:
  KeyHash() { initStringInfo(&data_); }
  void add(std::string_view value);
  void add(std::optional<std::string_view> value);
  void add(std::optional<int32_t> value);
  void add(bool value);
  // A bytea in the current memory context.
  [[nodiscard]] bytea* end();

 private:
  StringInfoData data_;
};

// 22023 if the hash in `column` of a row that a key found is another one.
void require_same_key(const pg::Row& row, int column, bytea* hash);

}  // namespace s2t::procedures
