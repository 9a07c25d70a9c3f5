"""Every routine of the API, called on two connections side by side: the same results, NOTICEs and errors, with SQLSTATE,
message, DETAIL, HINT, and the names of constraint, table and column.

    do = every_call.Pair(one, other, same)
    users = every_call.lives(do, ['an', 'binh'])
    every_call.events_of_all(do)
    every_call.the_rest(do, users, every_call.routines_of(one))

For a router beside a server (test/router/t/030_equality), and for a server that keeps no caches beside one that does
(test/discard)."""

import datetime
import json
import re
import time
import uuid

import psycopg

UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
TIME = re.compile(r'\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d(:?\d\d)?|Z)?')
ERROR = ('sqlstate', 'message_primary', 'message_detail', 'message_hint', 'constraint_name', 'table_name', 'column_name',
         'schema_name', 'datatype_name')
TOLD = ('severity', 'sqlstate', 'message_primary', 'message_detail', 'message_hint')


class Side:
    """A connection, and what was answered on it: ids by the order in which they were met, no times."""

    def __init__(self, db):
        self.db = db
        self.ids = {}
        self.told = []
        self.called = set()
        db.add_notice_handler(lambda d: self.told.append(tuple(self.plain(getattr(d, field)) for field in TOLD)))

    def plain(self, value):
        if isinstance(value, uuid.UUID):
            return self.ids.setdefault(str(value), f'id{len(self.ids)}')
        if isinstance(value, datetime.datetime):
            return 'time'
        if isinstance(value, (dict, list)) and not isinstance(value, str):
            value = json.dumps(value, sort_keys=True)
        if isinstance(value, str):
            value = value.replace("'direct'", "'s2t'").replace('"direct"', '"s2t"')  # the databases' names
            return TIME.sub('time', UUID.sub(lambda m: self.plain(uuid.UUID(m[0])), value))
        return value

    def call(self, sql, args=()):
        """(rows as they are, what is to be compared)"""
        self.told = []
        self.called.update(re.findall(r'\b(?:sp|s2t)_\w+(?=\()', sql))
        try:
            cursor = self.db.execute(sql, args)
            rows = cursor.fetchall() if cursor.description else []
            answer = [tuple(self.plain(v) for v in row) for row in rows]
        except psycopg.Error as error:
            rows, answer = [], tuple(self.plain(getattr(error.diag, field)) for field in ERROR)
        return rows, (answer, self.told)


class Pair:
    """Two connections that are to answer alike; `same` is told (got, wanted, what was asked) of each call. `several`: the second
    speaks for several servers."""

    def __init__(self, first, second, same, several=False):
        self.sides = [Side(first), Side(second)]
        self.same = same
        self.several = several

    def __call__(self, sql, *args, once=False):
        """The same statement on both. An argument may be a pair of what earlier calls gave. Returns the pair of the
        first columns of the first rows. `once`: several servers say what one says."""
        found, answers = [], []
        for n, side in enumerate(self.sides):
            rows, answer = side.call(sql, [a[n] if isinstance(a, tuple) else a for a in args])
            if once and self.several:
                answer = tuple(list(dict.fromkeys(part)) if isinstance(part, list) else part for part in answer)
            found.append(rows[0] if rows else (None,))
            answers.append(answer)
        shown = sql + ' ' + ', '.join('...' if isinstance(a, tuple) else repr(a)[:60] for a in args)
        self.same(answers[1], answers[0], shown)
        self.row = tuple(found)
        return found[0][0], found[1][0]

    def column(self, n):
        return self.row[0][n], self.row[1][n]


SEGMENTS = json.dumps([{'idx': 0, 'start_ms': 0, 'end_ms': 900, 'text': 'Xin chào, thế giới', 'speaker': 'A'},
                       {'idx': 1, 'start_ms': 900, 'end_ms': 2000, 'text': 'Hello "world" \\ đ', 'confidence': 0.5}])
VTT = 'WEBVTT\n\n00:00.000 --> 00:01.500\nmột hai ba\n\n00:01.500 --> 00:02.500\nbốn\n'


