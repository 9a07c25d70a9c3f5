// How a recording ends as failed: by sp_fail_recording, by a failure mark, by the stale rule.
#pragma once

#include <string_view>

#include "procedures/shared/account.h"
#include "procedures/shared/recording.h"

namespace s2t::procedures {

// What became of a recording that was to fail.
struct Failure {
  Status was;             // in processing, it has failed now; else nothing was changed
  core::Amount refunded;  // what was given back of what was charged
};

// Marks the recording, which is locked, as failed with `reason` if it is in processing, and tells
// the status it was found in. What its owner was charged is given back if it has no segments. Locks
// the subscription. `procedure` is who notes it.
Failure fail_if_processing(Recording* recording, std::string_view reason, const char* procedure,
                           const char* detail = nullptr);

// What came of a try that waits for nobody.
enum class Tried : uint8_t {
  kFailed,   // the recording has failed now
  kHeld,     // somebody holds it, its owner or the owner's account
  kNothing,  // it is not there, not in processing, or not to fail after all
};

// Whether a recording that is locked is to fail.
struct Verdict {
  const char* reason = nullptr;  // nullptr: it is not
  const char* detail = nullptr;  // for the audit log
};

// The accounts that one transaction locks, one after the other. They are waited for in the order of
// their users; one whose turn has passed is locked if nobody holds it, so that no two transactions
// wait for each other.
class Accounts {
 public:
  // kSkipped if somebody holds it whom this transaction may not wait for, kNo if there is none.
  [[nodiscard]] pg::Locked lock(Account* account, const pg_uuid_t* user_id);

 private:
  pg_uuid_t last_{};  // of those that were waited for
  bool any_ = false;
};

// The same for a recording that is not locked, without waiting for it or its owner, if `judge` says
// so of the locked recording. `accounts`: of all tries in this transaction.
[[nodiscard]] Tried try_to_fail(pg::Session* session, const pg_uuid_t* id, const char* procedure,
                                Accounts* accounts,
                                Verdict (*judge)(const pg::Row& recording, void* argument),
                                void* argument);

template <typename Judge>
[[nodiscard]] Tried try_to_fail(pg::Session* session, const pg_uuid_t* id, const char* procedure,
                                Accounts* accounts, Judge&& judge) {
  return try_to_fail(
      session, id, procedure, accounts,
      [](const pg::Row& recording, void* argument) {
        return (*static_cast<std::remove_reference_t<Judge>*>(argument))(recording);
      },
      &judge);
}

// The same for a recording in processing that the caller has locked, together with its owner's
// account, whose ended cycle is rolled over. Stores the account: lock it again to go on with it.
// `account` is nullptr where there is nothing to give back, or no subscription. Returns what is
// given back.
core::Amount fail_locked(Account* account, pg::Table* recordings, const pg::Row& locked,
                         std::string_view reason, const char* procedure, TimestampTz now,
                         const char* detail = nullptr);

// Fails those of a user's recordings that have been in processing for longer than s2t.stale_after
// without a sign of life, except those that somebody holds. `account` is locked, its ended cycle
// rolled over. Returns how many; if there were any, the account was stored and is locked anew.
int fail_stale_of(Account* account, const char* procedure, TimestampTz now);

}  // namespace s2t::procedures
