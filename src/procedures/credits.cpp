// s2t_add_credit, s2t_cancel_credit and s2t_adjust_usage: docs/reference.md, "Credits and
// adjustments".
#include "core/account/validate.h"

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/settings.h"
#include "procedures/shared/account.h"
#include "procedures/shared/key.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::Row;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

struct Grant {
  const pg_uuid_t* user_id;
  core::Amount amount;
  TimestampTz expires_at;
  std::optional<std::string_view> note;
  std::optional<std::string_view> key;
};

int32_t read_count(const Arguments& arguments, int index, const char* name, int32_t factor) {
  int32_t count = arguments.as_optional_int32(index).value_or(0);
  if (count < 0) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid amount"),
                    errdetail("Argument %s is %d; at least 0 is expected.", name, count)));
  }
  int32_t amount;
  if (pg_mul_s32_overflow(count, factor, &amount)) {
    ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("amount out of range"),
                    errdetail("Argument %s is %d.", name, count)));
  }
  return amount;
}

Grant read_grant(FunctionCallInfo fcinfo) {
  Arguments arguments(fcinfo);
  Grant grant{
      arguments.as_uuid(0, "in_user_id"),
      {read_count(arguments, 1, "in_recordings", 1), read_count(arguments, 2, "in_minutes", 60)},
      arguments.is_null(3) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(3),
      arguments.as_optional_text(4),
      read_key(arguments, 5)};
  if (grant.amount.is_zero()) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a credit must not be empty"),
                    errhint("Give in_recordings, in_minutes, or both.")));
  }
  return grant;
}

bytea* hash_of(const Grant& grant) {
  KeyHash hash;
  hash.add(std::optional<int32_t>(grant.amount.recordings));
  hash.add(std::optional<int32_t>(grant.amount.seconds));
  hash.add({reinterpret_cast<const char*>(&grant.expires_at), sizeof(TimestampTz)});
  hash.add(grant.note);
  return hash.end();
}

// The rows of a user's credits are few.
template <typename Test>
bool find_credit(Table* credits, const pg_uuid_t* user_id, Row* row, Test&& test) {
  ScanKeyData key = pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(user_id));
  pg::Scan scan = pg::Scan::begin(credits, pg::usage_credits::by_user_id, &key, 1);
  bool found = false;
  while (!found && scan.next(row)) found = test(*row);
  scan.end();
  return found;
}

// Locks the account of a user who must be there, and rolls its cycle over.
Account lock_account(Session* session, const pg_uuid_t* user_id, TimestampTz* now) {
  if (!hold_user(session, user_id)) pg::raise_not_found("user", user_id);
  Account account = Account::open(session);
  if (!account.lock(user_id)) pg::raise_not_found("subscription of user", user_id);
  *now = Session::now();
  account.roll_over_if_ended(*now);
  return account;
}

void write_credit_entry(Session* session, const Account& account, const pg_uuid_t& credit_id,
                        const core::Amount& amount, TimestampTz now) {
  Entry entry{.kind = entry_kind::kCredit,
              .cycle_id = *account.cycle_id(),
              .credit_id = credit_id,
              .amount = {},
              .credits = amount,
              .overage = {},
              .note = {}};
  write_entries(session, account.user_id(), nullptr, {&entry, 1}, now);
}

pg_uuid_t add_credit(Session* session, const Grant& grant) {
  namespace c = pg::usage_credits;
  TimestampTz now;
  Account account = lock_account(session, grant.user_id, &now);
  Table credits = Table::open(session, c::kTable, pg::kRead);
  Row row;
  if (grant.key && find_credit(&credits, grant.user_id, &row, [&](const Row& credit) {
        return !credit.is_null(c::credit_key) && credit.as_text(c::credit_key) == *grant.key;
      })) {
    require_same_key(row, c::credit_key_hash, hash_of(grant));
    return *row.as_uuid(c::id);
  }
  account.count_credits(1);
  account.store(now);
  Values more;
  if (grant.key) {
    more.set(c::credit_key, pg::make_text(*grant.key));
    more.set(c::credit_key_hash, PointerGetDatum(hash_of(grant)));
  }
  pg_uuid_t id = pg::new_id(now, pg::slot_of(grant.user_id));
  insert_credit(session, grant.user_id, &id, grant.amount, grant.expires_at, grant.note, now, more);
  write_credit_entry(session, account, id, grant.amount, now);
  audit::write(session, pg::settings::Audit::kChanges,
               {.procedure = "s2t_add_credit",
                .user_id = grant.user_id,
                .detail = psprintf("%d recordings, %d seconds", grant.amount.recordings,
                                   grant.amount.seconds)});
  return id;
}

