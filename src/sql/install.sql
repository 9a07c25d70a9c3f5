-- ------------------------------------------------------------------------------------------------
-- Making the tables, or adopting those that stand there.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_install_refusals(owner text)
RETURNS TABLE (phase integer, seq integer, kind text, fresh boolean, tab text, subject text, outcome text, command text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    WITH
    table_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_tables()),
    column_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_columns())
    SELECT 0, 1, 'refuse', fresh, tab,
           format('"%s" is not an ordinary table', fullname), 'wrong_object_type',
           'Move or rename it: the extension makes and adopts ordinary tables only.'
      FROM table_here
     WHERE relkind <> 'r'
    UNION ALL
    -- One message for all of them.
    SELECT 0, 2, 'refuse', false, min(tab),
           format('table "%s" belongs to role "%s", not to "%s"',
                  min(fullname) FILTER (WHERE seq = first), min(pg_get_userbyid(relowner)), owner)
               || CASE WHEN count(*) > 1 THEN format(', and so do %s', string_agg(format('"%s"', fullname), ', ' ORDER BY seq) FILTER (WHERE seq > first)) ELSE '' END,
           'insufficient_privilege',
           string_agg(format('ALTER TABLE %s OWNER TO %I;', fullname, owner), ' ' ORDER BY seq)
               || format(' or, where the extension stands, CALL %s.s2t_set_owner(...) with the role that is to own both.', '@extschema@'::regnamespace)
      FROM (SELECT h.*, min(h.seq) OVER (PARTITION BY h.relowner) AS first, min(h.seq) OVER () AS first_of_all
              FROM table_here AS h
             WHERE pg_get_userbyid(h.relowner) <> owner) AS t
     GROUP BY relowner
    HAVING min(first) = min(first_of_all)
    UNION ALL
    SELECT 0, 3, 'refuse', fresh, tab,
           format('column "%s" of table "%s" has type %s, not %s', col, fullname, type_here, type::regtype),
           'datatype_mismatch',
           format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %2$I%4$s;', fullname, col, type::regtype,
                  CASE WHEN type = 'timestamptz' AND type_here LIKE 'timestamp%' THEN ' AT TIME ZONE ''UTC'''
                       ELSE '::' || type::regtype END)
      FROM column_here
     WHERE NOT usable
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_install_refusals(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_install_refusals(text)
    IS 'What s2t_install() refuses to adopt: subject is the message, outcome the SQLSTATE condition and command the HINT.';

CREATE FUNCTION @extschema@.s2t_install_makings()
RETURNS TABLE (phase integer, seq integer, kind text, fresh boolean, tab text, subject text, outcome text, command text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    WITH
    table_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_tables()),
    column_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_columns()),
    index_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_indexes()),
    constraint_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_constraints()),
    wanted_constraint AS MATERIALIZED (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_constraints() AS w),
    missing_constraint AS MATERIALIZED (SELECT * FROM @extschema@.s2t_missing_constraints()),
    missing_trigger AS MATERIALIZED (SELECT * FROM @extschema@.s2t_missing_triggers())
    SELECT 1, min(c.seq), 'make', true, c.tab, 'table ' || c.tab, 'created',
           format('CREATE TABLE %s (%s)%s; REVOKE ALL ON TABLE %1$s FROM PUBLIC', c.fullname,
                  string_agg(c.definition, ', ' ORDER BY c.seq), c.storage)
      FROM column_here AS c
     WHERE c.fresh
     GROUP BY c.tab, c.fullname, c.storage

    UNION ALL
    SELECT 3, seq, 'column', fresh, tab, format('column %s.%s', tab, col), 'added',
           format('ALTER TABLE %s ADD COLUMN %s', fullname, definition)
      FROM column_here
     WHERE missing AND NOT fresh
    UNION ALL
    SELECT 4, seq, 'make', fresh, tab, format('column %s.%s', tab, col), 'default added',
           format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', fullname, col, preset)
      FROM column_here
     WHERE without_default AND preset IS NOT NULL

    UNION ALL
    -- Room in the pages of older tables, unless their owner has said how much.
    SELECT 5, 0, 'make', false, tab, 'table ' || tab, 'fillfactor set',
           format('ALTER TABLE %s %s', fullname, replace(storage, ' WITH ', 'SET '))
      FROM table_here
     WHERE NOT fresh AND storage LIKE '%fillfactor%'
       AND NOT EXISTS (SELECT FROM unnest(reloptions) AS o WHERE o LIKE 'fillfactor=%')

    UNION ALL
    SELECT 5, 0, 'make', false, w.tab, format('constraint %s of %s', w.name, w.tab), 'dropped',
           format('ALTER TABLE %s DROP CONSTRAINT %I', t.fullname, w.name)
      FROM wanted_constraint AS w
      JOIN table_here AS t USING (tab)
      JOIN constraint_here AS o ON o.conrelid = t.oid AND o.conname = w.name
     WHERE w.kind = 'gone'
    UNION ALL
    SELECT 5, 0, 'make', false, w.tab, format('index %s of %s', w.name, w.tab), 'dropped',
           format('DROP INDEX %s.%I', '@extschema@'::regnamespace, w.name)
      FROM wanted_constraint AS w
      JOIN table_here AS t USING (tab)
      JOIN index_here AS i ON i.indrelid = t.oid AND i.relname = w.name
     WHERE w.kind = 'gone' AND i.predicate IS NOT NULL

    UNION ALL
    SELECT 6, seq, kind, fresh, tab,
           format('%s (%s) of %s', CASE WHEN kind = 'key' THEN lower(key_kind) ELSE kind END, cols, tab), 'added',
           CASE
           WHEN kind = 'key' THEN
               format('ALTER TABLE %s ADD %s%s (%s)', fullname, 'CONSTRAINT ' || free_name || ' ', key_kind, cols)
           WHEN kind = 'foreign key' THEN
               format('ALTER TABLE %s ADD %sFOREIGN KEY (%s) REFERENCES %s.%s', fullname,
                      'CONSTRAINT ' || free_name || ' ', cols, '@extschema@'::regnamespace, rest)
           WHEN kind = 'check' THEN
               format('ALTER TABLE %s ADD %sCHECK (%s)', fullname, 'CONSTRAINT ' || free_name || ' ', rest)
           ELSE
               format('CREATE %s %s ON %s (%s)%s', upper(kind), free_name, fullname, cols, ' WHERE ' || rest)
           END
      FROM missing_constraint
    UNION ALL
    SELECT 7, seq, 'make', fresh, tab, format('trigger %s.%s', tab, name), 'added',
           format('CREATE TRIGGER %I %s ON %s %s EXECUTE FUNCTION %s.%I(); COMMENT ON TRIGGER %1$I ON %3$s IS %L',
                  name, event, fullname, mode, '@extschema@'::regnamespace, func, 'Keeps the running totals; the procedures count by themselves.')
      FROM missing_trigger
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_install_makings() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_install_makings()
    IS 'What s2t_install() makes: tables, columns, defaults, keys, checks, indexes, triggers; and what of earlier versions goes.';

