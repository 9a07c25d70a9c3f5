-- ------------------------------------------------------------------------------------------------
-- The tables: what s2t_install() makes and looks for.
-- ------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.s2t_wanted_tables()
RETURNS TABLE (tab text, storage text, remark text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('plans',              '',                         'Plans that users subscribe to.'),
    ('users',              '',                         'Accounts.'),
    -- Room in every page, so that appends, claims and heartbeats rewrite a row without touching its
    -- indexes.
    ('recordings',         ' WITH (fillfactor = 85)',  'Recordings, from upload to transcript.'),
    ('user_profiles',      '',                         'What users show of themselves.'),
    -- Room in every page, so that counting rewrites a row without touching its indexes.
    ('user_subscriptions', ' WITH (fillfactor = 70)',  'The plan, the current cycle and the running totals of every user.'),
    ('segments',           '',                         'Pieces of transcript, in order.'),
    ('segment_revisions',  '',                         'What edits of transcripts replaced, edit by edit.'),
    ('usage_cycles',       '',                         'Closed cycles with the figures they ended with.'),
    ('audit_log',          '',                         'Who did what to accounts and recordings, when and from where.'),
    -- Room, so that the entry of a growing recording is rewritten without touching its indexes.
    ('usage_entries',      ' WITH (fillfactor = 90)',  'The ledger: every charge, refund and adjustment of every cycle.'),
    ('usage_credits',      '',                         'Recordings and seconds beside the plan.'),
    -- Where the last consumer is gone, the table is soon empty again, which is what calls look at.
    ('event_consumers',    ' WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0)',
                                                       'Who is told of events, and of which.'),
    -- Rows come and go: what is left of them is cleared away before there is much of it.
    ('events',             ' WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.5)',
                                                       'Events that wait for a consumer, a row for each; acknowledged ones are gone.'),
    ('slots',              '',                         'Of a server that is one of several: the slots that it has, and where those went that it had.')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_tables() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_tables()
    IS 'The tables of the extension, in the order of their creation; read by s2t_install().';

CREATE FUNCTION @extschema@.s2t_wanted_columns()
RETURNS TABLE (tab text, col text, type text, required boolean, preset text, remark text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    -- A version 7 UUID by core functions only, so that tables restore without the extension: the
    -- milliseconds since 1970 in the first 48 bits, and 7 instead of 4 for the version.
    SELECT w.tab, w.col, w.type, w.required,
           replace(w.preset, '{new_id}',
                   'encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING '
                   'substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) '
                   'FROM 1 FOR 6), 52, 1), 53, 1), ''hex'')::uuid'),
           w.remark
      FROM (VALUES
    ('plans', 'id',                  'uuid',        true,  '{new_id}',       'Version 7 UUID.'),
    ('plans', 'code',                'text',        true,  NULL,             'Name by which procedures take the plan.'),
    ('plans', 'name',                'text',        true,  NULL,             'Name to show.'),
    ('plans', 'description',         'text',        false, NULL,             'What the plan offers, to show.'),
    ('plans', 'plan_type',           'text',        true,  '''free''',       'Kind of plan.'),
    ('plans', 'plan_cost',           'integer',     true,  '0',              'Price of a month in cents.'),
    ('plans', 'plan_discount',       'integer',     true,  '0',              'Discount on the price.'),
    ('plans', 'monthly_minutes',     'integer',     false, NULL,             'Minutes a cycle; NULL is unlimited.'),
    ('plans', 'monthly_usage_limit', 'integer',     false, NULL,             'Recordings a cycle; NULL is unlimited.'),
    ('plans', 'retention_days',      'integer',     false, NULL,             'Days that recordings are kept; NULL leaves it to the caller of the cleanup.'),
    ('plans', 'is_active',           'boolean',     true,  'true',           'Whether users can move to the plan.'),
    ('plans', 'is_default',          'boolean',     true,  'false',          'Whether users of an inactive plan move here when their cycle closes; at most one plan.'),
    ('plans', 'created_at',          'timestamptz', true,  'now()',          'When the plan was made.'),
    ('plans', 'max_recording_minutes', 'integer',   false, NULL,             'Minutes that one recording may have; NULL is no bound.'),
    ('plans', 'carry_over_minutes',  'integer',     true,  '0',              'So many unused minutes of a cycle become a credit for the next one.'),
    ('plans', 'alert_percents',      'integer[]',   true,  '''{80,100}''',   'Percents of a limit whose crossing is told.'),

    ('users', 'id',                  'uuid',        true,  '{new_id}',       'Version 7 UUID; made by the procedures, its slot is a hash of the lower-cased e-mail address.'),
    ('users', 'email',               'text',        true,  NULL,             'E-mail address, unique without regard to case.'),
    ('users', 'password_hash',       'text',        true,  NULL,             'Hash of the password, as the application made it.'),
    ('users', 'user_name',           'text',        true,  NULL,             'Login name, unique without regard to case.'),
    ('users', 'verified',            'boolean',     true,  'false',          'Whether the e-mail address is verified.'),
    ('users', 'role',                'text',        true,  '''user''',       'Role in the application.'),
    ('users', 'status',              'text',        true,  '''active''',     'State of the account in the application.'),
    ('users', 'created_at',          'timestamptz', true,  'now()',          'When the user registered.'),
    ('users', 'register_key',        'text',        false, NULL,             'Key of the call that registered the user.'),
    ('users', 'register_key_hash',   'bytea',       false, NULL,             'Hash of that call''s arguments, without the password''s hash.'),

    ('recordings', 'id',             'uuid',        true,  '{new_id}',       'Version 7 UUID; made by the procedures, it has the slot of its user.'),
    ('recordings', 'user_id',        'uuid',        true,  NULL,             'Whose recording it is.'),
    ('recordings', 'source',         'text',        true,  NULL,             'Where it came from, for instance realtime or upload.'),
    ('recordings', 'language',       'text',        true,  '''vi''',         'BCP 47 tag of the language spoken.'),
    ('recordings', 'status',         'text',        true,  '''processing''', 'processing, done or failed.'),
    ('recordings', 'duration_ms',    'integer',     true,  '0',              'Duration in milliseconds.'),
    ('recordings', 'created_at',     'timestamptz', true,  'now()',          'When it was created; retention counts from here.'),
    ('recordings', 'completed_at',   'timestamptz', false, NULL,             'When its transcript was stored.'),
    ('recordings', 'meta',           'jsonb',       true,  '''{}''',         'What else the application keeps of it.'),
    ('recordings', 'error',          'text',        false, NULL,             'Why it failed.'),
    ('recordings', 'segment_count',  'integer',     true,  '0',              'Number of its segments, kept by the extension.'),
    ('recordings', 'fingerprint',    'bytea',       false, NULL,             'Fingerprint of the transcript it was completed with, by which a repeated call is known.'),

    ('recordings', 'charged_cycle_id', 'uuid',      false, NULL,             'Cycle that the recording is charged to; NULL: to none, or refunded.'),
    ('recordings', 'charged_seconds', 'integer',    true,  '0',              'Seconds charged for it, less what was refunded.'),
    ('recordings', 'charged_entry_id', 'uuid',      false, NULL,             'Entry of the ledger that its audio is charged in while it grows.'),
    ('recordings', 'credit_drawn',   'boolean',     true,  'false',          'Whether a credit paid for a part of it.'),
    ('recordings', 'held_seconds',   'integer',     true,  '0',              'Seconds of the quota that it holds until it ends.'),
    ('recordings', 'attempt',        'integer',     true,  '1',              'Which attempt at a transcript this is, from 1.'),
    ('recordings', 'active_at',      'timestamptz', false, NULL,             'When this attempt began or last gave a sign of life; NULL: when it was created.'),
    ('recordings', 'create_key',     'text',        false, NULL,             'Key of the call that created it, unique for its user.'),
    ('recordings', 'create_key_hash', 'bytea',      false, NULL,             'Hash of that call''s arguments.'),
    ('recordings', 'heard_ms',       'integer',     true,  '0',              'Audio heard so far in milliseconds, of a recording that grows; within an attempt it never shrinks.'),
    ('recordings', 'segments_attempt', 'integer',   false, NULL,             'Attempt that the segments were appended in; NULL: in none.'),
    ('recordings', 'queue_priority', 'integer',     false, NULL,             'Place in the queue, the lowest first; NULL: not queued, or put off.'),
    ('recordings', 'due_at',         'timestamptz', false, NULL,             'Until when it is put off; NULL: it is not.'),
    ('recordings', 'due_priority',   'integer',     false, NULL,             'Its priority when it is due.'),
    ('recordings', 'claims',         'integer',     true,  '0',              'Claims of workers that count, of at most s2t.max_attempts.'),
    ('recordings', 'lease',          'uuid',        false, NULL,             'The lease that the last claim gave out; NULL: given back, or never claimed.'),
    ('recordings', 'lease_until',    'timestamptz', false, NULL,             'Until when nobody else may claim it.'),
    ('recordings', 'lease_worker',   'text',        false, NULL,             'Worker that claimed it last.'),
    ('recordings', 'revision',       'integer',     true,  '0',              'How often the transcript was edited since it was completed.'),

    ('user_profiles', 'user_id',     'uuid',        true,  NULL,             'Whose profile it is.'),
    ('user_profiles', 'name',        'text',        false, NULL,             'Name to show.'),
    ('user_profiles', 'avatar_url',  'text',        false, NULL,             'Picture to show.'),

    ('user_subscriptions', 'user_id',           'uuid',        true, NULL,  'Whose subscription it is.'),
    ('user_subscriptions', 'plan_id',           'uuid',        true, NULL,  'The plan subscribed to.'),
    ('user_subscriptions', 'cycle_start',       'timestamptz', true, NULL,  'Beginning of the current cycle.'),
    ('user_subscriptions', 'cycle_end',         'timestamptz', true, NULL,  'End of the current cycle, itself outside of it.'),
    ('user_subscriptions', 'usage_count',       'integer',     true, '0',   'Recordings charged to the current cycle.'),
    ('user_subscriptions', 'used_seconds',      'integer',     true, '0',   'Seconds charged to the current cycle.'),
    ('user_subscriptions', 'total_recordings',  'bigint',      true, '0',   'Number of the user''s recordings, kept by the extension.'),
    ('user_subscriptions', 'total_duration_ms', 'bigint',      true, '0',   'Duration of the user''s recordings in milliseconds, kept by the extension.'),
    ('user_subscriptions', 'total_segments',    'bigint',      true, '0',   'Number of segments of the user''s recordings, kept by the extension.'),

    ('user_subscriptions', 'cycle_id',          'uuid',        true, '{new_id}', 'Id of the current cycle, which its row in usage_cycles will have.'),
    ('user_subscriptions', 'held_seconds',      'bigint',      true, '0',   'Seconds held by the user''s recordings in processing, kept by the extension.'),
    ('user_subscriptions', 'credit_recordings', 'integer',     true, '0',   'Part of usage_count that credits paid.'),
    ('user_subscriptions', 'credit_seconds',    'integer',     true, '0',   'Part of used_seconds that credits paid.'),
    ('user_subscriptions', 'overage_recordings', 'integer',    true, '0',   'Part of usage_count that was beyond plan and credits when it was charged.'),
    ('user_subscriptions', 'overage_seconds',   'integer',     true, '0',   'Part of used_seconds that was beyond plan and credits when it was charged.'),
    ('user_subscriptions', 'noted_recordings',  'integer',     true, '0',   'Highest percent of alert_percents told in this cycle, of recordings.'),
    ('user_subscriptions', 'noted_minutes',     'integer',     true, '0',   'Highest percent of alert_percents told in this cycle, of minutes.'),
    ('user_subscriptions', 'plan_changed_at',   'timestamptz', false, NULL, 'First change of plan since the last rollover.'),
    ('user_subscriptions', 'prorated_cycle_id', 'uuid',        false, NULL, 'Cycle that a proration closed since the last rollover, unless its usage was carried back.'),
    ('user_subscriptions', 'prorated_usage_count',        'integer', true, '0', 'Recordings charged to that cycle.'),
    ('user_subscriptions', 'prorated_used_seconds',       'integer', true, '0', 'Seconds charged to that cycle.'),
    ('user_subscriptions', 'prorated_credit_recordings',  'integer', true, '0', 'Part of them that credits paid.'),
    ('user_subscriptions', 'prorated_credit_seconds',     'integer', true, '0', 'Part of them that credits paid.'),
    ('user_subscriptions', 'prorated_overage_recordings', 'integer', true, '0', 'Part of them that was overage.'),
    ('user_subscriptions', 'prorated_overage_seconds',    'integer', true, '0', 'Part of them that was overage.'),
    ('user_subscriptions', 'carried_cycle_id',  'uuid',        false, NULL, 'Cycle whose usage was carried back into the current one: its recordings count as this one''s.'),
    ('user_subscriptions', 'next_plan_id',      'uuid',        false, NULL, 'Plan that the next rollover moves to.'),
    ('user_subscriptions', 'anchor_day',        'integer',     false, NULL, 'Day of the month on which cycles begin; NULL: the first.'),
    ('user_subscriptions', 'credit_count',      'integer',     true, '0',   'Credits given and not cancelled; where it is 0 nobody looks into usage_credits.'),
    ('user_subscriptions', 'change_key',        'text',        false, NULL, 'Key of the last change of plan that had one.'),
    ('user_subscriptions', 'change_key_hash',   'bytea',       false, NULL, 'Hash of that call''s arguments.'),
    ('user_subscriptions', 'change_success',    'boolean',     false, NULL, 'What that call answered.'),
    ('user_subscriptions', 'change_message',    'text',        false, NULL, 'What that call answered.'),
    ('user_subscriptions', 'last_event_at',     'timestamptz', false, NULL, 'No event of the user is later; NULL: there has been none.'),

    ('segments', 'recording_id',     'uuid',        true,  NULL,             'Recording it belongs to.'),
    ('segments', 'idx',              'integer',     true,  NULL,             'Position in the recording, from 0.'),
    ('segments', 'start_ms',         'integer',     true,  NULL,             'Beginning, in milliseconds from that of the recording.'),
    ('segments', 'end_ms',           'integer',     true,  NULL,             'End, in milliseconds from the beginning of the recording.'),
    ('segments', 'text',             'text',        true,  NULL,             'What was said.'),
    ('segments', 'meta',             'jsonb',       false, NULL,             'Further keys that the segment came with.'),

    ('segment_revisions', 'recording_id', 'uuid',    true,  NULL,             'Recording whose transcript was edited.'),
    ('segment_revisions', 'revision',     'integer', true,  NULL,             'Which edit of it this was, from 1.'),
    ('segment_revisions', 'item',         'integer', true,  NULL,             '0: the edit itself; above: a segment as it was before, in order.'),
    ('segment_revisions', 'kind',         'text',    false, NULL,             'Of the edit: edit, rename, split, merge, replace or undo.'),
    ('segment_revisions', 'at',           'timestamptz', false, NULL,         'Of the edit: when.'),
    ('segment_revisions', 'undoes',       'integer', false, NULL,             'Of an undo: the revision that it took back.'),
    ('segment_revisions', 'undo_next',    'integer', false, NULL,             'Of the edit: the revision that is taken back after this one; NULL: none.'),
    ('segment_revisions', 'replacement',  'integer', false, NULL,             'Of the edit: the revision that stored the transcript in force after it; NULL: it is the completed one.'),
    ('segment_revisions', 'first_idx',    'integer', false, NULL,             'Of the edit: first idx of what stood in the place of the kept segments after it; NULL: these were changed where they are.'),
    ('segment_revisions', 'last_idx',     'integer', false, NULL,             'Of the edit: last idx of that.'),
    ('segment_revisions', 'moved_by',     'integer', false, NULL,             'Of the edit: by how much the idx of all further segments moved.'),
    ('segment_revisions', 'kept_count',   'integer', false, NULL,             'Of the edit: how many segments are kept.'),
    ('segment_revisions', 'duration_ms',  'integer', false, NULL,             'Of the edit: duration of the recording before, if it changed.'),
    ('segment_revisions', 'fingerprint',  'bytea',   false, NULL,             'Of a replacement: fingerprint of what it stored.'),
    ('segment_revisions', 'idx',          'integer', false, NULL,             'Position of the segment.'),
    ('segment_revisions', 'start_ms',     'integer', false, NULL,             'Its beginning; NULL with the text: neither changed.'),
    ('segment_revisions', 'end_ms',       'integer', false, NULL,             'Its end.'),
    ('segment_revisions', 'text',         'text',    false, NULL,             'What was said.'),
    ('segment_revisions', 'meta',         'jsonb',   false, NULL,             'Its further keys.'),

    ('usage_cycles', 'id',                  'uuid',        true,  '{new_id}',   'Version 7 UUID.'),
    ('usage_cycles', 'user_id',             'uuid',        true,  NULL,     'Whose cycle it was; closed figures outlive the account.'),
    ('usage_cycles', 'plan_code',           'text',        false, NULL,     'Code of the plan then in force.'),
    ('usage_cycles', 'monthly_minutes',     'integer',     false, NULL,     'Limit of minutes then in force.'),
    ('usage_cycles', 'monthly_usage_limit', 'integer',     false, NULL,     'Limit of recordings then in force.'),
    ('usage_cycles', 'cycle_start',         'timestamptz', true,  NULL,     'Beginning of the cycle.'),
    ('usage_cycles', 'cycle_end',           'timestamptz', true,  NULL,     'End of the cycle, itself outside of it.'),
    ('usage_cycles', 'usage_count',         'integer',     true,  NULL,     'Recordings charged to the cycle.'),
    ('usage_cycles', 'used_seconds',        'integer',     true,  NULL,     'Seconds charged to the cycle.'),
    ('usage_cycles', 'closed_at',           'timestamptz', true,  'now()',  'When it was closed.'),
    ('usage_cycles', 'reason',              'text',        true,  NULL,     'Why it was closed: rollover, prorate or erased.'),
    ('usage_cycles', 'credit_recordings',   'integer',     true,  '0',      'Part of usage_count that credits paid.'),
    ('usage_cycles', 'credit_seconds',      'integer',     true,  '0',      'Part of used_seconds that credits paid.'),
    ('usage_cycles', 'overage_recordings',  'integer',     true,  '0',      'Part of usage_count that was beyond plan and credits when it was charged.'),
    ('usage_cycles', 'overage_seconds',     'integer',     true,  '0',      'Part of used_seconds that was beyond plan and credits when it was charged.'),
    ('usage_cycles', 'carried',             'boolean',     true,  'false',  'Whether the usage was carried into the following cycle, which counts it too.'),

    ('audit_log', 'id',               'uuid',        true,  '{new_id}', 'Version 7 UUID: in the order of time.'),
    ('audit_log', 'at',               'timestamptz', true,  'now()', 'When it happened.'),
    ('audit_log', 'session_role',     'text',        true,  NULL,    'Role that the session logged in as.'),
    ('audit_log', 'effective_role',   'text',        true,  NULL,    'Role in force when the procedure was called.'),
    ('audit_log', 'client_addr',      'inet',        false, NULL,    'Address of the client; NULL for a local socket or a background worker.'),
    ('audit_log', 'application_name', 'text',        false, NULL,    'application_name of the session.'),
    ('audit_log', 'procedure_name',   'text',        true,  NULL,    'Procedure that did it.'),
    ('audit_log', 'user_id',          'uuid',        false, NULL,    'User it was done to.'),
    ('audit_log', 'recording_id',     'uuid',        false, NULL,    'Recording it was done to.'),
    ('audit_log', 'outcome',          'text',        true,  NULL,    'done, refused or failed.'),
    ('audit_log', 'detail',           'text',        false, NULL,    'What exactly; never a password hash or the text of a transcript.'),

    ('usage_entries', 'id',                 'uuid',        true,  '{new_id}', 'Version 7 UUID: in the order of time; it has the slot of its user.'),
    ('usage_entries', 'user_id',            'uuid',        true,  NULL,    'Whose usage it is; entries outlive the account.'),
    ('usage_entries', 'cycle_id',           'uuid',        true,  NULL,    'Cycle whose counters it moved.'),
    ('usage_entries', 'recording_id',       'uuid',        false, NULL,    'Recording it is about.'),
    ('usage_entries', 'credit_id',          'uuid',        false, NULL,    'Credit that paid; NULL: the plan, or nobody.'),
    ('usage_entries', 'kind',               'text',        true,  NULL,    'opening, charge, refund, return (to a credit, of a cycle that is closed), adjust, carry or credit.'),
    ('usage_entries', 'recordings',         'integer',     true,  '0',     'By how much usage_count moved.'),
    ('usage_entries', 'seconds',            'integer',     true,  '0',     'By how much used_seconds moved.'),
    ('usage_entries', 'credit_recordings',  'integer',     true,  '0',     'By how much the part paid by credits moved; of kind credit and return, by how much the credit did.'),
    ('usage_entries', 'credit_seconds',     'integer',     true,  '0',     'By how much the part paid by credits moved; of kind credit and return, by how much the credit did.'),
    ('usage_entries', 'overage_recordings', 'integer',     true,  '0',     'By how much the overage moved.'),
    ('usage_entries', 'overage_seconds',    'integer',     true,  '0',     'By how much the overage moved.'),
    ('usage_entries', 'at',                 'timestamptz', true,  'now()', 'When it was written; of a growing recording, when that began.'),
    ('usage_entries', 'note',               'text',        false, NULL,    'Why, of an adjustment.'),
    ('usage_entries', 'kept',               'boolean',     true,  'false', 'Whether a later attempt removed the segments that it was charged for: it is not given back any more.'),

    ('usage_credits', 'id',                 'uuid',        true,  '{new_id}', 'Version 7 UUID; it has the slot of its user.'),
    ('usage_credits', 'user_id',            'uuid',        true,  NULL,    'Whose credit it is.'),
    ('usage_credits', 'recordings',         'integer',     true,  '0',     'Recordings given.'),
    ('usage_credits', 'seconds',            'integer',     true,  '0',     'Seconds given.'),
    ('usage_credits', 'left_recordings',    'integer',     true,  '0',     'Recordings of it that are left.'),
    ('usage_credits', 'left_seconds',       'integer',     true,  '0',     'Seconds of it that are left.'),
    ('usage_credits', 'expires_at',         'timestamptz', false, NULL,    'When it ends; NULL: never.'),
    ('usage_credits', 'cancelled_at',       'timestamptz', false, NULL,    'When it was cancelled.'),
    ('usage_credits', 'created_at',         'timestamptz', true,  'now()', 'When it was given.'),
    ('usage_credits', 'note',               'text',        false, NULL,    'What it is for.'),
    ('usage_credits', 'credit_key',         'text',        false, NULL,    'Key of the call that gave it, unique for its user.'),
    ('usage_credits', 'credit_key_hash',    'bytea',       false, NULL,    'Hash of that call''s arguments.'),

    ('event_consumers', 'queue_id',         'uuid',        true,  '{new_id}', 'Queue of its events.'),
    ('event_consumers', 'dead_queue_id',    'uuid',        true,  '{new_id}', 'Queue of those that were given up.'),
    ('event_consumers', 'name',             'text',        true,  NULL,    'Name by which procedures take the consumer.'),
    ('event_consumers', 'types',            'text[]',      false, NULL,    'Types of events that it is told; NULL: all.'),
    ('event_consumers', 'created_at',       'timestamptz', true,  'now()', 'When it was registered.'),

    ('events', 'queue_id',                  'uuid',        true,  NULL,    'Queue of the consumer that it waits for.'),
    ('events', 'id',                        'uuid',        true,  '{new_id}', 'Version 7 UUID, the same for each consumer; it has the slot of its user.'),
    ('events', 'type',                      'text',        true,  NULL,    'What happened, for instance recording.completed.'),
    ('events', 'at',                        'timestamptz', true,  NULL,    'When; of one user no two are alike, and the order is that of the events.'),
    ('events', 'user_id',                   'uuid',        true,  NULL,    'User it is about, who may be gone.'),
    ('events', 'recording_id',              'uuid',        false, NULL,    'Recording it is about.'),
    ('events', 'data',                      'jsonb',       true,  '''{}''', 'What else there is to say; never the text of a transcript.'),
    ('events', 'attempt',                   'integer',     true,  '0',     'How often it was given.'),
    ('events', 'due_at',                    'timestamptz', false, NULL,    'When it may be given again; infinity: after those of its user before it; NULL: it has never been given.'),
    ('events', 'dead_at',                   'timestamptz', false, NULL,    'When it was given up.'),
    ('events', 'error',                     'text',        false, NULL,    'What the consumer said last.'),

    ('slots', 'slot',                       'integer',     true,  NULL,    'The slot, 0 to 4095.'),
    ('slots', 'state',                      'text',        true,  '''rw''', 'rw: served here; ro: writers wait, it is being moved; gone: on another shard.'),
    ('slots', 'shard',                      'integer',     false, NULL,    'Of one that is gone: the number of the shard that has it.'),
    ('slots', 'changed_at',                 'timestamptz', true,  'now()', 'When the state was set.')
           ) AS w (tab, col, type, required, preset, remark)
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_columns() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_columns()
    IS 'The columns of the tables, in order, with type, default and whether they must not be null; read by s2t_install().';

-- Of kind 'gone': what earlier versions made under that name, and this one replaces.
-- In the order of creation: recordings refer to users before subscriptions do, so that
-- deleting a user locks the former first. Of a subscription's columns only those
-- have an index that counting leaves alone.
CREATE FUNCTION @extschema@.s2t_wanted_constraints()
RETURNS TABLE (tab text, name text, kind text, cols text, rest text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('plans',              'plans_pkey',                      'key',          'id',                NULL),
    ('plans',              'plans_code_key',                  'key',          'code',              NULL),
    ('plans',              'plans_is_default_key',            'unique index', 'is_default',        'is_default'),
    ('plans',              'plans_plan_cost_check',           'check',        'plan_cost',         'plan_cost >= 0'),
    ('plans',              'plans_plan_discount_check',       'check',        'plan_discount',     'plan_discount >= 0'),
    ('plans',              'plans_monthly_minutes_check',     'check',        'monthly_minutes',   'monthly_minutes >= 0'),
    ('plans',              'plans_monthly_usage_limit_check', 'check',        'monthly_usage_limit', 'monthly_usage_limit >= 0'),
    ('plans',              'plans_retention_days_check',      'check',        'retention_days',    'retention_days >= 0'),
    ('plans',              'plans_max_recording_minutes_check', 'check',      'max_recording_minutes', 'max_recording_minutes > 0'),
    ('plans',              'plans_carry_over_minutes_check',  'check',        'carry_over_minutes', 'carry_over_minutes >= 0'),

    ('users',              'users_pkey',                      'key',          'id',                NULL),
    ('users',              'users_email_key',                 'key',          'email',             NULL),
    ('users',              'users_user_name_key',             'key',          'user_name',         NULL),
    ('users',              'users_email_lower_key',           'unique index', 'lower(email)',      NULL),
    ('users',              'users_user_name_lower_key',       'unique index', 'lower(user_name)',  NULL),

    ('recordings',         'recordings_pkey',                 'key',          'id',                NULL),
    ('recordings',         'recordings_user_id_fkey',         'foreign key',  'user_id',           'users (id) ON DELETE CASCADE'),
    ('recordings',         'recordings_status_check',         'check',        'status',            'status IN (''processing'', ''done'', ''failed'')'),
    ('recordings',         'recordings_duration_ms_check',    'check',        'duration_ms',       'duration_ms >= 0'),
    ('recordings',         'recordings_segment_count_check',  'check',        'segment_count',     'segment_count >= 0'),
    ('recordings',         'recordings_charged_seconds_check', 'check',       'charged_seconds',   'charged_seconds >= 0'),
    ('recordings',         'recordings_held_seconds_check',   'check',        'held_seconds',      'held_seconds >= 0'),
    ('recordings',         'recordings_heard_ms_check',       'check',        'heard_ms',          'heard_ms >= 0'),
    ('recordings',         'recordings_create_key_key',       'unique index', 'user_id, create_key', 'create_key IS NOT NULL'),
    ('recordings',         'recordings_user_id_id_idx',       'index',        'user_id, id',       NULL),
    ('recordings',         'recordings_done_created_at_idx',  'gone',         'created_at, id',    NULL),
    ('recordings',         'recordings_processing_created_at_idx', 'gone',    'created_at',        NULL),
    ('recordings',         'recordings_ended_idx',            'index',        'created_at, id',    'status <> ''processing'''),
    ('recordings',         'recordings_processing_idx',       'index',        'created_at, id',    'status = ''processing'''),
    -- No column of a lease is in an index or its predicate, so that claims and heartbeats rewrite a
    -- row without touching its indexes.
    ('recordings',         'recordings_queue_idx',            'index',        'queue_priority, created_at, id', 'status = ''processing'' AND queue_priority IS NOT NULL'),
    ('recordings',         'recordings_due_idx',              'index',        'due_at, id',        'status = ''processing'' AND due_at IS NOT NULL'),
    ('recordings',         'recordings_claims_check',         'check',        'claims',            'claims >= 0'),

    ('user_profiles',      'user_profiles_pkey',              'key',          'user_id',           NULL),
    ('user_profiles',      'user_profiles_user_id_fkey',      'foreign key',  'user_id',           'users (id) ON DELETE CASCADE'),

    ('user_subscriptions', 'user_subscriptions_pkey',         'key',          'user_id',           NULL),
    ('user_subscriptions', 'user_subscriptions_user_id_fkey', 'foreign key',  'user_id',           'users (id) ON DELETE CASCADE'),
    ('user_subscriptions', 'user_subscriptions_plan_id_fkey', 'foreign key',  'plan_id',           'plans (id)'),
    ('user_subscriptions', 'user_subscriptions_cycle_check',  'check',        'cycle_start, cycle_end', 'cycle_end > cycle_start'),
    ('user_subscriptions', 'user_subscriptions_usage_count_check',       'check', 'usage_count',       'usage_count >= 0'),
    ('user_subscriptions', 'user_subscriptions_used_seconds_check',      'check', 'used_seconds',      'used_seconds >= 0'),
    ('user_subscriptions', 'user_subscriptions_total_recordings_check',  'check', 'total_recordings',  'total_recordings >= 0'),
    ('user_subscriptions', 'user_subscriptions_total_duration_ms_check', 'check', 'total_duration_ms', 'total_duration_ms >= 0'),
    ('user_subscriptions', 'user_subscriptions_total_segments_check',    'check', 'total_segments',    'total_segments >= 0'),
    ('user_subscriptions', 'user_subscriptions_held_seconds_check',      'check', 'held_seconds',      'held_seconds >= 0'),
    ('user_subscriptions', 'user_subscriptions_credits_check',           'check', 'credit_recordings, credit_seconds', 'credit_recordings >= 0 AND credit_seconds >= 0'),
    ('user_subscriptions', 'user_subscriptions_overage_check',           'check', 'overage_recordings, overage_seconds', 'overage_recordings >= 0 AND overage_seconds >= 0'),
    ('user_subscriptions', 'user_subscriptions_anchor_day_check',        'check', 'anchor_day',        'anchor_day BETWEEN 1 AND 31'),
    ('user_subscriptions', 'user_subscriptions_plan_id_idx',  'index',        'plan_id',           NULL),
    -- It changes at rollovers only, so that counting stays HOT; the reset finds ended cycles by it.
    ('user_subscriptions', 'user_subscriptions_cycle_end_user_id_idx', 'index', 'cycle_end, user_id', NULL),

    ('segments',           'segments_pkey',                   'key',          'recording_id, idx', NULL),
    ('segments',           'segments_recording_id_fkey',      'foreign key',  'recording_id',      'recordings (id) ON DELETE CASCADE'),
    ('segments',           'segments_idx_check',              'check',        'idx',               'idx >= 0'),
    ('segments',           'segments_times_check',            'check',        'start_ms, end_ms',  'start_ms >= 0 AND end_ms >= start_ms'),

    ('segment_revisions',  'segment_revisions_pkey',          'key',          'recording_id, revision, item', NULL),
    ('segment_revisions',  'segment_revisions_recording_id_fkey', 'foreign key', 'recording_id',   'recordings (id) ON DELETE CASCADE'),
    ('segment_revisions',  'segment_revisions_kind_check',    'check',        'kind',              'kind IN (''edit'', ''rename'', ''split'', ''merge'', ''replace'', ''undo'')'),

    ('usage_cycles',       'usage_cycles_pkey',               'key',          'id',                NULL),
    ('usage_cycles',       'usage_cycles_reason_check',       'gone',         'reason',            NULL),
    ('usage_cycles',       'usage_cycles_reason_values_check', 'check',       'reason',            'reason IN (''rollover'', ''prorate'', ''erased'')'),
    ('usage_cycles',       'usage_cycles_user_id_closed_at_idx', 'index',     'user_id, closed_at', NULL),

    ('audit_log',          'audit_log_pkey',                  'key',          'id',                NULL),
    ('audit_log',          'audit_log_outcome_check',         'check',        'outcome',           'outcome IN (''done'', ''refused'', ''failed'')'),

    -- What belongs to one user is looked for user by user: one index does for everything.
    ('usage_entries',      'usage_entries_pkey',              'key',          'user_id, id',       NULL),
    ('usage_entries',      'usage_entries_kind_check',        'check',        'kind',              'kind IN (''opening'', ''charge'', ''refund'', ''return'', ''adjust'', ''carry'', ''credit'')'),

    ('usage_credits',      'usage_credits_pkey',              'key',          'user_id, id',       NULL),
    ('usage_credits',      'usage_credits_user_id_fkey',      'foreign key',  'user_id',           'users (id) ON DELETE CASCADE'),
    ('usage_credits',      'usage_credits_given_check',       'check',        'recordings, seconds', 'recordings >= 0 AND seconds >= 0'),
    ('usage_credits',      'usage_credits_left_check',        'check',        'left_recordings, left_seconds', 'left_recordings >= 0 AND left_seconds >= 0'),
    ('usage_credits',      'usage_credits_credit_key_key',    'unique index', 'user_id, credit_key', 'credit_key IS NOT NULL'),

    ('event_consumers',    'event_consumers_pkey',            'key',          'queue_id',          NULL),
    ('event_consumers',    'event_consumers_name_key',        'key',          'name',              NULL),

    -- In the order in which they are given; by what waits to be given for the first time, what may
    -- be acknowledged, and what may be given again. Only two of them grow with an event.
    ('events',             'events_pkey',                     'key',          'queue_id, user_id, at, id', NULL),
    ('events',             'events_ready_idx',                'index',        'queue_id, id',      'due_at IS NULL'),
    ('events',             'events_taken_idx',                'index',        'queue_id, id',      'due_at IS NOT NULL'),
    ('events',             'events_due_idx',                  'index',        'queue_id, due_at',  'due_at IS NOT NULL'),

    ('slots',              'slots_pkey',                      'key',          'slot',              NULL),
    ('slots',              'slots_slot_check',                'check',        'slot',              'slot BETWEEN 0 AND 4095'),
    ('slots',              'slots_state_check',               'check',        'state, shard',      'state IN (''rw'', ''ro'') OR state = ''gone'' AND shard IS NOT NULL')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_constraints() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_constraints()
    IS 'The keys, foreign keys, checks and indexes of the tables, in the order of their creation; read by s2t_install().';

CREATE FUNCTION @extschema@.s2t_wanted_triggers()
RETURNS TABLE (tab text, name text, event text, mode text, func text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
    ('recordings', 's2t_count_insert',   'AFTER INSERT',   'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT', 's2t_count_recordings'),
    ('recordings', 's2t_count_update',   'AFTER UPDATE',   'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT', 's2t_count_recordings'),
    ('recordings', 's2t_count_delete',   'AFTER DELETE',   'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT', 's2t_count_recordings'),
    ('recordings', 's2t_count_truncate', 'AFTER TRUNCATE', 'FOR EACH STATEMENT', 's2t_count_recordings'),
    ('segments',   's2t_count_insert',   'AFTER INSERT',   'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT', 's2t_count_segments'),
    ('segments',   's2t_count_update',   'AFTER UPDATE',   'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT', 's2t_count_segments'),
    ('segments',   's2t_count_delete',   'AFTER DELETE',   'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT', 's2t_count_segments'),
    ('segments',   's2t_count_truncate', 'AFTER TRUNCATE', 'FOR EACH STATEMENT', 's2t_count_segments'),
    ('user_subscriptions', 's2t_count_insert', 'BEFORE INSERT', 'FOR EACH ROW', 's2t_count_subscription'),
    ('user_subscriptions', 's2t_count_update', 'BEFORE UPDATE OF user_id', 'FOR EACH ROW', 's2t_count_subscription'),
    ('plans', 's2t_guard', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE', 'FOR EACH STATEMENT', 's2t_guard_plans'),
    ('slots', 's2t_tell_change', 'BEFORE UPDATE OR DELETE', 'FOR EACH ROW', 's2t_slot_changed'),
    ('slots', 's2t_tell_insert', 'AFTER INSERT OR TRUNCATE', 'FOR EACH STATEMENT', 's2t_slot_changed')
$function$;

REVOKE ALL ON FUNCTION @extschema@.s2t_wanted_triggers() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.s2t_wanted_triggers()
    IS 'The triggers that keep the running totals, tell of changes of slots and guard the plans; read by s2t_install().';
