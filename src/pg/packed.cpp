#include "pg/packed.h"

extern "C" {
#include "libpq/pqformat.h"
}

namespace s2t::pg {

namespace {

// Reads `packed` in place.
StringInfoData open(bytea* packed) {
  StringInfoData message = {};
  message.data = VARDATA_ANY(packed);
  message.len = message.maxlen = static_cast<int>(VARSIZE_ANY_EXHDR(packed));
  return message;
}

int read_header(StringInfo message, Oid* types) {
  const int count = static_cast<int>(pq_getmsgint(message, 2));
  if (count > Packing::kMost) {
    ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
                    errmsg("%d packed values are more than %d", count, Packing::kMost)));
  }
  for (int i = 0; i < count; i++) types[i] = pq_getmsgint(message, 4);
  return count;
}

[[noreturn]] void raise_bad_value() {
  ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid packed value")));
  pg_unreachable();
}

}  // namespace

int read_types(bytea* packed, Oid* types) {
  StringInfoData message = open(packed);
  return read_header(&message, types);
}

Packing* Packing::make(MemoryContext memory, const Oid* types, int count) {
  auto* packing = static_cast<Packing*>(MemoryContextAllocZero(memory, sizeof(Packing)));
  packing->count_ = count;
  packing->kinds_ =
      static_cast<Kind*>(MemoryContextAllocZero(memory, sizeof(Kind) * Max(count, 1)));
  for (int i = 0; i < count; i++) {
    Kind* kind = &packing->kinds_[i];
    Oid function = InvalidOid;
    bool is_varlena = false;
    kind->type = types[i];
    getTypeBinaryOutputInfo(types[i], &function, &is_varlena);
    fmgr_info_cxt(function, &kind->send, memory);
    getTypeBinaryInputInfo(types[i], &function, &kind->parameter);
    fmgr_info_cxt(function, &kind->receive, memory);
  }
  return packing;
}

bytea* Packing::pack(const Datum* values, const bool* nulls) const {
  StringInfoData message;
  pq_begintypsend(&message);
  pq_sendint16(&message, count_);
  for (int i = 0; i < count_; i++) pq_sendint32(&message, kinds_[i].type);
  for (int i = 0; i < count_; i++) {
    if (nulls[i]) {
      pq_sendint32(&message, -1);
      continue;
    }
    bytea* value = SendFunctionCall(&kinds_[i].send, values[i]);
    const int length = static_cast<int>(VARSIZE(value) - VARHDRSZ);
    pq_sendint32(&message, length);
    pq_sendbytes(&message, VARDATA(value), length);
    // Receive functions want an end, and so need no copy.
    pq_sendbyte(&message, '\0');
    pfree(value);
  }
  return pq_endtypsend(&message);
}

void Packing::unpack(bytea* packed, Datum* values, bool* nulls) const {
  StringInfoData message = open(packed);
  Oid types[kMost];
  const int count = read_header(&message, types);
  bool same = count == count_;
  for (int i = 0; same && i < count; i++) same = types[i] == kinds_[i].type;
  if (!same) {
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("packed values are of other types"),
                    errhint("Update s2t, s2t_shard and s2t_router to one version.")));
  }
  for (int i = 0; i < count; i++) {
    const int length = static_cast<int>(pq_getmsgint(&message, 4));
    nulls[i] = length == -1;
    values[i] = 0;
    if (nulls[i]) continue;
    StringInfoData value = {};
    value.data = const_cast<char*>(pq_getmsgbytes(&message, length));
    value.len = length;
    value.maxlen = length + 1;
    if (pq_getmsgbyte(&message) != '\0') raise_bad_value();
    values[i] = ReceiveFunctionCall(&kinds_[i].receive, &value, kinds_[i].parameter, -1);
    if (value.cursor != length) raise_bad_value();
  }
  pq_getmsgend(&message);
}

}  // namespace s2t::pg
