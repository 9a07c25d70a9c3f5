#!/usr/bin/env python3
"""Hostile owner: reshapes the tables while others call, and puts them back.

    campaign.py PSQL DATABASE ROUNDS CALLS SEED KIND

Every round is one thing that an owner can do to a table, as many calls of the other
sessions as CALLS says, and what takes it back.  KIND is "kept" for what leaves the rows
and their figures alone, "lost" for what does not, "any" for both.  Prints what was done.
"""

import random
import re
import subprocess
import sys

TABLES = {
    # table: a text column, an integer one, a key that a constraint has, whether others refer to it
    "plans": ("name", "plan_cost", "id", True),
    "users": ("role", None, "id", True),
    "user_profiles": ("name", None, "user_id", False),
    "user_subscriptions": (None, "usage_count", "user_id", False),
    "recordings": ("source", "duration_ms", "id", True),
    "segments": ("text", "start_ms", "recording_id, idx", False),
    "segment_revisions": ("kind", None, "recording_id, revision, item", False),
    "usage_cycles": ("plan_code", "usage_count", "id", False),
    "usage_entries": ("note", "seconds", "user_id, id", False),
    "usage_credits": ("note", "seconds", "user_id, id", False),
    "audit_log": ("detail", None, "id", False),
    "event_consumers": (None, None, "queue_id", False),
    "events": ("error", "attempt", "queue_id, user_id, at, id", False),
    "slots": ("state", None, "slot", False),
}
ACTIONS = ["raise", "raise oddly", "commit", "rollback", "savepoint", "drop itself", "drop trigger", "add column", "index",
           "other column", "analyze", "recurse", "recurse for ever", "read", "set", "snapshot"]
INDEXES = {
    "recordings": [("recordings_ended_idx", "created_at"), ("recordings_processing_idx", "created_at"), ("recordings_user_id_id_idx", "user_id")],
    "user_subscriptions": [("user_subscriptions_cycle_end_user_id_idx", "cycle_end")],
    "usage_cycles": [("usage_cycles_user_id_closed_at_idx", "user_id")],
    "events": [("events_ready_idx", "queue_id"), ("events_due_idx", "queue_id"), ("events_taken_idx", "queue_id")],
}