def accounts(do, name):
    email = f'{name}@example.com'
    do('CALL sp_register_user(%s, %s, %s, %s, %s)', email, name, 'hash', 'Ân', 'FREE')
    user, *_ = [do('SELECT id FROM sp_get_login(%s)', email)]
    do('SELECT * FROM sp_get_login(%s)', email.upper())
    do('SELECT * FROM sp_get_login(%s)', 'nobody@example.com')
    do('SELECT s2t_register_user(%s, %s, %s, %s, %s)', email.upper(), name + '2', 'hash', None, 'FREE')
    do('SELECT s2t_register_user(%s, %s, %s, %s, %s)', 'no address', name, 'hash', None, 'FREE')
    do('SELECT s2t_register_user(%s, %s, %s, %s, %s)', f'x{email}', f'x{name}', 'hash', None, 'GONE')
    do('SELECT user_id, repeated FROM s2t_register(%s, %s, %s, %s, %s, %s)', f'k{email}', f'k{name}', 'hash', None, 'FREE', 'key')
    do('SELECT user_id, repeated FROM s2t_register(%s, %s, %s, %s, %s, %s)', f'k{email}', f'k{name}', 'hash', None, 'FREE', 'key')
    do('SELECT user_id, repeated FROM s2t_register(%s, %s, %s, %s, %s, %s)', f'k{email}', f'k{name}', 'hash', 'other', 'FREE', 'key')
    do('SELECT s2t_set_password(%s, %s)', user, 'other')
    do('SELECT s2t_set_password(%s, %s)', user, ' ')
    do('SELECT s2t_set_verified(%s, %s)', user, True)
    do('SELECT s2t_update_profile(%s, in_name => %s)', user, 'An')
    do('SELECT s2t_update_profile(%s, in_avatar_url => %s)', user, 'https://example.com/a.png')
    do('SELECT s2t_set_status(%s, %s)', user, 'blocked')
    do('SELECT * FROM sp_check_quota_and_create_recording(%s, %s)', user, 'upload')
    do('SELECT s2t_set_status(%s, %s)', user, 'active')
    do('SELECT s2t_change_login(%s, in_user_name => %s)', user, f'{name}_new')
    do('SELECT s2t_change_login(%s, in_email => %s)', user, f'new-{email}')
    do('SELECT s2t_change_login(%s, in_email => %s)', user, 'bad')
    do('SELECT * FROM sp_get_user_stats(%s)', user)
    do('SELECT * FROM sp_get_user_stats(%s)', '00000000-0000-0000-0000-000000000000')
    return user


def meter(do, user):
    do('SELECT * FROM sp_get_subscription(%s)', user)
    do('SELECT * FROM s2t_get_subscription(%s)', user)
    do('CALL sp_change_user_plan(%s, %s)', user, 'BASIC')
    do('CALL sp_change_user_plan(%s, %s, false, NULL, NULL)', user, 'BASIC')
    do('CALL sp_change_user_plan(%s, %s, true, NULL, NULL)', user, 'GONE')
    do('SELECT * FROM s2t_change_user_plan(%s, %s, in_key => %s)', user, 'PREMIUM', 'k')
    do('SELECT * FROM s2t_change_user_plan(%s, %s, in_key => %s)', user, 'PREMIUM', 'k')
    do('SELECT * FROM s2t_change_user_plan(%s, %s, in_at => %s)', user, 'FREE', 'cycle_end')
    do('SELECT * FROM s2t_change_user_plan(%s, %s, in_prorate => true, in_at => %s)', user, 'FREE', 'cycle_end')
    do('SELECT s2t_cancel_plan_change(%s)', user)
    do('SELECT s2t_cancel_plan_change(%s)', user)
    credit = do('SELECT s2t_add_credit(%s, 2, 3, %s, %s, %s)', user, '2099-12-31 23:59:59.5+07', 'a gift', 'c')
    do('SELECT s2t_add_credit(%s, 2, 3, %s, %s, %s)', user, '2099-12-31 23:59:59.5+07', 'a gift', 'c')
    do('SELECT s2t_add_credit(%s, -1)', user)
    do('SELECT id, recordings, seconds, left_recordings, left_seconds, expires_at::text, note, open FROM sp_list_credits(%s)', user)
    do('SELECT s2t_cancel_credit(%s, %s)', user, credit)
    do('SELECT s2t_cancel_credit(%s, %s)', user, credit)
    do('SELECT s2t_cancel_credit(%s, %s)', user, user)
    do('SELECT * FROM s2t_adjust_usage(%s, 1, 61, %s)', user, 'a correction')
    do('SELECT * FROM s2t_adjust_usage(%s, -2, 0, %s)', user, 'too much')
    do('SELECT * FROM sp_list_usage(%s)', user)
    entry = do('SELECT id FROM sp_list_usage(%s, 1)', user)
    do('SELECT * FROM sp_list_usage(%s, 5, %s)', user, entry)


