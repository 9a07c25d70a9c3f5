// What a session knows of functions, by their numbers: a function that is dropped and made anew has
// another one.
#pragma once

#include "pg/server.h"

namespace s2t::pg {

// Entries begin with a field `Oid oid`, and live as long as the backend; so has what they point to.
template <typename Entry>
class FunctionCache {
 public:
  explicit constexpr FunctionCache(const char* name) : name_(name) {}

  // nullptr if there is none.
  [[nodiscard]] Entry* find(Oid oid) const {
    if (entries_ == nullptr) return nullptr;
    return static_cast<Entry*>(hash_search(entries_, &oid, HASH_FIND, nullptr));
  }

  Entry* add(const Entry& entry) {
    if (entries_ == nullptr) {
      HASHCTL options = {};
      options.keysize = sizeof(Oid);
      options.entrysize = sizeof(Entry);
      entries_ = hash_create(name_, 128, &options, HASH_ELEM | HASH_BLOBS);
    }
    static_assert(offsetof(Entry, oid) == 0);
    return static_cast<Entry*>(
        memcpy(hash_search(entries_, &entry.oid, HASH_ENTER, nullptr), &entry, sizeof entry));
  }

 private:
  const char* name_;
  HTAB* entries_ = nullptr;
};

}  // namespace s2t::pg
