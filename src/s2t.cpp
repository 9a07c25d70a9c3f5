// The module's entry: what the server looks for when it loads the library. Nothing else.
#include "failures/ring.h"
#include "metrics/metrics.h"
#include "metrics/set_aside.h"
#include "pg/function.h"
#include "pg/settings.h"

extern "C" {
#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "s2t", .version = S2T_VERSION);
#else
PG_MODULE_MAGIC;
#endif

PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
  s2t::pg::settings::define();
  s2t::metrics::request();
  s2t::metrics::set_aside::request();
  s2t::failures::ring::request();
}
