#include "core/base/ids.h"

#include "core/base/text.h"

namespace s2t::core {

namespace {

// 64-bit FNV-1a (draft-eastlake-fnv), a byte at a time.
constexpr uint64_t kFnvOffset = 0xCBF29CE484222325U;
constexpr uint64_t kFnvPrime = 0x00000100000001B3U;

constexpr uint64_t fnv1a(uint64_t hash, uint8_t byte) noexcept { return (hash ^ byte) * kFnvPrime; }

// Makes a slot of a hash by the exclusive or of its 12-bit groups, so that every bit counts.
constexpr int slot_of_hash(uint64_t hash) noexcept {
  uint64_t mixed = 0;
  for (; hash != 0; hash >>= 12U) mixed ^= hash;
  return static_cast<int>(mixed % kSlots);
}

constexpr bool is_version_7(const UuidBytes& id) noexcept {
  return id[6] >> 4U == 7 && id[8] >> 6U == 0b10;
}

}  // namespace

int slot_of_email(std::string_view email) noexcept {
  uint64_t hash = kFnvOffset;
  for (const char c : email) hash = fnv1a(hash, static_cast<uint8_t>(ascii_lower(c)));
  return slot_of_hash(hash);
}

int slot_of_uuid(const UuidBytes& id) noexcept {
  if (is_version_7(id)) return (id[6] & 0x0F) << 8 | id[7];

  uint64_t hash = kFnvOffset;
  for (const uint8_t byte : id) hash = fnv1a(hash, byte);
  return slot_of_hash(hash);
}

UuidBytes make_uuid_v7(uint64_t unix_ms, int slot, uint64_t random) noexcept {
  UuidBytes id;
  for (int i = 0; i < 6; ++i) id[i] = static_cast<uint8_t>(unix_ms >> (40U - 8U * i));
  id[6] = static_cast<uint8_t>(0x70U | (static_cast<unsigned>(slot) >> 8U & 0x0FU));
  id[7] = static_cast<uint8_t>(slot);
  for (int i = 0; i < 8; ++i) id[8 + i] = static_cast<uint8_t>(random >> (56U - 8U * i));
  id[8] = static_cast<uint8_t>(0x80U | (id[8] & 0x3FU));
  return id;
}

}  // namespace s2t::core
