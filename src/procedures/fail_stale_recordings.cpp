// sp_fail_stale_recordings and s2t_fail_stale_batch: docs/reference.md, "sp_fail_stale_recordings".
#include "core/account/validate.h"

#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/identity.h"
#include "procedures/shared/failure.h"
#include "procedures/shared/lease.h"
#include "procedures/shared/set_aside.h"

namespace s2t::procedures {

using pg::Arguments;
using pg::Row;
using pg::Session;
using pg::Table;

namespace {

constexpr const char* kName = "sp_fail_stale_recordings";

// The procedure asks for no right to a table, and cannot be SECURITY DEFINER: what touches tables
// has the owner's rights for as long as that takes. Deferred triggers come later, and do not.
struct StaleRule {
  Oid owner;
  TimestampTz alive_before;
  const char* reason;
  int32_t batch_size;
  pg::Deferred deferred;  // when deferred constraints are looked at
};

[[noreturn]] void raise_invalid(const char* age, const char* batch_size) {
  ereport(
      ERROR,
      (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid age or batch size"),
       errdetail("The age is %s, the batch size %s.", age, batch_size),
       errhint("Neither may be null, the age not negative, and the batch size is at least 1.")));
  pg_unreachable();
}

StaleRule read_rule(FunctionCallInfo fcinfo, pg::Deferred deferred) {
  Interval* age = PG_ARGISNULL(0) ? nullptr : PG_GETARG_INTERVAL_P(0);
  const char* age_text = age != nullptr ? pg::print(age) : "null";
  int32_t batch_size = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
  Interval zero = {};
  bool negative =
      age != nullptr && DatumGetBool(DirectFunctionCall2(interval_lt, IntervalPGetDatum(age),
                                                         IntervalPGetDatum(&zero)));
  if (age == nullptr || negative || batch_size < 1)
    raise_invalid(age_text, PG_ARGISNULL(1) ? "null" : psprintf("%d", batch_size));
  Datum before = DirectFunctionCall2(timestamptz_mi_interval, TimestampTzGetDatum(Session::now()),
                                     IntervalPGetDatum(age));
  return {Session::owner_of(fcinfo), DatumGetTimestampTz(before),
          psprintf("not completed within %s", age_text), batch_size, deferred};
}

struct Candidate {
  pg_uuid_t user_id;
  pg_uuid_t id;

  static Candidate of(const Row& recording) {
    namespace r = pg::recordings;
    return {recording.as_optional_uuid(r::user_id).value_or(pg_uuid_t{}),
            *recording.as_uuid(r::id)};
  }
};

int compare_users(const void* left, const void* right) {
  return memcmp(left, right, sizeof(Candidate));
}

// Recordings that are looked at together.
struct Found {
  Candidate* all;
  int count = 0;
  int room;

