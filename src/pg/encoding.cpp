#include "pg/encoding.h"

namespace s2t::pg {

namespace {

std::string_view convert(std::string_view text, int from, int to) {
  if (is_utf8_database() || text.empty()) return text;
  // The server's function only reads what it is given, and returns that or a copy.
  auto* source = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(text.data()));
  unsigned char* converted =
      pg_do_encoding_conversion(source, static_cast<int>(text.size()), from, to);
  if (converted == source) return text;
  return reinterpret_cast<const char*>(converted);
}

}  // namespace

bool is_utf8_database() {
  return GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII;
}

std::string_view to_utf8(std::string_view text) {
  return convert(text, GetDatabaseEncoding(), PG_UTF8);
}

std::string_view from_utf8(std::string_view text) {
  return convert(text, PG_UTF8, GetDatabaseEncoding());
}

void in_database_encoding(void (*body)(void*), void* argument) {
  const int client = pg_get_client_encoding();
  if (client == GetDatabaseEncoding()) {
    body(argument);
    return;
  }
  (void)SetClientEncoding(GetDatabaseEncoding());
  PG_TRY();
  {
    body(argument);
  }
  PG_FINALLY();
  {
    (void)SetClientEncoding(client);
  }
  PG_END_TRY();
}

}  // namespace s2t::pg
