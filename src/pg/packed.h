// Values that travel between two servers in one text, so that what carries them need not know what
// they are.
#pragma once

#include "pg/server.h"

namespace s2t::pg {

// Values of given types, there and back. The text begins with the types' numbers, "2950,25:", and
// goes on with the values: "-" for null, else the length in bytes, a colon and those bytes. Texts
// and JSON stand there as they are, in the encoding of the database; of others it is the bytes of
// the type's send function, in hexadecimal digits.
class Packing {
 public:
  // At most this many values.
  static constexpr int kMost = FUNC_MAX_ARGS + 32;

  // For values of these `count` types; 42883 where one cannot be sent. What it knows of them lives
  // as long as `memory`.
  static Packing* make(MemoryContext memory, const Oid* types, int count);

  // A new text in the current memory context.
  [[nodiscard]] text* pack(const Datum* values, const bool* nulls) const;

  // The values of a text, in the current memory context; 42804 if they are of other types, 22P03 if
  // it is not what pack() gives.
  void unpack(text* packed, Datum* values, bool* nulls) const;

 private:
  struct Kind {
    Oid type;
    Oid parameter;  // of the receive function
    FmgrInfo send;
    FmgrInfo receive;
  };

  static void pack_value(StringInfo message, Kind* kind, Datum value);
  static Datum unpack_value(Kind* kind, std::string_view bytes);

  int count_ = 0;
  Kind* kinds_ = nullptr;
};

// The types of the values in a text of pack(): how many they are, at most Packing::kMost, with the
// types in `types`. 22P03 if it is none.
[[nodiscard]] int read_types(text* packed, Oid* types);

}  // namespace s2t::pg
