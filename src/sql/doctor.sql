-- ------------------------------------------------------------------------------------------------
-- What is wrong, what to do about it, and repair: tables, rights and work. The books are in books.sql,
-- what columns and rows say of each other in states.sql.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_check_tables()
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
    WITH
    place AS (SELECT '@extschema@'::regnamespace AS home, format('SELECT * FROM %s.s2t_install();', '@extschema@'::regnamespace) AS install),
    owner AS (SELECT @extschema@.s2t_owner()::oid AS oid),
    table_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_tables()),
    column_here AS MATERIALIZED (SELECT * FROM @extschema@.s2t_standing_columns()),
    missing AS MATERIALIZED (SELECT * FROM @extschema@.s2t_missing_constraints()),
    index_here AS MATERIALIZED (
        SELECT t.tab, c.relname, i.indexrelid, i.indisvalid AND i.indisready AND i.indislive AS good
          FROM table_here AS t
          JOIN pg_index AS i ON i.indrelid = t.oid
          JOIN pg_class AS c ON c.oid = i.indexrelid
    )
    SELECT 'missing_table', 'error', format('table %s', t.tab), 'does not exist', p.install
      FROM table_here AS t, place AS p
     WHERE t.fresh
    UNION ALL
    SELECT 'wrong_kind', 'error', format('table %s', t.tab), 'is not an ordinary table', 'Move or rename it, then ' || p.install
      FROM table_here AS t, place AS p
     WHERE t.relkind <> 'r'
    UNION ALL
    SELECT 'missing_column', 'error', format('column %s.%s', c.tab, c.col), 'does not exist', p.install
      FROM column_here AS c, place AS p
     WHERE c.missing AND NOT c.fresh
    UNION ALL
    SELECT 'wrong_type', 'error', format('column %s.%s', c.tab, c.col), format('has type %s, not %s', c.type_here, c.type::regtype),
           (SELECT r.command FROM @extschema@.s2t_install_refusals(pg_get_userbyid(o.oid)) AS r
             WHERE r.outcome = 'datatype_mismatch' AND r.tab = c.tab AND r.command LIKE format('%% ALTER COLUMN %I %%', c.col))
      FROM column_here AS c, owner AS o
     WHERE NOT c.usable
    UNION ALL
    SELECT 'missing_default', 'warning', format('column %s.%s', c.tab, c.col), 'is NOT NULL without the default that it needs', p.install
      FROM column_here AS c, place AS p
     WHERE c.without_default AND c.preset IS NOT NULL
    UNION ALL
    SELECT 'missing_default', 'warning', format('column %s.%s', t.tab, a.attname), 'is NOT NULL without a default, and the procedures leave it to that',
           format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT ...;', t.fullname, a.attname)
      FROM table_here AS t
      JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
       AND NOT EXISTS (SELECT FROM column_here AS w WHERE w.tab = t.tab AND w.col = a.attname)
    UNION ALL
    SELECT CASE WHEN m.kind IN ('index', 'unique index') THEN 'missing_index' ELSE 'missing_constraint' END, 'error',
           format('%s %s', CASE m.kind WHEN 'key' THEN lower(m.key_kind) ELSE m.kind END, m.name),
           format('(%s) of table %s does not exist', m.cols, m.tab), p.install
      FROM missing AS m, place AS p
     WHERE m.tab IN (SELECT t.tab FROM table_here AS t WHERE t.relkind = 'r')
       AND NOT EXISTS (SELECT FROM index_here AS i WHERE i.tab = m.tab AND i.relname = m.name AND NOT i.good)
    UNION ALL
    SELECT 'invalid_index', 'error', format('index %s', i.relname), format('of table %s is not valid', i.tab),
           format('REINDEX INDEX CONCURRENTLY %s;', i.indexrelid::regclass)
      FROM index_here AS i
     WHERE NOT i.good
    UNION ALL
    SELECT 'not_validated', 'warning', format('constraint %s', o.conname), format('of table %s holds for new rows only', t.tab),
           format('Put the rows right that violate it, then ALTER TABLE %s VALIDATE CONSTRAINT %I;', t.fullname, o.conname)
      FROM table_here AS t
      JOIN pg_constraint AS o ON o.conrelid = t.oid AND NOT o.convalidated
    UNION ALL
    SELECT 'foreign_key_action', 'warning', format('foreign key %s', o.conname), format('of table %s does not delete rows with the one they refer to', t.tab),
           'Replace it by one with ON DELETE CASCADE.'
      FROM table_here AS t
      JOIN @extschema@.s2t_standing_constraints() AS o ON o.conrelid = t.oid AND o.contype = 'f' AND o.confdeltype <> 'c'
      JOIN table_here AS f ON f.oid = o.confrelid
      JOIN @extschema@.s2t_wanted_constraints() AS w ON w.tab = t.tab AND w.kind = 'foreign key' AND w.cols = o.cols
                                                    AND w.rest = format('%s (%s) ON DELETE CASCADE', f.tab, o.confcols)
    UNION ALL
    SELECT 'missing_trigger', 'error', format('trigger %s.%s', m.tab, m.name), 'does not exist: other statements than the procedures'' are not counted', p.install
      FROM @extschema@.s2t_missing_triggers() AS m, place AS p
     WHERE m.tab IN (SELECT t.tab FROM table_here AS t WHERE t.relkind = 'r')
    UNION ALL
    SELECT 'disabled_trigger', 'error', format('trigger %s.%s', t.tab, g.tgname), 'is disabled: other statements than the procedures'' are not counted',
           format('ALTER TABLE %s ENABLE TRIGGER %I; then SELECT * FROM %s.s2t_doctor(true);', t.fullname, g.tgname, p.home)
      FROM place AS p, table_here AS t
      JOIN @extschema@.s2t_wanted_triggers() AS w ON w.tab = t.tab
      JOIN pg_trigger AS g ON g.tgrelid = t.oid AND g.tgname = w.name AND g.tgenabled NOT IN ('O', 'A')
    UNION ALL
    SELECT 'counting_trigger', 'error', format('trigger %s.%s', c.tab, c.name),
           format('calls %s, which moves %s by itself: counted twice', c.routine, c.counters),
           format('DROP TRIGGER %I ON %s; then SELECT * FROM %s.s2t_doctor(true);', c.name, c.fullname, p.home)
      FROM @extschema@.s2t_counting_triggers() AS c, place AS p
     WHERE c.counters IS NOT NULL
    UNION ALL
    SELECT 'table_owner', 'error', format('table %s', t.tab),
           format('belongs to role "%s", and not to "%s", who the procedures run as', pg_get_userbyid(t.relowner), pg_get_userbyid(o.oid)),
           format('ALTER TABLE %s OWNER TO %I; or, for one owner of everything, CALL %s.s2t_set_owner(...);', t.fullname, pg_get_userbyid(o.oid), p.home)
      FROM table_here AS t, owner AS o, place AS p
     WHERE t.relowner <> o.oid
    UNION ALL
    SELECT 'routine_owner', 'error', lower(split_part(s.subject, ' ', 1)) || ' ' || substr(s.subject, strpos(s.subject, ' ') + 1),
           format('does not belong to role "%s", as s2t_install() does', pg_get_userbyid(o.oid)),
           format('CALL %s.s2t_set_owner(%L);', p.home, o.oid::regrole)
      FROM owner AS o, place AS p, @extschema@.s2t_strangers(o.oid) AS s (subject)
    UNION ALL
    SELECT 'row_security', 'error', format('table %s', t.tab), 'has row security that binds its owner: the procedures refuse it',
           format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY;', t.fullname)
      FROM owner AS o
      JOIN pg_roles AS r ON r.oid = o.oid AND NOT r.rolsuper AND NOT r.rolbypassrls
     CROSS JOIN table_here AS t
      JOIN pg_class AS c ON c.oid = t.oid AND c.relrowsecurity AND c.relforcerowsecurity
    UNION ALL
    -- Owners are told above.
    SELECT 'risk', 'warning', 'rights', r.risk, r.remedy
      FROM @extschema@.s2t_risks() AS r
     WHERE r.risk NOT LIKE 'table % belongs to %'
    UNION ALL
    SELECT 'version', 'error', 'extension s2t', format('the library is of version %s, the catalog of %s', @extschema@.s2t_version(), e.extversion),
           'Install the files of one version, begin new sessions, and use ALTER EXTENSION s2t UPDATE; then ' || p.install
      FROM pg_extension AS e, place AS p
     WHERE e.extname = 's2t' AND e.extversion <> @extschema@.s2t_version()
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_check_tables() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_check_tables()
    IS 'What of tables, columns, constraints, indexes, triggers, owners, rights and versions is not as it should be; part of s2t_doctor().';