def deferred(table, action):
    return (f"CREATE CONSTRAINT TRIGGER hostile AFTER INSERT OR UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            f"EXECUTE FUNCTION hostile.act('{action}')", f"DROP TRIGGER IF EXISTS hostile ON {table}")


def kept(table):
    """Pairs of statements: what is done, what takes it back. Rows and figures stay."""
    text, number, key, referred = TABLES[table]
    column = text or number or key.split(",")[0]
    constraint = f"{table}_pkey"
    for action in ACTIONS:
        for when in ("BEFORE", "AFTER"):
            for event in ("INSERT OR UPDATE OR DELETE", "UPDATE", "INSERT"):
                yield (f"CREATE TRIGGER hostile {when} {event} ON {table} FOR EACH ROW EXECUTE FUNCTION hostile.act('{action}')",
                       f"DROP TRIGGER IF EXISTS hostile ON {table}; ALTER TABLE {table} DROP COLUMN IF EXISTS more")
    for action in ("raise", "drop itself", "recurse", "analyze", "commit"):
        yield (f"CREATE TRIGGER hostile BEFORE INSERT OR UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION hostile.act('{action}')",
               f"DROP TRIGGER hostile ON {table}")
        # At the commit nobody uses the table any more: it may be dropped then.
        if action != "drop itself":
            yield deferred(table, action)
    yield (f"CREATE TRIGGER hostile BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION hostile.suppress()",
           f"DROP TRIGGER hostile ON {table}")
    yield f"ALTER TABLE {table} RENAME TO elsewhere", f"ALTER TABLE elsewhere RENAME TO {table}"
    yield f"ALTER TABLE {table} SET SCHEMA attic", f"ALTER TABLE attic.{table} SET SCHEMA public"
    yield f"ALTER TABLE {table} RENAME COLUMN {column} TO elsewhere", f"ALTER TABLE {table} RENAME COLUMN elsewhere TO {column}"
    yield (f"ALTER TABLE {table} RENAME TO elsewhere; CREATE VIEW {table} AS SELECT * FROM elsewhere",
           f"DROP VIEW {table}; ALTER TABLE elsewhere RENAME TO {table}")
    yield (f"ALTER TABLE {table} RENAME TO elsewhere; CREATE MATERIALIZED VIEW {table} AS SELECT * FROM elsewhere",
           f"DROP MATERIALIZED VIEW {table}; ALTER TABLE elsewhere RENAME TO {table}")
    yield (f"ALTER TABLE {table} RENAME TO elsewhere; CREATE SEQUENCE {table}", f"DROP SEQUENCE {table}; ALTER TABLE elsewhere RENAME TO {table}")
    yield (f"ALTER TABLE {table} RENAME TO elsewhere; CREATE TYPE {table} AS (id uuid)", f"DROP TYPE {table}; ALTER TABLE elsewhere RENAME TO {table}")
    first = key.split(",")[0]
    yield (f"ALTER TABLE {table} RENAME TO elsewhere; CREATE TABLE {table} (LIKE elsewhere INCLUDING DEFAULTS) PARTITION BY HASH ({first}); "
           f"CREATE TABLE hostile.part PARTITION OF {table} FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
           f"DROP TABLE {table}; ALTER TABLE elsewhere RENAME TO {table}")
    yield f"CREATE TABLE hostile.child () INHERITS ({table})", "DROP TABLE hostile.child"
    yield (f"CREATE TABLE hostile.parent AS SELECT {first} FROM {table} LIMIT 0; ALTER TABLE hostile.parent ALTER {first} SET NOT NULL; ALTER TABLE {table} INHERIT hostile.parent",
           f"ALTER TABLE {table} NO INHERIT hostile.parent; DROP TABLE hostile.parent")
    yield (f"CREATE RULE hostile AS ON INSERT TO {table} DO INSTEAD NOTHING", f"DROP RULE hostile ON {table}")
    yield (f"CREATE RULE hostile AS ON UPDATE TO {table} DO ALSO SELECT 1", f"DROP RULE hostile ON {table}")
    yield (f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY hostile ON {table} USING (false)",
           f"DROP POLICY hostile ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")
    yield (f"CREATE INDEX hostile ON {table} USING hash ({first})", "DROP INDEX hostile")
    yield (f"CREATE INDEX hostile ON {table} USING brin ({first})", "DROP INDEX hostile")
    yield (f"CREATE INDEX hostile ON {table} (hostile.moody({first}))", "DROP INDEX IF EXISTS hostile")
    yield (f"CREATE INDEX hostile ON {table} ({first}) WHERE hostile.moody({first}) IS NOT NULL", "DROP INDEX IF EXISTS hostile")
    yield (f"ALTER TABLE {table} ADD CONSTRAINT hostile CHECK (hostile.moody({first}) <> '') NOT VALID", f"ALTER TABLE {table} DROP CONSTRAINT hostile")
    yield (f"ALTER TABLE {table} ADD CONSTRAINT hostile CHECK (false) NOT VALID", f"ALTER TABLE {table} DROP CONSTRAINT hostile")
    yield f"ALTER TABLE {table} ADD COLUMN more text NOT NULL DEFAULT hostile.moody('x'::text)", f"ALTER TABLE {table} DROP COLUMN IF EXISTS more"
    yield f"ALTER TABLE {table} ADD COLUMN more hostile.word NOT NULL DEFAULT 'x'", f"ALTER TABLE {table} DROP COLUMN more"
    yield f"ALTER TABLE {table} ADD COLUMN more hostile.moody_word", f"ALTER TABLE {table} DROP COLUMN more"
    yield f"ALTER TABLE {table} ADD COLUMN more text GENERATED ALWAYS AS (hostile.moody({first})) STORED", f"ALTER TABLE {table} DROP COLUMN IF EXISTS more"
    yield f"ALTER TABLE {table} ADD COLUMN more int GENERATED ALWAYS AS IDENTITY", f"ALTER TABLE {table} DROP COLUMN more"
    yield f"ALTER TABLE {table} ADD COLUMN more bigserial", f"ALTER TABLE {table} DROP COLUMN more"
    for n in (1, 40):
        yield ("; ".join(f"ALTER TABLE {table} ADD COLUMN more{i} int DEFAULT {i}; ALTER TABLE {table} DROP COLUMN more{i}" for i in range(n)), "SELECT 1")
    yield f"VACUUM FULL {table}", f"VACUUM ANALYZE {table}"
    yield f"CLUSTER {table} USING {constraint}", f"ALTER TABLE {table} SET WITHOUT CLUSTER"
    yield f"REINDEX TABLE {table}", f"REINDEX TABLE CONCURRENTLY {table}"
    yield f"ALTER TABLE {table} REPLICA IDENTITY NOTHING", f"ALTER TABLE {table} REPLICA IDENTITY DEFAULT"
    yield f"ALTER TABLE {table} REPLICA IDENTITY FULL", f"ALTER TABLE {table} REPLICA IDENTITY DEFAULT"
    yield f"REVOKE ALL ON {table} FROM postgres", f"GRANT ALL ON {table} TO postgres"
    yield f"CREATE STATISTICS hostile (dependencies) ON {first}, ctid FROM {table}", "SELECT 1"
    if not referred:
        yield (f"ALTER TABLE {table} DROP CONSTRAINT {constraint}, ADD CONSTRAINT {constraint} PRIMARY KEY ({key}) DEFERRABLE INITIALLY DEFERRED",
               f"ALTER TABLE {table} DROP CONSTRAINT {constraint}, ADD CONSTRAINT {constraint} PRIMARY KEY ({key})")
        yield (f"ALTER TABLE {table} DROP CONSTRAINT {constraint}", f"ALTER TABLE {table} ADD CONSTRAINT {constraint} PRIMARY KEY ({key})")
    for index, leading in INDEXES.get(table, []):
        again = f"DROP INDEX IF EXISTS {index}; SELECT * FROM s2t_install()"
        yield f"DROP INDEX {index}", again
        for method in ("brin", "hash"):
            yield f"DROP INDEX {index}; CREATE INDEX {index} ON {table} USING {method} ({leading})", again
        yield f"DROP INDEX {index}; CREATE INDEX {index} ON {table} (hostile.moody({leading}))", again
        yield f"DROP INDEX {index}; CREATE INDEX {index} ON {table} ({leading} DESC)", again
    if text:
        yield (f'ALTER TABLE {table} ALTER COLUMN {text} TYPE text COLLATE "C"', f'ALTER TABLE {table} ALTER COLUMN {text} TYPE text COLLATE "default"')
        yield (f"ALTER TABLE {table} ALTER COLUMN {text} TYPE hostile.word", f"ALTER TABLE {table} ALTER COLUMN {text} TYPE text")
        yield (f"ALTER TABLE {table} ALTER COLUMN {text} TYPE hostile.moody_word", f"ALTER TABLE {table} ALTER COLUMN {text} TYPE text")
        yield (f"ALTER TABLE {table} ALTER COLUMN {text} TYPE varchar(2000)", f"ALTER TABLE {table} ALTER COLUMN {text} TYPE text")
        yield (f'ALTER TABLE {table} ALTER COLUMN {text} TYPE name', f"ALTER TABLE {table} ALTER COLUMN {text} TYPE text") if table not in ("segments",) else ("SELECT 1", "SELECT 1")
        yield (f"ALTER TABLE {table} ALTER COLUMN {text} SET STORAGE EXTERNAL", f"ALTER TABLE {table} ALTER COLUMN {text} SET STORAGE EXTENDED")
        yield (f"CREATE INDEX hostile ON {table} USING spgist ({text})", "DROP INDEX hostile") if table != "segments" else ("SELECT 1", "SELECT 1")
        yield (f"CREATE INDEX hostile ON {table} USING gin (to_tsvector('simple', {text}))", "DROP INDEX hostile")
    if number:
        yield f"ALTER TABLE {table} ALTER COLUMN {number} TYPE bigint", f"ALTER TABLE {table} ALTER COLUMN {number} TYPE integer"
        yield f"ALTER TABLE {table} ALTER COLUMN {number} TYPE hostile.number", f"ALTER TABLE {table} ALTER COLUMN {number} TYPE integer"
        yield f"ALTER TABLE {table} ALTER COLUMN {number} DROP DEFAULT", f"ALTER TABLE {table} ALTER COLUMN {number} SET DEFAULT 0"
        yield (f"ALTER TABLE {table} ADD CONSTRAINT hostile EXCLUDE USING btree ({number} WITH =) WHERE (false)", f"ALTER TABLE {table} DROP CONSTRAINT hostile")
    if table == "segments":
        yield "ALTER TABLE segments ALTER COLUMN idx ADD GENERATED ALWAYS AS IDENTITY", "ALTER TABLE segments ALTER COLUMN idx DROP IDENTITY"
        yield "ALTER TABLE segments ALTER COLUMN meta TYPE json", "ALTER TABLE segments ALTER COLUMN meta TYPE jsonb"
        yield "CREATE INDEX hostile ON segments USING gin (meta)", "DROP INDEX hostile"
        yield "CALL sp_create_search_index()", "CALL sp_drop_search_index()"


def lost(table):
    """What does not leave rows and figures alone; s2t_install() and s2t_doctor() put the rest right."""
    text, number, key, referred = TABLES[table]
    yield f"DROP TABLE {table} CASCADE", "SELECT 1"
    yield f"TRUNCATE {table} CASCADE", "SELECT 1"
    yield deferred(table, "drop itself")
    yield f"ALTER TABLE {table} DISABLE TRIGGER ALL", f"ALTER TABLE {table} ENABLE TRIGGER ALL"
    yield (f"CREATE TRIGGER hostile BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION hostile.act('truncate')",
           f"DROP TRIGGER hostile ON {table}")
    yield f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey CASCADE", "SELECT 1"
    yield f"ALTER TABLE {table} SET UNLOGGED", f"ALTER TABLE {table} SET LOGGED"
    for column in filter(None, (text, number, key.split(",")[0])):
        yield f"ALTER TABLE {table} DROP COLUMN {column} CASCADE", "SELECT 1"
        yield f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL; UPDATE {table} SET {column} = NULL", "SELECT 1"
    if number:
        yield (f"ALTER TABLE {table} DROP COLUMN {number} CASCADE; ALTER TABLE {table} ADD COLUMN {number} int GENERATED ALWAYS AS (7) STORED",
               f"ALTER TABLE {table} DROP COLUMN {number}")
    if table in ("recordings", "segments"):
        yield f"DROP TRIGGER IF EXISTS s2t_count_insert ON {table}; DROP TRIGGER IF EXISTS s2t_count_delete ON {table}", "SELECT 1"
    if table == "recordings":
        for column in ("charged_cycle_id", "heard_ms", "attempt", "held_seconds", "segment_count", "fingerprint", "create_key"):
            yield f"ALTER TABLE recordings DROP COLUMN {column} CASCADE", "SELECT 1"


# What is still wrong, in a line; nothing if there is enough left to go on with.
LEFT = """SELECT string_agg(told, '; ') FROM (
    (SELECT concat_ws(' ', check_name, object, problem) AS told FROM s2t_doctor() WHERE severity = 'error' ORDER BY 1 LIMIT 3)
    UNION ALL
    SELECT 'people are gone' WHERE (SELECT count(*) FROM hostile.people JOIN users ON id = user_id JOIN user_subscriptions USING (user_id)) < 10) AS l"""


class Owner:
    def __init__(self, psql, database):
        self.command = [psql, "-X", "-q", "-A", "-t", "-d", database]

    def run(self, statements, stop=True):
        """The last line of the output, and the errors."""
        done = subprocess.run([*self.command, *(["-v", "ON_ERROR_STOP=1"] if stop else [])], input=statements, text=True, capture_output=True)
        lines = done.stdout.splitlines()
        return lines[-1] if lines else "", done.stderr

    def call(self, statement, times=20, stop=True):
        """As often as another one's lock is in the way; the errors of the last time."""
        for _ in range(times):
            _, errors = self.run("SET client_min_messages = error; " + statement, stop)
            if not re.search("deadlock detected|lock timeout|could not serialize|tuple concurrently", errors):
                break
        return errors

    def called(self):
        return int(self.run("SELECT last_value FROM hostile.called")[0] or 0)

    def wait_for_calls(self, calls):
        until = self.called() + calls
        self.run(f"DO $$ BEGIN WHILE (SELECT last_value FROM hostile.called) < {until} LOOP PERFORM pg_sleep(0.01); END LOOP; END $$")


def main():
    psql, database, rounds, calls, seed, kind = sys.argv[1:]
    chance = random.Random(int(seed))
    everything = [(table, *pair) for table in TABLES for make in (kept, lost) if kind in (make.__name__, "any") for pair in make(table)]
    owner = Owner(psql, database)
    forgotten, _ = owner.run(f"SELECT string_agg(tab, ', ') FROM s2t_wanted_tables() WHERE NOT tab = ANY ('{{{','.join(TABLES)}}}')")
    if forgotten:
        sys.exit(f"there are more tables: {forgotten}")
    refused = anew = 0
    for n in range(int(rounds)):
        table, do, undo = chance.choice(everything)
        # Each statement by itself: what is refused, since somebody else has just done the like, leaves nothing to take back.
        _, errors = owner.run("SET client_min_messages = error; SET lock_timeout = '20s'; " + do + ";")
        refused += bool(errors)
        print(f"{n} {table}: {do}", f"-- {errors.strip()}" if errors else "", sep=" ", flush=True)
        owner.wait_for_calls(int(calls))
        errors = owner.call(undo + ";", stop=False)
        if errors:
            print(f"{n} taking back: {errors.strip()}", flush=True)
        if kind == "kept":
            continue
        # What the tables are made of comes back, and figures that the rows give; what is left is what was lost.
        errors = owner.call("SELECT * FROM s2t_install(); SELECT * FROM s2t_doctor(true);")
        left, more = owner.run(LEFT)
        if errors or more or left:
            print(f"{n} begins anew: {errors.strip()} {more.strip()} {left}", flush=True)
            errors = owner.call("CALL hostile.begin_anew();")
            if errors:
                sys.exit(f"{n} cannot begin anew: {errors.strip()}")
            anew += 1
    print(f"{rounds} rounds of {len(everything)} kinds, {refused} refused" + (f", {anew} begun anew" if anew else ""))


if __name__ == "__main__":
    main()
