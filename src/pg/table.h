// The table layer: rows found, locked and changed without SQL, the way COPY and the
// logical-replication apply worker do it, with everything SQL would have done: rights, constraints,
// defaults, generated columns, indexes, triggers, isolation levels. See docs/architecture.md for
// why.
//
//   Table recordings = Table::open(&session, recordings::kTable, kUpdate);
//   Row row;
//   if (recordings.lock(recordings::by_id, UUIDPGetDatum(id), RowLock::kNoKeyUpdate, &row) !=
//       Locked::kYes)
//     raise_not_found("recording", id);
//   Values change;
//   change.set(recordings::status, make_text("failed"));
//   const Row* stored = recordings.update_one(row, change);
//
// Foreign code. Triggers, constraints and defaults of the database's owner, and what cascades into
// tables of its own, may do anything to the rows that a procedure works on. One rule, kept in here:
// from the moment a session has opened a table for changes that may run such code, no trigger that
// keeps the running totals and no check of a foreign key is left out, on any of its tables. A
// procedure has two things to do for it: it opens the tables that it will change before its first
// statement, and it goes by what is there:
//
//   - keys and values that a statement stored are taken from the row it returns;
//   - a row that is to be changed after foreign code has run (Session::runs_foreign_code()) is
//     locked anew;
//   - where counts_natively() says so, and only there, it counts itself.
#pragma once

#include <stdint.h>

#include <initializer_list>
#include <string_view>

#include "pg/catalog.h"
#include "pg/schema.h"
#include "pg/server.h"
#include "pg/session.h"
#include "pg/settings.h"

namespace s2t::pg {

enum class RowLock : uint8_t {
  kKeyShare,     // the row stays, its key does not change: what a foreign key takes on its parent
  kNoKeyUpdate,  // what an UPDATE of other columns takes
  kUpdate,       // what a DELETE takes
};

enum class Locked : uint8_t {
  kNo,       // there is no such row (any more)
  kYes,      // locked, in its latest version, until the end of the transaction
  kSkipped,  // somebody else holds it, and OnConflict::kSkip was asked for
};

enum class OnConflict : uint8_t { kWait, kSkip };

// A row as it was found: columns are read by their number in the table's spec. Valid until the next
// find or lock in the same table. The readers with a default return it for NULL.
class Row {
 public:
  // Whether the table has the column: see TableSpec::first_columns.
  [[nodiscard]] bool has(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] Datum datum(int column, bool* is_null) const;
  [[nodiscard]] int32_t as_int32(int column, int32_t if_null = 0) const;
  [[nodiscard]] int64_t as_int64(int column, int64_t if_null = 0) const;
  [[nodiscard]] bool as_bool(int column, bool if_null = false) const;
  [[nodiscard]] TimestampTz as_timestamp(int column, TimestampTz if_null) const;
  [[nodiscard]] std::string_view as_text(int column) const;  // "" for NULL
  // 23502 for NULL: an id that a row cannot do without (an adopted table may allow NULL).
  [[nodiscard]] const pg_uuid_t* as_uuid(int column) const;
  [[nodiscard]] std::optional<pg_uuid_t> as_optional_uuid(int column) const;  // nullopt for NULL
  [[nodiscard]] const ItemPointerData& tid() const { return slot->tts_tid; }

  TupleTableSlot* slot = nullptr;
  const TableMap* map = nullptr;
};

// A set of columns, by their number in the table's spec.
class Columns {
 public:
  constexpr Columns() = default;
  constexpr Columns(std::initializer_list<int> columns) {
    for (int column : columns) bits_ |= uint64_t{1} << column;
  }
  constexpr explicit Columns(uint64_t bits) : bits_(bits) {}
  [[nodiscard]] constexpr bool contains(int column) const { return (bits_ >> column & 1U) != 0; }
  [[nodiscard]] constexpr bool contains(Columns others) const {
    return (others.bits_ & ~bits_) == 0;
  }
  [[nodiscard]] friend constexpr bool operator==(Columns, Columns) = default;
  [[nodiscard]] friend constexpr Columns operator|(Columns left, Columns right) {
    return Columns(left.bits_ | right.bits_);
  }

