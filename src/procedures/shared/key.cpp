#include "procedures/shared/key.h"

#include "pg/error.h"

namespace s2t::procedures {

std::optional<std::string_view> read_key(const pg::Arguments& arguments, int index) {
  std::optional<std::string_view> key = arguments.as_optional_text(index);
  if (key) pg::raise_unless_ok(core::check_key(*key));
  return key;
}

void KeyHash::add(std::string_view value) {
  auto length = static_cast<int32_t>(value.size());
  appendBinaryStringInfo(&data_, reinterpret_cast<const char*>(&length), sizeof length);
  appendBinaryStringInfo(&data_, value.data(), length);
}

void KeyHash::add(std::optional<std::string_view> value) {
  add(value.has_value());
  if (value) add(*value);
}

void KeyHash::add(std::optional<int32_t> value) {
  add(value.has_value());
  int32_t number = pg_hton32(value.value_or(0));
  appendBinaryStringInfo(&data_, reinterpret_cast<const char*>(&number), sizeof number);
}

void KeyHash::add(bool value) { appendStringInfoChar(&data_, value ? 't' : 'f'); }

bytea* KeyHash::end() {
  auto* message = static_cast<bytea*>(palloc(VARHDRSZ + data_.len));
  SET_VARSIZE(message, VARHDRSZ + data_.len);
  memcpy(VARDATA(message), data_.data, data_.len);
  return DatumGetByteaP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(message)));
}

void require_same_key(const pg::Row& row, int column, bytea* hash) {
  bool null;
  Datum stored = row.datum(column, &null);
  if (!null && DatumGetBool(DirectFunctionCall2(byteaeq, stored, PointerGetDatum(hash)))) return;
  ereport(ERROR,
          (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("key was used with other arguments"),
           errhint("Repeat a call with the arguments that it had, or give a new one a key "
                   "of its own.")));
}

}  // namespace s2t::procedures
