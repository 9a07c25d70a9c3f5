#include "procedures/shared/ledger.h"

#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"

namespace s2t::procedures {

using pg::make_text;
using pg::Row;
using pg::Session;
using pg::Table;
using pg::Values;

namespace {

namespace e = pg::usage_entries;

bool same(const std::optional<pg_uuid_t>& a, const std::optional<pg_uuid_t>& b) {
  return a.has_value() == b.has_value() && (!a || pg::same_id(*a, *b));
}

void set_amount(Values* values, int recordings, int seconds, const core::Amount& amount) {
  values->set(recordings, Int32GetDatum(amount.recordings));
  values->set(seconds, Int32GetDatum(amount.seconds));
}

// Entries are written after the recording they are about was created: ids are in the order of time.
pg_uuid_t first_id_of(const pg_uuid_t* recording_id) {
  pg_uuid_t first{};
  constexpr int kTimeBytes = 6;
  bool is_version7 = (recording_id->data[kTimeBytes] >> 4) == 7;
  if (is_version7) memcpy(first.data, recording_id->data, kTimeBytes);
  return first;
}

// Visits the rows of a user, in an index that begins with the user's id, from an id on if the index
// goes on with `id_column`: whoever reads them looks at the ids, too.
pg::Scan scan_user(Table* table, int index, int id_column, const pg_uuid_t* user_id,
                   const pg_uuid_t* from) {
  ScanKeyData keys[2] = {pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(user_id))};
  int count = 1;
  if (from != nullptr && table->index_continues_with(index, id_column))
    keys[count++] = pg::scan_key(2, BTGreaterEqualStrategyNumber, F_UUID_GE, UUIDPGetDatum(from));
  return pg::Scan::begin(table, index, keys, count);
}

// Finds a row of a user by its id.
bool find_of_user(Table* table, int index, int id_column, const pg_uuid_t* user_id,
                  const pg_uuid_t* id, Row* row) {
  static_assert(int{e::user_id} == int{pg::usage_credits::user_id});
  if (table->find_changed(id_column, id, row) && pg::same_id(*row->as_uuid(e::user_id), *user_id))
    return true;
  ScanKeyData keys[] = {pg::scan_key(1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(user_id)),
                        pg::scan_key(2, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(id))};
  pg::Scan scan =
      pg::Scan::begin(table, index, keys, table->index_continues_with(index, id_column) ? 2 : 1);
  bool found = false;
  while (!found && scan.next(row)) found = pg::same_id(*row->as_uuid(id_column), *id);
  scan.end();
  return found;
}

// Sets off what was charged against what was given back, of one count.
void set_off(int32_t* share, int32_t* amount) {
  if ((*share > 0) == (*amount > 0)) return;
  int32_t part = Min(abs(*share), abs(*amount));
  if (*amount < 0) part = -part;
  *share += part;
  *amount -= part;
}

// Adds what an entry says to the shares. What was given back in one cycle may have been charged to
// another that was carried into it. Entries of one millisecond are in no order.
void book(pg::Array<Share>* shares, const Share& entry) {
  size_t own = 0;
  while (own < shares->size() && !(pg::same_id((*shares)[own].cycle_id, entry.cycle_id) &&
                                   same((*shares)[own].credit_id, entry.credit_id)))
    own++;
  if (own == shares->size()) shares->push({entry.cycle_id, entry.credit_id, {}});
  core::Amount amount = entry.amount;
  auto set_off_against = [&](Share* share) {
    set_off(&share->amount.recordings, &amount.recordings);
    set_off(&share->amount.seconds, &amount.seconds);
  };
  set_off_against(&(*shares)[own]);
  for (Share& other : *shares)
    if (same(other.credit_id, entry.credit_id)) set_off_against(&other);
  (*shares)[own].amount.recordings += amount.recordings;
  (*shares)[own].amount.seconds += amount.seconds;
}

bool pays_before(const OpenCredit& a, const OpenCredit& b) {
  if (a.expires_at != b.expires_at) return a.expires_at < b.expires_at;
  // Ids of one millisecond are in no order.
  if (a.created_at != b.created_at) return a.created_at < b.created_at;
  return memcmp(&a.id, &b.id, UUID_LEN) < 0;
}

// Stores an entry and returns its id.
pg_uuid_t insert_entry(Table* ledger, const pg_uuid_t* user_id, const pg_uuid_t* recording_id,
                       const Entry& entry, TimestampTz now) {
  pg_uuid_t id = pg::new_id(now, pg::slot_of(user_id));
  Values row;
  row.set(e::id, UUIDPGetDatum(&id));
  row.set(e::user_id, UUIDPGetDatum(user_id));
  row.set(e::cycle_id, UUIDPGetDatum(&entry.cycle_id));
  if (recording_id != nullptr) row.set(e::recording_id, UUIDPGetDatum(recording_id));
  if (entry.credit_id) row.set(e::credit_id, UUIDPGetDatum(&*entry.credit_id));
  row.set(e::kind, make_text(entry.kind));
  set_amount(&row, e::recordings, e::seconds, entry.amount);
  set_amount(&row, e::credit_recordings, e::credit_seconds, entry.credits);
  set_amount(&row, e::overage_recordings, e::overage_seconds, entry.overage);
  row.set(e::at, TimestampTzGetDatum(now));
  if (!entry.note.empty()) row.set(e::note, make_text(entry.note));
  (void)ledger->insert_one(row);
  return id;
}

bool is_about(const Row& row, const pg_uuid_t* recording_id) {
  std::optional<pg_uuid_t> about = row.as_optional_uuid(e::recording_id);
  return about && pg::same_id(*about, *recording_id);
}

// Whether what is charged of the recording goes into this row.
bool takes(const Row& row, const pg_uuid_t* recording_id, const Entry& entry) {
  return is_about(row, recording_id) && row.as_text(e::kind) == entry.kind &&
         row.as_int32(e::recordings) == 0 && !row.as_bool(e::kept) &&
         pg::same_id(*row.as_uuid(e::cycle_id), entry.cycle_id) &&
         same(row.as_optional_uuid(e::credit_id), entry.credit_id);
}

// Finds the entry that the audio of a recording is charged in: the last one written, nearly always,
// or another one of the recording, where the payer or the cycle has changed.
bool find_growing(Table* ledger, const pg_uuid_t* user_id, const pg_uuid_t* recording_id,
                  const Entry& entry, const pg_uuid_t* last, Row* row) {
  if (find_of_user(ledger, e::by_user_id, e::id, user_id, last, row) &&
      takes(*row, recording_id, entry))
    return true;
  pg_uuid_t from = first_id_of(recording_id);
  pg::Scan scan = scan_user(ledger, e::by_user_id, e::id, user_id, &from);
  bool found = false;
  while (!found && scan.next(row)) found = takes(*row, recording_id, entry);
  scan.end();
  return found;
}

void grow(Table* ledger, Row* row, const Entry& entry) {
  if (ledger->lock_found(row, pg::RowLock::kNoKeyUpdate, pg::OnConflict::kWait) != pg::Locked::kYes)
    pg::raise_serialization_failure();
  Values change;
  auto add = [&](int column, int32_t by) {
    if (by != 0) change.set(column, Int32GetDatum(row->as_int32(column) + by));
  };
  add(e::seconds, entry.amount.seconds);
  add(e::credit_seconds, entry.credits.seconds);
  add(e::overage_seconds, entry.overage.seconds);
  (void)ledger->update_one(*row, change);
}

}  // namespace

