// What a completed recording was completed with, in 32 bytes: a retry is told from other content by
// it.
#pragma once

#include <string_view>

#include "core/transcript/segment.h"
#include "pg/server.h"

namespace s2t::segments {

// SHA-256 over the duration and every segment, in the order of the payload, in a form that depends
// neither on the machine nor on the server's version:
//   duration_ms, then of each segment idx, start_ms, end_ms (4 bytes each, big-endian), and text
//   and further keys (length in 4 bytes, then the bytes; the further keys as jsonb prints them,
//   length 0 for none).
class Fingerprint {
 public:
  static constexpr int kBytes = PG_SHA256_DIGEST_LENGTH;

  static Fingerprint begin(int32_t duration_ms);
  void add(const core::Segment& segment, Jsonb* meta);
  // A bytea of kBytes in the current memory context.
  [[nodiscard]] bytea* end();

 private:
  static constexpr int kBufferBytes = 4096;

  void append(const void* data, size_t bytes);
  void append_int32(int32_t value);
  void append_counted(std::string_view data);
  void flush();

  pg_cryptohash_ctx* hash_ = nullptr;
  char* buffer_ = nullptr;  // spares the hash many calls of a few bytes
  size_t used_ = 0;
};

}  // namespace s2t::segments
