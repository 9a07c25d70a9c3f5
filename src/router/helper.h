// Functions of the schema s2t_router that native ones call.
#pragma once

#include <initializer_list>

#include "pg/server.h"

namespace s2t::router {

inline constexpr const char* kSchema = "s2t_router";

// Calls the function `name` of the schema with these arguments. 42883 if there is none.
NullableDatum call_helper(const char* name, std::initializer_list<Oid> types,
                          std::initializer_list<NullableDatum> arguments);

}  // namespace s2t::router
