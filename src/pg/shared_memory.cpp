#include "pg/shared_memory.h"

#include "pg/compat.h"
#include "pg/subtransaction.h"

namespace s2t::pg::shared_memory {

namespace {

constexpr int kMaxStructures = 8;
constexpr int kNameBytes = 48;  // the server's limit

struct Structure {
  const char* name;
  size_t bytes;
  Init init;
  void* memory;    // set in the postmaster when preloaded, and inherited
  bool preloaded;  // requested while the server started
  bool failed;     // not to be had: not tried again
};

Structure structures[kMaxStructures];
int structure_count = 0;
shmem_startup_hook_type next_startup_hook = nullptr;

Structure* find(const char* name) {
  for (int i = 0; i < structure_count; i++)
    if (strcmp(structures[i].name, name) == 0) return &structures[i];
  return nullptr;
}

Structure* add(const char* name, size_t bytes, Init init) {
  if (structure_count == kMaxStructures) elog(ERROR, "too many structures in shared memory");
  Structure* structure = &structures[structure_count++];
  *structure = {name, bytes, init, nullptr, false, false};
  return structure;
}

// What the server knows the structure by. Another version of the library, loaded while the server
// goes on, may have one of another size: that is then another structure.
void print_name(const Structure& structure, char* out) {
  snprintf(out, kNameBytes, "%s %zu", structure.name, structure.bytes);
}

// From the memory set aside at start, if `structure` was requested then; else from what is left.
// Raises 53200 if there is no room.
void* get_static(const Structure& structure) {
  char name[kNameBytes];
  print_name(structure, name);
  bool found;
  LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
  void* memory = ShmemInitStruct(name, structure.bytes, &found);
  if (!found) {
    memset(memory, 0, structure.bytes);
    structure.init(memory);
  }
  LWLockRelease(AddinShmemInitLock);
  return memory;
}

// The registry's callback has no argument for it.
const Structure* initialising = nullptr;

void init_dynamic(void* memory) {
  memset(memory, 0, initialising->bytes);
  initialising->init(memory);
}

void* get_at_run_time(const Structure& structure) {
  if (!pg::compat::kHasNamedSegments) return get_static(structure);
  char name[kNameBytes];
  print_name(structure, name);
  initialising = &structure;
  return pg::compat::named_segment(name, structure.bytes, init_dynamic);
}

// As get_at_run_time(), but no memory is not an error: the procedures go on without it. What the
// attempt held is given back with the subtransaction. Outside a transaction there is none: an error
// is then the caller's.
void* try_at_run_time(const Structure& structure) {
  if (!IsTransactionState()) return get_at_run_time(structure);
  void* memory = nullptr;
  ErrorData* error =
      run_in_subtransaction(CurrentMemoryContext, [&] { memory = get_at_run_time(structure); });
  if (error == nullptr) return memory;
  if (error->sqlerrcode == ERRCODE_QUERY_CANCELED) ReThrowError(error);
  ereport(LOG, (errmsg("no shared memory for \"%s\": %s", structure.name, error->message),
                errhint("Add s2t to \"shared_preload_libraries\", and restart the server.")));
  FreeErrorData(error);
  return nullptr;
}

void on_request() {
  for (int i = 0; i < structure_count; i++)
    if (structures[i].preloaded) RequestAddinShmemSpace(MAXALIGN(structures[i].bytes));
}

void on_startup() {
  if (next_startup_hook != nullptr) next_startup_hook();
  for (int i = 0; i < structure_count; i++)
    if (structures[i].preloaded) structures[i].memory = get_static(structures[i]);
}

}  // namespace

void request(const char* name, size_t bytes, Init init) {
  if (!process_shared_preload_libraries_in_progress) return;
  bool first = structure_count == 0;
  add(name, bytes, init)->preloaded = true;
  if (!pg::compat::kHasRequestHook) RequestAddinShmemSpace(MAXALIGN(bytes));
  if (!first) return;
  pg::compat::on_shmem_request(on_request);
  next_startup_hook = shmem_startup_hook;
  shmem_startup_hook = on_startup;
}

void* attach(const char* name, size_t bytes, Init init, bool at_run_time) {
  Structure* structure = find(name);
  if (structure == nullptr) structure = add(name, bytes, init);
  if (structure->memory != nullptr || structure->failed) return structure->memory;
  if (!at_run_time && !pg::compat::kHasNamedSegments) return nullptr;
  structure->memory = try_at_run_time(*structure);
  structure->failed = structure->memory == nullptr;
  return structure->memory;
}

bool is_plentiful(const char* name) {
  const Structure* structure = find(name);
  return pg::compat::kHasNamedSegments || (structure != nullptr && structure->preloaded);
}

}  // namespace s2t::pg::shared_memory