def recordings(do, user):
    first = do('SELECT * FROM sp_check_quota_and_create_recording(%s, %s, %s, %s)', user, 'upload', 'en-US', '{"a": [1, null]}')
    do('SELECT * FROM sp_check_quota_and_create_recording(%s, %s, %s)', user, 'upload', 'not a tag')
    do('SELECT * FROM sp_check_quota_and_create_recording(in_source => %s, in_user_id => %s)', 'phone', user)
    do('SELECT * FROM s2t_create_recording(%s, %s, in_expected_ms => 5000, in_key => %s)', user, 'upload', 'r')
    do('SELECT * FROM s2t_create_recording(%s, %s, in_expected_ms => 5000, in_key => %s)', user, 'upload', 'r')
    do('SELECT * FROM s2t_create_recording(%s, %s, in_expected_ms => 6000, in_key => %s)', user, 'upload', 'r')
    do('CALL sp_complete_recording(%s, 2000, %s)', first, SEGMENTS)
    do('CALL sp_complete_recording(%s, 2000, %s)', first, SEGMENTS)
    do('CALL sp_complete_recording(%s, 2001, %s)', first, SEGMENTS)
    do('SELECT * FROM s2t_complete_recording(%s, 2000, %s)', first, SEGMENTS)
    do('SELECT * FROM s2t_complete_recording_text(%s, 2000, %s)', first, SEGMENTS)
    do('SELECT * FROM s2t_complete_recording_text(%s, 2000, %s)', first, '[{"idx": 0')
    other = do('SELECT * FROM s2t_create_recording(%s, %s)', user, 'upload')
    do('CALL sp_complete_recording(%s, 10, %s)', '01890000-0000-7000-8000-000000000000', '[]')
    do('CALL sp_fail_recording(%s, %s)', other, 'the engine is down')
    do('CALL sp_fail_recording(%s, %s)', other, 'the engine is down')
    do('SELECT * FROM s2t_fail_recording(%s, %s)', other, 'again')
    do('SELECT * FROM s2t_retry_recording(%s, 3000)', other)
    do('SELECT * FROM s2t_append_segments(%s, %s, 1000)', other, '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "live"}]')
    do('SELECT * FROM s2t_append_segments(%s, %s, 1000)', other, '[{"idx": 0, "start_ms": 0, "end_ms": 1000, "text": "other"}]')
    do('SELECT * FROM s2t_complete_recording(%s, 1500, %s)', other, '[]')
    for routine, document in (('sp_import_transcript', VTT), ('sp_import_transcript_bytes', VTT.encode() + b'\xff'),
                              ('s2t_import_transcript', VTT)):
        imported = do('SELECT * FROM s2t_create_recording(%s, %s)', user, 'upload')
        do(f'SELECT * FROM {routine}(%s, %s)', imported, document)
        do(f'SELECT * FROM {routine}(%s, %s)', imported, document)
        do(f'SELECT * FROM {routine}(%s, %s, %s)', imported, document, 'nonsense')
    do('SELECT * FROM sp_list_recordings(%s)', user)
    do('SELECT * FROM sp_list_recordings(%s, 1, %s, %s)', user, other, 'done')
    do('SELECT * FROM sp_list_recordings(%s, 0)', user)
    do('SELECT * FROM sp_get_recording(%s, %s)', user, first)
    do('SELECT * FROM sp_get_recording(%s, %s)', user, user)
    do('SELECT * FROM sp_get_segments(%s, %s)', user, first)
    do('SELECT * FROM sp_get_segments(%s, %s, 1000, 1)', user, first)
    do('SELECT * FROM sp_get_chunks(%s, %s, 100)', user, first)
    do('SELECT * FROM sp_get_chunks(%s, %s, 5)', user, first)
    do('SELECT * FROM sp_search_segments(%s, %s)', user, 'the gioi')
    do('SELECT * FROM sp_search_segments(%s, %s)', user, '')
    for form in ('txt', 'srt', 'vtt', 'json', 'csv', 'nonsense'):
        do('SELECT sp_export_transcript(%s, %s)', first, form)
    do('SELECT sp_render_transcript(%s, %s, %s)', first, 'md', '{"speakers": true}')
    do('SELECT sp_render_transcript(%s, %s, %s)', first, 'md', '{"nonsense": true}')
    do('SELECT * FROM s2t_edit_segment(%s, %s, 0, %s)', user, first, 'Xin chào')
    do('SELECT * FROM s2t_edit_segment(%s, %s, 0, %s, in_revision => 0)', user, first, 'Too late')
    do('SELECT * FROM s2t_rename_speaker(%s, %s, %s, %s)', user, first, 'A', 'An')
    do('SELECT * FROM s2t_split_segment(%s, %s, 1, 1000, 5)', user, first)
    do('SELECT * FROM s2t_merge_segments(%s, %s, 1, 2)', user, first)
    do('SELECT * FROM s2t_undo(%s, %s)', user, first)
    do('SELECT * FROM sp_list_revisions(%s, %s)', user, first)
    do('SELECT * FROM s2t_replace_segments(%s, %s, 2000, %s, true)', user, first, SEGMENTS)
    do('SELECT * FROM s2t_replace_transcript(%s, %s, %s)', user, first, VTT)
    do('SELECT * FROM s2t_replace_transcript(%s, %s, %s)', user, first, VTT)
    do('CALL sp_complete_recording(%s, 2000, %s)', first, SEGMENTS)
    do('SELECT s2t_delete_recording(%s, %s)', user, other)
    do('SELECT s2t_delete_recording(%s, %s)', user, other)


