#include "pg/ids.h"

namespace s2t::pg {

namespace {

// Strong random numbers, fetched a block at a time because each fetch is a system call. A backend
// is forked before its first use, so no two share a block.
uint64_t strong_random() {
  constexpr int kBlock = 64;
  static uint64_t block[kBlock];
  static int left = 0;
  if (left == 0) {
    if (!pg_strong_random(block, sizeof(block)))
      ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
    left = kBlock;
  }
  left--;
  uint64_t value = block[left];
  block[left] = 0;
  return value;
}

uint64_t unix_ms(TimestampTz at) {
  constexpr int64_t kUnixEpochMs =
      static_cast<int64_t>(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY * 1000;
  return static_cast<uint64_t>(at / 1000 + kUnixEpochMs);
}

// The bits after the slot: the microseconds within the millisecond, a count of the ids that this
// backend has made for the same instant, and 40 random ones (RFC 9562, section 6.2, methods 3 and
// 1). So the ids that one call makes for one user sort as they were made, and those of calls that
// waited for each other do, too.
uint64_t rand_b(TimestampTz now) {
  constexpr int kCountBits = 12;
  constexpr int kRandomBits = 40;
  static TimestampTz last = 0;
  static uint64_t count = 0;
  constexpr uint64_t kMost = (uint64_t{1} << kCountBits) - 1;
  count = now == last ? Min(count + 1, kMost) : 0;
  last = now;
  uint64_t microseconds = static_cast<uint64_t>(now) % 1000;
  uint64_t random = strong_random() & ((uint64_t{1} << kRandomBits) - 1);
  return (microseconds << kCountBits | count) << kRandomBits | random;
}

}  // namespace

pg_uuid_t first_id_at(TimestampTz at) {
  core::UuidBytes bytes = core::make_uuid_v7(unix_ms(at), 0, 0);
  pg_uuid_t id;
  memcpy(id.data, bytes.data(), UUID_LEN);
  return id;
}

pg_uuid_t new_id(TimestampTz now, int slot) {
  core::UuidBytes bytes = core::make_uuid_v7(unix_ms(now), slot, rand_b(now));
  pg_uuid_t id;
  memcpy(id.data, bytes.data(), UUID_LEN);
  return id;
}

int slot_of_email(std::string_view email) {
  return core::slot_of_email(str_tolower(email.data(), email.size(), DEFAULT_COLLATION_OID));
}

int slot_of(const pg_uuid_t* id) {
  core::UuidBytes bytes;
  memcpy(bytes.data(), id->data, UUID_LEN);
  return core::slot_of_uuid(bytes);
}

}  // namespace s2t::pg
