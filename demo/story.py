#!/usr/bin/env python3
"""The demo's story, told by a client of the service: psycopg2 and nothing else.

Every figure is read back from the database and compared with what it has to
be; the story ends with a report of them, and with 1 if one of them is wrong.
Connects by the usual PG* variables to an empty cluster.
"""

import json
import math
import pathlib
import sys
import threading
import time
from collections import Counter

import psycopg2
import psycopg2.extras

TRANSCRIPT = pathlib.Path(__file__).parent / "transcript.faster-whisper.json"
FREE_RECORDINGS, FREE_MINUTES = 10, 30
CONSUMER = "demo"

figures = []  # (label, value, expected)


def figure(label, value, expected):
    """Notes a figure for the report; returns it."""
    figures.append((label, value, expected))
    return value


def chapter(title):
    print(f"\n{title}")


def tell(line):
    print(f"  {line}")


class Client:
    """A connection in autocommit, as a web worker would hold one."""

    def __init__(self, database="s2t_demo"):
        self.connection = psycopg2.connect(dbname=database, client_encoding="UTF8")
        self.connection.autocommit = True

    def row(self, query, *args):
        """The single row of a query, or None."""
        rows = self.rows(query, *args)
        return rows[0] if rows else None

    def value(self, query, *args):
        return self.row(query, *args)[0]

    def rows(self, query, *args):
        with self.connection.cursor(cursor_factory=psycopg2.extras.NamedTupleCursor) as cursor:
            cursor.execute(query, args)
            return cursor.fetchall() if cursor.description else []

    def notices(self):
        """What the server said since the last time."""
        said = [notice.strip() for notice in self.connection.notices]
        self.connection.notices.clear()
        return said

    # The service's own calls.

    def register(self, name, plan):
        self.rows("CALL sp_register_user(%s, %s, %s, %s, %s)",
                  f"{name.lower()}@example.vn", name.lower(), "$2b$12$not-a-real-hash", name, plan)
        return self.value("SELECT id FROM users WHERE user_name = %s", name.lower())

    def create(self, user, source="upload"):
        return self.row("SELECT * FROM sp_check_quota_and_create_recording(%s, %s, 'vi')", user, source)

    def complete(self, recording, duration_ms, segments):
        self.rows("CALL sp_complete_recording(%s, %s, %s::jsonb)",
                  recording, duration_ms, json.dumps(segments, ensure_ascii=False))

    def claim(self, worker):
        return self.row("SELECT * FROM s2t_claim_recordings(%s, 1, '1 hour')", worker)

    def append(self, recording, segments):
        return self.row("SELECT * FROM s2t_append_segments(%s, %s::jsonb)", recording, json.dumps(segments, ensure_ascii=False))

    def change_plan(self, user, plan, prorate=False):
        return self.row("CALL sp_change_user_plan(%s, %s, %s, NULL, NULL)", user, plan, prorate)

    def stats(self, user):
        return self.row("SELECT * FROM sp_get_user_stats(%s)", user)

    def usage(self, user):
        return self.row("SELECT usage_count, used_seconds FROM user_subscriptions WHERE user_id = %s", user)


def segments_of(transcript):
    """faster-whisper's segments as the database wants them: counted from zero,
    whole milliseconds, no blank before the text.  What the model thought of its
    own work goes along, and ends in segments.meta."""
    return [
        {
            "idx": idx,
            "start_ms": round(segment["start"] * 1000),
            "end_ms": round(segment["end"] * 1000),
            "text": segment["text"].strip(),
            "avg_logprob": segment["avg_logprob"],
            "no_speech_prob": segment["no_speech_prob"],
        }
        for idx, segment in enumerate(transcript)
    ]