 private:
  uint64_t bits_ = 0;
};

// Values for a row's columns, by their number in the table's spec. What they point to is only read
// until the row is stored.
class Values {
 public:
  void set(int column, Datum value) {
    value_[column] = value;
    set_ |= uint64_t{1} << column;
    null_ &= ~(uint64_t{1} << column);
  }
  void set_null(int column) {
    set_ |= uint64_t{1} << column;
    null_ |= uint64_t{1} << column;
  }
  // NULL for nullptr, or for nothing.
  void set_or_null(int column, const pg_uuid_t* id);
  void set_or_null(int column, const Jsonb* document);
  void set_or_null(int column, const inet* address);
  void set_or_null(int column, std::optional<int32_t> number);
  void set_or_null(int column, std::optional<std::string_view> text);

  [[nodiscard]] Columns columns() const { return Columns(set_); }
  [[nodiscard]] bool is_set(int column) const { return (set_ >> column & 1U) != 0; }
  [[nodiscard]] bool is_null(int column) const { return (null_ >> column & 1U) != 0; }
  [[nodiscard]] Datum value(int column) const { return value_[column]; }

 private:
  Datum value_[kMaxColumns];
  uint64_t set_ = 0;
  uint64_t null_ = 0;
};
static_assert(kMaxColumns <= 64);

// The tables at the other end of a foreign key whose side of it the caller takes care of: it holds
// a lock on the parent row that keeps it from disappearing, or removes the children of a row
// itself.
class CoveredTables {
 public:
  constexpr CoveredTables() = default;
  constexpr CoveredTables(std::initializer_list<TableId> tables) {
    for (TableId table : tables) bits_ |= 1U << static_cast<int>(table);
  }
  [[nodiscard]] constexpr bool contains(TableId table) const {
    return (bits_ >> static_cast<int>(table) & 1U) != 0;
  }

 private:
  uint32_t bits_ = 0;
};

// What became of a row that was to be changed without a lock.
enum class Changed : uint8_t {
  kYes,
  kSuppressed,  // by a BEFORE ROW trigger: not changed, and not to be tried again
  kMoved,       // somebody has changed or removed it since it was found
};

// What a procedure does with a table, which decides on its lock and on the rights asked for.
// Combined with |.
enum Use : uint8_t {
  kRead = 1,
  kLockRows = 2,
  kInsert = 4,
  kUpdate = 8,
  kDelete = 16,
};
constexpr Use operator|(Use left, Use right) {
  return static_cast<Use>(static_cast<unsigned>(left) | static_cast<unsigned>(right));
}

class Scan;

class Table {
 public:
  // Opens the table of `spec` in the session's schema, with the lock that `use` calls for, until
  // the session is closed. The current user must hold the rights that SQL would ask for: 42501 if
  // it does not, or if row security would bind it.
  static Table open(Session* session, const TableSpec& spec, Use use, CoveredTables covered = {});

  // Whether the table is there: tables of earlier versions have not been brought up to date yet.
  [[nodiscard]] static bool exists(const Session* session, const TableSpec& spec);

  // Whether it is there and has had a row since it was last vacuumed: what a call that needs
  // nothing else of the table looks at first.
  [[nodiscard]] static bool may_have_rows(const Session* session, const TableSpec& spec);

  // Where this server is one of several (s2t.sharded), holds the slot of `id` for writing: see
  // fence::hold(). lock(), lock_found() and every change of a row do so by themselves, but a
  // procedure that finds a row first, and locks it later, comes to the fence before that.
  // lock_found() with kSkip, and this, return kSkipped and false where the slot is not to be had.
  bool enter(const pg_uuid_t& id, OnConflict on_conflict = OnConflict::kWait) {
    return !settings::sharded() || pass_fence(id, on_conflict);
  }