core::Counters CounterColumns::read(const Row& row) const {
  return {{row.as_int32(recordings), row.as_int32(seconds)},
          {row.as_int32(credit_recordings), row.as_int32(credit_seconds)},
          {row.as_int32(overage_recordings), row.as_int32(overage_seconds)}};
}

void CounterColumns::set(const core::Counters& counters, Values* values) const {
  set_amount(values, recordings, seconds, counters.used);
  set_amount(values, credit_recordings, credit_seconds, counters.credits);
  set_amount(values, overage_recordings, overage_seconds, counters.overage);
}

void CounterColumns::set_changed(const core::Counters& counters, const Row& row,
                                 Values* values) const {
  auto set = [&](int column, int32_t value) {
    if (values->is_set(column) || row.as_int32(column) != value)
      values->set(column, Int32GetDatum(value));
  };
  set(recordings, counters.used.recordings);
  set(seconds, counters.used.seconds);
  set(credit_recordings, counters.credits.recordings);
  set(credit_seconds, counters.credits.seconds);
  set(overage_recordings, counters.overage.recordings);
  set(overage_seconds, counters.overage.seconds);
}

void write_entries(Session* session, const pg_uuid_t* user_id, const pg_uuid_t* recording_id,
                   std::span<const Entry> entries, TimestampTz now) {
  if (entries.empty()) return;
  Table ledger = Table::open(session, e::kTable, pg::kInsert);
  for (const Entry& entry : entries) (void)insert_entry(&ledger, user_id, recording_id, entry, now);
}

void write_growth(Session* session, const pg_uuid_t* user_id, const pg_uuid_t* recording_id,
                  std::span<const Entry> entries, TimestampTz now,
                  std::optional<pg_uuid_t>* entry_id) {
  if (entries.empty()) return;
  Table ledger = Table::open(session, e::kTable, pg::kInsert | pg::kUpdate);
  for (const Entry& entry : entries) {
    Row row;
    bool grows = entry.amount.recordings == 0;
    if (grows && *entry_id &&
        find_growing(&ledger, user_id, recording_id, entry, &**entry_id, &row)) {
      *entry_id = *row.as_uuid(e::id);
      grow(&ledger, &row, entry);
    } else {
      pg_uuid_t id = insert_entry(&ledger, user_id, recording_id, entry, now);
      if (grows) *entry_id = id;
    }
  }
}