def failure_mark(do, user):
    """What a refused transcript leaves: the mark comes a moment after the answer, and where looks into the catalogs take seconds
    it is given up."""
    other = do('SELECT * FROM s2t_create_recording(%s, %s)', user, 'upload')
    do('CALL sp_complete_recording(%s, 10, %s)', other, '[{"idx": 0, "start_ms": 5, "end_ms": 4, "text": "x"}]')
    for n, side in enumerate(do.sides):
        for _ in range(300):
            if side.db.execute('SELECT status FROM sp_get_recording(%s, %s)', [user[n], other[n]]).fetchone()[0] == 'failed':
                break
            time.sleep(0.1)
    do('SELECT * FROM sp_get_recording(%s, %s)', user, other)


def work(do, user):
    recording = do('SELECT * FROM s2t_create_recording(%s, %s, in_priority => 5)', user, 'upload')
    do('SELECT * FROM s2t_queue_recording(%s, 3, now() - interval %s)', recording, '1 second')
    do('SELECT * FROM s2t_queue_recording(%s, 1)', user)
    do('SELECT state, priority, claims, worker, error FROM s2t_queue WHERE user_id = %s', user)
    do('SELECT recording_id, user_id, source, language, meta, attempt, lease FROM s2t_claim_recordings(%s)', 'w')
    lease = do.column(6)
    do('SELECT * FROM s2t_claim_recordings(%s)', 'w')
    do('SELECT * FROM s2t_claim_recordings(%s, 0)', 'w')
    do('SELECT * FROM s2t_extend_lease(%s, %s, %s)', recording, lease, '10 minutes')
    do('SELECT * FROM s2t_extend_lease(%s, %s)', recording, user)
    do('SELECT * FROM s2t_release_recording(%s, %s, %s, %s)', recording, lease, '0', 'engine')
    do('SELECT * FROM s2t_complete_recording(%s, 1000, %s, %s)', recording, '[]', lease)
    do('SELECT recording_id, attempt, lease FROM s2t_claim_recordings(%s)', 'w')
    do('SELECT * FROM s2t_complete_recording(%s, 1000, %s, %s)', recording, '[]', do.column(2))