  void add(const Candidate& candidate) {
    if (count == room) {
      room *= 2;
      all = static_cast<Candidate*>(repalloc_huge(all, sizeof(Candidate) * room));
    }
    all[count++] = candidate;
  }
};

// The recordings in processing that were created before the rule's time, after the place, which
// moves on to the last of them; as many as there is room for, and `finished` if there are no more.
// Where older tables have no index for it, all of them at once. Locks nothing.
void find_stale(FunctionCallInfo fcinfo, const StaleRule& rule, pg::Place* place, Found* found,
                bool* finished) {
  namespace r = pg::recordings;
  pg::Identity identity;
  identity.take(rule.owner);
  Session session = Session::open(fcinfo, kName);
  Table recordings = Table::open(&session, r::kTable, pg::kRead);
  bool indexed = recordings.has_index(r::processing_by_created_at);
  const pg::Place begin = *place;
  ScanKeyData members[2];
  ScanKeyData keys[] = {pg::scan_key(1, BTLessStrategyNumber, F_TIMESTAMPTZ_LT,
                                     TimestampTzGetDatum(rule.alive_before)),
                        pg::after(begin, members)};
  pg::Scan scan =
      indexed ? pg::Scan::begin(&recordings, r::processing_by_created_at, keys, lengthof(keys))
              : recordings.scan();
  int limit = found->room;
  Row row;
  *finished = true;
  while (scan.next(&row)) {
    if (indexed && found->count == limit) {
      *finished = false;
      break;
    }
    TimestampTz created_at = row.as_timestamp(r::created_at, DT_NOEND);
    if (created_at >= rule.alive_before || row.as_text(r::status) != "processing") continue;
    *place = {created_at, *row.as_uuid(r::id)};
    if (is_stale(row, rule.alive_before, Session::now()) == Stale::kNo) continue;
    found->add(Candidate::of(row));
  }
  scan.end();
  session.close();
  identity.give_back();
}

// The recordings whose last attempt is over, however young they are: those that claims have put out
// of their way for good, those that they have for a lease that is over by now, and those that still
// stand in the queue. Locks nothing.
void find_used_up(FunctionCallInfo fcinfo, const StaleRule& rule, Found* found) {
  namespace r = pg::recordings;
  pg::Identity identity;
  identity.take(rule.owner);
  Session session = Session::open(fcinfo, kName);
  Table recordings = Table::open(&session, r::kTable, pg::kRead);
  TimestampTz now = Session::now();
  struct Walk {
    int index;
    int keys;
    ScanKeyData key;
  };
  Walk walks[] = {
      {r::by_due_at, 1,
       pg::scan_key(1, BTEqualStrategyNumber, F_TIMESTAMPTZ_EQ, TimestampTzGetDatum(DT_NOEND))},
      {r::by_due_at, 1,
       pg::scan_key(1, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE, TimestampTzGetDatum(now))},
      {r::by_priority, 0, {}}};
  for (Walk& walk : walks) {
    if (!recordings.has_index(walk.index)) continue;
    pg::Scan scan = pg::Scan::begin(&recordings, walk.index, &walk.key, walk.keys);
    int limit = found->room;
    Row row;
    while (found->count < limit && scan.next(&row))
      if (is_stale(row, rule.alive_before, now) == Stale::kUsedUp) found->add(Candidate::of(row));
    scan.end();
  }
  session.close();
  identity.give_back();
}

Verdict judge(const Row& recording, const StaleRule& rule) {
  switch (is_stale(recording, rule.alive_before, Session::now())) {
    case Stale::kSilent:
      return {rule.reason, rule.reason};
    case Stale::kUsedUp: {
      constexpr const char* kNoneLeft = "no attempts left";
      std::string_view error = recording.as_text(pg::recordings::error);
      return {error.empty() ? kNoneLeft : pnstrdup(error.data(), error.size()), kNoneLeft};
    }
    case Stale::kNo:
      break;
  }
  return {};
}

// Whether the recording was marked. One that a constraint or a trigger refuses is set aside.
bool fail_one(FunctionCallInfo fcinfo, const StaleRule& rule, const pg_uuid_t* id,
              Accounts* accounts, SetAside* set_aside) {
  Tried tried = Tried::kNothing;
  pg::Refusal refusal;
  bool done = pg::attempt(&refusal, rule.deferred, [&] {
    pg::Identity identity;
    identity.take(rule.owner);
    Session session = Session::open(fcinfo, kName);
    tried = try_to_fail(&session, id, kName, accounts,
                        [&](const Row& recording) { return judge(recording, rule); });
    session.close();
    identity.give_back();
  });
  if (!done) set_aside->add(*id, refusal);
  return done && tried == Tried::kFailed;
}

// In the order of their users, which is that of all locks.
int fail_all(FunctionCallInfo fcinfo, const StaleRule& rule, const Found& found, Accounts* accounts,
             SetAside* set_aside) {
  int failed = 0;
  qsort(found.all, found.count, sizeof(Candidate), compare_users);
  for (int i = 0; i < found.count; i++) {
    CHECK_FOR_INTERRUPTS();
    if (fail_one(fcinfo, rule, &found.all[i].id, accounts, set_aside)) failed++;
  }
  pfree(found.all);
  return failed;
}

Found make_room(int limit) {
  constexpr int kAtOnce = 10000;  // ids in memory
  int room = Min(limit, kAtOnce);
  return {static_cast<Candidate*>(palloc(sizeof(Candidate) * room)), 0, room};
}

// Looks at the next recordings after the place, a batch of them. Returns how many it has marked;
// `finished` if there were no more.
int fail_batch(FunctionCallInfo fcinfo, const StaleRule& rule, int limit, pg::Place* place,
               Accounts* accounts, SetAside* set_aside, bool* finished) {
  Found found = make_room(limit);
  find_stale(fcinfo, rule, place, &found, finished);
  return fail_all(fcinfo, rule, found, accounts, set_aside);
}

// The same for those whose attempts are used up, as many as are found at once.
int fail_used_up(FunctionCallInfo fcinfo, const StaleRule& rule, int limit, Accounts* accounts,
                 SetAside* set_aside) {
  Found found = make_room(limit);
  find_used_up(fcinfo, rule, &found);
  return fail_all(fcinfo, rule, found, accounts, set_aside);
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(s2t_fail_stale_batch) {
  using namespace s2t::procedures;
  StaleRule rule = read_rule(fcinfo, s2t::pg::Deferred::kAtCommit);
  SetAside set_aside(s2t::metrics::set_aside::Job::kStale, "recording");
  s2t::pg::Place place;
  bool finished = false;
  Accounts accounts;
  int failed = fail_used_up(fcinfo, rule, rule.batch_size, &accounts, &set_aside);
  while (!finished && failed < rule.batch_size)
    failed += fail_batch(fcinfo, rule, rule.batch_size - failed, &place, &accounts, &set_aside,
                         &finished);
  set_aside.tell();
  PG_RETURN_INT32(failed);
}

S2T_PROCEDURE(sp_fail_stale_recordings) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {{"failed", INT8OID}};

  if (s2t::pg::Arguments(fcinfo).atomic())
    s2t::pg::raise_cannot_commit(kName, "s2t_fail_stale_batch");
  StaleRule rule = read_rule(fcinfo, s2t::pg::Deferred::kNow);
  SPI_connect_ext(SPI_OPT_NONATOMIC);
  SetAside set_aside(s2t::metrics::set_aside::Job::kStale, "recording");
  s2t::pg::Place place;
  bool finished = false;
  Accounts used_up;
  int64_t failed = fail_used_up(fcinfo, rule, PG_INT32_MAX, &used_up, &set_aside);
  s2t::pg::commit_and_go_on();
  while (!finished) {
    Accounts accounts;
    failed += fail_batch(fcinfo, rule, rule.batch_size, &place, &accounts, &set_aside, &finished);
    s2t::pg::commit_and_go_on();
  }
  s2t::pg::wait_for_commits();
  set_aside.tell();
  SPI_finish();

  Datum values[] = {Int64GetDatum(failed)};
  bool nulls[] = {false};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
