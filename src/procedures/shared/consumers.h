// Who is told of events: what event_consumers says, as the snapshot of a call knows it.
#pragma once

#include <stdint.h>

#include "pg/table.h"
#include "procedures/shared/events.h"

namespace s2t::procedures::events {

constexpr uint32_t bit_of(Type type) { return 1U << static_cast<int>(type); }

struct Consumer {
  const char* name;
  pg_uuid_t queue_id;
  uint32_t types;  // a bit for each
};

// The consumers of one call.
struct Consumers {
  uint32_t types = 0;  // of all of them
  std::span<const Consumer> list;
};

// Those that the session's snapshot knew when it was first asked; they live as long as the session.
[[nodiscard]] const Consumers& consumers_of(pg::Session* session);

}  // namespace s2t::procedures::events