CREATE FUNCTION @extschema@.s2t_check_work()
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
DECLARE
    now_is CONSTANT timestamptz := clock_timestamp();
    home   CONSTANT regnamespace := '@extschema@'::regnamespace;
BEGIN
    -- How often a job should run, as far as that can be told: in a month, on a day, in an hour. Who has
    -- not run for that long and an hour more, does not run.
    RETURN QUERY
    SELECT f.finding, f.gravity, format('job %s of role %s', j.job, j.role), f.told, f.cure
      FROM @extschema@.s2t_read_jobs() AS j
     CROSS JOIN LATERAL (SELECT regexp_split_to_array(btrim(j.schedule), '\s+') AS part) AS s
     CROSS JOIN LATERAL (
               SELECT CASE WHEN s.part[2] LIKE 'second%' THEN interval '1 hour'
                           WHEN s.part[3] <> '*' OR s.part[4] <> '*' THEN interval '31 days'
                           WHEN s.part[5] <> '*' THEN interval '7 days'
                           WHEN s.part[2] <> '*' THEN interval '1 day'
                           ELSE interval '1 hour' END + interval '1 hour' AS most
           ) AS p
     CROSS JOIN LATERAL (VALUES
               ('job_off', 'warning', 'is not active', format('UPDATE cron.job SET active = true WHERE jobname = %L; or CALL %s.sp_schedule_jobs();', j.job, home),
                NOT j.active),
               ('job_failing', 'error', format('failed when it last ran, at %s: %s', j.last_start, j.last_message), 'See what the message says, and the server log.',
                j.active AND j.last_status = 'failed'),
               ('job_late', 'error', format('has not run since %s', j.last_start), 'See that pg_cron runs: its launcher, cron.database_name and the server log.',
                j.active AND j.last_start < now_is - p.most)
           ) AS f (finding, gravity, told, cure, found)
     WHERE f.found;

    RETURN QUERY
    SELECT 'job_left', 'warning', format('job %s of role %s', coalesce(j.job, j.id::text), j.role), j.problem, format('SELECT cron.unschedule(%s);', j.id)
      FROM @extschema@.s2t_jobs_left() AS j;

    RETURN QUERY
    SELECT 'ended_cycles', 'warning', 'table user_subscriptions',
           format('%s cycles ended more than a day ago and are not closed, the first at %s: the reset does not run', count(*), min(s.cycle_end)),
           format('CALL %s.sp_reset_monthly_cycles(); and have it called every day.', home)
      FROM @extschema@.user_subscriptions AS s
     WHERE s.cycle_end < now_is - interval '1 day'
    HAVING count(*) > 0;

    -- The library is loaded by now, and s2t.stale_after is its setting.
    PERFORM @extschema@.s2t_version();
    RETURN QUERY
    SELECT 'stale_recordings', 'warning', 'table recordings',
           format('%s are in processing without a sign of life for more than a day, the first since %s', count(*), min(coalesce(r.active_at, r.created_at))),
           format('CALL %s.sp_fail_stale_recordings(); and have it called every few minutes.', home)
      FROM @extschema@.recordings AS r
     WHERE r.status = 'processing'
       AND coalesce(r.active_at, r.created_at) < now_is - greatest(interval '1 day', 2 * current_setting('s2t.stale_after')::interval)
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'marks_lost', 'warning', 'failure marks', format('%s could not be made since the server started', l.lost),
           format('See the server log; what is still in processing is failed by CALL %s.sp_fail_stale_recordings();', home)
      FROM @extschema@.s2t_failure_marks_lost() AS l (lost)
     WHERE l.lost > 0;

    RETURN QUERY
    SELECT 'set_aside', 'warning', 'jobs', format('%s rows were set aside by the last runs', l.aside),
           'Put right what refuses them, which the WARNINGs in the server log name; the next run tries them again.'
      FROM @extschema@.s2t_rows_set_aside() AS l (aside)
     WHERE l.aside > 0;

    RETURN QUERY
    SELECT f.finding, 'warning', format('consumer "%s"', q.consumer), f.told, f.cure
      FROM @extschema@.s2t_read_event_queues() AS q
     CROSS JOIN LATERAL (VALUES
           ('events_late', q.oldest_seconds > 86400, format('has an event that waits for %s', make_interval(days => (q.oldest_seconds / 86400)::integer)),
            format('Have it take what waits, or SELECT %s.s2t_drop_consumer(%L);', home, q.consumer)),
           ('events_dead', q.dead > 0, format('has given up %s events', q.dead),
            format('SELECT * FROM %1$s.s2t_dead_events; then SELECT %1$s.s2t_revive_events(%2$L); or %1$s.s2t_discard_events(%2$L, ...).', home, q.consumer))) AS f (finding, found, told, cure)
     WHERE f.found;

    -- An undo ends before what is not kept.
    RETURN QUERY
    SELECT 'revisions_lost', 'warning', format('recording %s', r.id),
           concat_ws('; ', CASE WHEN v.edits <> r.revision THEN format('of %s revisions %s are kept', r.revision, v.edits) END,
                           CASE WHEN v.kept <> v.lines THEN format('of %s segments that edits replaced %s are kept', v.kept, v.lines) END),
           'Restore its rows of segment_revisions from a backup; or leave it: edits go on, and an undo goes back no further.'
      FROM @extschema@.recordings AS r
      LEFT JOIN (SELECT i.recording_id, count(*) FILTER (WHERE i.item = 0) AS edits, coalesce(sum(i.kept_count) FILTER (WHERE i.item = 0), 0) AS kept,
                        count(*) FILTER (WHERE i.item > 0) AS lines, max(i.revision) AS latest
                   FROM @extschema@.segment_revisions AS i
                  GROUP BY i.recording_id) AS i ON i.recording_id = r.id
     CROSS JOIN LATERAL (SELECT coalesce(i.edits, 0) AS edits, coalesce(i.kept, 0) AS kept, coalesce(i.lines, 0) AS lines, coalesce(i.latest, 0) AS latest) AS v
     WHERE (v.edits <> r.revision AND v.latest <= r.revision) OR v.kept <> v.lines
     LIMIT 100;

    -- Statements of somebody's own on the queue may leave what was put behind without anything before it.
    RETURN QUERY
    SELECT 'events_behind', 'error', format('consumer "%s"', c.name), format('will never be given the events of user %s: they stand behind none', b.user_id),
           format('UPDATE %s.events SET due_at = ''-infinity'' WHERE queue_id = %L AND user_id = %L AND due_at = ''infinity'';', home, b.queue_id, b.user_id)
      FROM (SELECT DISTINCT e.queue_id, e.user_id FROM @extschema@.events AS e WHERE e.due_at = 'infinity') AS b
      JOIN @extschema@.event_consumers AS c USING (queue_id)
     CROSS JOIN LATERAL (SELECT e.due_at FROM @extschema@.events AS e
                          WHERE e.queue_id = b.queue_id AND e.user_id = b.user_id ORDER BY e.at, e.id LIMIT 1) AS first
     WHERE first.due_at = 'infinity'
     LIMIT 100;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_check_work() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_check_work()
    IS 'Jobs that do not run or fail, what they should have done, failure marks that were lost, rows that were set aside, and events that nobody takes; part of s2t_doctor().';

