// Many rows into one table, as COPY stores them.
#pragma once

#include "pg/table.h"

namespace s2t::pg {

// Collects rows and stores up to 1,000 of them, or 64 KB, at a time; one at a time where COPY would
// do so because a trigger or a default could look at the table in between. A statement of its own:
// it stands in the place of Table::begin() and Table::end().
class BulkInsert {
 public:
  // `columns` are those that the rows set, as of Table::begin(). `expected` rows, as a hint: a
  // large load goes through a small ring of buffers and does not sweep the cache.
  static BulkInsert begin(Table* table, Columns columns, int64_t expected);

  // Takes a row of `values` and `bytes` of payload, both only read until the call returns.
  void add(const Values& values, int64_t bytes);

  // Stores what is left and ends the statement. Returns how many rows were stored, those suppressed
  // by a BEFORE ROW trigger not counted.
  int64_t end();

 private:
  static constexpr int kMaxRows = 1000;
  static constexpr int64_t kMaxBytes = 65535;

  void flush();

  Table* table_ = nullptr;
  BulkInsertState state_ = nullptr;
  bool one_at_a_time_ = false;
  int used_ = 0;
  int64_t bytes_ = 0;
  int64_t stored_ = 0;
  TupleTableSlot** slots_ = nullptr;  // made as they are needed
};

}  // namespace s2t::pg
