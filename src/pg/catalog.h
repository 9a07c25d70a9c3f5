// What the catalogs say about the extension's tables, looked up by name once and again after every
// invalidation.
#pragma once

#include "pg/server.h"
#include "pg/table_spec.h"

namespace s2t::pg {

// Where the columns and indexes of a table are, what else acts on its rows, and its expressions
// ready to run.
struct TableMap {
  static constexpr int kMaxTriggers = 64;

  MemoryContext memory;  // holds the map and everything it points to
  uint64_t generation;   // no two maps of a backend have the same
  Oid relation;
  AttrNumber attribute[kMaxColumns];  // by column of the spec
  Oid index[kMaxIndexes];             // by index of the spec
  Bitmapset* defaults;                // attributes that have a default (generated ones not counted)

  // Constraints, defaults, generated columns or index expressions call user functions. Then the
  // expressions below are not kept: such a function may be replaced without notice.
  bool user_functions;

  // Whether an INSERT, UPDATE or DELETE of a row may run code of the database's owner: triggers
  // that are not the extension's, functions in expressions that are not written in C, foreign keys
  // that cascade into other tables.
  bool foreign_on_insert;
  bool foreign_on_update;
  bool foreign_on_delete;

  ExprState** checks;  // of the CHECK constraints, in the order of the relation's; or nullptr
  ExprState** default_states;  // by attribute number - 1; or nullptr

  // Every index of the table, to be opened for changes; copied before use.
  Oid* open_indexes;
  IndexInfo** index_infos;  // or nullptr
  int open_index_count;

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

// The map of `spec` in `schema`, up to date as of the lock that `relation` was opened with. It
// stays readable until the end of the transaction, whatever is invalidated meanwhile. Raises 42P01
// for a missing table, 42703 for a missing column, 42804 for a column of another type, 42704 for a
// missing index, 42809 for anything but an ordinary table, each with the hint to call
// s2t_install().
[[nodiscard]] const TableMap* map_of(const TableSpec& spec, Oid schema, Relation relation);

// Whether the map of this table that was last made is the one of that generation, and no
// invalidation has come since: neither the table nor the rights to it have changed.
[[nodiscard]] bool is_current(TableId table, uint64_t generation);

// The tables of the extension, in the order in which messages name them.
[[nodiscard]] std::span<const TableSpec* const> all_tables();

// 42703: `relation` does not have the column.
[[noreturn]] void raise_missing_column(Relation relation, Oid schema, const ColumnSpec& spec);

// 42704: `relation`, of `table`, has no index that serves `spec`.
[[noreturn]] void raise_missing_index(Relation relation, Oid schema, const TableSpec& table,
                                      const IndexSpec& spec);

// The table that `spec` names in `schema`, as far as this backend has been told; InvalidOid if
// there is none. Without a look into the catalogs while the map is good.
[[nodiscard]] Oid find_relation(const TableSpec& spec, Oid schema);

// The native procedures know their schema by its number, and go on after ALTER SCHEMA ... RENAME;
// what is written in SQL and PL/pgSQL has the name as text, and fails. Returns the owner of these
// routines if they name the schema that was, else InvalidOid.
[[nodiscard]] Oid owner_if_renamed(Oid schema);

// 42P01: there is no table of the name `spec` has in `schema`.
[[noreturn]] void raise_missing_table(const TableSpec& spec, Oid schema);

}  // namespace s2t::pg
