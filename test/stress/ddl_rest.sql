-- Stress: definitions that change under the calls.  The rest of the API: keys, credits, plans, the queue, edits, the life
-- of an account to its end.  Nothing of it may fail, but a read that has waited for a table being rewritten, which is to be
-- repeated, and what somebody else has done with a recording of the queue meanwhile.
SELECT nextval('others') AS n \gset
SELECT quote_literal(user_id) AS user FROM s2t_register(format('v%s@example.com', :n), format('v%s', :n), 'hash', 'V', 'FREE', 'k') \gset
SELECT 1 / repeated::int AS yes FROM s2t_register(format('v%s@example.com', :n), format('v%s', :n), 'hash', 'V', 'FREE', 'k') \gset
SELECT quote_literal(s2t_add_credit(:user, 3, 10, NULL, 'note', 'k')) AS credit \gset
SELECT 1 / (s2t_add_credit(:user, 3, 10, NULL, 'note', 'k') = :credit)::int AS yes \gset
SELECT quote_literal(recording_id) AS first, 1 / quota_ok::int AS yes FROM s2t_create_recording(:user, 'upload', in_expected_ms => 5000, in_key => 'k') \gset
SELECT 1 / (recording_id = :first AND reason = 'repeated')::int AS yes FROM s2t_create_recording(:user, 'upload', in_expected_ms => 5000, in_key => 'k') \gset
SELECT 1 / (segment_count = 2 AND charged_seconds = 3)::int AS yes
  FROM s2t_complete_recording_text(:first, 2500, '[{"idx": 0, "start_ms": 0, "end_ms": 9, "text": "needle one", "speaker": "A"}, {"idx": 1, "start_ms": 9, "end_ms": 20, "text": "two", "speaker": "A"}]') \gset
SELECT 1 / (changed = 1)::int AS yes FROM s2t_edit_segment(:user, :first, 1, 'needle two') \gset
SELECT 1 / (changed = 2)::int AS yes FROM s2t_rename_speaker(:user, :first, 'A', 'B') \gset
SELECT 1 / (segment_count = 3)::int AS yes FROM s2t_split_segment(:user, :first, 0, in_at_char => 7) \gset
SELECT 1 / (segment_count = 2)::int AS yes FROM s2t_merge_segments(:user, :first, 0, 1) \gset
SELECT 1 / (segment_count = 3)::int AS yes FROM s2t_undo(:user, :first) \gset
SELECT 1 / (segment_count = 1)::int AS yes FROM s2t_replace_segments(:user, :first, 2500, '[{"idx": 0, "start_ms": 0, "end_ms": 9, "text": "needle"}]') \gset
SELECT 1 / (segment_count = 1)::int AS yes FROM s2t_replace_transcript(:user, :first, '[{"idx": 0, "start_ms": 0, "end_ms": 2500, "text": "a needle"}]') \gset
SELECT 1 / (usage_count = 1 AND used_seconds = 13)::int AS yes FROM s2t_adjust_usage(:user, 0, 10, 'note') \gset
SELECT 1 / success::int AS yes FROM s2t_change_user_plan(:user, 'BASIC', true, in_key => 'k') \gset
SELECT 1 / success::int AS yes FROM s2t_change_user_plan(:user, 'FREE', in_at => 'cycle_end') \gset
SELECT 1 / s2t_cancel_plan_change(:user)::int AS yes \gset
SELECT 1 / success::int AS yes FROM s2t_change_user_plan(:user, 'PREMIUM') \gset
SELECT 1 / s2t_cancel_credit(:user, :credit)::int AS yes \gset
SELECT quote_literal(recording_id) AS second, 1 / quota_ok::int AS yes FROM s2t_create_recording(:user, 'upload', in_priority => 5) \gset
SELECT 1 / queued::int AS yes FROM s2t_queue_recording(:second, 1) \gset
SELECT coalesce(quote_literal(max(recording_id::text)), 'NULL') AS claimed, coalesce(quote_literal(max(lease::text)), 'NULL') AS lease FROM s2t_claim_recordings('w', 1, '1 hour') \gset
SELECT ddl_try(format('SELECT count(*) FROM s2t_extend_lease(%L, %L)', :claimed, :lease)) AS tried \gset
SELECT ddl_try(format('SELECT count(*) FROM s2t_release_recording(%L, %L)', :claimed, :lease)) AS tried \gset
SELECT coalesce(quote_literal(max(recording_id::text)), 'NULL') AS claimed, coalesce(quote_literal(max(lease::text)), 'NULL') AS lease FROM s2t_claim_recordings('w', 1, '1 hour') \gset
SELECT ddl_try(format('SELECT count(*) FROM s2t_import_transcript(%L, %L, in_lease => %L)', :claimed, '{"text": "x"}', :lease)) AS tried \gset
SELECT 1 / s2t_set_status(:user, 'gold')::int AS yes, 1 / s2t_change_login(:user, in_user_name => format('w%s', :n))::int AS yes_too \gset
SELECT 1 / (ddl_ask(format('SELECT plan_code FROM s2t_get_subscription(%L)', :user)) = 'PREMIUM')::int AS yes,
       1 / (ddl_ask(format('SELECT plan_code FROM sp_get_subscription(%L)', :user)) = 'PREMIUM')::int AS yes_2,
       1 / (ddl_ask(format('SELECT count(*) FROM sp_list_usage(%L) WHERE kind IN (%L, %L)', :user, 'adjust', 'credit')) = '3')::int AS yes_3,
       1 / (ddl_ask(format('SELECT count(*) FROM sp_list_credits(%L)', :user)) = '1')::int AS yes_4,
       1 / (ddl_ask(format('SELECT count(*) FROM sp_list_recordings(%L)', :user)) = '2')::int AS yes_5,
       1 / (ddl_ask(format('SELECT status FROM sp_get_recording(%L, %L)', :user, :first)) = 'done')::int AS yes_6,
       1 / (ddl_ask(format('SELECT text FROM sp_get_segments(%L, %L)', :user, :first)) = 'a needle')::int AS yes_7,
       1 / (ddl_ask(format('SELECT segment_count FROM sp_get_progress(%L, ARRAY[%L]::uuid[])', :user, :first)) = '1')::int AS yes_8,
       1 / (ddl_ask(format('SELECT text FROM sp_get_chunks(%L, %L)', :user, :first)) = 'a needle')::int AS yes_9,
       1 / (ddl_ask(format('SELECT count(*) FROM sp_list_revisions(%L, %L)', :user, :first)) = '7')::int AS yes_10,
       1 / (ddl_ask('SELECT count(*) FROM sp_list_plans()') = '4')::int AS yes_11,
       1 / (ddl_ask(format('SELECT status FROM sp_get_login(%L)', format('w%s', :n))) = 'gold')::int AS yes_12,
       1 / (ddl_ask(format('SELECT position(%L IN sp_render_transcript(%L, %L)) > 0', 'a needle', :first, 'srt')) = 'true')::int AS yes_13,
       1 / (ddl_ask(format('SELECT count(*) > 10 FROM s2t_export_user(%L)', :user)) = 'true')::int AS yes_14 \gset
SELECT s2t_release_events('taken', coalesce(array_agg(id), '{}'), '0') >= 0 AS given_back FROM s2t_take_events('taken', 3) \gset
CALL sp_purge_usage_entries();
SELECT 1 / s2t_delete_recording(:user, :first)::int AS yes \gset
SELECT 1 / s2t_delete_user(:user)::int AS yes \gset