  // Finds the row whose key in `index` of the spec is `key`, as the session's snapshot sees it.
  bool find(int index, Datum key, Row* row);

  // The row whose `column`, a uuid that no other row has, is `key`, if this transaction has changed
  // it before and the snapshot sees what it made of it. False says nothing: it is to be found
  // otherwise.
  bool find_changed(int column, const pg_uuid_t* key, Row* row);

  // Raises 42703 if the table, of an earlier version, does not have the column: for what cannot do
  // without it.
  void require(int column) const;

  // Whether there is an index that earlier versions did not make: see IndexSpec::later.
  [[nodiscard]] bool has_index(int index) const { return OidIsValid(map_->index[index]); }

  // Whether the second column of an index of the spec is `column`, so that a scan may have a key
  // for it. An adopted table may have another index than the one that s2t_install() makes.
  [[nodiscard]] bool index_continues_with(int index, int column) const;

  // Finds and locks it, in its latest version. Under REPEATABLE READ and SERIALIZABLE a version
  // newer than the snapshot is 40001. After a wait the session's snapshot is refreshed.
  Locked lock(int index, Datum key, RowLock mode, Row* row);

  // Locks a row that was found. The row moves to its latest version, which may no longer be what
  // was searched for.
  Locked lock_found(Row* row, RowLock mode, OnConflict on_conflict);

  // A row that this transaction has locked before, by where its locked version lies (Row::tid()).
  [[nodiscard]] Row locked_at(const ItemPointerData& tid);

  // All rows that `snapshot` sees, by default the session's, in no order: for small tables, or
  // where no index would do.
  [[nodiscard]] Scan scan(Snapshot snapshot = nullptr);

  // A statement: its BEFORE STATEMENT triggers run in begin(), its AFTER triggers and constraints
  // in end(), after which the changes are visible to the session. insert(), update() and remove()
  // belong in between. `columns` are those that its rows set, all of them: they decide on triggers
  // for UPDATE OF a column and on the defaults that an INSERT needs.
  void begin(CmdType command, Columns columns = {});
  void end();

  // Stores one row. The columns of the statement that are not set in `values` are NULL, all others
  // get their defaults. Returns the stored row (valid until the next call), or nullptr if a BEFORE
  // ROW trigger suppressed it.
  const Row* insert(const Values& values);

  // Changes a row that is locked (kNoKeyUpdate) by this transaction. Returns as insert() does.
  const Row* update(const Row& locked, const Values& change);

  // Changes a row that was found, without locking it first: cheaper where conflicts are rare. If it
  // has moved, lock_found() tells where to.
  Changed update_found(const Row& found, const Values& change);

  // Removes the row whose version at `tid` (Row::tid()) was found or locked. False if a trigger
  // suppressed it or somebody else removed it first.
  bool remove(ItemPointerData tid);

  // One row as a statement of its own, of the columns that are set; 09000 where a trigger
  // suppresses it.
  const Row* insert_one(const Values& values);
  const Row* update_one(const Row& locked, const Values& change);

  // Whether the procedure has to count what it changes in this table, since the triggers that keep
  // the running totals are left out. Settled by the first statement, or the first time it is asked.
  [[nodiscard]] bool counts_natively();

  [[nodiscard]] Relation relation() const { return relation_; }
  [[nodiscard]] const TableMap* map() const { return map_; }
  [[nodiscard]] Session* session() const { return session_; }
  [[nodiscard]] AttrNumber attribute(int column) const { return map_->attribute[column]; }

 private:
  friend class BulkInsert;
  friend class Scan;