-- All with one snapshot, that of the statement: what is committed together is seen together.
CREATE FUNCTION @extschema@.s2t_examine()
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = off
AS $function$
DECLARE
    told CONSTANT integer := 100;
    fit  boolean := true;
BEGIN
    FOR check_name, severity, object, problem, remedy IN
        SELECT t.* FROM @extschema@.s2t_check_tables() AS t ORDER BY t.severity, t.check_name, t.object
    LOOP
        fit := fit AND check_name NOT IN ('missing_table', 'missing_column', 'wrong_kind', 'wrong_type');
        RETURN NEXT;
    END LOOP;

    -- What cannot be looked at is told, and all else is looked at.
    BEGIN
        IF fit THEN
            PERFORM @extschema@.s2t_require_seen(ARRAY(SELECT t.tab FROM @extschema@.s2t_wanted_tables() AS t));
            RETURN QUERY SELECT w.* FROM @extschema@.s2t_check_work() AS w;
            RETURN QUERY
            SELECT b.check_name, 'error', CASE WHEN b.n <= told THEN b.object ELSE 'and more' END,
                   CASE WHEN b.n <= told THEN b.problem ELSE format('%s more', b.all_of_it - told) END,
                   format('SELECT * FROM %s.s2t_doctor(true);', '@extschema@'::regnamespace)
              FROM (SELECT b.*, row_number() OVER w AS n, count(*) OVER (PARTITION BY b.check_name) AS all_of_it
                      FROM (SELECT * FROM @extschema@.s2t_check_books() UNION ALL SELECT * FROM @extschema@.s2t_check_states()) AS b
                    WINDOW w AS (PARTITION BY b.check_name ORDER BY b.object)) AS b
             WHERE b.n <= told + 1
             ORDER BY b.check_name, b.n;
            RETURN;
        END IF;
        problem := 'the tables are not whole';
    EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state OR undefined_object OR undefined_function THEN
        problem := SQLERRM;
    END;
    check_name := 'not_examined';
    severity := 'error';
    object := 'books and work';
    problem := format('could not be looked at: %s', problem);
    remedy := 'Put right what is told above, and ask again.';
    RETURN NEXT;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_examine() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_examine()
    IS 'What s2t_doctor() finds, read as the owner; of each check a hundred rows, and how many more there are.';

-- With the caller's rights: who may not call s2t_repair() may not have repaired.
CREATE FUNCTION @extschema@.s2t_doctor(in_repair boolean DEFAULT false)
RETURNS TABLE (check_name text, severity text, object text, problem text, remedy text, repaired boolean)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF in_repair IS NULL THEN
        RAISE EXCEPTION 'argument must not be null'
              USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Argument in_repair is null.';
    END IF;
    IF in_repair THEN
        RETURN QUERY SELECT r.check_name, 'error'::text, r.object, r.problem, NULL::text, true FROM @extschema@.s2t_repair() AS r;
    END IF;
    RETURN QUERY SELECT e.check_name, e.severity, e.object, e.problem, e.remedy, false FROM @extschema@.s2t_examine() AS e;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_doctor(boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_doctor(boolean)
    IS 'What is wrong with tables, rights, jobs and books, and what to do about it; no rows if all is well. Reads only, unless it is to repair the books.';
