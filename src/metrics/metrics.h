// Every call of a procedure is counted: how long it took, how many rows it changed, whether it was
// refused, and the class of the error that ended it (docs/reference.md, "Metrics").
//
//   S2T_PROCEDURE(sp_fail_recording) {
//     ...  // `fcinfo` is the argument, as in S2T_FUNCTION
//   }
//
// Counting costs a call less than a microsecond, takes no lock and changes nothing of what the call
// does. Where there is no shared memory to count in, calls are just made.
#pragma once

#include "metrics/counters.h"
#include "pg/function.h"

namespace s2t::metrics {

// Prepares for counting, where the library is preloaded; called from _PG_init().
void request();

// An SQL-callable procedure, as one backend knows it: a static object beside each.
struct Procedure {
  const char* name;  // its SQL name
  Counters* counters = nullptr;
  bool looked_up = false;
};

using Body = Datum (*)(FunctionCallInfo fcinfo);

// Runs `body` and counts the call. An error is counted and goes on to the caller as it is. `body`
// may commit. A call within another one is counted for both.
Datum measure(Procedure* procedure, Body body, FunctionCallInfo fcinfo);

// Counts the innermost call being measured as refused: it ends well, and its result says no.
void count_refusal();

}  // namespace s2t::metrics

// S2T_FUNCTION for what is counted.
#define S2T_PROCEDURE(name)                                        \
  static Datum name##_body(FunctionCallInfo fcinfo);               \
  S2T_FUNCTION(name) {                                             \
    static constinit s2t::metrics::Procedure procedure{#name};     \
    return s2t::metrics::measure(&procedure, name##_body, fcinfo); \
  }                                                                \
  static Datum name##_body(FunctionCallInfo fcinfo)
