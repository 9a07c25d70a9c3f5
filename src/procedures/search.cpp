// What a search of transcripts is made of: s2t_fold, s2t_matches, s2t_snippet. See core/search.h.
#include "core/search/search.h"
#include "core/search/fold.h"

#include "pg/encoding.h"
#include "pg/error.h"
#include "pg/function.h"

namespace s2t::procedures {

namespace {

// A search calls these functions row after row with one query, which is read once.
struct KeptQuery {
  core::SearchQuery query;
  std::string_view source;
};

const core::SearchQuery& query_of(FunctionCallInfo fcinfo, std::string_view source) {
  auto* kept = static_cast<KeptQuery*>(fcinfo->flinfo->fn_extra);
  if (kept == nullptr || kept->source != source) {
    core::SearchQuery query;
    pg::raise_unless_ok(query.parse(pg::to_utf8(source)));
    MemoryContext memory = fcinfo->flinfo->fn_mcxt;
    char* copy = static_cast<char*>(MemoryContextAlloc(memory, source.size()));
    memcpy(copy, source.data(), source.size());
    if (kept == nullptr) {
      kept = static_cast<KeptQuery*>(MemoryContextAlloc(memory, sizeof(KeptQuery)));
    } else {
      pfree(const_cast<char*>(kept->source.data()));
    }
    *kept = {query, {copy, source.size()}};
    fcinfo->flinfo->fn_extra = kept;
  }
  return kept->query;
}

}  // namespace

}  // namespace s2t::procedures

S2T_FUNCTION(s2t_fold) {
  namespace pg = s2t::pg;
  std::string_view text = pg::to_utf8(pg::Arguments(fcinfo).as_text(0, "in_text"));
  auto* folded = static_cast<char*>(
      MemoryContextAllocHuge(CurrentMemoryContext, s2t::core::kMaxFoldedGrowth * text.size() + 1));
  size_t size = s2t::core::fold(text, folded);
  PG_RETURN_DATUM(pg::make_text(pg::from_utf8({folded, size})));
}

S2T_FUNCTION(s2t_matches) {
  namespace pg = s2t::pg;
  pg::Arguments arguments(fcinfo);
  const auto& query = s2t::procedures::query_of(fcinfo, arguments.as_text(1, "in_query"));
  PG_RETURN_BOOL(query.matches(pg::to_utf8(arguments.as_text(0, "in_text"))));
}

S2T_FUNCTION(s2t_snippet) {
  namespace pg = s2t::pg;
  pg::Arguments arguments(fcinfo);
  const auto& query = s2t::procedures::query_of(fcinfo, arguments.as_text(1, "in_query"));
  char snippet[s2t::core::SearchQuery::kMaxSnippetBytes];
  size_t size = query.snippet(pg::to_utf8(arguments.as_text(0, "in_text")), snippet);
  PG_RETURN_DATUM(pg::make_text(pg::from_utf8({snippet, size})));
}
