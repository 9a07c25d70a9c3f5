-- ------------------------------------------------------------------------------------------------
-- The API, as programs read it.
-- ------------------------------------------------------------------------------------------------

-- What the catalogs do not know of a routine: the SQLSTATEs that it raises by itself, and which of its
-- arguments may be, and which of its results can be NULL ('result' is one without a name). Neither what
-- every statement can end with (classes 40, 53, 57 and 58, 25006, 42501 for a right that is missing) nor what
-- a table that is not as s2t_install() makes it, or somebody's trigger or constraint, raises.
CREATE FUNCTION @extschema@.s2t_wanted_api()
RETURNS TABLE (name text, errors text[], nullable text[])
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    -- Accounts
    ('sp_register_user',                    '{22023,23505,P0002}'::text[], '{in_name}'::text[]),
    ('s2t_register_user',                   '{22023,23505,P0002}',         '{in_name}'),
    ('s2t_register',                        '{22023,23505,P0002}',         '{in_name,in_key}'),
    ('s2t_set_password',                    '{22023,P0002}',               '{}'),
    ('s2t_set_verified',                    '{22023,P0002}',               '{}'),
    ('s2t_set_status',                      '{22023,P0002}',               '{}'),
    ('s2t_update_profile',                  '{22023,P0002}',               '{in_name,in_avatar_url}'),
    ('s2t_change_login',                    '{22023,23505,P0002}',         '{in_email,in_user_name}'),
    ('s2t_export_user',                     '{22023}',                     '{}'),
    ('s2t_delete_user',                     '{22023}',                     '{}'),
    ('sp_change_user_plan',                 '{22003,22023}',               '{success,message}'),
    ('s2t_change_user_plan',                '{22003,22023}',               '{in_key}'),
    ('s2t_cancel_plan_change',              '{22023,P0002}',               '{}'),
    ('s2t_add_credit',                      '{22003,22023,P0002}',         '{in_recordings,in_minutes,in_expires_at,in_note,in_key}'),
    ('s2t_cancel_credit',                   '{22023,P0002}',               '{}'),
    ('s2t_adjust_usage',                    '{22003,22023,P0002}',         '{}'),
    ('sp_get_user_stats',                   '{22023}',                     '{}'),

    -- Recordings
    ('sp_check_quota_and_create_recording', '{22003,22023}',               '{recording_id}'),
    ('s2t_create_recording',                '{22003,22023}',         '{in_expected_ms,in_key,in_priority,recording_id,remaining_recordings,remaining_seconds}'),
    ('s2t_retry_recording',                 '{22003,22023,55000,P0002}',   '{in_expected_ms,recording_id,remaining_recordings,remaining_seconds}'),
    ('s2t_append_segments',                 '{22003,22023,55000,P0002}', '{in_duration_ms,in_lease,remaining_seconds}'),
    ('sp_complete_recording',               '{22003,22023,55000,P0002}',   '{}'),
    ('s2t_complete_recording',              '{22003,22023,55000,P0002}', '{in_lease}'),
    ('s2t_complete_recording_text',         '{22003,22023,54000,55000,P0002}', '{in_lease}'),
    ('sp_fail_recording',                   '{22023,55000,P0002}',         '{}'),
    ('s2t_fail_recording',                  '{22023,55000,P0002}',   '{in_lease}'),
    ('s2t_delete_recording',                '{22023}',                     '{}'),

    -- Work
    ('s2t_queue_recording',                 '{22023,55000,P0002}',         '{in_priority,in_not_before}'),
    ('s2t_claim_recordings',                '{22008,22023}',               '{}'),
    ('s2t_extend_lease',                    '{22008,22023,55000,P0002}',   '{}'),
    ('s2t_release_recording',               '{22003,22008,22023,55000,P0002}', '{in_retry_after,in_error,due_at}'),

    -- Transcripts
    ('sp_import_transcript',                '{22003,22023,22P05,53200,54000,55000,P0002}', '{language}'),
    ('sp_import_transcript_bytes',          '{22003,22023,22P05,53200,54000,55000,P0002}', '{language}'),
    ('s2t_import_transcript',               '{22003,22023,22P05,53200,54000,55000,P0002}', '{in_lease,language}'),
    ('s2t_parse_transcript',                '{22003,22023,22P05,53200,54000}', '{meta}'),
    ('sp_export_transcript',                '{22023,54000,55000,P0002}',   '{}'),
    ('sp_render_transcript',                '{22023,54000,55000,P0002}',   '{}'),
    ('s2t_edit_segment',                    '{22003,22023,22P05,53200,55000,P0002}', '{in_text,in_start_ms,in_end_ms,in_speaker,in_revision}'),
    ('s2t_rename_speaker',                  '{22003,22023,22P05,53200,55000,P0002}', '{in_revision}'),
    ('s2t_split_segment',                   '{22003,22023,22P05,53200,55000,P0002}', '{in_at_ms,in_at_char,in_revision}'),
    ('s2t_merge_segments',                  '{22003,22023,22P05,53200,54000,55000,P0002}', '{in_revision}'),
    ('s2t_undo',                            '{22003,22023,55000,P0002}',   '{in_revision}'),
    ('s2t_replace_segments',                '{22003,22023,55000,P0002}',   '{}'),
    ('s2t_replace_transcript',              '{22003,22023,22P05,53200,54000,55000,P0002}', '{}'),

    -- Reads
    ('sp_get_login',                        '{22023}', '{}'),
    ('sp_get_subscription',                 '{22023}', '{monthly_minutes,monthly_usage_limit,remaining_recordings,remaining_seconds}'),
    ('s2t_get_subscription',                '{22023}', '{monthly_minutes,monthly_usage_limit,max_recording_minutes,remaining_recordings,remaining_seconds,next_plan_code,anchor_day,cycle_id}'),
    ('sp_list_usage',                       '{22023}', '{in_before,recording_id,credit_id,note}'),
    ('sp_list_credits',                     '{22023}', '{expires_at,cancelled_at,note}'),
    ('sp_list_plans',                       '{}',      '{description,monthly_minutes,monthly_usage_limit,retention_days}'),
    ('sp_list_recordings',                  '{22023}', '{in_before,in_status,completed_at,error}'),
    ('sp_get_recording',                    '{22023}', '{completed_at,error}'),
    ('sp_get_progress',                     '{22023}', '{queue_state}'),
    ('sp_get_segments',                     '{22023}', '{in_limit,meta}'),
    ('sp_list_revisions',                   '{22023}', '{undoes}'),
    ('sp_get_chunks',                       '{22023}', '{}'),
    ('sp_search_segments',                  '{22023}', '{}'),
    ('sp_create_search_index',              '{0A000}', '{}'),
    ('sp_drop_search_index',                '{}',      '{}'),
    ('s2t_fold',                            '{}',      '{in_text,result}'),
    ('s2t_matches',                         '{22023}', '{in_text,in_query,result}'),
    ('s2t_snippet',                         '{22023}', '{in_text,in_query,result}'),

    -- Events
    ('s2t_add_consumer',                    '{22023}',             '{in_types}'),
    ('s2t_drop_consumer',                   '{}',                  '{in_name}'),
    ('s2t_take_events',                     '{22023,P0002}',       '{recording_id}'),
    ('s2t_ack_events',                      '{22023,P0002}',       '{}'),
    ('s2t_release_events',                  '{22023,P0002}',       '{in_retry_after,in_error}'),
    ('s2t_revive_events',                   '{22023,P0002}',       '{in_ids}'),
    ('s2t_discard_events',                  '{22023,P0002}',       '{in_ids,in_older_than}'),
    ('s2t_event_types',                     '{}',                  '{}'),

    -- Maintenance and jobs
    ('sp_seed_plans',                       '{}',                  '{}'),
    ('sp_reset_monthly_cycles',             '{}',                  '{}'),
    ('sp_cleanup_old_recordings',           '{22023}',             '{}'),
    ('sp_purge_old_recordings',             '{22023,25001}',       '{deleted_recordings,deleted_segments}'),
    ('sp_fail_stale_recordings',            '{22023,2D000}',       '{failed}'),
    ('s2t_fail_stale_batch',                '{22023}',             '{}'),
    ('sp_purge_usage_entries',              '{22023,2D000}',       '{deleted}'),
    ('s2t_purge_usage_batch',               '{22023}',             '{}'),
    ('sp_purge_audit_log',                  '{22023,2D000}',       '{deleted}'),
    ('s2t_purge_audit_batch',               '{22023}',             '{}'),
    ('sp_schedule_jobs',                    '{22023,42710,55000}', '{in_reset_schedule,in_cleanup_schedule,in_stale_schedule,in_audit_schedule,in_audit_retention}'),
    ('sp_unschedule_jobs',                  '{55000}',             '{}'),
    ('s2t_job_commands',                    '{22023}',             '{in_reset_schedule,in_cleanup_schedule,in_stale_schedule,in_audit_schedule,in_audit_retention,schedule,command}'),
    ('s2t_require_cron',                    '{55000}',             '{in_statements}'),

    -- Rights
    ('s2t_grant',                           '{22023,42501,42704}', '{}'),
    ('s2t_revoke',                          '{22023,42501,42704}', '{profile}'),
    ('s2t_rights',                          '{}',                  '{}'),
    ('s2t_risks',                           '{}',                  '{}'),
    ('s2t_owner',                           '{}',                  '{}'),
    ('s2t_set_owner',                       '{42501,42704}',       '{}'),
    ('s2t_follow_rename',                   '{3F000}',             '{}'),
    ('s2t_install',                         '{23502,23505,42501,42804,42809}', '{}'),

    -- Metrics, library
    ('s2t_doctor',                          '{22023,42501}', '{remedy}'),
    ('s2t_examine',                         '{}',      '{}'),
    ('s2t_repair',                          '{}',      '{}'),
    ('s2t_metrics',                         '{}',      '{}'),
    ('s2t_reset_metrics',                   '{55000}', '{}'),
    ('s2t_read_health',                     '{}',      '{in_retention_days,in_look_at}'),
    ('s2t_rows_set_aside',                  '{}',      '{}'),
    ('s2t_failure_marks_lost',              '{}',      '{}'),
    ('s2t_slot',                            '{}',      '{result}'),
    ('s2t_version',                         '{}',      '{}')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_api() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_api()
    IS 'What the catalogs do not know of the API: SQLSTATEs, and what can be NULL; read by s2t_read_api().';

