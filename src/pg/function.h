// SQL-callable functions: how they are declared, and their arguments.
#pragma once

#include <stdint.h>

#include <optional>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/status.h"
#include "pg/server.h"

// Before PostgreSQL 16 the server leaves PGDLLEXPORT empty on ELF, and -fvisibility=hidden would
// hide every function.
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

// Declares and opens the definition of the SQL-callable function `name`, whose argument is
// `fcinfo`.
#define S2T_FUNCTION(name)                         \
  extern "C" {                                     \
  PGDLLEXPORT Datum name(FunctionCallInfo fcinfo); \
  PG_FUNCTION_INFO_V1(name);                       \
  }                                                \
  extern "C" Datum name(FunctionCallInfo fcinfo)

namespace s2t::pg {

// The arguments of one call, by position from 0. A reader without `optional` in its name raises
// 22023 for NULL, naming the argument as the SQL signature does.
class Arguments {
 public:
  explicit Arguments(FunctionCallInfo fcinfo) : fcinfo_(fcinfo) {}

  // Texts and JSON are detoasted; the view lives as long as the call.
  [[nodiscard]] std::string_view as_text(int index, const char* name) const;
  [[nodiscard]] std::optional<std::string_view> as_optional_text(int index) const;
  [[nodiscard]] const pg_uuid_t* as_uuid(int index, const char* name) const;
  [[nodiscard]] int32_t as_int32(int index, const char* name) const;
  [[nodiscard]] std::optional<int32_t> as_optional_int32(int index) const;
  [[nodiscard]] bool is_null(int index) const { return fcinfo_->args[index].isnull; }
  [[nodiscard]] bool as_bool(int index, const char* name) const;
  [[nodiscard]] Jsonb* as_jsonb(int index, const char* name) const;
  [[nodiscard]] Interval* as_interval(int index, const char* name) const;
  [[nodiscard]] std::optional<TimestampTz> as_optional_timestamp(int index) const;

  // Whether a procedure was called where it must not commit: inside a transaction block or a
  // function.
  [[nodiscard]] bool atomic() const;

 private:
  [[nodiscard]] Datum datum(int index, const char* name) const;

  FunctionCallInfo fcinfo_;
};

// What a trigger function is called with; 39P01 if the function was not called as one.
[[nodiscard]] TriggerData* read_trigger(FunctionCallInfo fcinfo);

// Values in the current memory context.
[[nodiscard]] Datum make_text(std::string_view value);
[[nodiscard]] Datum make_uuid(const pg_uuid_t& value);

// An interval as the server prints it whatever the session's style.
[[nodiscard]] const char* print(Interval* span);

// A copy of `text` in the current memory context, however long it is.
[[nodiscard]] std::string_view copy(std::string_view text);

// The columns of a composite result, built once in the life of a backend.
struct ResultColumn {
  const char* name;
  Oid type;
};

// Builds the row of a function with OUT parameters. `descriptor` caches the row's type: give each
// function a static one.
[[nodiscard]] Datum make_row(TupleDesc* descriptor, const ResultColumn* columns, int count,
                             Datum* values, bool* nulls);

// The other way: the columns of a row, which may have fewer of them than `descriptor`; the rest are
// null. They live as long as the row.
void read_row(Datum row, TupleDesc descriptor, Datum* values, bool* nulls);

template <int N>
[[nodiscard]] Datum make_row(TupleDesc* descriptor, const ResultColumn (&columns)[N],
                             Datum (&values)[N], bool (&nulls)[N]) {
  return make_row(descriptor, columns, N, values, nulls);
}

}  // namespace s2t::pg
