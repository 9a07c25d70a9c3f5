// The queue of a consumer: the events that wait for it, in the order in which they are given
// (docs/reference.md, "s2t_take_events").
//
// Of one user the events are given in the order of (at, id), and one only if none before it is left
// that the same call does not give. What stands behind one that has to wait would be met again by
// every call; so, where it is much, it is put behind: due_at is infinity until the event in front
// goes. One invariant makes sure that nothing is forgotten there:
//
//   The first event of a user in a queue is never one that was put behind.
//
// Whoever puts an event behind holds the user's first event, whoever removes an event of a user has
// locked the user's first event before, looks which one is first then, and brings it forward. Both
// take their locks in the order of users; giving waits for nobody.
#pragma once

#include "pg/array.h"
#include "pg/table.h"
#include "procedures/shared/events.h"

namespace s2t::procedures::events {

// The queues of a consumer.
struct Queues {
  pg_uuid_t waiting;
  pg_uuid_t dead;
};

// Raises P0002 if there is no consumer of the name.
[[nodiscard]] Queues queues_of(pg::Session* session, std::string_view consumer);

// Columns that change while an event waits.
inline constexpr pg::Columns kMoved = {pg::events::queue_id, pg::events::attempt,
                                       pg::events::due_at, pg::events::dead_at, pg::events::error};

// An event of a queue that was found and locked.
struct Found {
  ItemPointerData tid;
  pg_uuid_t user_id;
  pg_uuid_t id;
  TimestampTz at;
  int32_t attempt;
};

// By user, then in the order in which they are given.
[[nodiscard]] int compare_places(const void* left, const void* right);

// What makes an event a dead one.
void set_dead(const Queues& queues, TimestampTz now, pg::Values* change);

// The events of one user in a queue, in order, as `snapshot` sees them (nullptr: the session's).
[[nodiscard]] pg::Scan scan_user(pg::Table* events, const pg_uuid_t* queue,
                                 const pg_uuid_t* user_id, Snapshot snapshot = nullptr);

// Sees to it that what is first of each of the users will be given. After a removal.
void bring_forward(pg::Table* events, const pg_uuid_t* queue, std::span<const pg_uuid_t> users);

// Removes all that waits of a user, for every consumer, what was given up included, but
// user.deleted. For whoever erases the user. Returns how many.
int64_t remove_events_of(pg::Session* session, const pg_uuid_t* user_id);

// Removing from a queue, in three steps: lock(), the removal as statements of the caller's,
// bring_forward().
class Removal {
 public:
  Removal(pg::Table* events, const Queues& queues) : events_(events), queues_(queues) {}

  // Locks those of the events that were given at least once and are still there, and the first
  // event of each of their users before; in the order of compare_places().
  [[nodiscard]] std::span<Found> lock(std::span<const pg_uuid_t> ids);

  void bring_forward() { events::bring_forward(events_, &queues_.waiting, users_.all()); }

 private:
  void find(std::span<const pg_uuid_t> ids);
  void lock_first(const pg_uuid_t* user_id);
  [[nodiscard]] bool lock_found(Found* found);

  pg::Table* events_;
  Queues queues_;
  pg::Array<Found> found_;
  pg::Array<pg_uuid_t> users_;
};

}  // namespace s2t::procedures::events
