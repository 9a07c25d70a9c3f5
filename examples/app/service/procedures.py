"""One function for each procedure that the service calls. None commits: that is the caller's."""

import json
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def register_user(db: AsyncSession, email: str, user_name: str, password_hash: str, name, plan_code: str) -> UUID:
    result = await db.execute(
        text("SELECT s2t_register_user(:email, :user_name, :password_hash, :name, :plan_code)"),
        {"email": email, "user_name": user_name, "password_hash": password_hash, "name": name, "plan_code": plan_code},
    )
    return result.scalar_one()


async def get_login(db: AsyncSession, login: str):
    result = await db.execute(text("SELECT * FROM sp_get_login(:login)"), {"login": login})
    return result.one_or_none()


async def create_recording(db: AsyncSession, user_id: UUID, source: str, language: str, meta: dict, expected_ms=None):
    """expected_ms of the minutes are held until the recording ends."""
    result = await db.execute(
        text("SELECT * FROM s2t_create_recording(:user_id, :source, :language, CAST(:meta AS jsonb), :expected_ms)"),
        {"user_id": user_id, "source": source, "language": language, "meta": json.dumps(meta), "expected_ms": expected_ms},
    )
    return result.one()


async def complete_recording(db: AsyncSession, recording_id: UUID, duration_ms: int, segments: list) -> None:
    await db.execute(
        text("CALL sp_complete_recording(:recording_id, :duration_ms, CAST(:segments AS jsonb))"),
        {"recording_id": recording_id, "duration_ms": duration_ms, "segments": json.dumps(segments)},
    )


async def import_transcript(db: AsyncSession, recording_id: UUID, document: str):
    result = await db.execute(
        text("SELECT * FROM sp_import_transcript(:recording_id, :document)"),
        {"recording_id": recording_id, "document": document},
    )
    return result.one()


async def fail_recording(db: AsyncSession, recording_id: UUID, reason: str) -> None:
    await db.execute(
        text("CALL sp_fail_recording(:recording_id, :reason)"), {"recording_id": recording_id, "reason": reason}
    )


async def list_recordings(db: AsyncSession, user_id: UUID, limit: int, before):
    result = await db.execute(
        text("SELECT * FROM sp_list_recordings(:user_id, :limit, :before)"),
        {"user_id": user_id, "limit": limit, "before": before},
    )
    return result.all()


async def get_progress(db: AsyncSession, user_id: UUID, recording_ids: list[UUID]):
    result = await db.execute(
        text("SELECT * FROM sp_get_progress(:user_id, :recording_ids)"),
        {"user_id": user_id, "recording_ids": recording_ids},
    )
    return result.all()


async def get_recording(db: AsyncSession, user_id: UUID, recording_id: UUID):
    result = await db.execute(
        text("SELECT * FROM sp_get_recording(:user_id, :recording_id)"),
        {"user_id": user_id, "recording_id": recording_id},
    )
    return result.one_or_none()


async def search_segments(db: AsyncSession, user_id: UUID, query: str):
    result = await db.execute(
        text("SELECT * FROM sp_search_segments(:user_id, :query)"), {"user_id": user_id, "query": query}
    )
    return result.all()


async def get_segments(db: AsyncSession, user_id: UUID, recording_id: UUID, from_ms: int = 0):
    result = await db.execute(
        text("SELECT * FROM sp_get_segments(:user_id, :recording_id, :from_ms)"),
        {"user_id": user_id, "recording_id": recording_id, "from_ms": from_ms},
    )
    return result.all()


async def render_transcript(db: AsyncSession, recording_id: UUID, file_format: str, options: dict) -> str:
    result = await db.execute(
        text("SELECT sp_render_transcript(:recording_id, :format, CAST(:options AS jsonb))"),
        {"recording_id": recording_id, "format": file_format, "options": json.dumps(options)},
    )
    return result.scalar_one()


