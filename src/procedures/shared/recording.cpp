#include "procedures/shared/recording.h"

#include "pg/error.h"
#include "procedures/shared/account.h"

namespace s2t::procedures {

using pg::Locked;
using pg::Row;
using pg::RowLock;
using pg::Session;
using pg::Table;

Recording Recording::lock(Session* session, const pg_uuid_t* id, bool* blocked) {
  Recording recording;
  (void)recording.find(session, id);
  recording.lock_found(blocked);
  return recording;
}

bool Recording::find(Session* session, const pg_uuid_t* id) {
  open(session, id);
  (void)recordings_.enter(*id);
  return look_up();
}

void Recording::open(Session* session, const pg_uuid_t* id) {
  id_ = *id;
  recordings_ = Table::open(session, pg::recordings::kTable, pg::kUpdate);
}

bool Recording::look_up() {
  found_ = recordings_.find(pg::recordings::by_id, UUIDPGetDatum(&id_), &row_);
  if (found_) user_id_ = *row_.as_uuid(pg::recordings::user_id);
  return found_;
}

void Recording::lock_found(bool* blocked) {
  if (!found_) pg::raise_not_found("recording", &id_);
  (void)hold_user(recordings_.session(), &user_id_, blocked);
  lock_only();
}

void Recording::lock_only() {
  if (!found_ ||
      recordings_.lock_found(&row_, RowLock::kNoKeyUpdate, pg::OnConflict::kWait) != Locked::kYes)
    pg::raise_not_found("recording", &id_);
  user_id_ = *row_.as_uuid(pg::recordings::user_id);
}

Locked Recording::try_lock(Session* session, const pg_uuid_t* id) {
  open(session, id);
  if (!look_up()) return Locked::kNo;
  if (try_hold_user(session, &user_id_) == Locked::kSkipped) return Locked::kSkipped;
  Locked locked = recordings_.lock_found(&row_, RowLock::kNoKeyUpdate, pg::OnConflict::kSkip);
  if (locked == Locked::kYes) user_id_ = *row_.as_uuid(pg::recordings::user_id);
  return locked;
}

void Recording::lock_again() {
  if (recordings_.lock(pg::recordings::by_id, UUIDPGetDatum(&id_), RowLock::kNoKeyUpdate, &row_) !=
      Locked::kYes)
    pg::raise_not_found("recording", &id_);
  user_id_ = *row_.as_uuid(pg::recordings::user_id);
}

Status Recording::status() const {
  std::string_view text = row_.as_text(pg::recordings::status);
  if (text == "processing") return Status::kProcessing;
  if (text == "done") return Status::kDone;
  if (text == "failed") return Status::kFailed;
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("recording has an unknown status"),
                  errdetail("The recording %s has the status \"%.*s\".", pg::to_cstring(&id_),
                            static_cast<int>(text.size()), text.data())));
  pg_unreachable();
}

void Recording::require_processing() const {
  Status now = status();
  if (now == Status::kProcessing) return;
  ereport(
      ERROR,
      (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("recording is not in processing"),
       errdetail("The recording %s %s.", pg::to_cstring(&id_),
                 now == Status::kDone ? "is done" : "has failed"),
       now == Status::kFailed ? errhint("Use s2t_retry_recording() to begin another attempt.")
                              : 0));
}

const Row* Recording::update(const pg::Values& change) {
  return recordings_.update_one(row_, change);
}

}  // namespace s2t::procedures
