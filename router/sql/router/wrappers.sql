-- Written by router/generate from the API of s2t: not by hand.
-- The API.

CREATE FUNCTION @extschema@.s2t_ack_events(in_consumer text, in_ids uuid[])
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result integer;
    the_problem jsonb;
    the_result  integer;
    the_ids     uuid[];
    some_ids    uuid[];
BEGIN
    PERFORM s2t_router.may_write('s2t_ack_events');
    the_result := 0;
    the_ids := in_ids;
    FOR the_attempt IN 1 .. 4096 LOOP
        SELECT d.shard, d.ids, d.others
          INTO the_shard, some_ids, the_ids
          FROM s2t_router.divide(the_ids) AS d;
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_ack_events(the_shard, in_consumer, some_ids, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result + one_result;
        EXCEPTION WHEN OTHERS THEN
            IF s2t_router.elsewhere(the_shard, 1, SQLSTATE, SQLERRM) IS NULL THEN
                RAISE;
            END IF;
            the_ids := some_ids || the_ids;
        END;
        EXIT WHEN the_ids IS NULL;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_ack_events(text, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_ack_events(text, uuid[])
    IS 'Removes events that a consumer has done with, and returns how many; safe to repeat.';

CREATE FUNCTION @extschema@.s2t_add_consumer(in_name text, in_types text[] DEFAULT NULL::text[])
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result boolean;
    the_problem jsonb;
    the_result  boolean;
BEGIN
    PERFORM s2t_router.may_write('s2t_add_consumer');
    the_result := false;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_add_consumer(the_shard, in_name, in_types, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result OR one_result;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_add_consumer(text, text[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_add_consumer(text, text[])
    IS 'Registers a consumer of events of these types (NULL: all), or changes the types of one that is there; true if it is new.';

CREATE FUNCTION @extschema@.s2t_add_credit(in_user_id uuid, in_recordings integer DEFAULT 0, in_minutes integer DEFAULT 0, in_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, in_note text DEFAULT NULL::text, in_key text DEFAULT NULL::text)
RETURNS uuid
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_add_credit(uuid, integer, integer, timestamp with time zone, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_add_credit(uuid, integer, integer, timestamp with time zone, text, text)
    IS 'Gives a user recordings and minutes beside the plan, and returns the id of the credit; safe to repeat with a key.';

CREATE FUNCTION @extschema@.s2t_adjust_usage(in_user_id uuid, in_recordings integer, in_seconds integer, in_note text, OUT usage_count integer, OUT used_seconds integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_adjust_usage(uuid, integer, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_adjust_usage(uuid, integer, integer, text)
    IS 'Moves the counters of the open cycle, the plans part of them, with a note in the ledger.';

CREATE FUNCTION @extschema@.s2t_append_segments(in_recording_id uuid, in_segments jsonb, in_duration_ms integer DEFAULT NULL::integer, in_lease uuid DEFAULT NULL::uuid, OUT segment_count integer, OUT duration_ms integer, OUT charged_seconds integer, OUT quota_ok boolean, OUT remaining_seconds bigint)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_append_segments(uuid, jsonb, integer, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_append_segments(uuid, jsonb, integer, uuid)
    IS 'Stores what has been recognised so far of a recording in processing, charges what has been heard, and tells what the recording has and whether the stream should go on; safe to repeat.';

CREATE FUNCTION @extschema@.s2t_cancel_credit(in_user_id uuid, in_credit_id uuid)
RETURNS boolean
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_cancel_credit(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_cancel_credit(uuid, uuid)
    IS 'Takes what is left of a credit; true unless it was cancelled before.';

CREATE FUNCTION @extschema@.s2t_cancel_plan_change(in_user_id uuid)
RETURNS boolean
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_cancel_plan_change(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_cancel_plan_change(uuid)
    IS 'Takes back a change of plan that waits for the end of the cycle; true if there was one.';

CREATE FUNCTION @extschema@.s2t_change_user_plan(in_user_id uuid, in_new_plan_code text, in_prorate boolean DEFAULT false, in_at text DEFAULT 'now'::text, in_key text DEFAULT NULL::text, OUT success boolean, OUT message text)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_change_user_plan(uuid, text, boolean, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_change_user_plan(uuid, text, boolean, text, text)
    IS 'Does what sp_change_user_plan() does, now or at the end of the cycle; safe to repeat with a key.';

CREATE FUNCTION @extschema@.s2t_claim_recordings(in_worker text, in_limit integer DEFAULT 1, in_lease_time interval DEFAULT '00:05:00'::interval)
RETURNS TABLE(recording_id uuid, user_id uuid, source text, language text, meta jsonb, attempt integer, lease uuid, lease_until timestamp with time zone)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_failure text;
    the_answers integer := 0;
BEGIN
    PERFORM s2t_router.may_write('s2t_claim_recordings');
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            RETURN QUERY SELECT p.recording_id, p.user_id, p.source, p.language, p.meta, p.attempt, p.lease, p.lease_until
                           FROM s2t_router.s2t_claim_recordings(the_shard, in_worker, in_limit, in_lease_time, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            the_answers := the_answers + 1;
            -- What one has given is told before another is asked.
            IF FOUND THEN
                PERFORM s2t_router.next_turn(the_shard);
                RETURN;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    IF the_answers = 0 THEN
        PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_claim_recordings(text, integer, interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_claim_recordings(text, integer, interval)
    IS 'Gives a worker the next recordings of the queue, each with a lease, by priority and then the oldest first; waits for nobody, and fails nothing.';

CREATE FUNCTION @extschema@.s2t_complete_recording(in_recording_id uuid, in_duration_ms integer, in_segments jsonb, in_lease uuid DEFAULT NULL::uuid, OUT repeated boolean, OUT segment_count integer, OUT duration_ms integer, OUT charged_seconds integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_complete_recording(uuid, integer, jsonb, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_complete_recording(uuid, integer, jsonb, uuid)
    IS 'Does what sp_complete_recording() does, and tells whether the call was a repetition, and what the recording has.';

CREATE FUNCTION @extschema@.s2t_complete_recording_text(in_recording_id uuid, in_duration_ms integer, in_segments text, in_lease uuid DEFAULT NULL::uuid, OUT repeated boolean, OUT segment_count integer, OUT duration_ms integer, OUT charged_seconds integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_complete_recording_text(uuid, integer, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_complete_recording_text(uuid, integer, text, uuid)
    IS 'Does what s2t_complete_recording() does with the text of the array, read in one pass; what jsonb would refuse marks the recording as failed, too.';

CREATE FUNCTION @extschema@.s2t_create_recording(in_user_id uuid, in_source text, in_language text DEFAULT 'vi'::text, in_meta jsonb DEFAULT '{}'::jsonb, in_expected_ms integer DEFAULT NULL::integer, in_key text DEFAULT NULL::text, in_priority integer DEFAULT NULL::integer, OUT recording_id uuid, OUT quota_ok boolean, OUT error_message text, OUT reason text, OUT remaining_recordings integer, OUT remaining_seconds bigint)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_create_recording(uuid, text, text, jsonb, integer, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_create_recording(uuid, text, text, jsonb, integer, text, integer)
    IS 'Checks the quota and creates a recording, which holds what is announced of the minutes until it ends; safe to repeat with a key; tells why not, and what is left.';

CREATE FUNCTION @extschema@.s2t_delete_recording(in_user_id uuid, in_recording_id uuid)
RETURNS boolean
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_delete_recording(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_delete_recording(uuid, uuid)
    IS 'Deletes a recording of the user with its transcript; true if there was one. What it was charged stays charged.';

CREATE FUNCTION @extschema@.s2t_discard_events(in_consumer text, in_ids uuid[] DEFAULT NULL::uuid[], in_older_than interval DEFAULT NULL::interval)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result bigint;
    the_problem jsonb;
    the_result  bigint;
    the_ids     uuid[];
    some_ids    uuid[];
BEGIN
    PERFORM s2t_router.may_write('s2t_discard_events');
    the_result := 0;
    IF in_ids IS NULL THEN
        FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
            BEGIN
                SELECT p.result, p.s2t_problem
                  INTO one_result, the_problem
                  FROM s2t_router.s2t_discard_events(the_shard, in_consumer, in_ids, in_older_than, s2t_router.caller()) AS p;
                IF the_problem IS NOT NULL THEN
                    PERFORM s2t_router.tell(the_problem);
                END IF;
                the_result := the_result + one_result;
            EXCEPTION WHEN OTHERS THEN
                PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
                RAISE;
            END;
        END LOOP;
        RETURN the_result;
    END IF;
    the_ids := in_ids;
    FOR the_attempt IN 1 .. 4096 LOOP
        SELECT d.shard, d.ids, d.others
          INTO the_shard, some_ids, the_ids
          FROM s2t_router.divide(the_ids) AS d;
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_discard_events(the_shard, in_consumer, some_ids, in_older_than, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result + one_result;
        EXCEPTION WHEN OTHERS THEN
            IF s2t_router.elsewhere(the_shard, 1, SQLSTATE, SQLERRM) IS NULL THEN
                RAISE;
            END IF;
            the_ids := some_ids || the_ids;
        END;
        EXIT WHEN the_ids IS NULL;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_discard_events(text, uuid[], interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_discard_events(text, uuid[], interval)
    IS 'Removes dead events of a consumer, by their ids, by when they were given up, or by both; returns how many.';

CREATE FUNCTION @extschema@.s2t_doctor(in_repair boolean DEFAULT false)
RETURNS TABLE(check_name text, severity text, object text, problem text, remedy text, repaired boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            RETURN QUERY SELECT p.check_name, p.severity, p.object, p.problem, p.remedy, p.repaired
                           FROM s2t_router.s2t_doctor(the_shard, in_repair, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_doctor(boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_doctor(boolean)
    IS 'What is wrong with tables, rights, jobs and books, and what to do about it; no rows if all is well. Reads only, unless it is to repair the books.';

CREATE FUNCTION @extschema@.s2t_drop_consumer(in_name text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result boolean;
    the_problem jsonb;
    the_result  boolean;
BEGIN
    PERFORM s2t_router.may_write('s2t_drop_consumer');
    the_result := false;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_drop_consumer(the_shard, in_name, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result OR one_result;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_drop_consumer(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_drop_consumer(text)
    IS 'Removes a consumer with all events that wait for it, dead ones included; false if there is none of the name.';

CREATE FUNCTION @extschema@.s2t_edit_segment(in_user_id uuid, in_recording_id uuid, in_idx integer, in_text text DEFAULT NULL::text, in_start_ms integer DEFAULT NULL::integer, in_end_ms integer DEFAULT NULL::integer, in_speaker text DEFAULT NULL::text, in_revision integer DEFAULT NULL::integer, OUT revision integer, OUT segment_count integer, OUT changed integer, OUT lost_words integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_edit_segment(uuid, uuid, integer, text, integer, integer, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_edit_segment(uuid, uuid, integer, text, integer, integer, text, integer)
    IS 'Corrects the text, the times or the speaker of a segment of a completed recording; NULL leaves a value as it is. What was before is kept as a revision.';

CREATE FUNCTION @extschema@.s2t_event_types()
RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_failure text;
BEGIN
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            RETURN QUERY SELECT p.result
                           FROM s2t_router.s2t_event_types(the_shard, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_event_types() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_event_types()
    IS 'The types of events that this version writes.';

CREATE FUNCTION @extschema@.s2t_examine()
RETURNS TABLE(check_name text, severity text, object text, problem text, remedy text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            RETURN QUERY SELECT p.check_name, p.severity, p.object, p.problem, p.remedy
                           FROM s2t_router.s2t_examine(the_shard, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_examine() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_examine()
    IS 'What s2t_doctor() finds, read as the owner; of each check a hundred rows, and how many more there are.';

CREATE FUNCTION @extschema@.s2t_export_user(in_user_id uuid)
RETURNS TABLE(kind text, data jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.kind, p.data
                           FROM s2t_router.s2t_export_user(the_shard, in_user_id, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_export_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_export_user(uuid)
    IS 'All that is stored of a user, row by row: the table a row is of, and the row without the hash of the password.';

CREATE FUNCTION @extschema@.s2t_extend_lease(in_recording_id uuid, in_lease uuid, in_lease_time interval DEFAULT '00:05:00'::interval, OUT lease_until timestamp with time zone)
RETURNS timestamp with time zone
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_extend_lease(uuid, uuid, interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_extend_lease(uuid, uuid, interval)
    IS 'The heartbeat of a worker: its lease lasts for so long from now on, also if its time was over and nobody has claimed the recording.';

CREATE FUNCTION @extschema@.s2t_fail_recording(in_recording_id uuid, in_reason text, in_lease uuid DEFAULT NULL::uuid, OUT repeated boolean, OUT refunded_recordings integer, OUT refunded_seconds integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_fail_recording(uuid, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_fail_recording(uuid, text, uuid)
    IS 'Does what sp_fail_recording() does, and tells whether it had failed already, and what was given back.';

CREATE FUNCTION @extschema@.s2t_fail_stale_batch(in_older_than interval, in_batch_size integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result integer;
    the_problem jsonb;
    the_result  integer;
BEGIN
    PERFORM s2t_router.may_write('s2t_fail_stale_batch');
    the_result := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_fail_stale_batch(the_shard, in_older_than, in_batch_size, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result + one_result;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_fail_stale_batch(interval, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_fail_stale_batch(interval, integer)
    IS 'Marks one batch of the oldest recordings that have been processing for longer than the interval as failed, and returns how many.';

CREATE FUNCTION @extschema@.s2t_failure_marks_lost()
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result bigint;
    the_problem jsonb;
    the_result  bigint;
BEGIN
    the_result := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_failure_marks_lost(the_shard, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result + one_result;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_failure_marks_lost() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_failure_marks_lost()
    IS 'Failed completions, since the server started and in all its databases, whose recordings could not be marked as failed.';

CREATE FUNCTION @extschema@.s2t_fold(in_text text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
    the_result  text;
    the_failure text;
BEGIN
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO the_result, the_problem
              FROM s2t_router.s2t_fold(the_shard, in_text, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            RETURN the_result;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_fold(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_fold(text)
    IS 'The text without case and diacritics, as searching compares it; depends on no setting and no dictionary, so that indexes can use it.';

CREATE FUNCTION @extschema@.s2t_get_subscription(in_user_id uuid)
RETURNS TABLE(plan_code text, plan_name text, monthly_minutes integer, monthly_usage_limit integer, max_recording_minutes integer, usage_count integer, used_seconds integer, credit_recordings integer, credit_seconds integer, overage_recordings integer, overage_seconds integer, held_seconds bigint, open_credit_recordings bigint, open_credit_seconds bigint, remaining_recordings bigint, remaining_seconds bigint, alert_percents integer[], noted_recordings_percent integer, noted_minutes_percent integer, next_plan_code text, anchor_day integer, cycle_id uuid, cycle_start timestamp with time zone, cycle_end timestamp with time zone, active boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.plan_code, p.plan_name, p.monthly_minutes, p.monthly_usage_limit, p.max_recording_minutes, p.usage_count, p.used_seconds, p.credit_recordings, p.credit_seconds, p.overage_recordings, p.overage_seconds, p.held_seconds, p.open_credit_recordings, p.open_credit_seconds, p.remaining_recordings, p.remaining_seconds, p.alert_percents, p.noted_recordings_percent, p.noted_minutes_percent, p.next_plan_code, p.anchor_day, p.cycle_id, p.cycle_start, p.cycle_end, p.active
                           FROM s2t_router.s2t_get_subscription(the_shard, in_user_id, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_get_subscription(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_get_subscription(uuid)
    IS 'All that the meter knows of a user: plan, usage with the parts of credits and overage, holds, credits, what is left, thresholds told, and the plan to come.';

CREATE FUNCTION @extschema@.s2t_import_transcript(in_recording_id uuid, in_document text, in_format text DEFAULT 'auto'::text, in_lease uuid DEFAULT NULL::uuid, OUT format text, OUT language text, OUT duration_ms integer, OUT segment_count integer, OUT repeated boolean, OUT charged_seconds integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_import_transcript(uuid, text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_import_transcript(uuid, text, text, uuid)
    IS 'Does what sp_import_transcript() does for the worker that holds the lease, and tells whether the call was a repetition, and what was charged.';

CREATE FUNCTION @extschema@.s2t_job_commands(in_reset_schedule text DEFAULT '0 0 1 * *'::text, in_cleanup_schedule text DEFAULT '0 2 * * *'::text, in_stale_schedule text DEFAULT '*/10 * * * *'::text, in_audit_schedule text DEFAULT '30 2 * * *'::text, in_retention_days integer DEFAULT 90, in_stale_after interval DEFAULT '06:00:00'::interval, in_audit_retention interval DEFAULT NULL::interval)
RETURNS TABLE(job text, schedule text, command text, statement text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_failure text;
BEGIN
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            RETURN QUERY SELECT p.job, p.schedule, p.command, p.statement
                           FROM s2t_router.s2t_job_commands(the_shard, in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule, in_retention_days, in_stale_after, in_audit_retention, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_job_commands(text, text, text, text, integer, interval, interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_job_commands(text, text, text, text, integer, interval, interval)
    IS 'The jobs of sp_schedule_jobs(), and for each the statement to run where pg_cron lives, if that is another database; it fails where a job of that name and role is of a third one. Without a schedule a job is removed.';

CREATE FUNCTION @extschema@.s2t_matches(in_text text, in_query text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
    the_result  boolean;
    the_failure text;
BEGIN
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO the_result, the_problem
              FROM s2t_router.s2t_matches(the_shard, in_text, in_query, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            RETURN the_result;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_matches(text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_matches(text, text)
    IS 'Whether a text has everything that a search query asks for.';

CREATE FUNCTION @extschema@.s2t_merge_segments(in_user_id uuid, in_recording_id uuid, in_first integer, in_last integer, in_revision integer DEFAULT NULL::integer, OUT revision integer, OUT segment_count integer, OUT changed integer, OUT lost_words integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_merge_segments(uuid, uuid, integer, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_merge_segments(uuid, uuid, integer, integer, integer)
    IS 'Puts segments of a completed recording together, from the first to the last; those behind them move down.';

CREATE FUNCTION @extschema@.s2t_parse_transcript(document text, format text DEFAULT 'auto'::text)
RETURNS TABLE(idx integer, start_ms integer, end_ms integer, text text, meta jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_failure text;
BEGIN
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            RETURN QUERY SELECT p.idx, p.start_ms, p.end_ms, p.text, p.meta
                           FROM s2t_router.s2t_parse_transcript(the_shard, document, format, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_parse_transcript(text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_parse_transcript(text, text)
    IS 'The segments that sp_import_transcript would store of a document.';

CREATE FUNCTION @extschema@.s2t_purge_audit_batch(in_older_than interval, in_batch_size integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result integer;
    the_problem jsonb;
    the_result  integer;
BEGIN
    PERFORM s2t_router.may_write('s2t_purge_audit_batch');
    the_result := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_purge_audit_batch(the_shard, in_older_than, in_batch_size, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result + one_result;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_purge_audit_batch(interval, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_purge_audit_batch(interval, integer)
    IS 'Deletes one batch of the oldest rows of audit_log that are older than the interval, and returns how many.';

CREATE FUNCTION @extschema@.s2t_purge_usage_batch(in_older_than interval, in_batch_size integer)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result bigint;
    the_problem jsonb;
    the_result  bigint;
BEGIN
    PERFORM s2t_router.may_write('s2t_purge_usage_batch');
    the_result := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_purge_usage_batch(the_shard, in_older_than, in_batch_size, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result + one_result;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_purge_usage_batch(interval, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_purge_usage_batch(interval, integer)
    IS 'Deletes the entries of one batch of closed cycles, and returns how many entries.';

CREATE FUNCTION @extschema@.s2t_queue_recording(in_recording_id uuid, in_priority integer, in_not_before timestamp with time zone DEFAULT NULL::timestamp with time zone, OUT queued boolean, OUT error_message text)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_queue_recording(uuid, integer, timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_queue_recording(uuid, integer, timestamp with time zone)
    IS 'Puts a recording in processing into the queue, the lowest priority first, or moves it in there; without a priority takes it out. A refusal is a row that says why.';

CREATE FUNCTION @extschema@.s2t_read_dead_events()
RETURNS TABLE(consumer text, id uuid, type text, at timestamp with time zone, user_id uuid, recording_id uuid, data jsonb, attempt integer, dead_at timestamp with time zone, error text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            RETURN QUERY SELECT p.consumer, p.id, p.type, p.at, p.user_id, p.recording_id, p.data, p.attempt, p.dead_at, p.error
                           FROM s2t_router.s2t_read_dead_events(the_shard, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_dead_events() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_dead_events()
    IS 'What the view s2t_dead_events shows.';

CREATE FUNCTION @extschema@.s2t_read_event_queues(in_look_at integer DEFAULT 10000)
RETURNS TABLE(consumer text, types text[], waiting bigint, given bigint, put_off bigint, oldest_seconds double precision, dead bigint, created_at timestamp with time zone)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            RETURN QUERY SELECT p.consumer, p.types, p.waiting, p.given, p.put_off, p.oldest_seconds, p.dead, p.created_at
                           FROM s2t_router.s2t_read_event_queues(the_shard, in_look_at, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_event_queues(integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_event_queues(integer)
    IS 'What the view s2t_event_queues shows, counting up to a limit.';

CREATE FUNCTION @extschema@.s2t_read_queue(in_limit integer DEFAULT NULL::integer)
RETURNS TABLE(recording_id uuid, user_id uuid, state text, priority integer, due_at timestamp with time zone, claims integer, worker text, lease_until timestamp with time zone, created_at timestamp with time zone, error text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            RETURN QUERY SELECT p.recording_id, p.user_id, p.state, p.priority, p.due_at, p.claims, p.worker, p.lease_until, p.created_at, p.error
                           FROM s2t_router.s2t_read_queue(the_shard, in_limit, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_read_queue(integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_read_queue(integer)
    IS 'What the view s2t_queue shows, of at most so many recordings that are in the queue and so many that are put off.';

CREATE FUNCTION @extschema@.s2t_release_events(in_consumer text, in_ids uuid[], in_retry_after interval DEFAULT NULL::interval, in_error text DEFAULT NULL::text)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result integer;
    the_problem jsonb;
    the_result  integer;
    the_ids     uuid[];
    some_ids    uuid[];
BEGIN
    PERFORM s2t_router.may_write('s2t_release_events');
    the_result := 0;
    the_ids := in_ids;
    FOR the_attempt IN 1 .. 4096 LOOP
        SELECT d.shard, d.ids, d.others
          INTO the_shard, some_ids, the_ids
          FROM s2t_router.divide(the_ids) AS d;
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_release_events(the_shard, in_consumer, some_ids, in_retry_after, in_error, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result + one_result;
        EXCEPTION WHEN OTHERS THEN
            IF s2t_router.elsewhere(the_shard, 1, SQLSTATE, SQLERRM) IS NULL THEN
                RAISE;
            END IF;
            the_ids := some_ids || the_ids;
        END;
        EXIT WHEN the_ids IS NULL;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_release_events(text, uuid[], interval, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_release_events(text, uuid[], interval, text)
    IS 'Gives events back, to be given again after a time; with an error it was an attempt, and after the last one an event is dead. Returns how many.';

CREATE FUNCTION @extschema@.s2t_release_recording(in_recording_id uuid, in_lease uuid, in_retry_after interval DEFAULT NULL::interval, in_error text DEFAULT NULL::text, OUT status text, OUT attempts_left integer, OUT due_at timestamp with time zone)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_release_recording(uuid, uuid, interval, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_release_recording(uuid, uuid, interval, text)
    IS 'Gives a recording back to the queue, at once or after a pause; with an error the attempt counts, and a recording without any left fails.';

CREATE FUNCTION @extschema@.s2t_rename_speaker(in_user_id uuid, in_recording_id uuid, in_from text, in_to text, in_revision integer DEFAULT NULL::integer, OUT revision integer, OUT segment_count integer, OUT changed integer, OUT lost_words integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_rename_speaker(uuid, uuid, text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_rename_speaker(uuid, uuid, text, text, integer)
    IS 'Gives a speaker of a completed recording another name, in its segments and their words.';

CREATE FUNCTION @extschema@.s2t_repair()
RETURNS TABLE(check_name text, object text, problem text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    PERFORM s2t_router.may_write('s2t_repair');
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            RETURN QUERY SELECT p.check_name, p.object, p.problem
                           FROM s2t_router.s2t_repair(the_shard, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_repair() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_repair()
    IS 'Puts the books right, of up to 10,000 findings in a call, and returns what it has put right, each with a row of audit_log; part of s2t_doctor().';

CREATE FUNCTION @extschema@.s2t_replace_segments(in_user_id uuid, in_recording_id uuid, in_duration_ms integer, in_segments jsonb, in_charge boolean DEFAULT false, OUT repeated boolean, OUT revision integer, OUT segment_count integer, OUT duration_ms integer, OUT charged_seconds integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_replace_segments(uuid, uuid, integer, jsonb, boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_replace_segments(uuid, uuid, integer, jsonb, boolean)
    IS 'Puts a better transcript in the place of that of a completed recording, which is kept as a revision; charges what it is longer than what was charged, if asked to; safe to repeat.';

CREATE FUNCTION @extschema@.s2t_replace_transcript(in_user_id uuid, in_recording_id uuid, in_document text, in_format text DEFAULT 'auto'::text, in_charge boolean DEFAULT false, OUT repeated boolean, OUT revision integer, OUT segment_count integer, OUT duration_ms integer, OUT charged_seconds integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_replace_transcript(uuid, uuid, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_replace_transcript(uuid, uuid, text, text, boolean)
    IS 's2t_replace_segments with the output of a speech engine.';

CREATE FUNCTION @extschema@.s2t_require_cron(in_statements text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
BEGIN
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.s2t_problem
              INTO the_problem
              FROM s2t_router.s2t_require_cron(the_shard, in_statements, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_require_cron(text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_require_cron(text)
    IS 'Raises an error that says what to do if pg_cron is not in this database.';

CREATE FUNCTION @extschema@.s2t_reset_metrics()
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('s2t_reset_metrics');
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.s2t_problem
              INTO the_problem
              FROM s2t_router.s2t_reset_metrics(the_shard, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_reset_metrics() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_reset_metrics()
    IS 'Sets all that is counted of the calls in this database to zero.';

CREATE FUNCTION @extschema@.s2t_retry_recording(in_recording_id uuid, in_expected_ms integer DEFAULT NULL::integer, OUT recording_id uuid, OUT quota_ok boolean, OUT error_message text, OUT reason text, OUT remaining_recordings integer, OUT remaining_seconds bigint)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_retry_recording(uuid, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_retry_recording(uuid, integer)
    IS 'Puts a failed recording into processing again, under the rules of creating one; what is charged already is not charged again.';

CREATE FUNCTION @extschema@.s2t_revive_events(in_consumer text, in_ids uuid[] DEFAULT NULL::uuid[])
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result bigint;
    the_problem jsonb;
    the_result  bigint;
    the_ids     uuid[];
    some_ids    uuid[];
BEGIN
    PERFORM s2t_router.may_write('s2t_revive_events');
    the_result := 0;
    IF in_ids IS NULL THEN
        FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
            BEGIN
                SELECT p.result, p.s2t_problem
                  INTO one_result, the_problem
                  FROM s2t_router.s2t_revive_events(the_shard, in_consumer, in_ids, s2t_router.caller()) AS p;
                IF the_problem IS NOT NULL THEN
                    PERFORM s2t_router.tell(the_problem);
                END IF;
                the_result := the_result + one_result;
            EXCEPTION WHEN OTHERS THEN
                PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
                RAISE;
            END;
        END LOOP;
        RETURN the_result;
    END IF;
    the_ids := in_ids;
    FOR the_attempt IN 1 .. 4096 LOOP
        SELECT d.shard, d.ids, d.others
          INTO the_shard, some_ids, the_ids
          FROM s2t_router.divide(the_ids) AS d;
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_revive_events(the_shard, in_consumer, some_ids, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result + one_result;
        EXCEPTION WHEN OTHERS THEN
            IF s2t_router.elsewhere(the_shard, 1, SQLSTATE, SQLERRM) IS NULL THEN
                RAISE;
            END IF;
            the_ids := some_ids || the_ids;
        END;
        EXIT WHEN the_ids IS NULL;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_revive_events(text, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_revive_events(text, uuid[])
    IS 'Puts dead events of a consumer (NULL: all) back into its queue, in their old place, with all attempts; returns how many.';

CREATE FUNCTION @extschema@.s2t_rows_set_aside()
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_result bigint;
    the_problem jsonb;
    the_result  bigint;
BEGIN
    the_result := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO one_result, the_problem
              FROM s2t_router.s2t_rows_set_aside(the_shard, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            the_result := the_result + one_result;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN the_result;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_rows_set_aside() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_rows_set_aside()
    IS 'How many rows the last runs of the jobs in this database set aside, since the server started.';

CREATE FUNCTION @extschema@.s2t_set_password(in_user_id uuid, in_hashed_pass text)
RETURNS boolean
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_set_password(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_set_password(uuid, text)
    IS 'Puts another password hash into an account; true unless it was that one already.';

CREATE FUNCTION @extschema@.s2t_set_status(in_user_id uuid, in_status text)
RETURNS boolean
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_set_status(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_set_status(uuid, text)
    IS 'Sets the state of an account; true unless it was that one already. What s2t.blocked_statuses names may not create recordings.';

CREATE FUNCTION @extschema@.s2t_set_verified(in_user_id uuid, in_verified boolean)
RETURNS boolean
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_set_verified(uuid, boolean) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_set_verified(uuid, boolean)
    IS 'Notes whether the e-mail address of an account is verified; true unless it stood so already.';

CREATE FUNCTION @extschema@.s2t_snippet(in_text text, in_query text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
    the_result  text;
    the_failure text;
BEGIN
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO the_result, the_problem
              FROM s2t_router.s2t_snippet(the_shard, in_text, in_query, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            RETURN the_result;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_snippet(text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_snippet(text, text)
    IS 'The text, or the piece of a long one around the first occurrence, with what a search query asks for between <b> and </b>; nothing is escaped.';

CREATE FUNCTION @extschema@.s2t_split_segment(in_user_id uuid, in_recording_id uuid, in_idx integer, in_at_ms integer DEFAULT NULL::integer, in_at_char integer DEFAULT NULL::integer, in_revision integer DEFAULT NULL::integer, OUT revision integer, OUT segment_count integer, OUT changed integer, OUT lost_words integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_split_segment(uuid, uuid, integer, integer, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_split_segment(uuid, uuid, integer, integer, integer, integer)
    IS 'Cuts a segment of a completed recording in two, at a time, after so many characters, or both; its words follow, and the segments behind it move up by one.';

CREATE FUNCTION @extschema@.s2t_take_events(in_consumer text, in_limit integer DEFAULT 100, in_lease_time interval DEFAULT '00:00:30'::interval)
RETURNS TABLE(id uuid, type text, at timestamp with time zone, user_id uuid, recording_id uuid, data jsonb, attempt integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_failure text;
    the_answers integer := 0;
BEGIN
    PERFORM s2t_router.may_write('s2t_take_events');
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            RETURN QUERY SELECT p.id, p.type, p.at, p.user_id, p.recording_id, p.data, p.attempt
                           FROM s2t_router.s2t_take_events(the_shard, in_consumer, in_limit, in_lease_time, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            the_answers := the_answers + 1;
            -- What one has given is told before another is asked.
            IF FOUND THEN
                PERFORM s2t_router.next_turn(the_shard);
                RETURN;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    IF the_answers = 0 THEN
        PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
    END IF;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_take_events(text, integer, interval) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_take_events(text, integer, interval)
    IS 'Gives a consumer its next events, those of one user in order, for as long as the lease lasts; they are given again unless they are acknowledged.';

CREATE FUNCTION @extschema@.s2t_undo(in_user_id uuid, in_recording_id uuid, in_revision integer DEFAULT NULL::integer, OUT revision integer, OUT segment_count integer, OUT changed integer, OUT lost_words integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_undo(uuid, uuid, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_undo(uuid, uuid, integer)
    IS 'Takes the last edit of a transcript back that was not taken back yet; an undo is a revision of its own.';

CREATE FUNCTION @extschema@.s2t_update_profile(in_user_id uuid, in_name text DEFAULT NULL::text, in_avatar_url text DEFAULT NULL::text)
RETURNS boolean
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.s2t_update_profile(uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_update_profile(uuid, text, text)
    IS 'Changes what a user shows; NULL leaves a value as it is. True unless all stood so already.';

CREATE FUNCTION @extschema@.s2t_version()
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
    the_result  text;
    the_failure text;
BEGIN
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            SELECT p.result, p.s2t_problem
              INTO the_result, the_problem
              FROM s2t_router.s2t_version(the_shard, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            RETURN the_result;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_version() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_version()
    IS 'The version of the loaded library.';

CREATE PROCEDURE @extschema@.sp_change_user_plan(IN in_user_id uuid, IN in_new_plan_code text, IN in_prorate boolean DEFAULT false, INOUT success boolean DEFAULT NULL::boolean, INOUT message text DEFAULT NULL::text)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON PROCEDURE @extschema@.sp_change_user_plan(uuid, text, boolean, boolean, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_change_user_plan(uuid, text, boolean, boolean, text)
    IS 'Moves a user to another plan; with in_prorate the usage so far is closed into usage_cycles and counting starts at zero.';

CREATE FUNCTION @extschema@.sp_check_quota_and_create_recording(in_user_id uuid, in_source text, in_language text DEFAULT 'vi'::text, in_meta jsonb DEFAULT '{}'::jsonb, OUT recording_id uuid, OUT quota_ok boolean, OUT error_message text)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.sp_check_quota_and_create_recording(uuid, text, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_check_quota_and_create_recording(uuid, text, text, jsonb)
    IS 'Checks the quota and creates a recording in one step free of races; a refusal is a row that says why.';

CREATE FUNCTION @extschema@.sp_cleanup_old_recordings(in_retention_days integer DEFAULT 90, in_batch_size integer DEFAULT 1000, OUT deleted_recordings integer, OUT deleted_segments integer)
RETURNS record
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_deleted_recordings integer;
    one_deleted_segments integer;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_cleanup_old_recordings');
    deleted_recordings := 0;
    deleted_segments := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.deleted_recordings, p.deleted_segments, p.s2t_problem
              INTO one_deleted_recordings, one_deleted_segments, the_problem
              FROM s2t_router.sp_cleanup_old_recordings(the_shard, in_retention_days, in_batch_size, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
            deleted_recordings := deleted_recordings + one_deleted_recordings;
            deleted_segments := deleted_segments + one_deleted_segments;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
    RETURN;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_cleanup_old_recordings(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_cleanup_old_recordings(integer, integer)
    IS 'Deletes one batch of the oldest recordings that are past their retention, done or failed, with their segments; (0, 0) means nothing is left.';

CREATE PROCEDURE @extschema@.sp_complete_recording(IN in_recording_id uuid, IN in_duration_ms integer, IN in_segments jsonb)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON PROCEDURE @extschema@.sp_complete_recording(uuid, integer, jsonb) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_complete_recording(uuid, integer, jsonb)
    IS 'Stores all segments of a recording, marks it done and charges its duration; safe to repeat.';

CREATE PROCEDURE @extschema@.sp_create_search_index()
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_create_search_index');
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.s2t_problem
              INTO the_problem
              FROM s2t_router.sp_create_search_index(the_shard, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_create_search_index() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_create_search_index()
    IS 'Makes the index that sp_search_segments() uses for users with more than 200 recordings; for the owner of the tables, who waits while writing of segments is locked out.';

CREATE PROCEDURE @extschema@.sp_drop_search_index()
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_drop_search_index');
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.s2t_problem
              INTO the_problem
              FROM s2t_router.sp_drop_search_index(the_shard, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_drop_search_index() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_drop_search_index()
    IS 'Removes the search index; searching goes on without it.';

CREATE FUNCTION @extschema@.sp_export_transcript(in_recording_id uuid, in_format text DEFAULT 'txt'::text)
RETURNS text
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_read';

REVOKE ALL ON FUNCTION @extschema@.sp_export_transcript(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_export_transcript(uuid, text)
    IS 'The transcript of a completed recording as a file: txt, srt, vtt, json, tsv, csv, md or ttml.';

CREATE PROCEDURE @extschema@.sp_fail_recording(IN in_recording_id uuid, IN in_reason text)
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON PROCEDURE @extschema@.sp_fail_recording(uuid, text) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_fail_recording(uuid, text)
    IS 'Marks a recording as failed, with the reason: the speech engine could not do it.';

CREATE PROCEDURE @extschema@.sp_fail_stale_recordings(IN in_older_than interval DEFAULT '06:00:00'::interval, IN in_batch_size integer DEFAULT 1000, INOUT failed bigint DEFAULT 0)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_failed bigint;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_fail_stale_recordings');
    failed := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        LOOP
            BEGIN
                SELECT p.result, p.s2t_problem
                  INTO one_failed, the_problem
                  FROM s2t_router.s2t_fail_stale_batch(the_shard, in_older_than, in_batch_size, s2t_router.caller()) AS p;
                IF the_problem IS NOT NULL THEN
                    PERFORM s2t_router.tell(the_problem);
                END IF;
            EXCEPTION WHEN OTHERS THEN
                PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
                RAISE;
            END;
            EXIT WHEN one_failed = 0;
            failed := failed + one_failed;
        END LOOP;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_fail_stale_recordings(interval, integer, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_fail_stale_recordings(interval, integer, bigint)
    IS 'Marks every recording that has been processing for longer than the interval as failed, with a commit after each batch.';

CREATE FUNCTION @extschema@.sp_get_chunks(in_user_id uuid, in_recording_id uuid, in_max_chars integer DEFAULT 1000, in_overlap integer DEFAULT 0)
RETURNS TABLE(chunk_index integer, start_ms integer, end_ms integer, text text, first_idx integer, last_idx integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.chunk_index, p.start_ms, p.end_ms, p.text, p.first_idx, p.last_idx
                           FROM s2t_router.sp_get_chunks(the_shard, in_user_id, in_recording_id, in_max_chars, in_overlap, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_chunks(uuid, uuid, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_chunks(uuid, uuid, integer, integer)
    IS 'The transcript of a recording in pieces for embedding and retrieval, for its owner: at ends of sentences and turns of speakers, of at most so many characters; no row for anybody else.';

CREATE FUNCTION @extschema@.sp_get_progress(in_user_id uuid, in_recording_ids uuid[])
RETURNS TABLE(id uuid, status text, heard_ms integer, segment_count integer, charged_seconds integer, queue_state text, claims integer, active_at timestamp with time zone)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.id, p.status, p.heard_ms, p.segment_count, p.charged_seconds, p.queue_state, p.claims, p.active_at
                           FROM s2t_router.sp_get_progress(the_shard, in_user_id, in_recording_ids, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_progress(uuid, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_progress(uuid, uuid[])
    IS 'How far recordings are, for their owner: the audio heard in this attempt, what is stored and charged, whether they wait for a worker or are at one, and their last sign of life.';

CREATE FUNCTION @extschema@.sp_get_recording(in_user_id uuid, in_recording_id uuid)
RETURNS TABLE(id uuid, source text, language text, status text, duration_ms integer, segment_count integer, created_at timestamp with time zone, completed_at timestamp with time zone, error text, meta jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.id, p.source, p.language, p.status, p.duration_ms, p.segment_count, p.created_at, p.completed_at, p.error, p.meta
                           FROM s2t_router.sp_get_recording(the_shard, in_user_id, in_recording_id, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_recording(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_recording(uuid, uuid)
    IS 'One recording, for its owner; no row for anybody else.';

CREATE FUNCTION @extschema@.sp_get_segments(in_user_id uuid, in_recording_id uuid, in_from_ms integer DEFAULT 0, in_limit integer DEFAULT NULL::integer)
RETURNS TABLE(idx integer, start_ms integer, end_ms integer, text text, meta jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.idx, p.start_ms, p.end_ms, p.text, p.meta
                           FROM s2t_router.sp_get_segments(the_shard, in_user_id, in_recording_id, in_from_ms, in_limit, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_segments(uuid, uuid, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_segments(uuid, uuid, integer, integer)
    IS 'The segments of a recording in order, for its owner, from a moment of it on; no row for anybody else.';

CREATE FUNCTION @extschema@.sp_get_subscription(in_user_id uuid)
RETURNS TABLE(plan_code text, plan_name text, monthly_minutes integer, monthly_usage_limit integer, usage_count integer, used_seconds integer, remaining_recordings integer, remaining_seconds bigint, cycle_start timestamp with time zone, cycle_end timestamp with time zone, active boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.plan_code, p.plan_name, p.monthly_minutes, p.monthly_usage_limit, p.usage_count, p.used_seconds, p.remaining_recordings, p.remaining_seconds, p.cycle_start, p.cycle_end, p.active
                           FROM s2t_router.sp_get_subscription(the_shard, in_user_id, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_get_subscription(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_subscription(uuid)
    IS 'Plan, limits, usage and what is left of the current cycle of a user; no row without a subscription.';

CREATE FUNCTION @extschema@.sp_get_user_stats(in_user_id uuid, OUT total_recordings bigint, OUT total_duration_minutes numeric, OUT total_segments bigint, OUT current_cycle_usage integer, OUT current_cycle_seconds integer, OUT quota_usage_percent numeric, OUT quota_minutes_percent numeric)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_read';

REVOKE ALL ON FUNCTION @extschema@.sp_get_user_stats(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_get_user_stats(uuid)
    IS 'Totals, usage of the current cycle and share of the quota of one user: always one row, at a cost that does not grow with the history.';

CREATE FUNCTION @extschema@.sp_import_transcript(in_recording_id uuid, in_document text, in_format text DEFAULT 'auto'::text, OUT format text, OUT language text, OUT duration_ms integer, OUT segments integer)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.sp_import_transcript(uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_import_transcript(uuid, text, text)
    IS 'Completes a recording, as sp_complete_recording does, with the output of a speech engine; tells the format it was read as, and what is in it.';

CREATE FUNCTION @extschema@.sp_import_transcript_bytes(in_recording_id uuid, in_document bytea, in_format text DEFAULT 'auto'::text, OUT format text, OUT language text, OUT duration_ms integer, OUT segments integer, OUT replaced bigint)
RETURNS record
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_write';

REVOKE ALL ON FUNCTION @extschema@.sp_import_transcript_bytes(uuid, bytea, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_import_transcript_bytes(uuid, bytea, text)
    IS 'sp_import_transcript for a document that may not be proper UTF-8: replaces what is not by U+FFFD, and tells how often.';

CREATE FUNCTION @extschema@.sp_list_credits(in_user_id uuid)
RETURNS TABLE(id uuid, recordings integer, seconds integer, left_recordings integer, left_seconds integer, expires_at timestamp with time zone, cancelled_at timestamp with time zone, created_at timestamp with time zone, note text, open boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.id, p.recordings, p.seconds, p.left_recordings, p.left_seconds, p.expires_at, p.cancelled_at, p.created_at, p.note, p.open
                           FROM s2t_router.sp_list_credits(the_shard, in_user_id, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_credits(uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_credits(uuid)
    IS 'The credits of a user, in the order in which they pay.';

CREATE FUNCTION @extschema@.sp_list_plans()
RETURNS TABLE(code text, name text, description text, plan_type text, plan_cost integer, plan_discount integer, monthly_minutes integer, monthly_usage_limit integer, retention_days integer, is_default boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_failure text;
BEGIN
    FOREACH the_shard IN ARRAY s2t_router.in_turn() LOOP
        BEGIN
            RETURN QUERY SELECT p.code, p.name, p.description, p.plan_type, p.plan_cost, p.plan_discount, p.monthly_minutes, p.monthly_usage_limit, p.retention_days, p.is_default
                           FROM s2t_router.sp_list_plans(the_shard, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            IF NOT s2t_router.is_unreachable(SQLSTATE, SQLERRM) THEN
                RAISE;
            END IF;
            the_failure := SQLERRM;
            PERFORM s2t_router.note_down(the_shard);
        END;
    END LOOP;
    PERFORM s2t_router.raise_unreachable(the_shard, the_failure);
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_plans() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_plans()
    IS 'The plans that users can move to, the cheapest first.';

CREATE FUNCTION @extschema@.sp_list_recordings(in_user_id uuid, in_limit integer DEFAULT 50, in_before uuid DEFAULT NULL::uuid, in_status text DEFAULT NULL::text)
RETURNS TABLE(id uuid, source text, language text, status text, duration_ms integer, segment_count integer, created_at timestamp with time zone, completed_at timestamp with time zone, error text, meta jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.id, p.source, p.language, p.status, p.duration_ms, p.segment_count, p.created_at, p.completed_at, p.error, p.meta
                           FROM s2t_router.sp_list_recordings(the_shard, in_user_id, in_limit, in_before, in_status, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_recordings(uuid, integer, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_recordings(uuid, integer, uuid, text)
    IS 'The recordings of a user, the newest first; the next page is what comes before the last id of this one.';

CREATE FUNCTION @extschema@.sp_list_revisions(in_user_id uuid, in_recording_id uuid)
RETURNS TABLE(revision integer, kind text, at timestamp with time zone, kept_count integer, undoes integer, undone boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.revision, p.kind, p.at, p.kept_count, p.undoes, p.undone
                           FROM s2t_router.sp_list_revisions(the_shard, in_user_id, in_recording_id, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_revisions(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_revisions(uuid, uuid)
    IS 'The edits of a transcript, the last one first, for its owner; its revision is the highest number, 0 without any.';

CREATE FUNCTION @extschema@.sp_list_usage(in_user_id uuid, in_limit integer DEFAULT 50, in_before uuid DEFAULT NULL::uuid)
RETURNS TABLE(id uuid, at timestamp with time zone, kind text, recordings integer, seconds integer, credit_recordings integer, credit_seconds integer, overage_recordings integer, overage_seconds integer, recording_id uuid, credit_id uuid, cycle_id uuid, note text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.id, p.at, p.kind, p.recordings, p.seconds, p.credit_recordings, p.credit_seconds, p.overage_recordings, p.overage_seconds, p.recording_id, p.credit_id, p.cycle_id, p.note
                           FROM s2t_router.sp_list_usage(the_shard, in_user_id, in_limit, in_before, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_list_usage(uuid, integer, uuid) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_list_usage(uuid, integer, uuid)
    IS 'The ledger of a user, the newest entry first: what was charged, given back and adjusted, when and for what.';

CREATE PROCEDURE @extschema@.sp_purge_audit_log(IN in_older_than interval DEFAULT '1 year'::interval, IN in_batch_size integer DEFAULT 10000, INOUT deleted bigint DEFAULT 0)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_deleted bigint;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_purge_audit_log');
    deleted := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        LOOP
            BEGIN
                SELECT p.result, p.s2t_problem
                  INTO one_deleted, the_problem
                  FROM s2t_router.s2t_purge_audit_batch(the_shard, in_older_than, in_batch_size, s2t_router.caller()) AS p;
                IF the_problem IS NOT NULL THEN
                    PERFORM s2t_router.tell(the_problem);
                END IF;
            EXCEPTION WHEN OTHERS THEN
                PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
                RAISE;
            END;
            EXIT WHEN one_deleted = 0;
            deleted := deleted + one_deleted;
        END LOOP;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_purge_audit_log(interval, integer, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_purge_audit_log(interval, integer, bigint)
    IS 'Deletes the rows of audit_log that are older than the interval, with a commit after each batch.';

CREATE PROCEDURE @extschema@.sp_purge_old_recordings(IN in_retention_days integer DEFAULT 90, IN in_batch_size integer DEFAULT 1000, INOUT deleted_recordings bigint DEFAULT 0, INOUT deleted_segments bigint DEFAULT 0)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_deleted_recordings bigint;
    one_deleted_segments bigint;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_purge_old_recordings');
    deleted_recordings := 0;
    deleted_segments := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        LOOP
            BEGIN
                SELECT p.deleted_recordings, p.deleted_segments, p.s2t_problem
                  INTO one_deleted_recordings, one_deleted_segments, the_problem
                  FROM s2t_router.sp_cleanup_old_recordings(the_shard, in_retention_days, in_batch_size, s2t_router.caller()) AS p;
                IF the_problem IS NOT NULL THEN
                    PERFORM s2t_router.tell(the_problem);
                END IF;
            EXCEPTION WHEN OTHERS THEN
                PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
                RAISE;
            END;
            EXIT WHEN one_deleted_recordings = 0 AND one_deleted_segments = 0;
            deleted_recordings := deleted_recordings + one_deleted_recordings;
            deleted_segments := deleted_segments + one_deleted_segments;
        END LOOP;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_purge_old_recordings(integer, integer, bigint, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_purge_old_recordings(integer, integer, bigint, bigint)
    IS 'Repeats sp_cleanup_old_recordings() with a commit after each batch until nothing is left.';

CREATE PROCEDURE @extschema@.sp_purge_usage_entries(IN in_older_than interval DEFAULT '3 years'::interval, IN in_batch_size integer DEFAULT 1000, INOUT deleted bigint DEFAULT 0)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    one_deleted bigint;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_purge_usage_entries');
    deleted := 0;
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        LOOP
            BEGIN
                SELECT p.result, p.s2t_problem
                  INTO one_deleted, the_problem
                  FROM s2t_router.s2t_purge_usage_batch(the_shard, in_older_than, in_batch_size, s2t_router.caller()) AS p;
                IF the_problem IS NOT NULL THEN
                    PERFORM s2t_router.tell(the_problem);
                END IF;
            EXCEPTION WHEN OTHERS THEN
                PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
                RAISE;
            END;
            EXIT WHEN one_deleted = 0;
            deleted := deleted + one_deleted;
        END LOOP;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_purge_usage_entries(interval, integer, bigint) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_purge_usage_entries(interval, integer, bigint)
    IS 'Deletes the entries of cycles that were closed longer ago than the interval, whole cycles only, with a commit after each batch.';

CREATE FUNCTION @extschema@.sp_render_transcript(in_recording_id uuid, in_format text, in_options jsonb DEFAULT '{}'::jsonb)
RETURNS text
LANGUAGE c SECURITY DEFINER
AS 'MODULE_PATHNAME', 's2t_route_read';

REVOKE ALL ON FUNCTION @extschema@.sp_render_transcript(uuid, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_render_transcript(uuid, text, jsonb)
    IS 'sp_export_transcript with options of the format: speakers, times, words; unknown ones are errors.';

CREATE PROCEDURE @extschema@.sp_reset_monthly_cycles()
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_reset_monthly_cycles');
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.s2t_problem
              INTO the_problem
              FROM s2t_router.sp_reset_monthly_cycles(the_shard, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_reset_monthly_cycles() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_reset_monthly_cycles()
    IS 'Closes every ended cycle into usage_cycles and opens the current month; safe to run at any time and any number of times.';

CREATE PROCEDURE @extschema@.sp_schedule_jobs(IN in_reset_schedule text DEFAULT '0 0 1 * *'::text, IN in_cleanup_schedule text DEFAULT '0 2 * * *'::text, IN in_stale_schedule text DEFAULT '*/10 * * * *'::text, IN in_audit_schedule text DEFAULT '30 2 * * *'::text, IN in_retention_days integer DEFAULT 90, IN in_stale_after interval DEFAULT '06:00:00'::interval, IN in_audit_retention interval DEFAULT NULL::interval)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_schedule_jobs');
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.s2t_problem
              INTO the_problem
              FROM s2t_router.sp_schedule_jobs(the_shard, in_reset_schedule, in_cleanup_schedule, in_stale_schedule, in_audit_schedule, in_retention_days, in_stale_after, in_audit_retention, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_schedule_jobs(text, text, text, text, integer, interval, interval) FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_schedule_jobs(text, text, text, text, integer, interval, interval)
    IS 'Registers the scheduled jobs with pg_cron, for the calling role; safe to repeat. Without a schedule a job is removed; without in_audit_retention the audit log is kept.';

CREATE FUNCTION @extschema@.sp_search_segments(in_user_id uuid, in_query text, in_limit integer DEFAULT 20)
RETURNS TABLE(recording_id uuid, idx integer, start_ms integer, end_ms integer, snippet text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
BEGIN
    the_shard := s2t_router.shard_of(in_user_id);
    FOR the_attempt IN 1 .. 2 LOOP
        BEGIN
            RETURN QUERY SELECT p.recording_id, p.idx, p.start_ms, p.end_ms, p.snippet
                           FROM s2t_router.sp_search_segments(the_shard, in_user_id, in_query, in_limit, s2t_router.caller()) AS p
                          WHERE CASE WHEN p.s2t_problem IS NULL THEN true ELSE s2t_router.tell(p.s2t_problem) END;
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            the_shard := s2t_router.elsewhere(the_shard, the_attempt, SQLSTATE, SQLERRM);
            IF the_shard IS NULL THEN
                RAISE;
            END IF;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON FUNCTION @extschema@.sp_search_segments(uuid, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.sp_search_segments(uuid, text, integer)
    IS 'The segments of a user in which every word of the query occurs, with or without diacritics and in any case of letters, the newest recordings first.';

CREATE PROCEDURE @extschema@.sp_seed_plans()
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_seed_plans');
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.s2t_problem
              INTO the_problem
              FROM s2t_router.sp_seed_plans(the_shard, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_seed_plans() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_seed_plans()
    IS 'Inserts those of the four usual plans FREE, BASIC, PREMIUM and ENTERPRISE that are missing, with ids derived from their codes.';

CREATE PROCEDURE @extschema@.sp_unschedule_jobs()
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    the_shard   integer;
    the_problem jsonb;
BEGIN
    PERFORM s2t_router.may_write('sp_unschedule_jobs');
    FOR the_shard IN SELECT s.n FROM s2t_router.shards AS s ORDER BY s.n LOOP
        BEGIN
            SELECT p.s2t_problem
              INTO the_problem
              FROM s2t_router.sp_unschedule_jobs(the_shard, s2t_router.caller()) AS p;
            IF the_problem IS NOT NULL THEN
                PERFORM s2t_router.tell(the_problem);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            PERFORM s2t_router.elsewhere(the_shard, 2, SQLSTATE, SQLERRM);
            RAISE;
        END;
    END LOOP;
END
$function$;

REVOKE ALL ON PROCEDURE @extschema@.sp_unschedule_jobs() FROM PUBLIC;
COMMENT ON PROCEDURE @extschema@.sp_unschedule_jobs()
    IS 'Removes the scheduled jobs of this database from pg_cron: the calling role''s, or everybody''s if that is a superuser.';