async def append_segments(db: AsyncSession, recording_id: UUID, segments: list):
    result = await db.execute(
        text("SELECT * FROM s2t_append_segments(:recording_id, CAST(:segments AS jsonb))"),
        {"recording_id": recording_id, "segments": json.dumps(segments)},
    )
    return result.one()


async def get_subscription(db: AsyncSession, user_id: UUID):
    result = await db.execute(text("SELECT * FROM s2t_get_subscription(:user_id)"), {"user_id": user_id})
    return result.one_or_none()


async def list_credits(db: AsyncSession, user_id: UUID):
    result = await db.execute(text("SELECT * FROM sp_list_credits(:user_id)"), {"user_id": user_id})
    return result.all()


async def list_usage(db: AsyncSession, user_id: UUID, limit: int, before):
    result = await db.execute(
        text("SELECT * FROM sp_list_usage(:user_id, :limit, :before)"),
        {"user_id": user_id, "limit": limit, "before": before},
    )
    return result.all()


async def get_user_stats(db: AsyncSession, user_id: UUID):
    result = await db.execute(text("SELECT * FROM sp_get_user_stats(:user_id)"), {"user_id": user_id})
    return result.one()


async def change_user_plan(db: AsyncSession, user_id: UUID, plan_code: str, prorate: bool):
    result = await db.execute(
        text("CALL sp_change_user_plan(:user_id, :plan_code, :prorate)"),
        {"user_id": user_id, "plan_code": plan_code, "prorate": prorate},
    )
    return result.one()


# ------------------------------------------------------------------------------------------------
# Editing. `revision` is the one that the editor has seen: if there is a later one by now, it is 55000.
# ------------------------------------------------------------------------------------------------


async def edit_segment(db: AsyncSession, user_id: UUID, recording_id: UUID, idx: int, new_text, speaker, revision: int):
    """None leaves a value as it is."""
    result = await db.execute(
        text("SELECT * FROM s2t_edit_segment(:user_id, :recording_id, :idx, :text, NULL, NULL, :speaker, :revision)"),
        {"user_id": user_id, "recording_id": recording_id, "idx": idx, "text": new_text, "speaker": speaker,
         "revision": revision},
    )
    return result.one()


async def rename_speaker(db: AsyncSession, user_id: UUID, recording_id: UUID, before: str, after: str, revision: int):
    result = await db.execute(
        text("SELECT * FROM s2t_rename_speaker(:user_id, :recording_id, :before, :after, :revision)"),
        {"user_id": user_id, "recording_id": recording_id, "before": before, "after": after, "revision": revision},
    )
    return result.one()


async def split_segment(db: AsyncSession, user_id: UUID, recording_id: UUID, idx: int, at_ms, at_char: int, revision: int):
    """Without a time the words tell it, where the engine gave any."""
    result = await db.execute(
        text("SELECT * FROM s2t_split_segment(:user_id, :recording_id, :idx, :at_ms, :at_char, :revision)"),
        {"user_id": user_id, "recording_id": recording_id, "idx": idx, "at_ms": at_ms, "at_char": at_char,
         "revision": revision},
    )
    return result.one()


async def merge_segments(db: AsyncSession, user_id: UUID, recording_id: UUID, first: int, last: int, revision: int):
    result = await db.execute(
        text("SELECT * FROM s2t_merge_segments(:user_id, :recording_id, :first, :last, :revision)"),
        {"user_id": user_id, "recording_id": recording_id, "first": first, "last": last, "revision": revision},
    )
    return result.one()


async def replace_transcript(db: AsyncSession, user_id: UUID, recording_id: UUID, document: str):
    """What stood there stays as a revision."""
    result = await db.execute(
        text("SELECT * FROM s2t_replace_transcript(:user_id, :recording_id, :document)"),
        {"user_id": user_id, "recording_id": recording_id, "document": document},
    )
    return result.one()


