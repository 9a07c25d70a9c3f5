// Memory that all backends of the server share, wherever it can be had.
//
//   with s2t in shared_preload_libraries    reserved when the server starts
//   PostgreSQL 17 and later                 the registry of dynamic shared memory, at the first use
//   before that                             what little the server has left over, for structures
//                                           of a few kilobytes
//
// A structure starts out zeroed and initialised by its `init`, which runs once for the whole
// server, while nobody else can see the memory, and must neither raise nor allocate. After a crash
// of a backend the server starts over with new memory.
#pragma once

#include <stddef.h>

namespace s2t::pg::shared_memory {

using Init = void (*)(void* memory);

// Reserves memory for a structure. Called from _PG_init() for each of them; does nothing unless the
// library is being preloaded. `name` lives as long as the process, and is at most 30 bytes long.
void request(const char* name, size_t bytes, Init init);

// The memory of a structure, the same for every backend; nullptr if there is none to be had, which
// is said in the server log once in the life of a backend. At the first use in a backend it may run
// a subtransaction: called within a transaction that has not failed (a background worker that has
// not connected yet: outside of any, and gets an error) and, from then on, cheap.
// `at_run_time` asks for the server's left-overs before PostgreSQL 17.
[[nodiscard]] void* attach(const char* name, size_t bytes, Init init, bool at_run_time);

// Whether a structure of any size can be had under this name: it was reserved, or need not be.
[[nodiscard]] bool is_plentiful(const char* name);

}  // namespace s2t::pg::shared_memory
