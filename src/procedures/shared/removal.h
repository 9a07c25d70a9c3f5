// Removing recordings with their segments: by retention, by a call, with their owner
// (docs/reference.md, "Conventions": what is deleted).
#pragma once

#include <stdint.h>

#include <span>

#include "pg/array.h"
#include "pg/table.h"
#include "procedures/shared/account.h"

namespace s2t::procedures {

struct Removed {
  int64_t recordings = 0;
  int64_t segments = 0;
};

// The recordings that one call removes. Their owners are held already.
class RecordingRemoval {
 public:
  // Opens all the tables that it changes: before the first statement, see pg::Table.
  static RecordingRemoval open(pg::Session* session);

  // To find and lock recordings by.
  [[nodiscard]] pg::Table* recordings() { return &recordings_; }
  // Notes a recording that is locked (kUpdate).
  void add(const pg::Row& locked);
  [[nodiscard]] size_t size() const { return doomed_.size(); }

  // Locks the owner's account, to be changed by settle(); false if somebody else holds it.
  [[nodiscard]] bool hold_account(const pg_uuid_t* user_id) {
    return totals_.try_lock(user_id) != pg::Locked::kSkipped;
  }

  // Removes what was added, and the segments and revisions of what was removed. One that a trigger
  // suppresses stays.
  Removed remove();

  // Moves the running totals and the holds of every owner, in the order of the primary key, unless
  // triggers have done it, and tells who listens why it was. Nothing is given back.
  void settle(const char* reason);

 private:
  struct Doomed {
    ItemPointerData tid;
    pg_uuid_t id;
    pg_uuid_t user_id;
    int32_t duration_ms;
    int32_t segments;
    int32_t held;
    bool removed;
  };

  static int by_user(const void* left, const void* right);
  int64_t remove_rows();
  int64_t remove_from(pg::Table* segments);
  void settle_owner(std::span<const Doomed> part, const char* reason);

  pg::Table recordings_;
  pg::Table segments_;
  std::optional<pg::Table> revisions_;  // none in tables of earlier versions
  Account totals_;
  pg::Array<Doomed> doomed_;
};

}  // namespace s2t::procedures