def events(do):
    """Those of one user."""
    do('SELECT id, type, user_id, recording_id, data, attempt FROM s2t_take_events(%s, 1)', 'mail')
    first = do.column(0)
    do('SELECT s2t_release_events(%s, ARRAY[%s::uuid], %s, %s)', 'mail', first, '0', 'down')
    do('SELECT id, attempt FROM s2t_take_events(%s, 1)', 'mail')
    do('SELECT s2t_ack_events(%s, ARRAY[%s::uuid])', 'mail', do.column(0))
    do('SELECT s2t_ack_events(%s, ARRAY[%s::uuid])', 'mail', do.column(0))
    do('SELECT s2t_ack_events(%s, %s::uuid[])', 'mail', [])
    do('SELECT s2t_ack_events(%s, ARRAY[NULL::uuid])', 'mail')
    do('SELECT s2t_ack_events(%s, ARRAY[%s::uuid])', 'nobody', first)
    do('SELECT id, type, attempt FROM s2t_take_events(%s, 1000)', 'mail')
    do('SELECT id, type, attempt FROM s2t_take_events(%s, 1000)', 'mail')


def events_of_all(do):
    """How many calls it takes to get them is the router's own, and so is the order among users. Returns the ids of both sides."""
    left = []
    for side in do.sides:
        taken = []
        while rows := side.db.execute('SELECT id, type FROM s2t_take_events(%s, 1000)', ['mail']).fetchall():
            taken += rows
        left.append(taken)
    do.same(sorted(t for _, t in left[1]), sorted(t for _, t in left[0]), 'taken: the same events')
    ids = tuple([row[0] for row in taken] for taken in left)
    do('SELECT s2t_release_events(%s, %s::uuid[], %s)', 'mail', tuple(side[:7] for side in ids), '1 hour')
    do('SELECT s2t_ack_events(%s, %s::uuid[])', 'mail', ids)
    do('SELECT consumer, types, waiting, given, put_off, dead FROM s2t_event_queues')
    do('SELECT count(*) FROM s2t_dead_events')
    do('SELECT s2t_revive_events(%s)', 'mail')
    do('SELECT s2t_revive_events(%s, %s::uuid[])', 'mail', ids)
    do('SELECT s2t_discard_events(%s, in_older_than => %s)', 'mail', '0')
    return ids


