#include "pg/function.h"

namespace s2t::pg {

Datum Arguments::datum(int index, const char* name) const {
  if (fcinfo_->args[index].isnull) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("argument must not be null"),
                    errdetail("Argument %s is null.", name)));
  }
  return fcinfo_->args[index].value;
}

std::string_view Arguments::as_text(int index, const char* name) const {
  ::text* value = DatumGetTextPP(datum(index, name));
  return {VARDATA_ANY(value), static_cast<size_t>(VARSIZE_ANY_EXHDR(value))};
}

std::optional<std::string_view> Arguments::as_optional_text(int index) const {
  if (fcinfo_->args[index].isnull) return std::nullopt;
  return as_text(index, "");
}

const pg_uuid_t* Arguments::as_uuid(int index, const char* name) const {
  return DatumGetUUIDP(datum(index, name));
}

int32_t Arguments::as_int32(int index, const char* name) const {
  return DatumGetInt32(datum(index, name));
}

std::optional<int32_t> Arguments::as_optional_int32(int index) const {
  if (is_null(index)) return std::nullopt;
  return DatumGetInt32(fcinfo_->args[index].value);
}

bool Arguments::as_bool(int index, const char* name) const {
  return DatumGetBool(datum(index, name));
}

Jsonb* Arguments::as_jsonb(int index, const char* name) const {
  return DatumGetJsonbP(datum(index, name));
}

Interval* Arguments::as_interval(int index, const char* name) const {
  return DatumGetIntervalP(datum(index, name));
}

std::optional<TimestampTz> Arguments::as_optional_timestamp(int index) const {
  if (is_null(index)) return std::nullopt;
  return DatumGetTimestampTz(fcinfo_->args[index].value);
}

bool Arguments::atomic() const {
  return fcinfo_->context == nullptr || !IsA(fcinfo_->context, CallContext) ||
         castNode(CallContext, fcinfo_->context)->atomic;
}

TriggerData* read_trigger(FunctionCallInfo fcinfo) {
  if (!CALLED_AS_TRIGGER(fcinfo)) {
    ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                    errmsg("function was not called as a trigger")));
  }
  return reinterpret_cast<TriggerData*>(fcinfo->context);
}

Datum make_text(std::string_view value) {
  return PointerGetDatum(cstring_to_text_with_len(value.data(), static_cast<int>(value.size())));
}

Datum make_uuid(const pg_uuid_t& value) {
  auto* copied = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  *copied = value;
  return UUIDPGetDatum(copied);
}

const char* print(Interval* span) {
  int style = IntervalStyle;
  IntervalStyle = INTSTYLE_POSTGRES;
  const char* text = DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(span)));
  IntervalStyle = style;
  return text;
}

std::string_view copy(std::string_view text) {
  auto* bytes = static_cast<char*>(MemoryContextAllocHuge(CurrentMemoryContext, text.size() + 1));
  memcpy(bytes, text.data(), text.size());
  bytes[text.size()] = '\0';
  return {bytes, text.size()};
}

Datum make_row(TupleDesc* descriptor, const ResultColumn* columns, int count, Datum* values,
               bool* nulls) {
  if (*descriptor == nullptr) {
    MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
    TupleDesc built = CreateTemplateTupleDesc(count);
    for (int i = 0; i < count; i++) {
      TupleDescInitEntry(built, static_cast<AttrNumber>(i + 1), columns[i].name, columns[i].type,
                         -1, 0);
    }
    *descriptor = BlessTupleDesc(built);
    MemoryContextSwitchTo(caller);
  }
  return HeapTupleGetDatum(heap_form_tuple(*descriptor, values, nulls));
}

void read_row(Datum row, TupleDesc descriptor, Datum* values, bool* nulls) {
  HeapTupleHeader header = DatumGetHeapTupleHeader(row);
  HeapTupleData tuple = {};
  tuple.t_len = HeapTupleHeaderGetDatumLength(header);
  tuple.t_data = header;
  heap_deform_tuple(&tuple, descriptor, values, nulls);
}

}  // namespace s2t::pg
