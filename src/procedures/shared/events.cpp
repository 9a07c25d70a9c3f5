#include "procedures/shared/events.h"

#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/settings.h"
#include "procedures/shared/consumers.h"

namespace s2t::procedures::events {

using pg::Row;
using pg::RowLock;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

constexpr const char* kNames[] = {
    "user.registered",  "user.deleted",      "recording.created", "recording.completed",
    "recording.failed", "recording.deleted", "usage.threshold",   "cycle.closed",
    "plan.changed",     "transcript.edited",
};
static_assert(lengthof(kNames) == kTypes);

constexpr const char* kChannel = "s2t_events";

// The last event of a user that is still there.
TimestampTz last_of(Session* session, const pg_uuid_t* user_id) {
  Table events = Table::open(session, pg::events::kTable, pg::kRead);
  TimestampTz last = DT_NOBEGIN;
  for (const Consumer& consumer : consumers_of(session).list) {
    ScanKeyData keys[] = {
        pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&consumer.queue_id)),
        pg::scan_key(2, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(user_id))};
    pg::Scan scan = pg::Scan::begin(&events, pg::events::by_user, keys, lengthof(keys));
    Row row;
    while (scan.next(&row)) last = Max(last, row.as_timestamp(pg::events::at, last));
    scan.end();
  }
  return last;
}

// The time of an event whose user's subscription the caller has not locked. A user without one is
// locked instead, since what a foreign key takes on the row (KEY SHARE) puts nobody in order.
TimestampTz own_time(Session* session, const pg_uuid_t* user_id) {
  namespace s = pg::user_subscriptions;
  Table subscriptions = Table::open(session, s::kTable, pg::kUpdate, {pg::TableId::kPlans});
  Row row;
  if (subscriptions.lock(s::by_user_id, UUIDPGetDatum(user_id), RowLock::kNoKeyUpdate, &row) ==
      pg::Locked::kYes) {
    Times times;
    Values change;
    times.set_aside(row, Session::now(), 1, &change);
    (void)subscriptions.update_one(row, change);
    return *times.next();
  }
  Table users = Table::open(session, pg::users::kTable, pg::kLockRows);
  (void)users.lock(pg::users::by_id, UUIDPGetDatum(user_id), RowLock::kNoKeyUpdate, &row);
  TimestampTz last = last_of(session, user_id);
  return Max(Session::now(), TIMESTAMP_IS_NOBEGIN(last) ? last : last + 1);
}

void add_row(Table* events, const Consumer& consumer, const Event& event, TimestampTz at,
             const pg_uuid_t& id, Jsonb* data) {
  namespace e = pg::events;
  Values row;
  row.set(e::queue_id, UUIDPGetDatum(&consumer.queue_id));
  row.set(e::id, UUIDPGetDatum(&id));
  row.set(e::type, pg::make_text(name_of(event.type)));
  row.set(e::at, TimestampTzGetDatum(at));
  row.set(e::user_id, UUIDPGetDatum(event.user_id));
  if (event.recording_id != nullptr) row.set(e::recording_id, UUIDPGetDatum(event.recording_id));
  row.set(e::data, JsonbPGetDatum(data));
  row.set(e::attempt, Int32GetDatum(0));
  (void)events->insert_one(row);
}

}  // namespace

const char* name_of(Type type) { return kNames[static_cast<int>(type)]; }

bool wanted(Session* session, Type type) {
  return (consumers_of(session).types & bit_of(type)) != 0 &&
         Table::exists(session, pg::events::kTable);
}

bool anybody(Session* session) { return !consumers_of(session).list.empty(); }

// --- Data -------------------------------------------------------------------

void Data::add(const char* key, JsonbValue* value) {
  JsonbValue name;
  name.type = jbvString;
  name.val.string.val = const_cast<char*>(key);
  name.val.string.len = static_cast<int>(strlen(key));
  (void)pushJsonbValue(&state_, WJB_KEY, &name);
  (void)pushJsonbValue(&state_, WJB_VALUE, value);
}

void Data::add_text(const char* key, std::string_view value) {
  JsonbValue text;
  text.type = jbvString;
  text.val.string.val = const_cast<char*>(value.data());
  text.val.string.len = static_cast<int>(value.size());
  add(key, &text);
}

void Data::add_number(const char* key, int64_t value) {
  JsonbValue number;
  number.type = jbvNumeric;
  number.val.numeric = int64_to_numeric(value);
  add(key, &number);
}

void Data::add_flag(const char* key, bool value) {
  JsonbValue flag;
  flag.type = jbvBool;
  flag.val.boolean = value;
  add(key, &flag);
}

void Data::add_id(const char* key, const pg_uuid_t& value) {
  add_text(key, pg::to_cstring(&value));
}

void Data::add_time(const char* key, TimestampTz value) {
  constexpr int kUtc = 0;
  auto* text = static_cast<char*>(palloc(MAXDATELEN + 1));
  add_text(key, JsonEncodeDateTime(text, TimestampTzGetDatum(value), TIMESTAMPTZOID, &kUtc));
}

Jsonb* Data::end() { return JsonbValueToJsonb(pushJsonbValue(&state_, WJB_END_OBJECT, nullptr)); }

// --- Times ------------------------------------------------------------------

void Times::set_aside(const Row& subscription, TimestampTz now, int room, Values* change) {
  namespace s = pg::user_subscriptions;
  next_ = now;
  if (!subscription.is_null(s::last_event_at))
    next_ = Max(now, subscription.as_timestamp(s::last_event_at, now) + 1);
  left_ = room;
  change->set(s::last_event_at, TimestampTzGetDatum(next_ + room - 1));
}

void Times::begin(TimestampTz now, Values* subscription) {
  next_ = now;
  left_ = kRoom;
  subscription->set(pg::user_subscriptions::last_event_at, TimestampTzGetDatum(now + kRoom - 1));
}

std::optional<TimestampTz> Times::next() {
  if (left_ == 0) return std::nullopt;
  left_--;
  return next_++;
}

// --- Writing ----------------------------------------------------------------

void write_wanted(Session* session, const Event& event, Jsonb* data) {
  std::optional<TimestampTz> at;
  if (event.times != nullptr) at = event.times->next();
  if (!at) at = own_time(session, event.user_id);
  pg_uuid_t id = pg::new_id(*at, pg::slot_of(event.user_id));
  Table events = Table::open(session, pg::events::kTable, pg::kInsert);
  for (const Consumer& consumer : consumers_of(session).list) {
    if ((consumer.types & bit_of(event.type)) == 0) continue;
    add_row(&events, consumer, event, *at, id, data);
    // Wakes at the commit, once for each consumer of a transaction.
    if (pg::settings::notify()) Async_Notify(kChannel, consumer.name);
  }
}

}  // namespace s2t::procedures::events
