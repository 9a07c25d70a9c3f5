#include "segments/fingerprint.h"

namespace s2t::segments {

namespace {

// The hash is computed by the server's or OpenSSL's code, which fails for want of memory at most.
void check(int result) {
  if (unlikely(result < 0)) elog(ERROR, "could not compute the fingerprint of a transcript");
}

}  // namespace

Fingerprint Fingerprint::begin(int32_t duration_ms) {
  Fingerprint fingerprint;
  fingerprint.hash_ = pg_cryptohash_create(PG_SHA256);
  if (fingerprint.hash_ == nullptr)
    ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
  check(pg_cryptohash_init(fingerprint.hash_));
  fingerprint.buffer_ = static_cast<char*>(palloc(kBufferBytes));
  fingerprint.append_int32(duration_ms);
  return fingerprint;
}

void Fingerprint::flush() {
  check(pg_cryptohash_update(hash_, reinterpret_cast<const uint8*>(buffer_), used_));
  used_ = 0;
}

void Fingerprint::append(const void* data, size_t bytes) {
  if (bytes > kBufferBytes - used_) {
    flush();
    if (bytes > kBufferBytes) {
      check(pg_cryptohash_update(hash_, static_cast<const uint8*>(data), bytes));
      return;
    }
  }
  memcpy(buffer_ + used_, data, bytes);
  used_ += bytes;
}

void Fingerprint::append_int32(int32_t value) {
  uint32 wire = pg_hton32(static_cast<uint32>(value));
  append(&wire, sizeof(wire));
}

void Fingerprint::append_counted(std::string_view data) {
  append_int32(static_cast<int32_t>(data.size()));
  append(data.data(), data.size());
}

void Fingerprint::add(const core::Segment& segment, Jsonb* meta) {
  append_int32(segment.idx);
  append_int32(segment.start_ms);
  append_int32(segment.end_ms);
  append_counted(segment.text);
  if (likely(meta == nullptr)) {
    append_int32(0);
    return;
  }
  char* printed = JsonbToCString(nullptr, &meta->root, static_cast<int>(VARSIZE(meta)));
  append_counted(printed);
  pfree(printed);
}

bytea* Fingerprint::end() {
  flush();
  auto* result = static_cast<bytea*>(palloc(VARHDRSZ + kBytes));
  SET_VARSIZE(result, VARHDRSZ + kBytes);
  check(pg_cryptohash_final(hash_, reinterpret_cast<uint8*>(VARDATA(result)), kBytes));
  pg_cryptohash_free(hash_);
  pfree(buffer_);
  return result;
}

}  // namespace s2t::segments