def open_the_service(db):
    chapter("The service opens")
    db.rows("CALL sp_seed_plans()")
    for plan in db.rows("SELECT code, monthly_minutes, monthly_usage_limit, plan_cost FROM plans ORDER BY plan_cost"):
        minutes = "unlimited" if plan.monthly_minutes is None else f"{plan.monthly_minutes} minutes"
        recordings = "unlimited" if plan.monthly_usage_limit is None else f"{plan.monthly_usage_limit} recordings"
        tell(f"{plan.code:<11}{minutes:>13}{recordings:>16} a month{plan.plan_cost / 100:>9.2f} USD")
    figure("plans", db.value("SELECT count(*) FROM plans"), 4)
    # Somebody who wants to be told: from here on, each call writes what has happened with its work.
    db.rows("SELECT s2t_add_consumer(%s)", CONSUMER)
    users = {name: db.register(name, plan)
             for name, plan in (("Lan", "FREE"), ("Minh", "FREE"), ("Hoa", "FREE"), ("Tuan", "BASIC"), ("Mai", "BASIC"))}
    tell("Lan, Minh and Hoa take FREE, Tuan and Mai take BASIC.")
    try:
        db.register("LAN", "FREE")
        state = None
    except psycopg2.Error as error:
        state = error.pgcode
        tell(f"A second LAN: {error.diag.message_primary}.")
    figure("SQLSTATE of a second registration", state, "23505")
    figure("users with profile and subscription",
           db.value("SELECT count(*) FROM users u JOIN user_profiles p ON p.user_id = u.id"
                    " JOIN user_subscriptions s ON s.user_id = u.id"), len(users))
    return users


def transcribe(db, lan):
    chapter("Lan records a lecture")
    transcript = json.loads(TRANSCRIPT.read_text(encoding="utf-8"))
    segments = segments_of(transcript)
    duration_ms = segments[-1]["end_ms"]
    recording = db.create(lan).recording_id
    started = time.perf_counter()
    db.complete(recording, duration_ms, segments)
    took = (time.perf_counter() - started) * 1000
    tell(f"{len(segments)} segments, {duration_ms / 60000:.1f} minutes of Vietnamese, stored by one call in {took:.1f} ms:")
    stored = db.rows("SELECT idx, start_ms, end_ms, text, meta FROM segments WHERE recording_id = %s ORDER BY idx", recording)
    for segment in stored[:2] + stored[-1:]:
        tell(f"  {segment.idx:>4} {segment.start_ms:>8} - {segment.end_ms:<8} {segment.text}")
    same = [{"idx": s.idx, "start_ms": s.start_ms, "end_ms": s.end_ms, "text": s.text, **s.meta} for s in stored] == segments
    figure("segments of the lecture", len(stored), len(transcript))
    figure("the lecture came back letter by letter", same, True)
    figure("status of the recording", db.value("SELECT status FROM recordings WHERE id = %s", recording), "done")

    db.notices()
    db.complete(recording, duration_ms, segments)
    tell(f"The worker retries: {' '.join(db.notices())}")
    seconds = math.ceil(duration_ms / 1000)
    figure("seconds charged to Lan, after a retry", db.usage(lan).used_seconds, seconds)
    broken = [dict(segments[0], end_ms=-1)]
    second = db.create(lan).recording_id
    try:
        db.complete(second, 1000, broken)
        state = None
    except psycopg2.Error as error:
        state = error.pgcode
        tell(f"A broken transcript: {error.diag.message_primary}. {error.diag.message_detail or ''}")
    figure("SQLSTATE of a broken transcript", state, "22023")
    figure("segments it left behind", db.value("SELECT count(*) FROM segments WHERE recording_id = %s", second), 0)
    return second, seconds


def run_into_limits(db, lan, minh, waiting, seconds):
    chapter("Two limits")
    accepted = 0
    while (answer := db.create(minh)).quota_ok:
        accepted += 1
    tell(f"Minh, recording {accepted + 1}: {answer.error_message}")
    figure("recordings Minh got", accepted, FREE_RECORDINGS)
    figure("Minh was told the recordings limit", answer.error_message.startswith("recording limit reached"), True)
    figure("recordings of Minh's that exist",
           db.value("SELECT count(*) FROM recordings WHERE user_id = %s", minh), FREE_RECORDINGS)

    rest = FREE_MINUTES * 60 - seconds
    db.complete(waiting, rest * 1000, [])  # silence costs minutes too
    answer = db.create(lan)
    tell(f"Lan, after {FREE_MINUTES} minutes: {answer.error_message}")
    figure("Lan may record beyond the limit", answer.quota_ok, False)
    figure("Lan was told the minutes limit", answer.error_message.startswith("minute limit reached"), True)
    figure("Lan's seconds", db.usage(lan).used_seconds, FREE_MINUTES * 60)


