// Which server has a slot, as far as a router knows (docs/scale.md, "The parts").
#pragma once

#include "pg/server.h"

namespace s2t::router {

// The number of the server that has the slot of an id; of any that is up where the id is null: that
// one says what is wrong with it. 55000 if the map does not have the slot.
[[nodiscard]] int shard_of(NullableDatum id);

}  // namespace s2t::router