  [[nodiscard]] bool pass_fence(const pg_uuid_t& id, OnConflict on_conflict);
  // The same for the slot of a row.
  bool enter(const Row& row, OnConflict on_conflict) {
    return !settings::sharded() || spec_->slot_column < 0 ||
           pass_fence(*row.as_uuid(spec_->slot_column), on_conflict);
  }
  void enter(const Values& values);
  void require_readable(int index, Datum key);
  [[nodiscard]] Oid known_index(int index) const;
  [[nodiscard]] bool has_key(const Row& row, int column, Datum key) const;
  // A slot for the table's rows that lives as long as the session.
  [[nodiscard]] TupleTableSlot* make_slot();
  Locked lock_version(ItemPointerData tid, Row* row, RowLock mode, OnConflict on_conflict);
  void expect_foreign_code(Use use);
  void prepare_changes();
  void leave_out_known_triggers();
  void note_indexes();
  void open_index(int number);
  void open_indexes(TupleTableSlot* slot);
  List* store_index_entries(TupleTableSlot* slot, bool update, bool only_summarizing);
  void fill(TupleTableSlot* slot, const Values& values);
  void fill_defaults(TupleTableSlot* slot);
  void require_named(const Values& values) const;
  void check_row(TupleTableSlot* slot, CmdType command);
  void fill_change(const Row& old, const Values& change);
  TM_Result store_change(ItemPointerData tid);
  void note_place();
  void name_columns(Columns columns);
  static void count_changed(int64_t rows);

  Session* session_ = nullptr;
  const TableSpec* spec_ = nullptr;
  const TableMap* map_ = nullptr;
  Relation relation_ = nullptr;
  CoveredTables covered_;
  std::optional<bool> counts_natively_;

  TupleTableSlot* found_ = nullptr;   // what a search found
  TupleTableSlot* locked_ = nullptr;  // the version that was locked

  // What changes need; set up by the first begin().
  RangeTblEntry* entry_ = nullptr;
  ResultRelInfo* result_ = nullptr;
  const IndexInfo** closed_indexes_ = nullptr;  // by their place in the map; nullptr: open
  EPQState* epq_ = nullptr;
  TupleTableSlot* stored_ = nullptr;
  ExprState** default_states_ = nullptr;  // by attribute number - 1
  CmdType command_ = CMD_UNKNOWN;
  Columns columns_;                     // of the statement
  Bitmapset* open_defaults_ = nullptr;  // of an INSERT: attributes that get their defaults
  TransitionCaptureState* capture_ = nullptr;
  Row stored_row_;
};

// How many rows this backend has inserted, changed and removed through Table and BulkInsert so far:
// for taking differences.
[[nodiscard]] int64_t rows_changed();

// The rows of a range of an index, in its order; or all rows of a table (Table::scan()).
class Scan {
 public:
  // `index` is one of the table's spec; `keys` refer to the index's columns, from 1. The rows are
  // those that `snapshot` sees, by default the session's, from the other end if `direction` says
  // so.
  static Scan begin(Table* table, int index, ScanKeyData* keys, int key_count,
                    Snapshot snapshot = nullptr, ScanDirection direction = ForwardScanDirection);
  bool next(Row* row);
  void end();

 private:
  // The command of the session must not advance while a scan is open: collect first, then change.
  friend class Table;

  const TableMap* map_ = nullptr;
  TupleTableSlot* slot_ = nullptr;
  Relation index_ = nullptr;
  IndexScanDesc scan_ = nullptr;
  TableScanDesc whole_ = nullptr;
  Snapshot snapshot_ = nullptr;
  ScanDirection direction_ = ForwardScanDirection;
};

// A key of a scan: the index's column `position` (from 1) compared by `strategy`
// (BTEqualStrategyNumber ...) through the comparison function `procedure`.
[[nodiscard]] ScanKeyData scan_key(int position, StrategyNumber strategy, RegProcedure procedure,
                                   Datum value);

// The same for equality with a text; its collation is the index's.
[[nodiscard]] ScanKeyData text_scan_key(int position, std::string_view value);

// A place in a walk through an index on (timestamptz, uuid): strictly after the row last met, so
// that one that stays is not met again.
struct Place {
  TimestampTz at = DT_NOBEGIN;
  pg_uuid_t id = {};
};

// The key of a scan for the rows after `place`; `members` lives as long as the scan.
[[nodiscard]] ScanKeyData after(const Place& place, ScanKeyData (&members)[2]);

}  // namespace s2t::pg
