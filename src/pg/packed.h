// Values that travel between two servers in one bytea, so that what carries them need not know what they are.
#pragma once

#include "pg/server.h"

namespace s2t::pg {

// Values of given types, there and back. In a bytea are their number and types, then the values as
// the types' send functions give them, texts in the client's encoding.
class Packing {
 public:
  // At most this many values.
  static constexpr int kMost = FUNC_MAX_ARGS + 32;

  // For values of these `count` types; 42883 where one cannot be sent. What it knows of them lives
  // as long as `memory`.
  static Packing* make(MemoryContext memory, const Oid* types, int count);

  // A new bytea in the current memory context.
  [[nodiscard]] bytea* pack(const Datum* values, const bool* nulls) const;

  // The values of a bytea, in the current memory context; 42804 if they are of other types, 08P01
  // or 22P03 if it is not what pack() gives.
  void unpack(bytea* packed, Datum* values, bool* nulls) const;

 private:
  struct Kind {
    Oid type;
    Oid parameter;  // of the receive function
    FmgrInfo send;
    FmgrInfo receive;
  };

  int count_ = 0;
  Kind* kinds_ = nullptr;
};

// The types of the values in a bytea of pack(): how many they are, at most Packing::kMost, with
// the types in `types`. 08P01 if it is none.
[[nodiscard]] int read_types(bytea* packed, Oid* types);

}  // namespace s2t::pg
