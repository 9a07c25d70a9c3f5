// What the optional search index holds (s2t_search_terms), and how a query asks it
// (s2t_search_condition). Each word of a segment stands in it after the slot of its recording,
// which is that of the owner: the index gives what users of one slot said, not what everybody said.
#include "core/search/search.h"

#include "pg/error.h"
#include "pg/function.h"
#include "pg/ids.h"

namespace s2t::procedures {

namespace {

// The server keeps a tsvector below a megabyte; a longer text is indexed as one that may hold any
// word.
constexpr size_t kMaxTermBytes = size_t{256} * 1024;

constexpr size_t kPrefixBytes = 3;

std::string_view prefix_of(int slot) {
  return {psprintf("%03x", static_cast<unsigned>(slot) & 0xFFFU), kPrefixBytes};
}

// A query for nothing, for which tsqueryin() would raise a NOTICE.
Datum empty_query() {
  auto* query = static_cast<TSQuery>(palloc0(HDRSIZETQ));
  SET_VARSIZE(query, HDRSIZETQ);
  return TSQueryGetDatum(query);
}

}  // namespace

}  // namespace s2t::procedures

S2T_FUNCTION(s2t_search_terms) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  std::string_view prefix = prefix_of(s2t::pg::slot_of(arguments.as_uuid(0, "in_recording_id")));
  std::string_view text = arguments.as_text(1, "in_text");

  char term[kPrefixBytes + s2t::core::kMaxIndexedWordBytes];
  memcpy(term, prefix.data(), kPrefixBytes);
  s2t::core::WordReader words(text);
  size_t size;
  size_t total = 0;
  int count = 0;
  int room = 64;
  auto* terms = static_cast<Datum*>(palloc(room * sizeof(Datum)));
  while (words.next(term + kPrefixBytes, &size) && total < kMaxTermBytes) {
    if (count == room) {
      room *= 2;
      terms = static_cast<Datum*>(repalloc(terms, room * sizeof(Datum)));
    }
    total += kPrefixBytes + size;
    terms[count++] = s2t::pg::make_text({term, kPrefixBytes + size});
  }
  if (total >= kMaxTermBytes) {
    terms[0] = s2t::pg::make_text(prefix);
    count = 1;
  }
  ArrayType* array = construct_array(terms, count, TEXTOID, -1, false, TYPALIGN_INT);
  return DirectFunctionCall1(array_to_tsvector, PointerGetDatum(array));
}

S2T_FUNCTION(s2t_search_condition) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  s2t::core::SearchQuery query;
  s2t::pg::raise_unless_ok(query.parse(arguments.as_text(1, "in_query")));
  char condition[s2t::core::SearchQuery::kMaxConditionBytes];
  query.condition(prefix_of(arguments.as_int32(0, "in_slot")), condition);
  if (condition[0] == '\0') return s2t::procedures::empty_query();
  return DirectFunctionCall1(tsqueryin, CStringGetDatum(condition));
}
