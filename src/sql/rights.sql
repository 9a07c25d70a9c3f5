-- ------------------------------------------------------------------------------------------------
-- Who may do what: profiles, and giving and taking them.
-- ------------------------------------------------------------------------------------------------

-- The one list of who may do what. Names that this version does not have are passed over.
CREATE FUNCTION @extschema@.s2t_rights()
RETURNS TABLE (object text, privileges text, profiles text[])
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('sp_register_user',                    'EXECUTE', '{app,admin}'::text[]),
    ('s2t_register_user',                   'EXECUTE', '{app,admin}'),
    ('sp_check_quota_and_create_recording', 'EXECUTE', '{app,admin}'),
    ('s2t_append_segments',                 'EXECUTE', '{app,worker,admin}'),
    ('sp_complete_recording',               'EXECUTE', '{app,worker,admin}'),
    ('s2t_complete_recording',              'EXECUTE', '{app,worker,admin}'),
    ('s2t_complete_recording_text',         'EXECUTE', '{app,worker,admin}'),
    ('sp_import_transcript',                'EXECUTE', '{app,worker,admin}'),
    ('sp_import_transcript_bytes',          'EXECUTE', '{app,worker,admin}'),
    ('s2t_import_transcript',               'EXECUTE', '{app,worker,admin}'),
    ('sp_fail_recording',                   'EXECUTE', '{app,worker,admin}'),
    ('s2t_fail_recording',                  'EXECUTE', '{app,worker,admin}'),
    ('s2t_edit_segment',                    'EXECUTE', '{app,admin}'),
    ('s2t_rename_speaker',                  'EXECUTE', '{app,admin}'),
    ('s2t_split_segment',                   'EXECUTE', '{app,admin}'),
    ('s2t_merge_segments',                  'EXECUTE', '{app,admin}'),
    ('s2t_undo',                            'EXECUTE', '{app,admin}'),
    ('s2t_replace_segments',                'EXECUTE', '{app,admin}'),
    ('s2t_replace_transcript',              'EXECUTE', '{app,admin}'),
    ('sp_change_user_plan',                 'EXECUTE', '{app,admin}'),
    ('sp_get_login',                        'EXECUTE', '{app,admin}'),
    ('s2t_set_password',                    'EXECUTE', '{app,admin}'),
    ('s2t_set_verified',                    'EXECUTE', '{app,admin}'),
    ('s2t_set_status',                      'EXECUTE', '{app,admin}'),
    ('s2t_update_profile',                  'EXECUTE', '{app,admin}'),
    ('s2t_change_login',                    'EXECUTE', '{app,admin}'),
    ('s2t_export_user',                     'EXECUTE', '{app,admin}'),
    ('s2t_delete_user',                     'EXECUTE', '{app,admin}'),
    ('s2t_delete_recording',                'EXECUTE', '{app,admin}'),

    ('s2t_register',                        'EXECUTE', '{app,admin}'),
    ('s2t_create_recording',                'EXECUTE', '{app,admin}'),
    ('s2t_retry_recording',                 'EXECUTE', '{app,admin}'),
    ('s2t_change_user_plan',                'EXECUTE', '{app,billing,admin}'),
    ('s2t_cancel_plan_change',              'EXECUTE', '{app,billing,admin}'),
    ('s2t_add_credit',                      'EXECUTE', '{billing,admin}'),
    ('s2t_cancel_credit',                   'EXECUTE', '{billing,admin}'),
    ('s2t_adjust_usage',                    'EXECUTE', '{billing,admin}'),

    ('s2t_queue_recording',                 'EXECUTE', '{app,worker,admin}'),
    ('s2t_claim_recordings',                'EXECUTE', '{worker,admin}'),
    ('s2t_extend_lease',                    'EXECUTE', '{worker,admin}'),
    ('s2t_release_recording',               'EXECUTE', '{worker,admin}'),

    ('s2t_get_subscription',                'EXECUTE', '{app,readonly,billing,admin}'),
    ('sp_list_usage',                       'EXECUTE', '{app,readonly,billing,admin}'),
    ('sp_list_credits',                     'EXECUTE', '{app,readonly,billing,admin}'),
    ('sp_get_user_stats',                   'EXECUTE', '{app,readonly,admin}'),
    ('sp_get_subscription',                 'EXECUTE', '{app,readonly,admin}'),
    ('sp_list_plans',                       'EXECUTE', '{app,readonly,admin}'),
    ('sp_list_recordings',                  'EXECUTE', '{app,readonly,admin}'),
    ('sp_get_recording',                    'EXECUTE', '{app,readonly,admin}'),
    ('sp_get_progress',                     'EXECUTE', '{app,readonly,admin}'),
    ('sp_get_segments',                     'EXECUTE', '{app,readonly,admin}'),
    ('sp_list_revisions',                   'EXECUTE', '{app,readonly,admin}'),
    ('sp_get_chunks',                       'EXECUTE', '{app,readonly,admin}'),
    ('sp_search_segments',                  'EXECUTE', '{app,readonly,admin}'),
    ('sp_export_transcript',                'EXECUTE', '{app,readonly,admin}'),
    ('sp_render_transcript',                'EXECUTE', '{app,readonly,admin}'),
    ('s2t_add_consumer',                    'EXECUTE', '{consumer,admin}'),
    ('s2t_drop_consumer',                   'EXECUTE', '{consumer,admin}'),
    ('s2t_take_events',                     'EXECUTE', '{consumer,admin}'),
    ('s2t_ack_events',                      'EXECUTE', '{consumer,admin}'),
    ('s2t_release_events',                  'EXECUTE', '{consumer,admin}'),
    ('s2t_revive_events',                   'EXECUTE', '{consumer,admin}'),
    ('s2t_discard_events',                  'EXECUTE', '{consumer,admin}'),
    ('s2t_event_types',                     'EXECUTE', '{consumer,admin}'),
    ('s2t_dead_events',                     'SELECT',  '{consumer,admin}'),
    ('s2t_event_queues',                    'SELECT',  '{consumer,monitor,admin}'),

    ('s2t_parse_transcript',                'EXECUTE', '{app,readonly,worker,admin}'),
    ('s2t_slot',                            'EXECUTE', '{app,readonly,worker,consumer,admin}'),
    ('s2t_version',                         'EXECUTE', '{app,readonly,worker,consumer,monitor,router,admin}'),

    ('s2t_api',                             'SELECT',  '{app,readonly,worker,billing,consumer,monitor,router,admin}'),

    ('s2t_doctor',                          'EXECUTE', '{monitor,admin}'),
    ('s2t_examine',                         'EXECUTE', '{monitor,admin}'),
    ('s2t_repair',                          'EXECUTE', '{admin}'),
    ('s2t_metrics',                         'EXECUTE', '{monitor,admin}'),
    ('s2t_procedure_stats',                 'SELECT',  '{monitor,admin}'),
    ('s2t_procedure_histogram',             'SELECT',  '{monitor,admin}'),
    ('s2t_procedure_buckets',               'SELECT',  '{monitor,admin}'),
    ('s2t_procedure_errors',                'SELECT',  '{monitor,admin}'),
    ('s2t_health',                          'SELECT',  '{monitor,admin}'),
    ('s2t_queue',                           'SELECT',  '{monitor,admin}'),
    ('s2t_job_ages',                        'SELECT',  '{monitor,admin}'),
    ('s2t_jobs',                            'SELECT',  '{monitor,admin}'),

    ('sp_seed_plans',                       'EXECUTE', '{admin}'),
    ('sp_reset_monthly_cycles',             'EXECUTE', '{admin}'),
    ('sp_cleanup_old_recordings',           'EXECUTE', '{admin}'),
    ('sp_purge_old_recordings',             'EXECUTE', '{admin}'),
    ('sp_fail_stale_recordings',            'EXECUTE', '{admin}'),
    ('s2t_fail_stale_batch',                'EXECUTE', '{admin}'),
    ('sp_purge_usage_entries',              'EXECUTE', '{admin}'),
    ('s2t_purge_usage_batch',               'EXECUTE', '{admin}'),
    ('sp_purge_audit_log',                  'EXECUTE', '{admin}'),
    ('s2t_purge_audit_batch',               'EXECUTE', '{admin}'),
    ('sp_schedule_jobs',                    'EXECUTE', '{admin}'),
    ('sp_unschedule_jobs',                  'EXECUTE', '{admin}'),
    ('s2t_job_commands',                    'EXECUTE', '{admin}'),
    ('s2t_require_cron',                    'EXECUTE', '{admin}'),
    ('s2t_reset_metrics',                   'EXECUTE', '{admin}'),

    -- What sp_seed_plans(), sp_reset_monthly_cycles() and sp_purge_old_recordings() do with the
    -- caller's rights. Locking a row takes UPDATE.
    ('plans',                               'SELECT, INSERT, UPDATE', '{admin}'),
    ('users',                               'SELECT, UPDATE',         '{admin}'),
    ('recordings',                          'SELECT, UPDATE, DELETE', '{admin}'),
    ('segments',                            'SELECT, DELETE',         '{admin}'),
    ('segment_revisions',                   'SELECT, DELETE',         '{admin}'),
    ('user_subscriptions',                  'SELECT, UPDATE',         '{admin}'),
    ('usage_cycles',                        'SELECT, INSERT',         '{admin}'),
    ('audit_log',                           'SELECT, INSERT',         '{admin}'),
    ('usage_entries',                       'SELECT, INSERT',         '{admin}'),
    ('usage_credits',                       'SELECT, INSERT, UPDATE', '{admin}'),
    ('event_consumers',                     'SELECT',                 '{admin}'),
    ('slots',                               'SELECT',                 '{admin}'),
    ('events',                              'SELECT, INSERT',         '{admin}')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_rights() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_rights()
    IS 'The privileges on each object, and the profiles that give them; read by s2t_grant() and s2t_revoke().';

