// The table layer: rows found, locked and changed without SQL, the way COPY and the
// logical-replication apply worker do it, with everything SQL would have done: rights, constraints,
// defaults, generated columns, indexes, triggers, isolation levels. See docs/architecture.md for
// why.
//
//   Table recordings = Table::open(&session, recordings::kTable, kUpdate);
//   Row row;
//   if (recordings.lock(recordings::by_id, UUIDPGetDatum(id), RowLock::kNoKeyUpdate, &row) !=
//   Locked::kYes) ... Values change; change.set(recordings::status, make_text("done"));
//   recordings.update_one(&row, change);
#pragma once

#include <stdint.h>

#include <initializer_list>
#include <string_view>

#include "pg/catalog.h"
#include "pg/schema.h"
#include "pg/server.h"
#include "pg/session.h"

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
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] Datum datum(int column, bool* is_null) const;
  [[nodiscard]] int32_t as_int32(int column, int32_t if_null = 0) const;
  [[nodiscard]] int64_t as_int64(int column, int64_t if_null = 0) const;
  [[nodiscard]] bool as_bool(int column, bool if_null = false) const;
  [[nodiscard]] TimestampTz as_timestamp(int column, TimestampTz if_null) const;
  [[nodiscard]] std::string_view as_text(int column) const;  // "" for NULL
  // 23502 for NULL: an id that a row cannot do without (an adopted table may allow NULL).
  [[nodiscard]] const pg_uuid_t* as_uuid(int column) const;
  [[nodiscard]] const ItemPointerData& tid() const { return slot->tts_tid; }

  TupleTableSlot* slot = nullptr;
  const TableMap* map = nullptr;
};

// The columns a statement sets, by their number in the table's spec.
class Values {
 public:
  void set(int column, Datum value) {
    value_[column] = value;
    set_ |= 1U << column;
  }
  void set_null(int column) {
    set_ |= 1U << column;
    null_ |= 1U << column;
  }
  [[nodiscard]] bool is_set(int column) const { return (set_ >> column & 1U) != 0; }
  [[nodiscard]] bool is_null(int column) const { return (null_ >> column & 1U) != 0; }
  [[nodiscard]] Datum value(int column) const { return value_[column]; }

 private:
  Datum value_[kMaxColumns];
  uint32_t set_ = 0;
  uint32_t null_ = 0;
};
static_assert(kMaxColumns <= 32);

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

class Table {
 public:
  // Opens the table of `spec` in the session's schema, with the lock that `use` calls for, until
  // the session is closed. The current user must hold the rights that SQL would ask for: 42501 if
  // it does not, or if row security would bind it.
  static Table open(Session* session, const TableSpec& spec, Use use, CoveredTables covered = {});

  // Finds the row whose key in `index` of the spec is `key`, as the session's snapshot sees it.
  bool find(int index, Datum key, Row* row);

  // Finds and locks it, in its latest version. Under REPEATABLE READ and SERIALIZABLE a version
  // newer than the snapshot is 40001. After a wait the session's snapshot is refreshed.
  Locked lock(int index, Datum key, RowLock mode, Row* row);

  // Locks a row that was found. The row moves to its latest version, which may no longer be what
  // was searched for.
  Locked lock_found(Row* row, RowLock mode, OnConflict on_conflict);

  // A row that this transaction has locked before, by where its locked version lies (Row::tid()).
  [[nodiscard]] Row locked_at(const ItemPointerData& tid);

  // A statement: its BEFORE STATEMENT triggers run in begin(), its AFTER triggers and constraints
  // in end(), after which the changes are visible to the session. insert(), update() and remove()
  // belong in between.
  void begin(CmdType command);
  void end();

  // Stores one row; columns that are not set get their defaults. Returns the stored row (valid
  // until the next call), or nullptr if a BEFORE ROW trigger suppressed it.
  const Row* insert(const Values& values);

  // Changes a row that is locked (kNoKeyUpdate) by this transaction. Returns as insert() does.
  const Row* update(const Row& locked, const Values& change);

  // Changes a row that was found, without locking it first: cheaper where conflicts are rare.
  // False, with nothing done, if it has been changed or removed since it was found, or if a BEFORE
  // ROW trigger suppressed it: lock_found() tells what became of it.
  bool update_found(const Row& found, const Values& change);

  // Removes a row. False if a trigger suppressed it or somebody else removed it first.
  bool remove(const Row& row);

  // One row as a statement of its own; 09000 where a trigger suppresses it.
  const Row* insert_one(const Values& values);
  const Row* update_one(const Row& locked, const Values& change);

  // Whether changes of this table may run triggers or functions of the database's owner, which may
  // in turn change rows that the procedure has found before.
  [[nodiscard]] bool runs_foreign_code() const { return foreign_triggers_ || map_->foreign_code; }

  [[nodiscard]] Relation relation() const { return relation_; }
  [[nodiscard]] const TableMap* map() const { return map_; }
  [[nodiscard]] Session* session() const { return session_; }
  [[nodiscard]] AttrNumber attribute(int column) const { return map_->attribute[column]; }

 private:
  friend class BulkInsert;
  friend class Scan;

  [[nodiscard]] bool has_key(const Row& row, int column, Datum key) const;
  // A slot for the table's rows that lives as long as the session.
  [[nodiscard]] TupleTableSlot* make_slot();
  void prepare_changes();
  void leave_out_known_triggers();
  void open_indexes();
  void fill(TupleTableSlot* slot, const Values& values);
  void fill_defaults(TupleTableSlot* slot, const Values& values);
  void check_row(TupleTableSlot* slot, CmdType command);
  void fill_change(const Row& old, const Values& change);
  TM_Result store_change(ItemPointerData tid);
  void note_updated_columns(const Values& change);
  static void count_changed(int64_t rows);

  Session* session_ = nullptr;
  const TableSpec* spec_ = nullptr;
  const TableMap* map_ = nullptr;
  Relation relation_ = nullptr;
  CoveredTables covered_;
  bool foreign_triggers_ = false;

  TupleTableSlot* found_ = nullptr;   // what a search found
  TupleTableSlot* locked_ = nullptr;  // the version that was locked

  // What changes need; set up by the first begin().
  RangeTblEntry* entry_ = nullptr;
  ResultRelInfo* result_ = nullptr;
  EPQState* epq_ = nullptr;
  TupleTableSlot* stored_ = nullptr;
  ExprState** default_states_ = nullptr;  // by attribute number - 1
  CmdType command_ = CMD_UNKNOWN;
  TransitionCaptureState* capture_ = nullptr;
  Row stored_row_;
};

// How many rows this backend has inserted, changed and removed through Table and BulkInsert so far:
// for taking differences.
[[nodiscard]] int64_t rows_changed();

// The rows of a range of an index, in its order.
class Scan {
 public:
  // `index` is one of the table's spec; `keys` refer to the index's columns, from 1. The rows are
  // those that `snapshot` sees, by default the session's.
  static Scan begin(Table* table, int index, ScanKeyData* keys, int key_count,
                    Snapshot snapshot = nullptr);
  bool next(Row* row);
  void end();

 private:
  // The command of the session must not advance while a scan is open: collect first, then change.
  Table* table_ = nullptr;
  Relation index_ = nullptr;
  IndexScanDesc scan_ = nullptr;
  Snapshot snapshot_ = nullptr;
};

// A key of a scan: the index's column `position` (from 1) compared by `strategy`
// (BTEqualStrategyNumber ...) through the comparison function `procedure`.
[[nodiscard]] ScanKeyData scan_key(int position, StrategyNumber strategy, RegProcedure procedure,
                                   Datum value);

}  // namespace s2t::pg