EVERYBODY = [
    ('SELECT s2t_drop_consumer(%s)', 'mail'), ('SELECT s2t_drop_consumer(%s)', 'mail'),
    ('SELECT * FROM s2t_event_types()',), ('SELECT * FROM sp_list_plans()',), ('SELECT s2t_version()',),
    ('SELECT s2t_fold(%s)', 'Đặng'), ('SELECT s2t_matches(%s, %s)', 'Đặng', 'dang'), ('SELECT s2t_snippet(%s, %s)', 'Đặng', 'dang'),
    ('SELECT * FROM s2t_parse_transcript(%s)', VTT), ('SELECT * FROM s2t_parse_transcript(%s, %s)', VTT, 'nonsense'),
    ('SELECT s2t_slot(%s)', '01890000-0abc-7fed-8000-000000000000'), ('SELECT s2t_slot(%s)', 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6'),
    ('SELECT s2t_slot(%s)', None), ('SELECT s2t_owner()',),
    ('CALL sp_seed_plans()',), ('CALL sp_reset_monthly_cycles()',),
    ('CALL sp_fail_stale_recordings(%s)', '1 hour'), ('SELECT s2t_fail_stale_batch(%s, 10)', '0'), ('SELECT s2t_fail_stale_batch(%s, 0)', '0'),
    ('SELECT * FROM sp_cleanup_old_recordings(-1, 2)',), ('SELECT * FROM sp_cleanup_old_recordings(0, 1000)',), ('CALL sp_purge_old_recordings(0, 2)',), ('CALL sp_purge_old_recordings(-1)',),
    ('CALL sp_purge_usage_entries(%s)', '1 day'), ('SELECT s2t_purge_usage_batch(%s, 10)', '1 day'),
    ('CALL sp_purge_audit_log(%s)', '-1 day'), ('SELECT s2t_purge_audit_batch(%s, 10)', '1 day'), ('CALL sp_purge_audit_log(%s)', '1 day'),
    ('CALL sp_schedule_jobs()',), ('CALL sp_unschedule_jobs()',), ('SELECT * FROM s2t_job_commands()',), ('SELECT s2t_require_cron(%s)', 'x'),
    ('SELECT * FROM s2t_doctor()',), ('SELECT * FROM s2t_examine()',), ('SELECT * FROM s2t_doctor(true)',), ('SELECT * FROM s2t_repair()',),
    ('SELECT s2t_failure_marks_lost()',), ('SELECT s2t_rows_set_aside()',), ('SELECT s2t_reset_metrics()',),
    ('CALL sp_create_search_index()',), ('CALL sp_create_search_index()',), ('CALL sp_drop_search_index()',), ('CALL sp_drop_search_index()',),
    ('CALL s2t_grant(%s, %s)', 'postgres', 'nonsense'), ('CALL s2t_revoke(%s, %s)', 'postgres', 'nonsense'),
]


def routines_of(db):
    """(name, kind, arguments) of the routines of the API."""
    return db.execute("""
        SELECT p.proname, p.prokind::text, coalesce((SELECT json_agg(json_build_object('name', x.name, 'type', format_type(x.type, NULL)) ORDER BY x.n)
                                    FROM unnest(p.proargnames, p.proargmodes, coalesce(p.proallargtypes, p.proargtypes::oid[]))
                                         WITH ORDINALITY AS x (name, mode, type, n) WHERE coalesce(x.mode, 'i') IN ('i', 'b')), '[]')
          FROM pg_proc AS p JOIN s2t_api AS a ON a.name = p.proname WHERE p.pronamespace = 'public'::regnamespace ORDER BY 1""").fetchall()


def with_nulls(do, routines, user, recording):
    """Every argument NULL, then with the ids that are right."""
    for name, kind, arguments in routines:
        if not arguments or name.startswith(('s2t_grant', 's2t_revoke', 's2t_slot')):
            continue
        for ids in ({}, {'in_user_id': user, 'in_recording_id': recording, 'in_consumer': 'mail'}):
            if ids and not any(a['name'] in ids for a in arguments):
                continue
            values, parts = [], []
            for argument in arguments:
                if argument['name'] in ids:
                    values.append(ids[argument['name']])
                    parts.append(f"%s::{argument['type']}")
                else:
                    parts.append(f"NULL::{argument['type']}")
            verb = 'CALL' if kind == 'p' else 'SELECT * FROM'
            do(f"{verb} {name}({', '.join(parts)})", *values, once=True)


def lives(do, names, marks=False):
    """What happens to users, to each all of it. `marks`: their failure marks, too. Returns the users."""
    do('CALL sp_seed_plans()', once=True)
    do('SELECT s2t_add_consumer(%s, %s)', 'mail', ['recording.created', 'recording.completed', 'plan.changed'])
    do('SELECT s2t_add_consumer(%s, %s)', 'mail', ['recording.created', 'recording.completed', 'plan.changed'])
    do('SELECT s2t_add_consumer(%s, %s)', 'mail', ['nonsense'])
    users = []
    for name in names:
        user = accounts(do, name)
        meter(do, user)
        recordings(do, user)
        if marks:
            failure_mark(do, user)
        work(do, user)
        if not users:
            events(do)
        users.append(user)
    return users


def the_rest(do, users, routines):
    """The routines with NULLs, what is done for everybody, and the end of the users."""
    # One that is done: a failure mark would come sooner on one side than on the other.
    recording = do('SELECT * FROM s2t_create_recording(%s, %s)', users[0], 'upload')
    do('CALL sp_complete_recording(%s, 1000, %s)', recording, '[]')
    with_nulls(do, routines, users[0], recording)
    for sql, *args in EVERYBODY:
        do(sql, *args, once=True)
    for user in users:
        do('SELECT kind FROM s2t_export_user(%s)', user)
        do('SELECT s2t_delete_user(%s)', user)
        do('SELECT s2t_delete_user(%s)', user)