CREATE FUNCTION @extschema@.s2t_rights_of(in_profile text)
RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    -- Objects of the extension and its owner only, not whatever else has one of the names.
    WITH extension AS (
        SELECT e.oid, @extschema@.s2t_owner() AS owner FROM pg_extension AS e WHERE e.extname = 's2t'
    ), member AS (
        SELECT d.classid, d.objid
          FROM pg_depend AS d
          JOIN extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
    ), routine AS (
        SELECT p.* FROM pg_proc AS p JOIN member AS m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
    ), relation AS (
        SELECT c.oid, c.relkind, r.privileges
          FROM @extschema@.s2t_rights() AS r
          JOIN pg_class AS c ON c.relname = r.object AND c.relnamespace = '@extschema@'::regnamespace
          JOIN extension AS e ON e.owner = c.relowner
         WHERE r.privileges <> 'EXECUTE' AND (in_profile IS NULL OR in_profile = ANY (r.profiles))
    )
    SELECT format('EXECUTE ON ROUTINE %s', p.oid::regprocedure)
      FROM routine AS p
      JOIN @extschema@.s2t_rights() AS r ON r.object = p.proname
     WHERE r.privileges = 'EXECUTE' AND (in_profile IS NULL OR in_profile = ANY (r.profiles))
    UNION
    SELECT format('%s ON TABLE %s', r.privileges, r.oid::regclass)
      FROM relation AS r
    UNION
    -- What a view calls is called with the rights of whoever reads it.
    SELECT format('EXECUTE ON ROUTINE %s', p.oid::regprocedure)
      FROM relation AS r
      JOIN pg_rewrite AS w ON w.ev_class = r.oid
      JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass
      JOIN routine AS p ON p.oid = d.refobjid
     WHERE r.relkind = 'v'
    UNION
    -- What a router calls is an extension of its own.
    SELECT format('EXECUTE ON ROUTINE %s', d.objid::regprocedure)
      FROM pg_extension AS e
      JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
     WHERE e.extname = 's2t_shard' AND d.classid = 'pg_proc'::regclass AND coalesce(in_profile, 'router') = 'router'
    UNION
    SELECT format('USAGE ON SCHEMA %s', e.extnamespace::regnamespace)
      FROM pg_extension AS e
     WHERE e.extname = 's2t_shard' AND coalesce(in_profile, 'router') = 'router'
     ORDER BY 1
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_rights_of(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_rights_of(text)
    IS 'The rights of a profile, or of all of them for NULL, in the words of GRANT and REVOKE.';

CREATE FUNCTION @extschema@.s2t_check_grant(in_role regrole, in_profile text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owner    regrole;
    profiles text;
BEGIN
    -- GRANT itself only warns whoever may not grant. The caller may have no right on s2t_owner().
    SELECT p.proowner
      INTO owner
      FROM pg_proc AS p
     WHERE p.proname = 's2t_install' AND p.pronamespace = '@extschema@'::regnamespace AND p.pronargs = 0;
    IF NOT pg_has_role(owner, 'USAGE') THEN
        RAISE EXCEPTION 'must be owner of extension s2t'
              USING ERRCODE = 'insufficient_privilege',
                    DETAIL = format('Its routines belong to role %s.', owner);
    END IF;

    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = in_role) THEN
        RAISE EXCEPTION 'role does not exist'
              USING ERRCODE = 'undefined_object',
                    DETAIL = format('The role given is %s.', coalesce(in_role::text, 'null'));
    END IF;

    SELECT string_agg(DISTINCT p.profile, ', ' ORDER BY p.profile)
      INTO profiles
      FROM @extschema@.s2t_rights() AS r, unnest(r.profiles) AS p (profile);
    IF in_profile IS NULL OR in_profile <> ALL (string_to_array(profiles, ', ')) THEN
        RAISE EXCEPTION 'unknown profile'
              USING ERRCODE = 'invalid_parameter_value',
                    DETAIL = format('The profile given is %s.', coalesce(quote_literal(in_profile), 'null')),
                    HINT = format('The profiles are %s.', profiles);
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_check_grant(regrole, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_check_grant(regrole, text)
    IS 'Raises an error unless the caller may grant and revoke rights, and role and profile exist.';

CREATE PROCEDURE @extschema@.s2t_grant(role regrole, profile text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
DECLARE
    rights text;
BEGIN
    PERFORM @extschema@.s2t_check_grant(s2t_grant.role, s2t_grant.profile);

    FOR rights IN
        SELECT format('USAGE ON SCHEMA %s', '@extschema@'::regnamespace)
         WHERE NOT has_schema_privilege(s2t_grant.role::oid, '@extschema@'::regnamespace::oid, 'USAGE')
        UNION ALL
        SELECT r FROM @extschema@.s2t_rights_of(s2t_grant.profile) AS r
    LOOP
        EXECUTE format('GRANT %s TO %s', rights, s2t_grant.role);
    END LOOP;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.s2t_grant(regrole, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.s2t_grant(regrole, text)
    IS 'Gives a role the rights of a profile: app, worker, billing, consumer, readonly, monitor, router or admin. To be repeated after an update of the extension.';

CREATE PROCEDURE @extschema@.s2t_revoke(role regrole, profile text DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $procedure$
DECLARE
    rights text;
BEGIN
    PERFORM @extschema@.s2t_check_grant(s2t_revoke.role, coalesce(s2t_revoke.profile, 'app'));

    FOR rights IN
        SELECT r FROM @extschema@.s2t_rights_of(s2t_revoke.profile) AS r
    LOOP
        EXECUTE format('REVOKE %s FROM %s', rights, s2t_revoke.role);
    END LOOP;

    -- The schema may hold other things for which the role needs it.
    IF NOT EXISTS (
        SELECT
          FROM pg_shdepend AS d
          LEFT JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
          LEFT JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
          LEFT JOIN pg_type AS t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
         WHERE d.refclassid = 'pg_authid'::regclass
           AND d.refobjid = s2t_revoke.role
           AND d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
           AND coalesce(c.relnamespace, p.pronamespace, t.typnamespace) = '@extschema@'::regnamespace)
    THEN
        EXECUTE format('REVOKE USAGE ON SCHEMA %s FROM %s', '@extschema@'::regnamespace, s2t_revoke.role);
    END IF;
END
$procedure$;

REVOKE ALL ON PROCEDURE @extschema@.s2t_revoke(regrole, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.s2t_revoke(regrole, text)
    IS 'Takes the rights of a profile, or of every profile, from a role; a right that another profile gives too goes as well.';
