# s2t: the database tier of a speech-to-text service, as a PostgreSQL extension
#
#   make, make install, make installcheck    as for every PGXS extension
#   make help                                everything else
#
# PG_CONFIG picks the server, CXX the compiler, WERROR= builds in spite of warnings. S2T_FLAGS are
# flags for a module to test with: -DS2T_INVALIDATE (see docs/development.md).

PG_CONFIG ?= pg_config
WERROR ?= -Werror

EXTENSION = s2t
S2T_VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" s2t.control)

# The product's SQL, by theme, in the order in which the scripts have it: what is
# used while something is made (by a view, by a function in the language SQL) stands
# before it.
sql_themes = \
	library \
	remote \
	slots \
	accounts \
	recordings \
	transcripts \
	totals \
	meter \
	reads \
	edits \
	search \
	audit \
	events \
	jobs \
	work \
	rights \
	owner \
	api \
	metrics \
	tables \
	standing \
	install \
	states \
	books \
	doctor
theme_files = $(sql_themes:%=src/sql/%.sql)

# What was released is frozen. The scripts of this version are put together: the full
# one of the themes, the update of what it drops (src/sql/update) and the same themes,
# in which it replaces what the versions before have.
released_scripts = $(sort $(wildcard src/sql/released/*.sql))
update_scripts = $(patsubst src/sql/update/%.sql,build/sql/s2t--%.sql,$(wildcard src/sql/update/*--$(S2T_VERSION).sql))
DATA = $(released_scripts) $(sort $(wildcard src/sql/released/*.control))
DATA_built = build/sql/s2t--$(S2T_VERSION).sql $(update_scripts)

# Two floors: the rules (core) are plain C++; the rest lives in the backend,
# where an exception must not exist.
MODULE_big = s2t
core_objs := $(patsubst %.cpp,%.o,$(sort $(wildcard src/core/*/*.cpp src/core/*/*/*.cpp)))
backend_objs := $(patsubst %.cpp,%.o,$(sort $(filter-out src/core/%,$(wildcard \
	src/*.cpp src/*/*.cpp src/*/*/*.cpp))))
OBJS = $(core_objs) $(backend_objs)

# Every file of sql/ is a test; the first one is the first thing a DBA does.
REGRESS = install $(filter-out install,$(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql))))

