// What the catalogs say about the extension's tables, looked up by name once and again after every
// invalidation.
#pragma once

#include "pg/schema.h"
#include "pg/server.h"

namespace s2t::pg {

// Where the columns and indexes of a table are, and what else acts on its rows.
struct TableMap {
  static constexpr int kMaxTriggers = 64;

  Oid relation;
  bool valid;                         // no invalidation has come since the map was begun
  bool complete;                      // building it did not fail half-way
  AttrNumber attribute[kMaxColumns];  // by column of the spec
  Oid index[kMaxIndexes];             // by index of the spec
  Bitmapset* defaults;                // attributes that have a default (generated ones not counted)
  bool foreign_code;  // constraints, defaults, generated columns or index expressions call user
                      // functions

  // Triggers the native code does the work of: the extension's own counting, always; foreign keys
  // towards another of the tables, by the parent they check (as the child) or by the child they
  // cascade to (as the parent).
  struct KnownTrigger {
    Oid oid;
    enum class Kind : uint8_t { kCounting, kForeignKeyCheck, kCascadingDelete } kind;
    TableId other;
  } known[kMaxTriggers];
  int known_count;
};

// The map of `spec` in `schema`; valid until the next invalidation is accepted, that is, until the
// next lock is taken. Raises 42P01 for a missing table, 42703 for a missing column, 42804 for a
// column of another type, 42704 for a missing index, 42809 for anything but an ordinary table, each
// with the hint to call s2t_install().
[[nodiscard]] const TableMap* map_of(const TableSpec& spec, Oid schema, Relation relation);

// The oid of the table `spec` names in `schema`; raises 42P01 if there is none.
[[nodiscard]] Oid relation_of(const TableSpec& spec, Oid schema);

}  // namespace s2t::pg
