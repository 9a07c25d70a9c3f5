// What the native code wants to know of a table: its columns and the indexes that it finds rows by,
// by name. The tables themselves: pg/schema.h.
#pragma once

#include <stdint.h>

#include <span>

#include "pg/server.h"

namespace s2t::pg {

enum class TableId : uint8_t {
  kPlans,
  kUsers,
  kUserProfiles,
  kUserSubscriptions,
  kRecordings,
  kSegments,
  kUsageCycles,
  kAuditLog,
  kUsageEntries,
  kUsageCredits,
  kEventConsumers,
  kEvents,
  kSegmentRevisions,
  kSlots,
  kCount,
};

inline constexpr int kMaxColumns = 40;
inline constexpr int kMaxIndexes = 8;

struct ColumnSpec {
  const char* name;
  Oid type;  // TEXTOID stands for varchar too
};

// An index that a procedure finds rows by.
struct IndexSpec {
  const char*
      name;  // of the index itself where its columns do not tell it (a partial index), else nullptr
  int column;          // the leading column
  bool unique_column;  // unique on that column alone
  bool later = false;  // not there in tables of earlier versions: an error only when it is used
  int then = -1;       // the column after it, where a walk goes by both
};

struct TableSpec {
  TableId id;
  const char* name;
  std::span<const ColumnSpec> columns;
  std::span<const IndexSpec> indexes;
  // How many of the columns, the first ones, every version of the tables has. The others may be
  // missing until s2t_install() has brought the tables up to date: they read as NULL, and setting
  // them does nothing.
  int first_columns = kMaxColumns;
  // The column whose slot is that of the row, an id; -1: the rows belong to no slot.
  int slot_column = -1;
};

}  // namespace s2t::pg
