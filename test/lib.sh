# shellcheck shell=bash
# What the test run, the matrix and the demo share: the packages they need, a
# copy of the tree, a throwaway cluster.  Sourced, never run.
#
# Everything temporary is below $S2T_TMP, which goes away, with the cluster in
# it, when the script that sourced this ends, however it ends.  The cluster
# listens on a socket in there and on no port: it meets no other cluster.
#
# A server does not run as root.  For root, the cluster and whatever talks to
# it is run as the user postgres; for anyone else as that user, who needs sudo
# for installing packages and the extension, and for nothing else.

S2T_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
S2T_TMP=${S2T_TMP:-}
S2T_CLUSTER=

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# report DESCRIPTION TROUBLE: a TAP line; good if there is no trouble to tell.
REPORT_STATUS=0
report() {
    local line
    if [ -z "$2" ]; then
        say "ok - $1"
    else
        say "not ok - $1"
        while read -r line; do say "#   $line"; done <<<"$2"
        REPORT_STATUS=1
    fi
}

# as_root COMMAND...: with root's rights.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo -- "$@"
    else die "needs root, or sudo, for: $*"
    fi
}

# as_user COMMAND...: as the user who owns the cluster.
as_user() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- env HOME="$S2T_TMP" LC_ALL=C.UTF-8 "$@"
    else
        env LC_ALL=C.UTF-8 "$@"
    fi
}

# give_away PATH...: to that user.
give_away() {
    if [ "$(id -u)" = 0 ]; then chown -R postgres: "$@"; fi
}

# ---------------------------------------------------------------- packages

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = 'ii ' ]
}

