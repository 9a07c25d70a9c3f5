"""Live recordings: an engine that appends what it hears, and captions for who is watching.

The engine is simulated: it says the demo's lecture. Where a real one hears its audio this one
sleeps; what it does with the database is what a real one does.
"""

import asyncio
import json
import logging
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import DBAPIError

from . import config, database, procedures, session

logger = logging.getLogger(__name__)
router = APIRouter()

# Of the minutes, these are held while nothing has been heard: other recordings cannot take them away.
HELD_MS = 300_000
# How far back the captions look for what an engine says later of what was said earlier.
LOOK_BACK_MS = 10_000
# A comment now and then keeps proxies from closing a quiet stream.
QUIET_SECONDS = 15


def lecture():
    """Segments as the database wants them: whole milliseconds, the speaker as an engine tells it."""
    for idx, said in enumerate(json.loads(config.LECTURE.read_text(encoding="utf-8"))):
        text = said["text"].strip()
        yield {
            "idx": idx,
            "start_ms": round(said["start"] * 1000),
            "end_ms": round(said["end"] * 1000),
            "text": text,
            "speaker": "SPEAKER_01" if text.startswith("Thưa thầy") else "SPEAKER_00",
        }


async def speak(sessions, recording_id: UUID) -> None:
    """The engine: one append for each segment, until the lecture or the quota ends, or somebody stops it."""
    heard_ms = 0
    try:
        for segment in lecture():
            await asyncio.sleep((segment["end_ms"] - heard_ms) / 1000 / config.LIVE_SPEED)
            heard_ms = segment["end_ms"]
            async with sessions() as db:
                answer = await procedures.append_segments(db, recording_id, [segment])
                await db.commit()
            if not answer.quota_ok:
                logger.info("recording %s: nothing is left of the minutes", recording_id)
                break
        async with sessions() as db:
            await finish(db, recording_id)
    except DBAPIError as error:
        # The recording has been stopped, or has failed: that is no news to whoever did it.
        if database.sqlstate(error) != "55000":
            logger.error("recording %s: %s", recording_id, error)


async def finish(db, recording_id: UUID) -> None:
    """Completes with what is there. The empty append tells how much was heard, and keeps the
    recording locked, so that no segment comes in between."""
    so_far = await procedures.append_segments(db, recording_id, [])
    await procedures.complete_recording(db, recording_id, so_far.duration_ms, [])
    await db.commit()


@router.post("/live", status_code=201)
async def begin(request: Request, user_id: UUID = Depends(session.current_user), db=Depends(session.get_db)):
    """A live recording that listens to the lecture."""
    expected_ms = max(segment["end_ms"] for segment in lecture())
    row = await procedures.create_recording(
        db, user_id, "realtime", "vi", {"title": "Giấc ngủ và trí nhớ", "expected_ms": expected_ms}, HELD_MS
    )
    await db.commit()
    if not row.quota_ok:
        raise HTTPException(status_code=403, detail=row.error_message)
    task = asyncio.create_task(speak(request.app.state.sessions, row.recording_id))
    # The event loop keeps no task alive by itself.
    request.app.state.engines.add(task)
    task.add_done_callback(request.app.state.engines.discard)
    return {"id": row.recording_id}


@router.post("/recordings/{recording_id}/stop")
async def stop(recording_id: UUID, user_id: UUID = Depends(session.current_user), db=Depends(session.get_db)):
    """The engine's next append will be refused, in whichever process it runs."""
    recording = await procedures.get_recording(db, user_id, recording_id)
    if recording is None:
        raise HTTPException(status_code=404, detail="recording not found")
    await finish(db, recording_id)
    return {"status": "done"}


def event(name: str, data: dict, number: int | None = None) -> str:
    """In the format of server-sent events."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False, default=str)}\n\n"


async def follow(sessions, user_id: UUID, recording_id: UUID, last_idx: int):
    """What is there of the transcript after last_idx, what is added to it, and how it ended."""
    from_ms, quiet = 0, 0.0
    while True:
        async with sessions() as db:
            # The state first: what is done has all its segments.
            recording = await procedures.get_recording(db, user_id, recording_id)
            segments = await procedures.get_segments(db, user_id, recording_id, from_ms)
        for segment in segments:
            if segment.idx > last_idx:
                last_idx, quiet = segment.idx, 0.0
                from_ms = max(from_ms, segment.start_ms - LOOK_BACK_MS)
                yield event("caption", segment._asdict(), last_idx)
        if recording is None or recording.status != "processing":
            yield event("end", {"status": recording.status if recording else "deleted"})
            return
        quiet += config.CAPTION_SECONDS
        if quiet >= QUIET_SECONDS:
            quiet = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(config.CAPTION_SECONDS)


@router.get("/recordings/{recording_id}/captions")
async def captions(
    request: Request,
    recording_id: UUID,
    after: int = -1,
    last_event_id: int | None = Header(None),
    user_id: UUID = Depends(session.current_user),
):
    """Server-sent events. A browser that was cut off says where it was. No session of the database
    is held while nothing is asked of it."""
    sessions = request.app.state.sessions
    async with sessions() as db:
        if await procedures.get_recording(db, user_id, recording_id) is None:
            raise HTTPException(status_code=404, detail="recording not found")
    last_idx = after if last_event_id is None else last_event_id
    return StreamingResponse(
        follow(sessions, user_id, recording_id, last_idx),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
