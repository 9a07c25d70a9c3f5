// Whether a recording may begin, or begin again, and what the caller is told (docs/reference.md,
// "s2t_create_recording").
#pragma once

#include "pg/function.h"
#include "procedures/shared/account.h"

namespace s2t::procedures {

// What is answered; `id` where the recording is there.
struct Admission {
  static constexpr int kMessageBytes = 160;

  core::Reason reason = core::Reason::kNoSubscription;
  pg_uuid_t id{};
  char message[kMessageBytes] = "";
  core::Left remaining{0, 0};

  [[nodiscard]] bool accepted() const {
    return reason == core::Reason::kOk || reason == core::Reason::kRepeated;
  }
};

// Argument `index`, in_expected_ms: 22023 below 1.
[[nodiscard]] std::optional<int32_t> read_expected_ms(const pg::Arguments& arguments, int index);

// Whether the recording may begin. Where it may not, for want of recordings or of minutes, stale
// ones of the user are failed first, and it is looked at again. The account is locked and its ended
// cycle rolled over; `*locked` is false if it is gone afterwards.
[[nodiscard]] core::Decision decide(Account* account, const core::Demand& demand,
                                    const char* procedure, TimestampTz now, bool* locked);

// Of what is left, what other recordings may use than the one that holds `own` seconds.
[[nodiscard]] core::Left remaining_for(core::Left left, int64_t own);

// Fills in message and remaining of a refusal of the account.
void describe_refusal(Account* account, const core::Demand& demand, TimestampTz now,
                      Admission* admission);

// Completes the message, and tells the audit log.
void finish(pg::Session* session, const char* procedure, const pg_uuid_t* user_id,
            Admission* admission);

// The row (recording_id, quota_ok, error_message, reason, remaining_recordings, remaining_seconds).
[[nodiscard]] Datum make_row(const Admission& admission);

}  // namespace s2t::procedures
