#include "procedures/shared/events.h"

#include "pg/array.h"
#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"
#include "pg/settings.h"

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

constexpr uint32_t bit_of(Type type) { return 1U << static_cast<int>(type); }

struct Consumer {
  const char* name;
  pg_uuid_t queue_id;
  uint32_t types;  // a bit for each
};

// The consumers of one call.
struct Consumers {
  uint32_t types = 0;  // of all of them
  pg::Array<Consumer> list;
};

// NULL is every type, those of later versions included; names that this version does not have are
// passed over.
uint32_t read_types(const Row& consumer) {
  bool null;
  Datum value = consumer.datum(pg::event_consumers::types, &null);
  if (null) return ~0U;
  Datum* elements;
  bool* nulls;
  int count;
  deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls,
                    &count);
  uint32_t types = 0;
  for (int i = 0; i < count; i++) {
    if (nulls[i]) continue;
    auto* name = DatumGetTextPP(elements[i]);
    std::string_view text{VARDATA_ANY(name), static_cast<size_t>(VARSIZE_ANY_EXHDR(name))};
    for (int type = 0; type < kTypes; type++)
      if (text == kNames[type]) types |= 1U << type;
  }
  return types;
}

const Consumers* read_consumers(Session* session) {
  auto* consumers = static_cast<Consumers*>(palloc(sizeof(Consumers)));
  *consumers = {};
  if (!Table::may_have_rows(session, pg::event_consumers::kTable) ||
      !Table::exists(session, pg::events::kTable))
    return consumers;
  Table table = Table::open(session, pg::event_consumers::kTable, pg::kRead);
  pg::Scan scan = table.scan();
  Row row;
  while (scan.next(&row)) {
    Consumer consumer{pg::copy(row.as_text(pg::event_consumers::name)).data(),
                      *row.as_uuid(pg::event_consumers::queue_id), read_types(row)};
    consumers->list.push(consumer);
    consumers->types |= consumer.types;
  }
  scan.end();
  return consumers;
}

const Consumers& consumers_of(Session* session) {
  if (session->finding() == nullptr) {
    MemoryContext caller = MemoryContextSwitchTo(session->estate()->es_query_cxt);
    session->keep_finding(read_consumers(session));
    MemoryContextSwitchTo(caller);
  }
  return *static_cast<const Consumers*>(session->finding());
}

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
  return (consumers_of(session).types & bit_of(type)) != 0;
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
