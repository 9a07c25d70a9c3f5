// An array that grows. Its memory is that of the context that is current when it is given its first
// element, and goes with it: there is nothing to destroy.
#pragma once

#include "pg/server.h"

#include <span>
#include <type_traits>

namespace s2t::pg {

template <typename T>
class Array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  void push(const T& element) {
    if (count_ == room_) grow();
    elements_[count_++] = element;
  }
  // Forgets the elements and keeps the room.
  void clear() { count_ = 0; }

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] size_t size() const { return count_; }
  [[nodiscard]] T& operator[](size_t i) { return elements_[i]; }
  [[nodiscard]] std::span<T> all() const { return {elements_, count_}; }
  [[nodiscard]] T* begin() const { return elements_; }
  [[nodiscard]] T* end() const { return elements_ + count_; }

 private:
  void grow() {
    constexpr size_t kFirst = 8;
    room_ = Max(room_ * 2, kFirst);
    // Transcripts may have more segments than an ordinary allocation of the server holds.
    elements_ = static_cast<T*>(
        elements_ == nullptr ? MemoryContextAllocHuge(CurrentMemoryContext, sizeof(T) * room_)
                             : repalloc_huge(elements_, sizeof(T) * room_));
  }

  T* elements_ = nullptr;
  size_t count_ = 0;
  size_t room_ = 0;
};

}  // namespace s2t::pg