# need_packages PACKAGE...: installs those that are missing.  The package
# postgresql-NN would make and start a cluster of its own, others a service:
# not for us, neither now nor when the machine starts again.
need_packages() {
    local missing=() package no_main=/etc/postgresql-common/createcluster.d/s2t-no-main.conf status=0
    local policy=/usr/sbin/policy-rc.d own_policy=false services
    if ! command -v dpkg-query >/dev/null; then return 0; fi
    for package; do is_installed "$package" || missing+=("$package"); done
    if [ ${#missing[@]} = 0 ]; then return 0; fi
    say "installing ${missing[*]}"
    refresh_packages
    as_root mkdir -p "$(dirname $no_main)"
    as_root sh -c "echo 'create_main_cluster = false' > $no_main"
    if [ ! -e $policy ]; then
        own_policy=true
        as_root sh -c "printf '#!/bin/sh\\nexit 101\\n' > $policy && chmod 755 $policy"
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends "${missing[@]}" >"$S2T_TMP/apt.log" 2>&1 </dev/null || status=$?
    as_root rm -f $no_main
    if $own_policy; then as_root rm -f $policy; fi
    # Of the servers' packages only: PostgreSQL's own unit starts the clusters that somebody made.
    services=$(dpkg -L "${missing[@]}" 2>/dev/null | sed -n 's#^/lib/systemd/system/\([a-z-]*\.service\)$#\1#p' | grep -v '^postgresql')
    if [ -n "$services" ] && [ -d /run/systemd/system ]; then
        # shellcheck disable=SC2086 # several words
        as_root systemctl disable --quiet $services 2>/dev/null || true
    fi
    if [ $status != 0 ]; then tail -n 20 "$S2T_TMP/apt.log" >&2; die "cannot install ${missing[*]}"; fi
}

# Once per run; a broken third-party source is no reason to stop.
refresh_packages() {
    if [ -e "$S2T_TMP/apt.refreshed" ]; then return 0; fi
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update >"$S2T_TMP/apt.log" 2>&1 </dev/null || true
    touch "$S2T_TMP/apt.refreshed"
}

has_package() { [ -n "$(apt-cache --quiet=2 madison "$1" 2>/dev/null)" ]; }

# of_server PACKAGE...: those packages, if the server is the distribution's; nothing of one that
# somebody built, which has what belongs to it beside it.
of_server() { if $PG_PACKAGED; then say "$*"; fi; }

# find_server: sets PG_CONFIG (unless the caller has), PG_PACKAGED, PG_MAJOR and PG_BIN, and
# installs the server with its build files.  A server that is here already is
# preferred to the distribution's; one that the caller names and that is not the
# distribution's has its build files beside it.
find_server() {
    local found
    if [ -z "${PG_CONFIG:-}" ]; then
        found=$(find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
        if [ -n "$found" ]; then
            PG_CONFIG=$(dirname "$found")/pg_config
        elif command -v apt-cache >/dev/null; then
            has_package postgresql || refresh_packages
            PG_MAJOR=$(apt-cache depends postgresql |
                sed -n 's/^ *Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)
            PG_CONFIG=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config
        else
            PG_CONFIG=pg_config
        fi
    fi
    if [ -z "${PG_MAJOR:-}" ]; then
        PG_MAJOR=$("$PG_CONFIG" --version | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p')
    fi
    PG_PACKAGED=false
    if [[ $PG_CONFIG = /usr/lib/postgresql/* || ! -x $PG_CONFIG ]]; then PG_PACKAGED=true; fi
    # shellcheck disable=SC2046 # several words
    need_packages $(of_server "postgresql-$PG_MAJOR" "postgresql-server-dev-$PG_MAJOR") g++ make nlohmann-json3-dev
    PG_BIN=$("$PG_CONFIG" --bindir) || die "no PostgreSQL: set PG_CONFIG"
    PGXS_DIR=$(realpath "$(dirname "$("$PG_CONFIG" --pgxs)")/../..")
    export PG_CONFIG PG_MAJOR PG_BIN PGXS_DIR
}

# ---------------------------------------------------------------- the tree

# list_tree: the files that make up the project, as paths below its root.
list_tree() {
    (cd "$S2T_ROOT" && find . \( -path ./build -o -path ./.git \) -prune -o -type f \
        ! -name '*.o' ! -name '*.d' ! -name '*.so' ! -name '*.bc' -print)
}

# copy_tree TO: makes TO the project as it stands.  What was built in TO
# before stays, files that the project no longer has go.
copy_tree() {
    local to=$1 list
    mkdir -p "$to"
    list=$(list_tree | sort)
    if [ -e "$to/.files" ]; then
        comm -13 <(say "$list") "$to/.files" | (cd "$to" && while read -r gone; do rm -f "$gone" "${gone%.cpp}.o"; done)
    fi
    say "$list" >"$to/.files"
    (cd "$S2T_ROOT" && xargs -d '\n' cp -p --parents -t "$to") <"$to/.files"
}

# install_extension FOLDER: builds the project in FOLDER and installs the extension.
install_extension() {
    local log=$1.log
    mkdir -p "$1"
    copy_tree "$1"
    say "building ..."
    if ! make -C "$1" -j "$(nproc)" PG_CONFIG="$PG_CONFIG" >"$log" 2>&1 ||
        ! as_root make -C "$1" install PG_CONFIG="$PG_CONFIG" >>"$log" 2>&1; then
        tail -n 30 "$log" >&2
        die "cannot build and install the extension, see $log"
    fi
}

# ---------------------------------------------------------------- the cluster

# make_tmp: $S2T_TMP, and the trap that removes it.
make_tmp() {
    export S2T_TMP
    S2T_TMP=$(mktemp -d "${TMPDIR:-/tmp}/s2t.XXXXXX")
    chmod 755 "$S2T_TMP"
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

clean_up() {
    trap '' INT TERM HUP
    local children
    children=$(jobs -p)
    # shellcheck disable=SC2086 # several words
    if [ -n "$children" ]; then kill $children 2>/dev/null; wait $children 2>/dev/null; fi
    stop_cluster
    rm -rf --one-file-system "$S2T_TMP"
}

# start_cluster [SETTING=VALUE...]: a new cluster, reached by what this
# exports: PGHOST, PGPORT, PGUSER, PGDATABASE.  Its log: $S2T_TMP/server.log.
start_cluster() {
    local setting
    S2T_CLUSTER=$S2T_TMP/data
    mkdir "$S2T_CLUSTER" "$S2T_TMP/socket"
    : >"$S2T_TMP/server.log"
    give_away "$S2T_TMP"
    (cd "$S2T_TMP" && as_user "$PG_BIN/initdb" -D "$S2T_CLUSTER" -U postgres -A trust -E UTF8 --locale=C --lc-ctype=C.UTF-8 -N \
        >"$S2T_TMP/initdb.log" 2>&1) || { cat "$S2T_TMP/initdb.log" >&2; die "initdb failed"; }
    {
        say "listen_addresses = ''"
        say "unix_socket_directories = '$S2T_TMP/socket'"
        say "unix_socket_permissions = 0700"
        say "fsync = off"
        say "max_connections = 200"
        say "log_line_prefix = '%m [%p] %q%d %e '"
        for setting; do say "$setting"; done
    } >>"$S2T_CLUSTER/postgresql.conf"
    (cd "$S2T_TMP" && as_user "$PG_BIN/pg_ctl" -D "$S2T_CLUSTER" -l "$S2T_TMP/server.log" -w start >/dev/null) ||
        { cat "$S2T_TMP/server.log" >&2; die "the cluster does not start"; }
    export PGHOST=$S2T_TMP/socket PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
    unset PGHOSTADDR PGSERVICE PGPASSWORD PGOPTIONS PGSSLMODE PGTZ PGDATESTYLE
    export PSQLRC=/dev/null
}

stop_cluster() {
    if [ -n "$S2T_CLUSTER" ] && [ -e "$S2T_CLUSTER/postmaster.pid" ]; then
        (cd "$S2T_TMP" && as_user "$PG_BIN/pg_ctl" -D "$S2T_CLUSTER" -m immediate -w stop >/dev/null 2>&1) || true
    fi
    S2T_CLUSTER=
}

# sql [DATABASE]: runs its standard input, stops at the first error, prints
# bare values.
sql() { "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 ${1:+-d "$1"}; }
