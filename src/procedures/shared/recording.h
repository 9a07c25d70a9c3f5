// A recording that a procedure holds and changes.
#pragma once

#include "pg/table.h"

namespace s2t::procedures {

// The values of recordings.status.
enum class Status : uint8_t { kProcessing, kDone, kFailed };

class Recording {
 public:
  // Locks the recording for a change of its state (NO KEY UPDATE), and before it its owner against
  // removal (KEY SHARE), in the lock order of docs/reference.md, "Conventions". Raises P0002 if
  // there is no such recording.
  // `blocked`, if given, tells whether the owner's account is: see hold_user().
  static Recording lock(pg::Session* session, const pg_uuid_t* id, bool* blocked = nullptr);

  // The same in two steps, with what is to be looked at first in between. find() locks nothing;
  // false if there is no such recording, which lock_found() raises.
  [[nodiscard]] bool find(pg::Session* session, const pg_uuid_t* id);
  void lock_found(bool* blocked = nullptr);

  // The same for a change that concerns nobody but workers: without its owner.
  void lock_only();

  // The same without waiting, for jobs: kSkipped if somebody else holds the recording or its owner,
  // kNo if there is no such recording.
  [[nodiscard]] pg::Locked try_lock(pg::Session* session, const pg_uuid_t* id);

  // Finds it anew after triggers of the database's owner may have changed it. Raises P0002 if they
  // removed it.
  void lock_again();

  // Raises 55000 unless it is in processing.
  void require_processing() const;

  [[nodiscard]] bool found() const { return found_; }

  // Raises 55000 for a status this version does not know.
  [[nodiscard]] Status status() const;
  [[nodiscard]] const pg::Row& row() const { return row_; }
  [[nodiscard]] const pg_uuid_t* id() const { return &id_; }
  [[nodiscard]] const pg_uuid_t* user_id() const { return &user_id_; }
  [[nodiscard]] pg::Table* table() { return &recordings_; }
  [[nodiscard]] pg::Session* session() const { return recordings_.session(); }

  // Changes it and returns the row as stored (valid until the next change). The running totals are
  // the caller's to move where the table counts_natively().
  const pg::Row* update(const pg::Values& change);

 private:
  void open(pg::Session* session, const pg_uuid_t* id);
  bool look_up();

  pg::Table recordings_;
  pg::Row row_;
  pg_uuid_t id_;
  pg_uuid_t user_id_;
  bool found_ = false;
};

}  // namespace s2t::procedures
