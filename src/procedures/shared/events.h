// Events: what happens to users and recordings, told to whoever has asked for it
// (docs/reference.md, "Events"). The work writes them in its own transaction, a row for each
// registered consumer of the type; where nobody listens nothing is written.
//
//   events::write(&session, {.type = events::Type::kTranscriptEdited, .user_id = &user_id,
//                            .recording_id = &id},
//                 [&](events::Data* data) { data->add_number("revision", revision); });
//
// Whoever has locked an Account and stored it gives its times() along, which saves an update of the
// subscription. Nothing of a transcript's text, of a password or of a log-in is put into an event.
#pragma once

#include <string_view>

#include "pg/table.h"

namespace s2t::procedures::events {

enum class Type : uint8_t {
  kUserRegistered,
  kUserDeleted,
  kRecordingCreated,
  kRecordingCompleted,
  kRecordingFailed,
  kRecordingDeleted,
  kUsageThreshold,
  kCycleClosed,
  kPlanChanged,
  kTranscriptEdited,
};
inline constexpr int kTypes = 10;

// The name in event_consumers.types and events.type, for instance "recording.created".
[[nodiscard]] const char* name_of(Type type);

// Whether a consumer of the type is registered, as the session's snapshot knew it when it was first
// asked: whoever was registered and committed before a call began misses nothing of it. Costs
// nothing worth mentioning where there is none.
[[nodiscard]] bool wanted(pg::Session* session, Type type);
// The same for any type.
[[nodiscard]] bool anybody(pg::Session* session);

// What an event says beside its type, its time and its ids: an object, key by key.
class Data {
 public:
  Data() { (void)pushJsonbValue(&state_, WJB_BEGIN_OBJECT, nullptr); }
  void add_text(const char* key, std::string_view value);
  void add_number(const char* key, int64_t value);
  void add_flag(const char* key, bool value);
  void add_id(const char* key, const pg_uuid_t& value);
  void add_time(const char* key, TimestampTz value);
  [[nodiscard]] Jsonb* end();

 private:
  void add(const char* key, JsonbValue* value);

  JsonbParseState* state_ = nullptr;
};

// Times for the events of one user, each above the last one there has been (the column
// last_event_at of the subscription, which the caller has locked). They are set aside when the
// subscription is stored.
class Times {
 public:
  // So many can be had without storing the subscription again.
  static constexpr int kRoom = 64;

  // Sets aside `room` times from `now` on, and sets the column in `change`.
  void set_aside(const pg::Row& subscription, TimestampTz now, int room, pg::Values* change);
  // The same for a subscription that is not stored yet.
  void begin(TimestampTz now, pg::Values* subscription);
  // The next one; none is left once the room is used up.
  [[nodiscard]] std::optional<TimestampTz> next();

 private:
  TimestampTz next_ = 0;
  int left_ = 0;
};

struct Event {
  Type type;
  const pg_uuid_t* user_id;
  const pg_uuid_t* recording_id = nullptr;
  // Of the user, whose subscription is locked and stored. Without them the subscription is locked
  // (NO KEY UPDATE) and changed here; of a user without one the row in users is locked.
  Times* times = nullptr;
};

// Writes an event that wanted() was asked for, with the rows of its consumers.
void write_wanted(pg::Session* session, const Event& event, Jsonb* data);

// Writes an event if there is somebody to read it. `fill` is called with a Data* then.
template <typename Fill>
void write(pg::Session* session, const Event& event, Fill&& fill) {
  if (!wanted(session, event.type)) return;
  Data data;
  fill(&data);
  write_wanted(session, event, data.end());
}

}  // namespace s2t::procedures::events
