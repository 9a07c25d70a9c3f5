// The plans that users subscribe to (docs/reference.md, "plans").
#pragma once

#include <stdint.h>

#include <optional>
#include <span>
#include <string_view>

#include "pg/table.h"

namespace s2t::procedures {

struct Plan {
  pg_uuid_t id;
  std::string_view code;  // lives as long as the session
  core::Limits limits;
  std::optional<int32_t> retention_days;
  int32_t carry_over_minutes = 0;
  std::span<const int32_t> alert_percents;  // lives as long as the session
  bool active = false;
};

// Finds a plan by its code or id, without locking it. False if there is none.
[[nodiscard]] bool find_plan(pg::Table* plans, std::string_view code, Plan* plan);
[[nodiscard]] bool find_plan(pg::Table* plans, const pg_uuid_t* id, Plan* plan);

// Locks the plan of this code against removal (KEY SHARE), as a foreign key would. False if there
// is none.
[[nodiscard]] bool hold_plan(pg::Table* plans, std::string_view code, Plan* plan);

// Likewise the default plan, if there is one that is active.
[[nodiscard]] bool hold_default_plan(pg::Table* plans, Plan* plan);

}  // namespace s2t::procedures
