-- ------------------------------------------------------------------------------------------------
-- Scheduled jobs.
-- ------------------------------------------------------------------------------------------------

-- pg_cron, which may be absent, or in another database, or come later: nothing in here depends on it.

CREATE FUNCTION @extschema@.s2t_job_commands(
    in_reset_schedule text DEFAULT '0 0 1 * *',
    in_cleanup_schedule text DEFAULT '0 2 * * *',
    in_stale_schedule text DEFAULT '*/10 * * * *',
    in_audit_schedule text DEFAULT '30 2 * * *',
    in_retention_days integer DEFAULT 90,
    in_stale_after interval DEFAULT '6 hours',
    in_audit_retention interval DEFAULT NULL)
RETURNS TABLE (job text, schedule text, command text, statement text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $function$
BEGIN
    IF in_retention_days IS NULL OR in_retention_days < 0
       OR in_stale_after IS NULL OR in_stale_after <= '0'::interval OR in_audit_retention <= '0'::interval THEN
        RAISE EXCEPTION 'invalid retention or age'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('Recordings are kept %s days and fail after %s, the audit log is kept %s.',
                                    coalesce(in_retention_days::text, 'null'), coalesce(in_stale_after::text, 'null'),
                                    coalesce(in_audit_retention::text, 'forever'));
    END IF;

    RETURN QUERY
    -- pg_cron takes a job of this name and role for the one to change, whichever database it is of.
    SELECT w.job, w.schedule, w.command,
           CASE WHEN w.schedule IS NULL
                THEN format('SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = %L AND database = %L;',
                            w.job, current_database())
                ELSE format('DO %L;', format(
                         'BEGIN '
                         'IF EXISTS (SELECT FROM cron.job WHERE jobname = %1$L AND username = %5$L AND database <> %4$L) THEN '
                         'RAISE EXCEPTION %6$L USING ERRCODE = ''duplicate_object'', HINT = %7$L; END IF; '
                         'PERFORM cron.schedule_in_database(%1$L, %2$L, %3$L, %4$L, %5$L); '
                         'END',
                         w.job, w.schedule, w.command, current_database(), current_user,
                         replace(format('job "%s" of role "%s" belongs to another database than "%s"',
                                        w.job, current_user, current_database()), '%', '%%'),
                         'Let another role call s2t_job_commands(): names of jobs are unique for each role.')) END
      FROM (VALUES
               ('reset-monthly-cycles', in_reset_schedule,
                format('CALL %s.sp_reset_monthly_cycles()', '@extschema@'::regnamespace)),
               ('cleanup-old-recordings', in_cleanup_schedule,
                format('CALL %s.sp_purge_old_recordings(%s)', '@extschema@'::regnamespace, in_retention_days)),
               ('fail-stale-recordings', in_stale_schedule,
                format('CALL %s.sp_fail_stale_recordings(%L)', '@extschema@'::regnamespace, in_stale_after)),
               ('purge-audit-log', CASE WHEN in_audit_retention IS NOT NULL THEN in_audit_schedule END,
                format('CALL %s.sp_purge_audit_log(', '@extschema@'::regnamespace) || quote_literal(in_audit_retention) || ')')
           ) AS w (job, schedule, command);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_job_commands(text, text, text, text, integer, interval, interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_job_commands(text, text, text, text, integer, interval, interval)
    IS 'The jobs of sp_schedule_jobs(), and for each the statement to run where pg_cron lives, if that is another database; it fails where a job of that name and role is of a third one. Without a schedule a job is removed.';

CREATE FUNCTION @extschema@.s2t_require_cron(in_statements text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    home   text;
    hidden boolean := false;
BEGIN
    -- Anybody who may create schemas can make one named cron, but only a superuser this extension.
    IF EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron') THEN
        RETURN;
    END IF;

    BEGIN
        home := current_setting('cron.database_name', true);
    EXCEPTION
        WHEN insufficient_privilege THEN
            hidden := true;
    END;

    IF hidden OR home <> current_database() THEN
        RAISE EXCEPTION 'pg_cron is not in this database'
              USING ERRCODE = 'object_not_in_prerequisite_state',
                    DETAIL = CASE WHEN hidden THEN 'The setting cron.database_name names the database where it is.'
                                  ELSE format('Its jobs are kept in database "%s" (setting cron.database_name).', home) END,
                    HINT = format(E'Let a superuser run in %s:\n', coalesce(format('database "%s"', home), 'that database')) || in_statements;
    END IF;
    RAISE EXCEPTION 'pg_cron is not installed'
          USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = CASE WHEN home IS NULL
                            THEN format('Add pg_cron to shared_preload_libraries, set cron.database_name = %L, restart the server, and use ',
                                        current_database())
                            ELSE 'Use ' END
                       || 'CREATE EXTENSION pg_cron; or call the procedures from another scheduler.';
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_require_cron(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_require_cron(text)
    IS 'Raises an error that says what to do if pg_cron is not in this database.';

CREATE PROCEDURE @extschema@.sp_schedule_jobs(
    in_reset_schedule text DEFAULT '0 0 1 * *',
    in_cleanup_schedule text DEFAULT '0 2 * * *',
    in_stale_schedule text DEFAULT '*/10 * * * *',
    in_audit_schedule text DEFAULT '30 2 * * *',
    in_retention_days integer DEFAULT 90,
    in_stale_after interval DEFAULT '6 hours',
    in_audit_retention interval DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
DECLARE
    wanted  record;
    present record;
BEGIN
    PERFORM @extschema@.s2t_require_cron(string_agg(w.statement, E'\n'))
       FROM @extschema@.s2t_job_commands(in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule,
                                         in_retention_days, in_stale_after, in_audit_retention) AS w;

    FOR wanted IN
        SELECT *
          FROM @extschema@.s2t_job_commands(in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule,
                                            in_retention_days, in_stale_after, in_audit_retention)
    LOOP
        EXECUTE 'SELECT j.jobid, j.database FROM cron.job AS j WHERE j.jobname = $1 AND j.username = current_user'
           INTO present
          USING wanted.job;
        IF present.database <> current_database() THEN
            RAISE EXCEPTION 'job "%" of role "%" belongs to database "%"', wanted.job, current_user, present.database
                  USING ERRCODE = 'duplicate_object',
                        HINT = 'Call this as another role: names of jobs are unique for each role.';
        END IF;

        IF wanted.schedule IS NOT NULL THEN
            EXECUTE 'SELECT cron.schedule($1, $2, $3)' USING wanted.job, wanted.schedule, wanted.command;
        ELSIF present.jobid IS NOT NULL THEN
            EXECUTE 'SELECT cron.unschedule($1)' USING present.jobid;
        END IF;
    END LOOP;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.sp_schedule_jobs(text, text, text, text, integer, interval, interval) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_schedule_jobs(text, text, text, text, integer, interval, interval)
    IS 'Registers the scheduled jobs with pg_cron, for the calling role; safe to repeat. Without a schedule a job is removed; without in_audit_retention the audit log is kept.';

CREATE PROCEDURE @extschema@.sp_unschedule_jobs()
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
BEGIN
    PERFORM @extschema@.s2t_require_cron(string_agg(w.statement, E'\n'))
       FROM @extschema@.s2t_job_commands(NULL, NULL, NULL, NULL) AS w;

    EXECUTE 'SELECT cron.unschedule(j.jobid) FROM cron.job AS j WHERE j.jobname = ANY ($1) AND j.database = current_database()'
      USING ARRAY(SELECT w.job FROM @extschema@.s2t_job_commands() AS w);
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.sp_unschedule_jobs() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_unschedule_jobs()
    IS 'Removes the scheduled jobs of this database from pg_cron: the calling role''s, or everybody''s if that is a superuser.';

-- pg_cron shows everybody their own jobs only; an operator wants to see that the jobs run. If the
-- owner is a superuser, all are seen, otherwise those that the owner has registered.
CREATE FUNCTION @extschema@.s2t_read_jobs()
RETURNS TABLE (job text, role text, schedule text, command text, active boolean,
               last_start timestamptz, last_end timestamptz, last_status text, last_message text,
               last_success timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- Where the owner may not look, there is nothing to show: this is part of the metrics, which go on.
    IF NOT EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron')
       OR NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'cron' AND has_schema_privilege(n.oid, 'USAGE')) THEN
        RETURN;
    END IF;

    RETURN QUERY EXECUTE $sql$
        SELECT j.jobname::text, j.username, j.schedule, j.command, j.active,
               last.start_time, last.end_time, last.status, last.return_message,
               (SELECT r.end_time
                  FROM cron.job_run_details AS r
                 WHERE r.jobid = j.jobid AND r.status = 'succeeded'
                 ORDER BY r.runid DESC
                 LIMIT 1)
          FROM cron.job AS j
          LEFT JOIN LATERAL (SELECT r.*
                               FROM cron.job_run_details AS r
                              WHERE r.jobid = j.jobid
                              ORDER BY r.runid DESC
                              LIMIT 1) AS last ON true
         WHERE j.jobname = ANY ($1) AND j.database = current_database()
         ORDER BY j.jobname, j.username
    $sql$ USING ARRAY(SELECT w.job FROM @extschema@.s2t_job_commands() AS w);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_jobs() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_jobs()
    IS 'What the view s2t_jobs shows.';

CREATE VIEW @extschema@.s2t_jobs AS
    SELECT * FROM @extschema@.s2t_read_jobs();

REVOKE ALL ON TABLE @extschema@.s2t_jobs FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_jobs
    IS 'The scheduled jobs of this database with their last run and their last success; empty where pg_cron is not. Of everybody, if the owner is a superuser, otherwise the owner''s.';

-- pg_cron keeps the jobs of an extension that was dropped, or of a database; they fail from then on. An event
-- trigger that takes them away would be the extension's own, and so be gone before it could.
CREATE FUNCTION @extschema@.s2t_jobs_left()
RETURNS TABLE (id bigint, job text, role text, problem text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'pg_cron')
       OR NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'cron' AND has_schema_privilege(n.oid, 'USAGE')) THEN
        RETURN;
    END IF;

    RETURN QUERY EXECUTE $sql$
        SELECT j.jobid, j.jobname::text, j.username::text,
               CASE WHEN d.oid IS NULL THEN format('is of database "%s", which does not exist', j.database)
                    ELSE format('calls %s.%s, which does not exist', c.part[1], c.part[2]) END
          FROM cron.job AS j
         CROSS JOIN LATERAL regexp_match(j.command, '^\s*call\s+("[^"]+"|[[:alnum:]_$]+)\.(sp_\w+)\s*\(', 'i') AS c (part)
          LEFT JOIN pg_database AS d ON d.datname = j.database
         WHERE c.part IS NOT NULL
           AND lower(c.part[2]) = ANY ($1)
           AND (d.oid IS NULL
                OR d.datname = current_database()
                   AND NOT EXISTS (SELECT
                                     FROM pg_proc AS p
                                     JOIN pg_namespace AS n ON n.oid = p.pronamespace
                                    WHERE p.proname = lower(c.part[2]) AND p.prokind = 'p'
                                      AND n.nspname = CASE WHEN c.part[1] LIKE '"%' THEN btrim(c.part[1], '"') ELSE lower(c.part[1]) END))
         ORDER BY j.jobid
    $sql$ USING ARRAY(SELECT (regexp_match(w.command, '\.(sp_\w+)'))[1] FROM @extschema@.s2t_job_commands(in_audit_retention => '1 day') AS w);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_jobs_left() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_jobs_left()
    IS 'Jobs of pg_cron that an extension s2t has left behind: of this database, in a schema where it is no more, or of a database that is gone; part of s2t_doctor().';