def race(db, hoa):
    chapter("Sixteen sessions, three recordings left")
    for _ in range(FREE_RECORDINGS - 3):
        db.create(hoa)
    start = threading.Barrier(16)
    answers = []

    def session():
        client = Client()
        start.wait()
        answers.append(client.create(hoa, "live"))

    threads = [threading.Thread(target=session) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = sum(answer.quota_ok for answer in answers)
    reasons = {answer.error_message for answer in answers if not answer.quota_ok}
    tell(f"{accepted} accepted, {len(answers) - accepted} refused: {'; '.join(sorted(reasons))}")
    figure("answers in the race", len(answers), 16)
    figure("accepted in the race", accepted, 3)
    figure("recordings of Hoa's that exist",
           db.value("SELECT count(*) FROM recordings WHERE user_id = %s", hoa), FREE_RECORDINGS)
    figure("Hoa's usage", db.usage(hoa).usage_count, FREE_RECORDINGS)


def change_plans(db, lan, tuan):
    chapter("Plans change")
    before = db.usage(lan)
    for plan, again, success in (("BASIC", "", True), ("BASIC", ", again", False), ("GOLD", "", False)):
        answer = db.change_plan(lan, plan)
        tell(f"Lan to {plan}: {answer.message}")
        figure(f"Lan changes to {plan}{again}", answer.success, success)
    figure("Lan's usage carried over", db.usage(lan), before)
    figure("Lan may record again", db.create(lan).quota_ok, True)

    recording = db.create(tuan).recording_id
    db.complete(recording, 90_001, [{"idx": 0, "start_ms": 0, "end_ms": 90_001, "text": "Alô, Tuấn nghe đây."}])
    answer = db.change_plan(tuan, "PREMIUM", prorate=True)
    tell(f"Tuan, with proration: {answer.message}")
    figure("Tuan's usage under the new plan", tuple(db.usage(tuan)), (0, 0))
    figure("Tuan's closed cycle", tuple(db.row("SELECT plan_code, usage_count, used_seconds, reason FROM usage_cycles"
                                               " WHERE user_id = %s", tuan)), ("BASIC", 1, 91, "prorate"))
    answer = db.change_plan(tuan, "BASIC", prorate=True)
    tell(f"Tuan, once more: {answer.message}")
    figure("a second proration in the month", answer.success, False)


def listen_live(db, mai):
    chapter("Mai listens live")
    said = segments_of(json.loads(TRANSCRIPT.read_text(encoding="utf-8")))[:20]
    recording = db.row("SELECT * FROM s2t_create_recording(%s, 'realtime', in_expected_ms => %s)", mai, 180_000).recording_id
    figure("seconds held for her", db.value("SELECT held_seconds FROM user_subscriptions WHERE user_id = %s", mai), 180)
    for segment in said:
        answer = db.append(recording, [segment])
        if segment["idx"] < 3:
            tell(f"  {segment['text']:<72}{answer.charged_seconds:>3} s charged, {answer.remaining_seconds} s left")
    tell(f"  … {len(said)} segments, a call each; the recording is in {db.value('SELECT status FROM recordings WHERE id = %s', recording)}.")
    heard = math.ceil(said[-1]["end_ms"] / 1000)
    figure("seconds charged while it runs", db.usage(mai).used_seconds, heard)
    figure("seconds still held", db.value("SELECT held_seconds FROM user_subscriptions WHERE user_id = %s", mai), 180 - heard)
    hits = db.rows("SELECT * FROM sp_search_segments(%s, 'giac ngu va tri nho')", mai)
    tell(f"Searched for without accents while it runs: {hits[0].snippet}")
    figure("found while it runs", [hit.recording_id for hit in hits] == [recording], True)
    db.append(recording, said[-1:])
    figure("segments, one sent twice", db.value("SELECT count(*) FROM segments WHERE recording_id = %s", recording), len(said))
    db.complete(recording, said[-1]["end_ms"], [])
    figure("status of the live recording", db.value("SELECT status FROM recordings WHERE id = %s", recording), "done")
    figure("seconds charged, live", db.usage(mai).used_seconds, heard)
    figure("seconds held when it is done", db.value("SELECT held_seconds FROM user_subscriptions WHERE user_id = %s", mai), 0)


def take_over(db, mai):
    chapter("A worker dies, another takes over")
    recording = db.row("SELECT * FROM s2t_create_recording(%s, 'upload', in_priority => 0)", mai).recording_id
    first, second = Client(), Client()
    claim = first.claim("first")
    tell(f"The worker \"first\" claims it, attempt {claim.attempt}, and falls silent.")
    figure("the other gets it meanwhile", second.claim("second") is not None, False)
    db.rows("UPDATE recordings SET lease_until = now() WHERE id = %s", recording)  # the lease ends
    taken = second.claim("second")
    tell(f"Its lease ends, \"second\" claims it, attempt {taken.attempt}.")
    figure("the other gets it then", (taken.recording_id == recording, taken.attempt), (True, 2))
    refused = []
    for lease, text in ((claim.lease, "Quá muộn."), (taken.lease, "Đúng lúc."), (claim.lease, "Quá muộn.")):
        segments = [{"idx": 0, "start_ms": 0, "end_ms": 2000, "text": text}]
        try:
            db.rows("SELECT * FROM s2t_complete_recording(%s, 2000, %s::jsonb, %s)", recording, json.dumps(segments), lease)
        except psycopg2.Error as error:
            refused.append(error.pgcode)
            tell(f"\"first\" was only asleep, and sends what it has: {error.diag.message_primary}.")
    figure("SQLSTATE of who has lost the lease", tuple(refused), ("55000", "55000"))
    figure("what is stored", db.value("SELECT text FROM segments WHERE recording_id = %s", recording), "Đúng lúc.")
    figure("Mai's recordings of this month", db.usage(mai).usage_count, 2)


def hear_of_it(db, mai, deleted):
    chapter("Who was told")
    events = db.rows("SELECT * FROM s2t_take_events(%s, 1000)", CONSUMER)
    counts = Counter(event.type for event in events)
    tell(", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
    hers = [event.type for event in events if event.user_id == mai]
    tell(f"Of Mai, in order: {', '.join(hers)}")
    told = [kind for kind in hers if kind in ("user.registered", "recording.created", "recording.completed", "cycle.closed")]
    figure("what was told of Mai", told, ["user.registered", *["recording.created", "recording.completed"] * 2, "cycle.closed"])
    figure("deletions told", counts["recording.deleted"], deleted)
    figure("in the order of their times", [event.at for event in events], sorted(event.at for event in events))
    figure("acknowledged", db.value("SELECT s2t_ack_events(%s, %s::uuid[])", CONSUMER, [event.id for event in events]), len(events))
    figure("left to tell", db.value("SELECT count(*) FROM events"), 0)


def end_the_month(db, minh):
    chapter("The month ends")
    before = dict(db.rows("SELECT user_id, usage_count FROM user_subscriptions"))
    db.rows("UPDATE user_subscriptions SET cycle_start = cycle_start - interval '1 month', cycle_end = cycle_start")
    db.notices()
    db.rows("CALL sp_reset_monthly_cycles()")
    tell(" ".join(db.notices()))
    closed = dict(db.rows("SELECT user_id, usage_count FROM usage_cycles WHERE reason = 'rollover'"))
    figure("cycles closed", len(closed), len(before))
    figure("their figures were kept", closed, before)
    figure("usage in the new month", db.value("SELECT sum(usage_count + used_seconds) FROM user_subscriptions"), 0)
    figure("Minh may record again", db.create(minh).quota_ok, True)


def show_stats(db, users):
    chapter("What users see")
    tell(f"{'':<6}{'recordings':>12}{'minutes':>10}{'segments':>10}{'this month':>12}{'% of limit':>12}")
    for name, user in users.items():
        stats = db.stats(user)
        tell(f"{name:<6}{stats.total_recordings:>12}{stats.total_duration_minutes:>10}{stats.total_segments:>10}"
             f"{stats.current_cycle_usage:>12}{stats.quota_usage_percent:>12}")
        recount = db.row(
            "SELECT count(*) AS recordings, round(coalesce(sum(duration_ms), 0) / 60000.0, 2) AS minutes,"
            " (SELECT count(*) FROM segments JOIN recordings r ON r.id = recording_id WHERE r.user_id = %s) AS segments"
            " FROM recordings WHERE user_id = %s", user, user)
        figure(f"{name}'s totals, against a recount", tuple(stats[:3]), tuple(recount))
    figure("Minh's percent of the recordings limit", str(db.stats(users["Minh"]).quota_usage_percent), "10.00")


def clean_up(db):
    chapter("Retention")
    old = db.value("SELECT count(*) FROM recordings WHERE status = 'done'")
    segments = db.value("SELECT count(*) FROM segments")
    db.rows("UPDATE recordings SET created_at = created_at - interval '100 days' WHERE status = 'done'")
    batch = db.row("SELECT * FROM sp_cleanup_old_recordings(90, 1)")
    tell(f"One batch of one: {batch.deleted_recordings} recording, {batch.deleted_segments} segments.")
    purged = db.row("CALL sp_purge_old_recordings(90, 1)")
    tell(f"The purge, committing after each batch: {purged.deleted_recordings} recordings, {purged.deleted_segments} segments.")
    figure("recordings in the first batch", batch.deleted_recordings, 1)
    figure("recordings deleted", batch.deleted_recordings + purged.deleted_recordings, old)
    figure("segments deleted", batch.deleted_segments + purged.deleted_segments, segments)
    figure("segments left", db.value("SELECT count(*) FROM segments"), 0)
    figure("segments in the users' totals", db.value("SELECT sum(total_segments) FROM user_subscriptions"), 0)
    figure("nothing left to delete", tuple(db.row("SELECT * FROM sp_cleanup_old_recordings(90)")), (0, 0))
    return old


def ask_the_doctor(db):
    chapter("The doctor")
    # Lost failure marks are those of the whole server, whatever else it does.
    found = db.rows("SELECT check_name, object, problem FROM s2t_doctor() WHERE check_name <> 'marks_lost'")
    tell("\n".join(" ".join(row) for row in found) or "Counters, ledger, indexes, triggers, rights and versions: nothing to tell.")
    figure("what the doctor finds", len(found), 0)


def shown(value):
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(map(str, value))
        case list() if len(value) > 1:
            return f"{len(value)} in order"
        case dict():
            return f"{len(value)} entries"
    return str(value)


def report():
    chapter("Report")
    wrong = 0
    for label, value, expected in figures:
        good = value == expected
        wrong += not good
        tell(f"{label:<48}{shown(value):<32}{'' if good else f'WRONG, expected {expected}'}".rstrip())
    print(f"\n{len(figures)} figures read back from the database, {wrong} wrong")
    return 1 if wrong else 0


def main():
    Client("postgres").rows("CREATE DATABASE s2t_demo")
    db = Client()
    db.rows("CREATE EXTENSION s2t")
    version = db.row("SELECT s2t_version() AS s2t, current_setting('server_version') AS server")
    print(f"s2t {version.s2t} on PostgreSQL {version.server}")
    users = open_the_service(db)
    waiting, seconds = transcribe(db, users["Lan"])
    run_into_limits(db, users["Lan"], users["Minh"], waiting, seconds)
    race(db, users["Hoa"])
    change_plans(db, users["Lan"], users["Tuan"])
    listen_live(db, users["Mai"])
    take_over(db, users["Mai"])
    end_the_month(db, users["Minh"])
    show_stats(db, users)
    deleted = clean_up(db)
    hear_of_it(db, users["Mai"], deleted)
    ask_the_doctor(db)
    return report()


if __name__ == "__main__":
    sys.exit(main())