CREATE FUNCTION @extschema@.s2t_read_api()
RETURNS TABLE (name text, kind text, profiles text[], arguments text, results text, nullable text[], errors text[], purpose text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    WITH routine AS (
        SELECT p.*, f.mine IS NOT NULL OR w.name IS NOT NULL AS is_api, w.nullable, w.errors,
               -- By name, or through a view that calls it.
               coalesce(f.mine, (SELECT array_agg(DISTINCT x.profile ORDER BY x.profile)
                                   FROM pg_depend AS v
                                   JOIN pg_rewrite AS rule ON v.classid = 'pg_rewrite'::regclass AND rule.oid = v.objid
                                   JOIN pg_class AS c ON c.oid = rule.ev_class AND c.relnamespace = p.pronamespace
                                   JOIN @extschema@.s2t_rights() AS r ON r.object = c.relname AND r.privileges = 'SELECT',
                                        unnest(r.profiles) AS x (profile)
                                  WHERE v.refclassid = 'pg_proc'::regclass AND v.refobjid = p.oid), '{}') AS profiles
          FROM pg_extension AS e
          JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
          JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
          LEFT JOIN (SELECT r.object, array_agg(DISTINCT x.profile ORDER BY x.profile) AS mine
                       FROM @extschema@.s2t_rights() AS r, unnest(r.profiles) AS x (profile)
                      WHERE r.privileges = 'EXECUTE'
                      GROUP BY r.object) AS f ON f.object = p.proname
          LEFT JOIN @extschema@.s2t_wanted_api() AS w ON w.name = p.proname
         WHERE e.extname = 's2t'
    )
    SELECT r.proname::text,
           CASE r.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
           r.profiles,
           regexp_replace(regexp_replace(pg_get_function_arguments(r.oid), '(^|, )OUT \w+ [^,]+', '', 'g'), '(^|, )IN ', '\1', 'g'),
           -- A row is told by its columns.
           CASE WHEN r.proretset THEN 'SETOF ' ELSE '' END
               || coalesce((SELECT '(' || string_agg(concat_ws(' ', c.name, format_type(c.type, NULL)), ', ' ORDER BY c.n) || ')'
                              FROM unnest(r.proargnames, r.proargmodes, r.proallargtypes) WITH ORDINALITY AS c (name, mode, type, n)
                             WHERE c.mode IN ('o', 'b', 't')),
                           CASE WHEN r.prokind <> 'p' AND r.prorettype <> 'void'::regtype THEN format_type(r.prorettype, NULL) END),
           r.nullable,
           r.errors,
           obj_description(r.oid, 'pg_proc')
      FROM routine AS r
     WHERE r.is_api
     ORDER BY r.proname
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_api() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_api()
    IS 'What s2t_api shows, read as the owner.';

CREATE VIEW @extschema@.s2t_api AS
    SELECT * FROM @extschema@.s2t_read_api();

REVOKE ALL ON TABLE @extschema@.s2t_api FROM PUBLIC;
COMMENT ON VIEW @extschema@.s2t_api
    IS 'The routines of the API: kind, profiles that may call them, arguments, results, which of these can be NULL, and the SQLSTATEs of their own errors.';
COMMENT ON COLUMN @extschema@.s2t_api.name IS 'Name; no two routines have the same.';
COMMENT ON COLUMN @extschema@.s2t_api.kind IS 'function, called by SELECT, or procedure, called by CALL.';
COMMENT ON COLUMN @extschema@.s2t_api.profiles IS 'Profiles of s2t_grant() that give EXECUTE; without any, the owner only.';
COMMENT ON COLUMN @extschema@.s2t_api.arguments IS 'Names and types of the arguments, in order, with defaults.';
COMMENT ON COLUMN @extschema@.s2t_api.results IS 'Type, or names and types of the columns, of the result; with SETOF any number of rows; NULL if there is none.';
COMMENT ON COLUMN @extschema@.s2t_api.nullable IS 'Arguments that may be, and results that can be NULL; "result" is one without a name.';
COMMENT ON COLUMN @extschema@.s2t_api.errors IS 'SQLSTATEs that it raises by itself.';
COMMENT ON COLUMN @extschema@.s2t_api.purpose IS 'What it is for: its comment.';