// Takes what is left of a credit. False if it was cancelled before.
bool cancel_credit(Session* session, const pg_uuid_t* user_id, const pg_uuid_t* credit_id) {
  namespace c = pg::usage_credits;
  TimestampTz now;
  Account account = lock_account(session, user_id, &now);
  Table credits = Table::open(session, c::kTable, pg::kUpdate);
  Row row;
  if (!find_credit(&credits, user_id, &row, [&](const Row& credit) {
        return pg::same_id(*credit.as_uuid(c::id), *credit_id);
      }))
    pg::raise_not_found("credit", credit_id);
  if (!row.is_null(c::cancelled_at)) return false;
  if (credits.lock_found(&row, pg::RowLock::kNoKeyUpdate, pg::OnConflict::kWait) !=
      pg::Locked::kYes)
    pg::raise_not_found("credit", credit_id);
  core::Amount left{row.as_int32(c::left_recordings), row.as_int32(c::left_seconds)};
  Values change;
  change.set(c::left_recordings, Int32GetDatum(0));
  change.set(c::left_seconds, Int32GetDatum(0));
  change.set(c::cancelled_at, TimestampTzGetDatum(now));
  (void)credits.update_one(row, change);
  account.count_credits(-1);
  account.store(now);
  write_credit_entry(session, account, *credit_id, {-left.recordings, -left.seconds}, now);
  audit::write(session, pg::settings::Audit::kChanges,
               {.procedure = "s2t_cancel_credit",
                .user_id = user_id,
                .detail = psprintf("%d recordings, %d seconds", left.recordings, left.seconds)});
  return true;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_add_credit) {
  using namespace s2t::procedures;
  Grant grant = read_grant(fcinfo);
  auto* id = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  Session session = Session::open(fcinfo, "s2t_add_credit");
  *id = add_credit(&session, grant);
  session.close();
  PG_RETURN_UUID_P(id);
}

S2T_PROCEDURE(s2t_cancel_credit) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* user_id = arguments.as_uuid(0, "in_user_id");
  const pg_uuid_t* credit_id = arguments.as_uuid(1, "in_credit_id");
  Session session = Session::open(fcinfo, "s2t_cancel_credit");
  bool cancelled = cancel_credit(&session, user_id, credit_id);
  session.close();
  PG_RETURN_BOOL(cancelled);
}

S2T_PROCEDURE(s2t_adjust_usage) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {{"usage_count", INT4OID},
                                                {"used_seconds", INT4OID}};
  s2t::pg::Arguments arguments(fcinfo);
  const pg_uuid_t* user_id = arguments.as_uuid(0, "in_user_id");
  s2t::core::Amount by{arguments.as_int32(1, "in_recordings"), arguments.as_int32(2, "in_seconds")};
  std::string_view note = arguments.as_text(3, "in_note");
  s2t::pg::raise_unless_ok(s2t::core::check_note(note));

  Session session = Session::open(fcinfo, "s2t_adjust_usage");
  TimestampTz now;
  Account account = lock_account(&session, user_id, &now);
  account.adjust(by, note);
  account.store(now);
  account.write_entries(nullptr, now);
  s2t::core::Amount used = account.counters().used;
  s2t::audit::write(&session, s2t::pg::settings::Audit::kChanges,
                    {.procedure = "s2t_adjust_usage",
                     .user_id = user_id,
                     .detail = psprintf("%+d recordings, %+d seconds", by.recordings, by.seconds)});
  session.close();
  Datum values[] = {Int32GetDatum(used.recordings), Int32GetDatum(used.seconds)};
  bool nulls[] = {false, false};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
