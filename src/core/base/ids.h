// Identifiers: UUID version 7 (RFC 9562, section 5.7) whose rand_a bits carry a slot.
#pragma once

#ifdef POSTGRES_H
#error "core headers come before pg/server.h"
#endif

#include <stdint.h>

#include <array>
#include <string_view>

namespace s2t::core {

using UuidBytes = std::array<uint8_t, 16>;

// Slots spread users over shards: an id alone tells where its row lives.
inline constexpr int kSlots = 4096;

// The slot of a new user, 0 .. kSlots - 1: the 64-bit FNV-1a hash of the e-mail with its ASCII
// letters lower-cased, mixed by the exclusive or of its 12-bit groups. The caller has lower-cased
// the others, as its database does. Part of the stored format: it must never change.
[[nodiscard]] int slot_of_email(std::string_view email) noexcept;

// The slot of an id, 0 .. kSlots - 1: the rand_a bits of a version 7 id of the RFC's variant, of
// any other id the same hash of its bytes. Part of the stored format as well.
[[nodiscard]] int slot_of_uuid(const UuidBytes& id) noexcept;

// A version 7 id. `unix_ms` is the time in milliseconds since 1970 (48 bits are kept), `slot` 0 ..
// kSlots - 1, `random` must come from a strong source; 62 bits of it are used.
[[nodiscard]] UuidBytes make_uuid_v7(uint64_t unix_ms, int slot, uint64_t random) noexcept;

}  // namespace s2t::core
