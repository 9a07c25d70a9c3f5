#include "procedures/shared/consumers.h"

#include "pg/array.h"
#include "pg/function.h"
#include "pg/quiet_page.h"

namespace s2t::procedures::events {

using pg::Row;
using pg::Session;
using pg::Table;

namespace {

namespace c = pg::event_consumers;

// What this backend has read last, for as long as it is so.
struct Known {
  static constexpr int kMost = 8;
  static constexpr size_t kNameBytes = 64;  // names that s2t_add_consumer() lets in

  Oid schema = InvalidOid;
  Oid owner;  // of the routines
  Oid user;   // whose rights were asked for
  Oid relation;
  uint64_t map;  // TableMap::generation
  pg::QuietPage page;
  uint32_t types;
  int count;
  Consumer list[kMost];
  char names[kMost][kNameBytes];
};
Known known;

// NULL is every type, those of later versions included; names that this version does not have are
// passed over.
uint32_t read_types(const Row& consumer) {
  bool null;
  Datum value = consumer.datum(c::types, &null);
  if (null) return ~0U;
  Datum* elements;
  bool* nulls;
  int count;
  deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls,
                    &count);
  uint32_t types = 0;
  for (int i = 0; i < count; i++) {
    if (nulls[i]) continue;
    auto* name = DatumGetTextPP(elements[i]);
    std::string_view text{VARDATA_ANY(name), static_cast<size_t>(VARSIZE_ANY_EXHDR(name))};
    for (int type = 0; type < kTypes; type++)
      if (text == name_of(static_cast<Type>(type))) types |= 1U << type;
  }
  return types;
}

// Whether what is known is what the session's snapshot sees: the table is the one that was read,
// with its rights as they were asked for, and its page is as it was.
bool is_known(const Session& session) {
  if (known.schema != session.schema() || known.owner != session.owner() ||
      known.user != GetUserId() || !pg::is_current(pg::TableId::kEventConsumers, known.map))
    return false;
  Relation relation = try_relation_open(known.relation, AccessShareLock);
  if (relation == nullptr) return false;
  // Whoever changes the table itself tells it before the lock is given back.
  bool same = pg::is_current(pg::TableId::kEventConsumers, known.map) &&
              pg::is_unchanged(relation, known.page, session.snapshot());
  relation_close(relation, NoLock);
  return same;
}

void know(const Session& session, const Table& table, const pg::QuietPage& page,
          const Consumers& consumers) {
  known.schema = InvalidOid;
  if (consumers.list.size() > Known::kMost) return;
  known.count = 0;
  for (const Consumer& consumer : consumers.list) {
    if (strlen(consumer.name) >= Known::kNameBytes) return;
    strlcpy(known.names[known.count], consumer.name, Known::kNameBytes);
    known.list[known.count++] = consumer;
  }
  known.owner = session.owner();
  known.user = GetUserId();
  known.relation = RelationGetRelid(table.relation());
  known.map = table.map()->generation;
  known.page = page;
  known.types = consumers.types;
  known.schema = session.schema();
}

// A copy for the session: a call within this one may read anew.
void copy_known(Consumers* consumers) {
  auto* list = static_cast<Consumer*>(palloc(sizeof(Consumer) * Max(known.count, 1)));
  auto* names = static_cast<char*>(palloc(Known::kNameBytes * Max(known.count, 1)));
  memcpy(names, known.names, Known::kNameBytes * known.count);
  for (int i = 0; i < known.count; i++) {
    list[i] = known.list[i];
    list[i].name = names + Known::kNameBytes * i;
  }
  consumers->types = known.types;
  consumers->list = {list, static_cast<size_t>(known.count)};
}

void read_table(Session* session, Consumers* consumers) {
  Table table = Table::open(session, c::kTable, pg::kRead);
  bool is_heap = table.relation()->rd_rel->relam == HEAP_TABLE_AM_OID;
  std::optional<pg::QuietPage> page;
  if (is_heap) page = pg::quiet_page_of(table.relation(), session->snapshot());
  pg::Array<Consumer> list;
  pg::Scan scan = table.scan();
  Row row;
  while (scan.next(&row)) {
    Consumer consumer{pg::copy(row.as_text(c::name)).data(), *row.as_uuid(c::queue_id),
                      read_types(row)};
    list.push(consumer);
    consumers->types |= consumer.types;
  }
  scan.end();
  consumers->list = list.all();
  if (page) know(*session, table, *page, *consumers);
}

const Consumers* find_consumers(Session* session) {
  auto* consumers = static_cast<Consumers*>(palloc(sizeof(Consumers)));
  *consumers = {};
  if (is_known(*session)) {
    copy_known(consumers);
  } else if (Table::may_have_rows(session, c::kTable)) {
    read_table(session, consumers);
  }
  return consumers;
}

}  // namespace

const Consumers& consumers_of(Session* session) {
  if (session->finding() == nullptr) {
    MemoryContext caller = MemoryContextSwitchTo(session->estate()->es_query_cxt);
    session->keep_finding(find_consumers(session));
    MemoryContextSwitchTo(caller);
  }
  return *static_cast<const Consumers*>(session->finding());
}

}  // namespace s2t::procedures::events
