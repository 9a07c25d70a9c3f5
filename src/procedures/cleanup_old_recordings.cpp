// sp_cleanup_old_recordings and sp_purge_old_recordings: docs/reference.md,
// "sp_cleanup_old_recordings".
#include "core/account/validate.h"

#include "metrics/metrics.h"
#include "pg/error.h"
#include "pg/function.h"
#include "procedures/shared/cleanup.h"

namespace s2t::procedures {

using pg::Arguments;

namespace {

RetentionPolicy read_policy(const Arguments& arguments, const char* procedure,
                            pg::Deferred deferred) {
  RetentionPolicy policy{procedure, arguments.as_int32(0, "in_retention_days"),
                         arguments.as_int32(1, "in_batch_size"), deferred};
  pg::raise_unless_ok(core::check_retention_days(policy.days));
  pg::raise_unless_ok(core::check_batch_size(policy.batch_size));
  return policy;
}

}  // namespace

}  // namespace s2t::procedures

S2T_PROCEDURE(sp_cleanup_old_recordings) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {{"deleted_recordings", INT4OID},
                                                {"deleted_segments", INT4OID}};

  RetentionPolicy policy =
      read_policy(Arguments(fcinfo), "sp_cleanup_old_recordings", s2t::pg::Deferred::kAtCommit);
  CleanupPosition position;
  SetAside set_aside(s2t::metrics::set_aside::Job::kCleanup, "recording");
  Removed removed = remove_batch(fcinfo, policy, &position, &set_aside);
  set_aside.tell();

  Datum values[] = {Int32GetDatum(static_cast<int32_t>(removed.recordings)),
                    Int32GetDatum(static_cast<int32_t>(Min(removed.segments, PG_INT32_MAX)))};
  bool nulls[] = {false, false};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}

S2T_PROCEDURE(sp_purge_old_recordings) {
  using namespace s2t::procedures;
  static TupleDesc row_type = nullptr;
  constexpr s2t::pg::ResultColumn kColumns[] = {{"deleted_recordings", INT8OID},
                                                {"deleted_segments", INT8OID}};

  Arguments arguments(fcinfo);
  if (arguments.atomic()) {
    ereport(
        ERROR,
        (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
         errmsg("%s cannot run inside a transaction block", "sp_purge_old_recordings"),
         errdetail("It commits after each batch."),
         errhint("Call it on its own with autocommit on, or use sp_cleanup_old_recordings().")));
  }
  RetentionPolicy policy =
      read_policy(arguments, "sp_purge_old_recordings", s2t::pg::Deferred::kNow);
  SPI_connect_ext(SPI_OPT_NONATOMIC);
  CleanupPosition position;
  SetAside set_aside(s2t::metrics::set_aside::Job::kCleanup, "recording");
  Removed total;
  while (!position.finished) {
    Removed removed = remove_batch(fcinfo, policy, &position, &set_aside);
    total.recordings += removed.recordings;
    total.segments += removed.segments;
    s2t::pg::commit_and_go_on();
  }
  s2t::pg::wait_for_commits();
  set_aside.tell();
  SPI_finish();

  Datum values[] = {Int64GetDatum(total.recordings), Int64GetDatum(total.segments)};
  bool nulls[] = {false, false};
  return s2t::pg::make_row(&row_type, kColumns, values, nulls);
}