CREATE FUNCTION @extschema@.s2t_install_recounts()
RETURNS TABLE (phase integer, seq integer, kind text, fresh boolean, tab text, subject text, outcome text, command text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    WITH
    table_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_tables()),
    column_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_columns()),
    missing_trigger AS MATERIALIZED (SELECT * FROM @extschema@.s2t_missing_triggers())
    -- Whoever had usage before there was a ledger: it begins with what the counters say. A
    -- recording under way is charged to the open cycle if it was created in there.
    SELECT 5, w.seq, 'recount', false, w.tab, 'table ' || w.tab, w.outcome, w.command
      FROM (VALUES
               (3, 'user_subscriptions', 'cycles named', $sql$
                   UPDATE @extschema@.user_subscriptions AS s
                      SET cycle_id = encode(set_byte(set_byte(uuid_send(s.cycle_id), 6, 112 | (@extschema@.s2t_slot(s.user_id) >> 8)),
                                                     7, @extschema@.s2t_slot(s.user_id) & 255), 'hex')::uuid
               $sql$),
               (4, 'user_subscriptions', 'ledger opened', $sql$
                   INSERT INTO @extschema@.usage_entries (id, user_id, cycle_id, kind, recordings, seconds)
                   SELECT s.cycle_id, s.user_id, s.cycle_id, 'opening', s.usage_count, s.used_seconds
                     FROM @extschema@.user_subscriptions AS s
                    WHERE s.usage_count <> 0 OR s.used_seconds <> 0
               $sql$),
               (5, 'recordings', 'charged to the open cycles', $sql$
                   UPDATE @extschema@.recordings AS r
                      SET charged_cycle_id = s.cycle_id
                     FROM @extschema@.user_subscriptions AS s
                    WHERE s.user_id = r.user_id
                      AND r.status = 'processing'
                      AND r.created_at >= s.cycle_start
                      AND r.created_at < s.cycle_end
               $sql$)
           ) AS w (seq, tab, outcome, command)
      JOIN table_here AS t ON t.tab = w.tab AND NOT t.fresh
     WHERE EXISTS (SELECT FROM column_here AS c WHERE c.missing AND NOT c.fresh AND c.tab = 'user_subscriptions' AND c.col = 'cycle_id')

    UNION ALL
    SELECT 5, w.seq, 'recount', false, w.tab, 'table ' || w.tab, 'recounted', w.command
      FROM (VALUES
               (1, 'recordings', $sql$
                   UPDATE @extschema@.recordings AS r
                      SET segment_count = c.segments
                     FROM (SELECT i.id, count(s.recording_id) AS segments
                             FROM @extschema@.recordings AS i
                             LEFT JOIN @extschema@.segments AS s ON s.recording_id = i.id
                            GROUP BY i.id) AS c
                    WHERE r.id = c.id
                      AND r.segment_count IS DISTINCT FROM c.segments
               $sql$),
               (2, 'user_subscriptions', $sql$
                   UPDATE @extschema@.user_subscriptions AS s
                      SET total_recordings = c.recordings, total_duration_ms = c.duration, total_segments = c.segments, held_seconds = c.held
                     FROM (SELECT i.user_id, count(r.id) AS recordings, coalesce(sum(r.duration_ms), 0) AS duration,
                                  coalesce(sum(r.segment_count), 0) AS segments,
                                  coalesce(sum(r.held_seconds) FILTER (WHERE r.status = 'processing'), 0) AS held
                             FROM @extschema@.user_subscriptions AS i
                             LEFT JOIN @extschema@.recordings AS r ON r.user_id = i.user_id
                            GROUP BY i.user_id) AS c
                    WHERE s.user_id = c.user_id
                      AND (s.total_recordings, s.total_duration_ms, s.total_segments, s.held_seconds)
                          IS DISTINCT FROM (c.recordings, c.duration, c.segments, c.held)
               $sql$)
           ) AS w (seq, tab, command)
      JOIN table_here AS t ON t.tab = w.tab AND NOT t.fresh
     WHERE EXISTS (SELECT FROM missing_trigger)
        OR EXISTS (SELECT FROM column_here AS c
                    WHERE c.missing
                      AND c.col IN ('segment_count', 'total_recordings', 'total_duration_ms', 'total_segments', 'held_seconds'))
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_install_recounts() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_install_recounts()
    IS 'What s2t_install() counts in tables that lacked what counts: cycles named, ledgers opened, running totals.';