EXTRA_CLEAN = $(OBJS:.o=.d) $(filter-out build/matrix build/dev build/assert,$(wildcard build/*))

# PGXS takes its flags when it is included; what comes later is ignored.
# The variables are expanded in there, when MAJORVERSION and CXX are known.
#
# Naming the server's headers with -isystem takes them out of the places that
# PGXS names with -I, and so their warnings out of ours. Clang does not know
# every option of the gcc that built the server.
PG_CPPFLAGS = -Isrc -isystem $(includedir_server) -DS2T_VERSION='"$(S2T_VERSION)"' $(S2T_FLAGS)
PG_CXXFLAGS = -std=c++20 -fvisibility=hidden -fvisibility-inlines-hidden -Wall -Wextra $(WERROR) \
	$(if $(filter 13 14 15,$(MAJORVERSION)),-Wno-register) \
	$(if $(findstring clang,$(shell $(CXX) --version)), \
		-Wno-unknown-warning-option -Wno-ignored-optimization-argument)
backend_flags = -fno-exceptions -fno-rtti

# The C++ driver links, so that its runtime library is found. No bitcode:
# inlining a procedure into a query buys nothing and would need clang.
override COMPILER = $(CXX) $(CXXFLAGS)
override with_llvm = no

# Templates of the C++ library are visible whatever the flags say: the linker hides them.
ifeq ($(shell uname -s),Linux)
SHLIB_LINK += -Wl,--version-script=src/s2t.map
endif

PGXS := $(if $(filter check,$(MAKECMDGOALS)),,$(shell $(PG_CONFIG) --pgxs 2>/dev/null))
ifneq ($(wildcard $(PGXS)),)
include $(PGXS)

# -MD notes the server's headers too: a new server release rebuilds the module.
src/%.o: src/%.cpp
	$(CXX) $(CXXFLAGS) $(floor_flags) $(CPPFLAGS) -MD -MP -MF $(@:.o=.d) -c -o $@ $<
$(backend_objs): floor_flags = $(backend_flags)
$(OBJS): Makefile s2t.control
$(MODULE_big).so: src/s2t.map
-include $(wildcard $(OBJS:.o=.d))

build/sql/s2t--$(S2T_VERSION).sql: src/sql/begin.sql $(theme_files) src/sql/create.sql src/sql/end.sql
	@mkdir -p $(@D)
	awk -f src/sql/assemble.awk $(filter %.sql,$^) >$@.new && mv $@.new $@
build/sql/s2t--%--$(S2T_VERSION).sql: src/sql/update/%--$(S2T_VERSION).sql $(released_scripts) $(theme_files) src/sql/end.sql
	@mkdir -p $(@D)
	awk -f src/sql/assemble.awk $(released_scripts) $< $(theme_files) src/sql/end.sql >$@.new && mv $@.new $@
$(DATA_built): Makefile s2t.control src/sql/assemble.awk

distclean: dev-stop distclean-matrix
distclean-matrix:
	rm -rf --one-file-system build
else
all install installcheck uninstall clean:
	@echo "$(PG_CONFIG) does not lead to the build files of a PostgreSQL server." >&2
	@echo "Install them (Debian: postgresql-server-dev-NN), or name PG_CONFIG=." >&2
	@exit 1
endif

# The scripts install what they need: they come first on a new machine.
demo:
	@demo/run

demo-scale:
	@demo/scale

dev:
	@demo/dev start $(DEV_FLAGS)

dev-stop:
	@demo/dev stop

test:
	@test/run

# The archive of a release, for PGXN: of what is committed or, without git, of what is there.
dist:
	@packaging/dist

deb:
	@packaging/deb

# For the loop of a developer: no second compiler, no sanitizers, no whole servers. PGXS has a target
# of this name that says it is not supported, and was left out above.
ifneq ($(filter check,$(MAKECMDGOALS)),)
check:
	@S2T_CLANG= S2T_SANITIZED= test/run --only build,check,unit,regress,pgtap,isolation
endif

matrix:
	@test/matrix

assert:
	@test/assert

# Ten minutes of what make test gives one.
fuzz:
	@test/fuzz/run 600

bench:
	@if [ -x bench/run ]; then exec bench/run; fi; echo "there is no bench/run" >&2; exit 1

own_code = $(shell find src test -name '*.h' -o -name '*.cpp')

format:
	clang-format -i $(own_code)

tidy:
	cmake -S . -B build/tidy -DPG_CONFIG=$(PG_CONFIG) -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
	printf '%s\n' $(filter %.cpp,$(own_code)) | \
		xargs -n 1 -P "$$(nproc)" clang-tidy --quiet --warnings-as-errors='*' -p build/tidy

# For scripts: what a variable holds (make print-REGRESS).
print-%:
	@:$(info $($*))

help:
	@echo "make               build the module"
	@echo "make install       install it into the server that PG_CONFIG names"
	@echo "make installcheck  pg_regress against a running server"
	@echo "make demo          a story with figures, on a throwaway cluster"
	@echo "make demo-scale    a router, two shards, slots that move, a shard that stops"
	@echo "make dev           a database to develop against (make dev-stop removes it)"
	@echo "make test          every test, on throwaway clusters"
	@echo "make check         the quick ones of them"
	@echo "make assert        tests on a server with assertions, and under valgrind"
	@echo "make fuzz          ten minutes of fuzzing readers, exports and edits"
	@echo "make matrix        build and tests on PostgreSQL 15, 17 and 18"
	@echo "make bench         the benchmark"
	@echo "make dist          the archive of this version for PGXN, in build"
	@echo "make deb           Debian packages, in build/deb"
	@echo "make format        clang-format, in place"
	@echo "make tidy          clang-tidy"
	@echo "make clean         remove what was built (make distclean: the matrix's systems too)"

.PHONY: demo demo-scale dev dev-stop dist deb test check assert fuzz matrix bench format tidy help distclean-matrix
