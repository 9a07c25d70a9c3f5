-- Cycles are calendar months in s2t.timezone, never in the session's zone (docs/reference.md, "Conventions").
-- The clock cannot be set here, so what is shown is that the boundaries are those of the right zone, whatever the session's is.
\ir include/begin.sql
SELECT plan(32);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES
  ('FREE', 'Free', 30, 10, true), ('BASIC', 'Basic', 300, 100, false), ('TINY', 'Tiny', 1, 2, false), ('OPEN', 'Open', NULL, NULL, false);
CREATE FUNCTION pg_temp.uid(who text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM users WHERE user_name = who $$;

CREATE FUNCTION pg_temp.month_of(zone text, n int) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT (date_trunc('month', clock_timestamp() AT TIME ZONE zone) + make_interval(months => n)) AT TIME ZONE zone
$$;
-- A user who registers, one whose cycle is over and who creates, one who is reset, one who changes the plan after the end: all get the same month.
CREATE FUNCTION pg_temp.boundaries(zone text, session_zone text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  first timestamptz;
  last timestamptz;
  bad text := '';
  ok boolean;
  message text;
  rid uuid;
BEGIN
  PERFORM set_config('s2t.timezone', zone, true), set_config('TimeZone', session_zone, true);
  DELETE FROM users;
  PERFORM s2t_register_user(n || '@example.com', n, 'hash', NULL, 'OPEN') FROM unnest(ARRAY['registers', 'creates', 'completes', 'is reset', 'changes']) AS u (n) WHERE n <> 'is reset';
  PERFORM s2t_register_user('reset@example.com', 'is reset', 'hash', NULL, 'OPEN');
  INSERT INTO recordings (user_id, source) VALUES (pg_temp.uid('completes'), 'direct') RETURNING id INTO rid;
  UPDATE user_subscriptions SET cycle_start = pg_temp.month_of(zone, -2), cycle_end = pg_temp.month_of(zone, -1) WHERE user_id <> pg_temp.uid('registers');
  PERFORM sp_check_quota_and_create_recording(pg_temp.uid('creates'), 'upload');
  CALL sp_complete_recording(rid, 1000, '[]');
  CALL sp_change_user_plan(pg_temp.uid('changes'), 'FREE', false, ok, message);
  CALL sp_reset_monthly_cycles();
  first := pg_temp.month_of(zone, 0);
  last := pg_temp.month_of(zone, 1);
  SELECT string_agg(u.user_name || ' ' || s.cycle_start || ' ' || s.cycle_end, ', ') INTO bad
  FROM user_subscriptions AS s JOIN users AS u ON u.id = s.user_id WHERE s.cycle_start <> first OR s.cycle_end <> last;
  RETURN coalesce(bad, 'right');
END
$$;
SELECT is(pg_temp.boundaries(zone, session_zone), 'right', zone || ', session in ' || session_zone)
FROM unnest(ARRAY['UTC', 'Asia/Ho_Chi_Minh', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'Etc/GMT+12']) AS zone,
     unnest(ARRAY['UTC', 'America/Los_Angeles', 'Pacific/Auckland']) AS session_zone;

-- The zones differ: seven hours between Vietnam and UTC.
SELECT is(pg_temp.boundaries('Asia/Ho_Chi_Minh', 'UTC'), 'right', 'Vietnam');
SELECT is(to_char(cycle_start AT TIME ZONE 'Asia/Ho_Chi_Minh', 'DD HH24:MI:SS') || ' is ' || to_char(cycle_start AT TIME ZONE 'UTC', 'HH24:MI:SS'), '01 00:00:00 is 17:00:00', 'a month begins at midnight there')
FROM user_subscriptions LIMIT 1;
-- A month with a change to or from summer time is as long as it is.
SELECT is(pg_temp.boundaries('America/New_York', 'UTC'), 'right', 'New York');
SELECT ok(to_char(cycle_start AT TIME ZONE 'America/New_York', 'DD HH24:MI') = '01 00:00' AND to_char(cycle_end AT TIME ZONE 'America/New_York', 'DD HH24:MI') = '01 00:00', 'from midnight to midnight, by the clock there')
FROM user_subscriptions LIMIT 1;

-- The setting in force at the call counts; an open cycle keeps its end.
SET LOCAL s2t.timezone = 'UTC';
SET LOCAL timezone = 'UTC';
DELETE FROM users;
CALL sp_register_user('an@example.com', 'an', 'hash', NULL, 'OPEN');
SET LOCAL s2t.timezone = 'Asia/Ho_Chi_Minh';
SELECT ok(quota_ok, 'another zone') FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload');
SELECT is((SELECT cycle_end FROM user_subscriptions), pg_temp.month_of('UTC', 1), 'does not move an open cycle');

-- A cycle begins where the last one ended, and ends at the first boundary more than 27 days later, in the zone that is in force by then.
UPDATE user_subscriptions SET cycle_start = pg_temp.month_of('UTC', -1), cycle_end = pg_temp.month_of('UTC', 0);
SELECT ok(quota_ok, 'rolled over in another zone') FROM sp_check_quota_and_create_recording(pg_temp.uid('an'), 'upload');
SELECT results_eq('SELECT cycle_start, cycle_end FROM user_subscriptions', $$VALUES (pg_temp.month_of('UTC', 0), pg_temp.month_of('Asia/Ho_Chi_Minh', 1))$$, 'neither gap nor overlap');

SELECT * FROM finish();
ROLLBACK;
