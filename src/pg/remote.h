// A call that a router makes for somebody else (docs/reference.md, "Calls for somebody else").
#pragma once

#include "pg/server.h"

namespace s2t::pg::remote {

// Who called the router. The texts are never nullptr, nor is the first two's empty; `address` is
// nullptr where there is none.
struct Caller {
  const char* session_role;
  const char* effective_role;
  inet* address;
  const char* application;
};

// The caller of the call that is going on; nullptr unless begin() has told one. Lives until end().
[[nodiscard]] const Caller* caller();

// Whom a call is for that nobody makes for somebody else: the session's roles, client, application.
[[nodiscard]] Caller session_caller();

// From here on, to end() or to the end of the transaction, `told` is the caller, and what the
// backend would tell its client (INFO, NOTICE, WARNING) is collected instead. Copies `told`.
void begin(const Caller& told);

// Ends it. Returns what was collected, an array of JSON objects as text in the current memory
// context, or nullptr if there was nothing.
[[nodiscard]] const char* end();

// What a twin answers of an error, or nullptr, and of what end() has given, or nullptr: a JSON object
// as text in the current memory context; nullptr if there was neither.
[[nodiscard]] const char* problem(const ErrorData* error, const char* notices);

}  // namespace s2t::pg::remote