async def undo(db: AsyncSession, user_id: UUID, recording_id: UUID, revision: int):
    result = await db.execute(
        text("SELECT * FROM s2t_undo(:user_id, :recording_id, :revision)"),
        {"user_id": user_id, "recording_id": recording_id, "revision": revision},
    )
    return result.one()


async def list_revisions(db: AsyncSession, user_id: UUID, recording_id: UUID):
    result = await db.execute(
        text("SELECT * FROM sp_list_revisions(:user_id, :recording_id)"),
        {"user_id": user_id, "recording_id": recording_id},
    )
    return result.all()


# ------------------------------------------------------------------------------------------------
# Work: for the profile 'worker', queue_recording also for 'app'.
# ------------------------------------------------------------------------------------------------


async def queue_recording(db: AsyncSession, recording_id: UUID, priority: int):
    result = await db.execute(
        text("SELECT * FROM s2t_queue_recording(:recording_id, :priority)"),
        {"recording_id": recording_id, "priority": priority},
    )
    return result.one()


async def claim_recordings(db: AsyncSession, worker: str, limit: int, seconds: float):
    result = await db.execute(
        text("SELECT * FROM s2t_claim_recordings(:worker, :limit, make_interval(secs => :seconds))"),
        {"worker": worker, "limit": limit, "seconds": seconds},
    )
    return result.all()


async def extend_lease(db: AsyncSession, recording_id: UUID, lease: UUID, seconds: float) -> None:
    await db.execute(
        text("SELECT s2t_extend_lease(:recording_id, :lease, make_interval(secs => :seconds))"),
        {"recording_id": recording_id, "lease": lease, "seconds": seconds},
    )


async def import_with_lease(db: AsyncSession, recording_id: UUID, document: str, lease: UUID):
    result = await db.execute(
        text("SELECT * FROM s2t_import_transcript(:recording_id, :document, 'auto', :lease)"),
        {"recording_id": recording_id, "document": document, "lease": lease},
    )
    return result.one()


async def release_recording(db: AsyncSession, recording_id: UUID, lease: UUID, seconds: float, error: str):
    """Tried again after so many seconds, or failed if that was the last attempt."""
    result = await db.execute(
        text("SELECT * FROM s2t_release_recording(:recording_id, :lease, make_interval(secs => :seconds), :error)"),
        {"recording_id": recording_id, "lease": lease, "seconds": seconds, "error": error},
    )
    return result.one()


# ------------------------------------------------------------------------------------------------
# Events: for the profile 'consumer'.
# ------------------------------------------------------------------------------------------------


async def add_consumer(db: AsyncSession, consumer: str) -> None:
    await db.execute(text("SELECT s2t_add_consumer(:consumer)"), {"consumer": consumer})


async def take_events(db: AsyncSession, consumer: str, limit: int, seconds: float):
    result = await db.execute(
        text("SELECT * FROM s2t_take_events(:consumer, :limit, make_interval(secs => :seconds))"),
        {"consumer": consumer, "limit": limit, "seconds": seconds},
    )
    return result.all()


async def ack_events(db: AsyncSession, consumer: str, ids: list) -> None:
    await db.execute(text("SELECT s2t_ack_events(:consumer, :ids)"), {"consumer": consumer, "ids": ids})


async def release_events(db: AsyncSession, consumer: str, ids: list, error) -> None:
    """With an error it was an attempt, and comes again after the database's own pause."""
    await db.execute(
        text("SELECT s2t_release_events(:consumer, :ids, NULL, :error)"),
        {"consumer": consumer, "ids": ids, "error": error},
    )


async def dead_events(db: AsyncSession, consumer: str):
    result = await db.execute(
        text("SELECT * FROM s2t_dead_events WHERE consumer = :consumer ORDER BY dead_at, id"), {"consumer": consumer}
    )
    return result.all()


async def revive_events(db: AsyncSession, consumer: str) -> int:
    result = await db.execute(text("SELECT s2t_revive_events(:consumer)"), {"consumer": consumer})
    return result.scalar_one()