CREATE FUNCTION @extschema@.s2t_install_adoption(in_adopted text[])
RETURNS TABLE (phase integer, seq integer, kind text, fresh boolean, tab text, subject text, outcome text, command text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    WITH
    table_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_tables()),
    column_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_columns()),
    constraint_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_constraints()),
    wanted_column AS MATERIALIZED (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_columns() AS w),
    wanted_constraint AS MATERIALIZED (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_constraints() AS w),
    wanted_trigger AS MATERIALIZED (SELECT w.*, row_number() OVER ()::integer AS seq FROM @extschema@.s2t_wanted_triggers() AS w),
    adopted AS (SELECT t.* FROM table_here AS t WHERE t.tab = ANY (in_adopted))
    SELECT 8, 1, 'warn', t.fresh, t.tab, format('foreign key %s.%s', t.tab, o.conname),
           format('foreign key "%s" of table "%s" does not delete rows with the one they refer to', o.conname, t.fullname),
           'Replace it by one with ON DELETE CASCADE.'
      FROM table_here AS t
      JOIN constraint_here AS o ON o.conrelid = t.oid AND o.contype = 'f' AND o.confdeltype <> 'c'
      JOIN table_here AS f ON f.oid = o.confrelid
      JOIN wanted_constraint AS w ON w.tab = t.tab AND w.kind = 'foreign key' AND w.cols = o.cols
                                 AND w.rest = format('%s (%s) ON DELETE CASCADE', f.tab, o.confcols)
    UNION ALL
    SELECT 2, 0, 'make', true, NULL, NULL, NULL,
           format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE',
                  string_agg(t.fullname, ', ' ORDER BY array_position('{users,recordings,user_subscriptions}', t.tab), t.tab))
      FROM table_here AS t
     WHERE NOT t.fresh
    HAVING EXISTS (SELECT FROM adopted)
    UNION ALL
    SELECT 2, seq, 'note', false, tab, 'table ' || tab, 'adopted', NULL
      FROM adopted
    UNION ALL
    SELECT 8, 2, 'warn', false, t.tab, format('trigger %s.%s', t.tab, g.tgname),
           format('table "%s" has trigger "%s", which %s', t.fullname, g.tgname,
                  coalesce('moves ' || c.counters || ' by itself', 'is not the extension''s')),
           CASE WHEN c.counters IS NULL THEN 'If it counts usage or totals, they are counted twice from now on.'
                ELSE format('They are counted twice unless you drop it: DROP TRIGGER %I ON %s;', g.tgname, t.fullname) END
      FROM adopted AS t
      JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal
      LEFT JOIN @extschema@.s2t_counting_triggers() AS c ON c.tab = t.tab AND c.name = g.tgname
     WHERE NOT EXISTS (SELECT FROM wanted_trigger AS w
                        WHERE g.tgfoid = format('%s.%I()', '@extschema@'::regnamespace, w.func)::regprocedure)
    UNION ALL
    SELECT 8, 3, 'warn', false, t.tab, format('column %s.%s', t.tab, a.attname),
           format('column "%s" of table "%s" is NOT NULL without a default', a.attname, t.fullname),
           'The procedures leave it to its default: give it one.'
      FROM adopted AS t
      JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
       AND NOT EXISTS (SELECT FROM wanted_column AS w WHERE w.tab = t.tab AND w.col = a.attname)
    UNION ALL
    SELECT 9, 0, 'make', true, tab, NULL, NULL, format('COMMENT ON TABLE %s IS %L', fullname, remark)
      FROM table_here
     WHERE obj_description(oid, 'pg_class') IS NULL
    UNION ALL
    SELECT 9, seq, 'make', true, tab, NULL, NULL, format('COMMENT ON COLUMN %s.%I IS %L', fullname, col, remark)
      FROM column_here
     WHERE col_description(oid, attnum) IS NULL
        -- What earlier versions said.
        OR (tab, col, col_description(oid, attnum)) IN (VALUES ('usage_cycles', 'reason', 'Why it was closed: rollover or prorate.'))
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_install_adoption(text[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_install_adoption(text[])
    IS 'What goes with the adoption of these tables: locks first, so that nobody writes between counting and the taking over of the triggers; warnings of what the procedures will meet there; comments.';

CREATE FUNCTION @extschema@.s2t_install()
RETURNS TABLE (object text, action text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Its queries would be compiled, which takes a hundred times longer than to run them.
SET jit = off
AS $function$
DECLARE
    home CONSTANT regnamespace := '@extschema@'::regnamespace;

    -- The owner, whoever calls: the procedures run as the owner of the routines, and so would
    -- whatever another owner of the tables puts into a trigger or a default.
    owner CONSTANT text := current_user;

    step         record;
    complaint    text;
    triggers_off text;
    triggers_on  text;
BEGIN
    -- A GRANT on all functions of a schema is soon given.
    IF NOT pg_has_role(CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END,
                       owner::name, 'USAGE') THEN
        RAISE EXCEPTION 'must be owner of extension s2t'
              USING ERRCODE = 'insufficient_privilege',
                    DETAIL = format('Its routines belong to role "%s".', owner),
                    HINT = format('Use SET ROLE %I first.', owner);
    END IF;

    FOR step IN
        -- What there is to do, in order. Of 'refuse', subject is the message, outcome the error code and command the
        -- hint; of 'warn', outcome is the message and command the hint.
        WITH step AS MATERIALIZED (
            SELECT * FROM @extschema@.s2t_install_refusals(owner)
            UNION ALL
            SELECT * FROM @extschema@.s2t_install_makings()
            UNION ALL
            SELECT * FROM @extschema@.s2t_install_recounts()
        )
        SELECT * FROM step
        UNION ALL
        -- Existing tables that lack something of ours are adopted.
        SELECT * FROM @extschema@.s2t_install_adoption(ARRAY(SELECT tab FROM step WHERE phase IN (3, 4, 6, 7) AND NOT fresh))
        ORDER BY phase, seq, subject
    LOOP
        object := step.subject;
        action := step.outcome;

        IF step.kind = 'refuse' THEN
            RAISE EXCEPTION USING MESSAGE = step.subject, ERRCODE = step.outcome, HINT = step.command;

        ELSIF step.kind = 'warn' THEN
            action := 'warning: ' || step.outcome;
            RAISE WARNING USING MESSAGE = step.outcome, HINT = step.command;

        ELSIF step.kind = 'recount' THEN
            -- Setting right what was never counted is no event for anybody's trigger.
            SELECT format('ALTER TABLE %s.%I %s', home, step.tab, string_agg(format('DISABLE TRIGGER %I', g.tgname), ', ')),
                   format('ALTER TABLE %s.%I %s', home, step.tab,
                          string_agg(format('ENABLE %sTRIGGER %I', CASE g.tgenabled WHEN 'A' THEN 'ALWAYS ' END, g.tgname), ', '))
              INTO triggers_off, triggers_on
              FROM pg_trigger AS g
             WHERE g.tgrelid = format('%s.%I', home, step.tab)::regclass AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A')
            HAVING count(*) > 0;
            IF triggers_off IS NOT NULL THEN
                EXECUTE triggers_off;
            END IF;
            EXECUTE step.command;
            IF triggers_on IS NOT NULL THEN
                EXECUTE triggers_on;
            END IF;

        ELSIF step.command IS NOT NULL THEN
            BEGIN
                EXECUTE step.command;
            EXCEPTION
                WHEN check_violation THEN
                    EXECUTE step.command || ' NOT VALID';
                    action := 'not validated: existing rows violate it';
                    RAISE WARNING '% holds for new rows only: existing rows violate it', step.subject
                          USING HINT = 'Put the rows right, and use ALTER TABLE ... VALIDATE CONSTRAINT.';
                WHEN not_null_violation OR unique_violation THEN
                    GET STACKED DIAGNOSTICS complaint = PG_EXCEPTION_DETAIL;
                    RAISE EXCEPTION '% cannot be added', step.subject
                          USING ERRCODE = SQLSTATE,
                                DETAIL = concat_ws(' ', upper(left(SQLERRM, 1)) || substr(SQLERRM, 2) || '.', nullif(complaint, '')),
                                HINT = CASE step.kind
                                       WHEN 'column' THEN 'Add the column, give every row a value, and try again.'
                                       ELSE 'Put the existing rows right, and try again.' END;
            END;
        END IF;

        -- Of a new table one row is enough.
        IF step.subject IS NOT NULL AND (step.phase = 1 OR NOT step.fresh) THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_install() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_install()
    IS 'Makes the tables of the extension, or adopts those that stand there, and returns a row for each thing done; safe to repeat. Runs as its owner, who owns routines and tables.';

-- pg_dump and pg_restore turn row_security off before they create extensions, and bring the tables.
CREATE FUNCTION @extschema@.s2t_install_from_script()
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owner  CONSTANT regrole := @extschema@.s2t_owner();
    given  text;
    member regclass;
BEGIN
    -- What the script has made goes to the owner before anything of the owner's is touched. REVOKE
    -- says it again, for the rights that the extension begins with are the new owner's.
    FOR given IN SELECT s.subject FROM @extschema@.s2t_strangers(owner) AS s (subject) LOOP
        EXECUTE format('ALTER %s OWNER TO %s', given, owner);
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', regexp_replace(given, '^VIEW', 'TABLE'));
    END LOOP;

    IF NOT current_setting('row_security')::boolean THEN
        -- Scripts of extensions run with NOTICEs switched off; the setting ends with the script.
        PERFORM set_config('client_min_messages', 'notice', true);
        RAISE NOTICE 'tables of extension s2t are left to the restore, because row_security is off'
              USING DETAIL = format('These are %s; the routines belong to role %s, and the tables must.',
                                    (SELECT string_agg(w.tab, ', ') FROM @extschema@.s2t_wanted_tables() AS w), owner),
                    HINT = format('If the tables come with another owner, use CALL %1$s.s2t_set_owner(...) after the restore with the role that is to own both. '
                                  'If nothing is being restored, use SELECT * FROM %1$s.s2t_install().', '@extschema@'::regnamespace);
        RETURN;
    END IF;

    PERFORM FROM @extschema@.s2t_install();

    FOR member IN
        SELECT d.objid
          FROM pg_depend AS d
          JOIN pg_extension AS e ON e.oid = d.refobjid
          JOIN pg_class AS c ON c.oid = d.objid
         WHERE d.classid = 'pg_class'::regclass
           AND d.refclassid = 'pg_extension'::regclass
           AND d.deptype = 'e'
           AND e.extname = 's2t'
           AND c.relkind = 'r'
         ORDER BY d.objid
    LOOP
        EXECUTE format('ALTER EXTENSION s2t DROP TABLE %s', member);
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_install_from_script() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_install_from_script()
    IS 'Last step of every script of the extension: gives what the script has made to the owner, calls s2t_install() unless a dump is being restored, and gives the tables to the database.';
