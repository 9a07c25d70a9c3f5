// Work that may be refused, in a subtransaction of its own: a job goes on with the next row when a
// constraint or a trigger of the database's owner refuses this one.
#pragma once

#include "pg/server.h"

namespace s2t::pg {

// Why an attempt was refused.
struct Refusal {
  static constexpr int kReasonBytes = 256;

  char reason[kReasonBytes];  // the message of the error, cut at a character
};

// Whether an error with this SQLSTATE is about the data at hand, so that it would be met again with
// the same data and only with those: data, constraints, triggers that refuse.
[[nodiscard]] bool is_about_data(int sqlstate);

// When constraints and triggers that are deferred have their say.
enum class Deferred : uint8_t {
  kAtCommit,  // as they do: the transaction is the caller's
  kNow,       // within the attempt: the transaction is the job's, and is about to end
};

// Runs `body`, which opens and closes a session of its own. False, with all that it did undone, if
// it ended with an error that is about the data, or that has a SQLSTATE of the owner's own; any
// other error goes on.
bool attempt(Refusal* refusal, Deferred deferred, void (*body)(void* argument), void* argument);

template <typename Body>
bool attempt(Refusal* refusal, Deferred deferred, Body&& body) {
  return attempt(
      refusal, deferred, [](void* argument) { (*static_cast<Body*>(argument))(); }, &body);
}

}  // namespace s2t::pg
