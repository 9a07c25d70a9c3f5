// What a search of transcripts is made of: s2t_fold, s2t_matches, s2t_snippet. See core/search.h.
#include "core/search.h"
#include "core/fold.h"

#include "pg/error.h"
#include "pg/function.h"

namespace s2t::procedures {

namespace {

// Core reads UTF-8. A database of another encoding has its texts converted, and results back.
std::string_view to_utf8(std::string_view text) {
  char* converted =
      pg_server_to_any(const_cast<char*>(text.data()), static_cast<int>(text.size()), PG_UTF8);
  return converted == text.data() ? text : std::string_view{converted};
}

Datum text_from_utf8(char* text, size_t size) {
  char* converted = pg_any_to_server(text, static_cast<int>(size), PG_UTF8);
  return pg::make_text(converted == text ? std::string_view{text, size}
                                         : std::string_view{converted});
}

// A search calls these functions row after row with one query, which is read once.
struct KeptQuery {
  core::SearchQuery query;
  std::string_view source;
};

const core::SearchQuery& query_of(FunctionCallInfo fcinfo, std::string_view source) {
  auto* kept = static_cast<KeptQuery*>(fcinfo->flinfo->fn_extra);
  if (kept == nullptr || kept->source != source) {
    core::SearchQuery query;
    pg::raise_unless_ok(query.parse(to_utf8(source)));
    MemoryContext memory = fcinfo->flinfo->fn_mcxt;
    char* copy = static_cast<char*>(MemoryContextAlloc(memory, source.size()));
    memcpy(copy, source.data(), source.size());
    if (kept == nullptr)
      kept = static_cast<KeptQuery*>(MemoryContextAlloc(memory, sizeof(KeptQuery)));
    *kept = {query, {copy, source.size()}};
    fcinfo->flinfo->fn_extra = kept;
  }
  return kept->query;
}

}  // namespace

}  // namespace s2t::procedures

S2T_FUNCTION(s2t_fold) {
  using namespace s2t::procedures;
  std::string_view text = to_utf8(s2t::pg::Arguments(fcinfo).as_text(0, "in_text"));
  char* folded = static_cast<char*>(palloc(text.size() + 1));
  size_t size = s2t::core::fold(text, folded);
  folded[size] = '\0';
  PG_RETURN_DATUM(text_from_utf8(folded, size));
}

S2T_FUNCTION(s2t_matches) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  const auto& query = query_of(fcinfo, arguments.as_text(1, "in_query"));
  PG_RETURN_BOOL(query.matches(to_utf8(arguments.as_text(0, "in_text"))));
}

S2T_FUNCTION(s2t_snippet) {
  using namespace s2t::procedures;
  s2t::pg::Arguments arguments(fcinfo);
  const auto& query = query_of(fcinfo, arguments.as_text(1, "in_query"));
  char snippet[s2t::core::SearchQuery::kMaxSnippetBytes + 1];
  size_t size = query.snippet(to_utf8(arguments.as_text(0, "in_text")), snippet);
  snippet[size] = '\0';
  PG_RETURN_DATUM(text_from_utf8(snippet, size));
}