void keep_entries(Session* session, const pg_uuid_t* user_id, const pg_uuid_t* recording_id) {
  Table ledger = Table::open(session, e::kTable, pg::kUpdate);
  pg_uuid_t from = first_id_of(recording_id);
  pg::Array<pg_uuid_t> ids;
  pg::Scan scan = scan_user(&ledger, e::by_user_id, e::id, user_id, &from);
  Row row;
  while (scan.next(&row))
    if (is_about(row, recording_id) && !row.as_bool(e::kept)) ids.push(*row.as_uuid(e::id));
  scan.end();
  Values change;
  change.set(e::kept, BoolGetDatum(true));
  for (const pg_uuid_t& id : ids) {
    if (find_of_user(&ledger, e::by_user_id, e::id, user_id, &id, &row) &&
        ledger.lock_found(&row, pg::RowLock::kNoKeyUpdate, pg::OnConflict::kWait) ==
            pg::Locked::kYes)
      (void)ledger.update_one(row, change);
  }
}

std::span<Share> read_shares(Session* session, const pg_uuid_t* user_id,
                             const pg_uuid_t* recording_id) {
  Table ledger = Table::open(session, e::kTable, pg::kRead);
  pg_uuid_t from = first_id_of(recording_id);
  pg::Array<Share> shares;
  pg::Scan scan = scan_user(&ledger, e::by_user_id, e::id, user_id, &from);
  Row row;
  while (scan.next(&row)) {
    if (!is_about(row, recording_id) || row.as_bool(e::kept)) continue;
    pg_uuid_t cycle_id = *row.as_uuid(e::cycle_id);
    std::optional<pg_uuid_t> credit_id = row.as_optional_uuid(e::credit_id);
    // Of a credit, its part: what a closed cycle's counters keep went back to the credit all the
    // same.
    core::Amount amount =
        credit_id
            ? core::Amount{row.as_int32(e::credit_recordings), row.as_int32(e::credit_seconds)}
            : core::Amount{row.as_int32(e::recordings), row.as_int32(e::seconds)};
    book(&shares, {cycle_id, credit_id, amount});
  }
  scan.end();
  return shares.all();
}

std::span<OpenCredit> read_open_credits(Session* session, const pg_uuid_t* user_id, TimestampTz now,
                                        const std::optional<OpenCredit>& granted) {
  namespace c = pg::usage_credits;
  Table credits = Table::open(session, c::kTable, pg::kRead);
  pg::Array<OpenCredit> open;
  auto add = [&](const OpenCredit& credit) {
    size_t i = open.size();
    open.push(credit);
    for (; i > 0 && pays_before(credit, open[i - 1]); i--) open[i] = open[i - 1];
    open[i] = credit;
  };
  if (granted) add(*granted);
  pg::Scan scan = scan_user(&credits, c::by_user_id, c::id, user_id, nullptr);
  Row row;
  while (scan.next(&row)) {
    OpenCredit credit{*row.as_uuid(c::id),
                      row.as_timestamp(c::expires_at, DT_NOEND),
                      row.as_timestamp(c::created_at, DT_NOBEGIN),
                      {}};
    credit.state.left = {row.as_int32(c::left_recordings), row.as_int32(c::left_seconds)};
    bool closed = !row.is_null(c::cancelled_at) || credit.expires_at <= now;
    if (!closed && !credit.state.left.is_zero()) add(credit);
  }
  scan.end();
  return open.all();
}

void move_credit(Session* session, const pg_uuid_t* user_id, const pg_uuid_t* credit_id,
                 const core::Amount& by) {
  namespace c = pg::usage_credits;
  Table credits = Table::open(session, c::kTable, pg::kUpdate);
  Row row;
  if (!find_of_user(&credits, c::by_user_id, c::id, user_id, credit_id, &row) ||
      credits.lock_found(&row, pg::RowLock::kNoKeyUpdate, pg::OnConflict::kWait) !=
          pg::Locked::kYes)
    pg::raise_not_found("credit", credit_id);
  Values change;
  auto move = [&](int column, int32_t amount) {
    if (amount != 0) change.set(column, Int32GetDatum(Max(row.as_int32(column) + amount, 0)));
  };
  move(c::left_recordings, by.recordings);
  move(c::left_seconds, by.seconds);
  (void)credits.update_one(row, change);
}

void insert_credit(Session* session, const pg_uuid_t* user_id, const pg_uuid_t* credit_id,
                   const core::Amount& amount, TimestampTz expires_at,
                   std::optional<std::string_view> note, TimestampTz now, Values row) {
  namespace c = pg::usage_credits;
  Table credits = Table::open(session, c::kTable, pg::kInsert);
  row.set(c::id, UUIDPGetDatum(credit_id));
  row.set(c::user_id, UUIDPGetDatum(user_id));
  set_amount(&row, c::recordings, c::seconds, amount);
  set_amount(&row, c::left_recordings, c::left_seconds, amount);
  if (!TIMESTAMP_IS_NOEND(expires_at)) row.set(c::expires_at, TimestampTzGetDatum(expires_at));
  row.set(c::created_at, TimestampTzGetDatum(now));
  if (note) row.set(c::note, make_text(*note));
  (void)credits.insert_one(row);
}

}  // namespace s2t::procedures
