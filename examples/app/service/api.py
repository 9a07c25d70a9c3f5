"""The HTTP side, the page included.

    python3 -m uvicorn service.api:app

Refusals of the database become 403 (quota) and 400 (plan), its errors the status in STATUS, with
the database's own text: it names no secret.
"""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from . import config, database, edits, live, page, procedures, security, session, spool, worker
from .session import current_user, get_db

router = APIRouter()

STATUS = {
    "22023": 422,  # an argument that is not acceptable
    "22003": 422,
    "23505": 409,  # e-mail address or user name taken
    "55000": 409,  # the recording is in another state
    "P0002": 404,
}
MEDIA_TYPES = {
    "txt": "text/plain",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "json": "application/json",
    "tsv": "text/tab-separated-values",
    "csv": "text/csv",
    "md": "text/markdown",
    "ttml": "application/ttml+xml",
}
# Of sp_render_transcript.
OPTIONS = ("speakers", "times", "words")


class Registration(BaseModel):
    email: str
    user_name: str
    password: str
    name: str | None = None


class NewRecording(BaseModel):
    source: str
    language: str = "vi"
    meta: dict = {}


class Result(BaseModel):
    duration_ms: int
    segments: list[dict[str, Any]]


class Failure(BaseModel):
    reason: str


class PlanChange(BaseModel):
    plan_code: str
    prorate: bool = False


async def own_recording(recording_id: UUID, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    """The recording in the path, if it is the user's. Whoever may complete or read it is decided
    here: the procedures take any recording's id from a role that may call them."""
    recording = await procedures.get_recording(db, user_id, recording_id)
    if recording is None:
        raise HTTPException(status_code=404, detail="recording not found")
    return recording


async def enqueue(task, *arguments):
    """Hands a task to the broker, without holding up the event loop."""
    await run_in_threadpool(task.delay, *arguments)
    return {"status": "accepted"}


@router.post("/users", status_code=201)
async def register(new: Registration, db=Depends(get_db)):
    password_hash = await run_in_threadpool(security.hash_password, new.password)
    user_id = await procedures.register_user(
        db, new.email, new.user_name, password_hash, new.name, config.DEFAULT_PLAN
    )
    await db.commit()
    return {"id": user_id}


@router.post("/recordings", status_code=201)
async def create_recording(new: NewRecording, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    row = await procedures.create_recording(db, user_id, new.source, new.language, new.meta)
    await db.commit()
    if not row.quota_ok:
        raise HTTPException(status_code=403, detail=row.error_message)
    return {"id": row.recording_id}


@router.get("/recordings")
async def list_recordings(
    limit: int = 50, before: UUID | None = None, user_id: UUID = Depends(current_user), db=Depends(get_db)
):
    """Newest first; those under way with how much has been heard of them, and where they are."""
    rows = [row._asdict() for row in await procedures.list_recordings(db, user_id, limit, before)]
    under_way = [row["id"] for row in rows if row["status"] == "processing"]
    progress = {row.id: row for row in await procedures.get_progress(db, user_id, under_way)} if under_way else {}
    for row in rows:
        if row["id"] in progress:
            row |= {"heard_ms": progress[row["id"]].heard_ms, "queue_state": progress[row["id"]].queue_state}
    return rows


@router.get("/recordings/{recording_id}")
async def read_recording(recording=Depends(own_recording)):
    return recording._asdict()


@router.post("/recordings/{recording_id}/result", status_code=202)
async def upload_result(result: Result, recording=Depends(own_recording)):
    return await enqueue(worker.store_result, str(recording.id), result.duration_ms, result.segments)


@router.post("/recordings/{recording_id}/document", status_code=202)
async def upload_document(request: Request, recording=Depends(own_recording), db=Depends(get_db)):
    """The body is what the speech engine wrote, whichever it is."""
    body = await request.body()
    try:
        document = body.decode()
    except UnicodeDecodeError as error:
        raise HTTPException(status_code=422, detail="the document is not in UTF-8") from error
    if config.QUEUE == "database":
        if recording.status != "processing":
            raise HTTPException(status_code=409, detail=f"recording is {recording.status}")
        # The file first: whoever claims the recording finds it.
        await run_in_threadpool(spool.put, recording.id, body)
        row = await procedures.queue_recording(db, recording.id, 0)
        await db.commit()
        if not row.queued:
            raise HTTPException(status_code=409, detail=row.error_message)
        return {"status": "accepted"}
    return await enqueue(worker.store_document, str(recording.id), document)


@router.post("/recordings/{recording_id}/failure", status_code=202)
async def report_failure(failure: Failure, recording=Depends(own_recording)):
    return await enqueue(worker.give_up, str(recording.id), failure.reason)


@router.get("/recordings/{recording_id}/segments")
async def read_segments(
    from_ms: int = 0, recording=Depends(own_recording), user_id: UUID = Depends(current_user), db=Depends(get_db)
):
    return [row._asdict() for row in await procedures.get_segments(db, user_id, recording.id, from_ms)]


@router.get("/recordings/{recording_id}/transcript.{file_format}")
async def download(file_format: str, request: Request, recording=Depends(own_recording), db=Depends(get_db)):
    """With options: transcript.txt?times=true."""
    given = request.query_params
    options = {name: given[name] == "true" for name in OPTIONS if name in given}
    body = await procedures.render_transcript(db, recording.id, file_format, options)
    return PlainTextResponse(
        body,
        media_type=MEDIA_TYPES.get(file_format, "text/plain"),
        headers={
            "Content-Disposition": f'attachment; filename="{recording.id}.{file_format}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/search")
async def search(q: str, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    return [row._asdict() for row in await procedures.search_segments(db, user_id, q)]


@router.get("/dashboard/stats")
async def dashboard_stats(user_id: UUID = Depends(current_user), db=Depends(get_db)):
    row = await procedures.get_user_stats(db, user_id)
    return {
        "total_recordings": row.total_recordings,
        "total_duration_minutes": float(row.total_duration_minutes),
        "total_segments": row.total_segments,
        "current_cycle": {
            "usage_count": row.current_cycle_usage,
            "used_seconds": row.current_cycle_seconds,
            "quota_usage_percent": float(row.quota_usage_percent),
            "quota_minutes_percent": float(row.quota_minutes_percent),
        },
    }


@router.get("/subscription")
async def subscription(user_id: UUID = Depends(current_user), db=Depends(get_db)):
    """Plan, what is used, held and left of it, and the credits beside it."""
    row = await procedures.get_subscription(db, user_id)
    if row is None:
        raise HTTPException(status_code=404, detail="no subscription")
    credits = await procedures.list_credits(db, user_id)
    return {**row._asdict(), "credits": [credit._asdict() for credit in credits if credit.open]}


@router.get("/usage")
async def usage(
    limit: int = 50, before: UUID | None = None, user_id: UUID = Depends(current_user), db=Depends(get_db)
):
    """The statement: what was charged and what for."""
    return [row._asdict() for row in await procedures.list_usage(db, user_id, limit, before)]


@router.put("/plan")
async def change_plan(change: PlanChange, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    row = await procedures.change_user_plan(db, user_id, change.plan_code, change.prorate)
    await db.commit()
    if not row.success:
        raise HTTPException(status_code=400, detail=row.message)
    return {"message": row.message}


async def database_error(_request: Request, error: DBAPIError):
    status = STATUS.get(database.sqlstate(error))
    if status is None:
        raise error
    cause = database.server_error(error)
    return JSONResponse({"detail": cause.message, "more": cause.detail, "hint": cause.hint}, status_code=status)


def make_app() -> FastAPI:
    app = FastAPI(title="speech to text")
    for part in session.router, router, live.router, edits.router, page.router:
        app.include_router(part)
    app.mount("/static", page.files())
    app.add_exception_handler(DBAPIError, database_error)

    @app.on_event("startup")
    async def connect():
        app.state.engine = database.pooled_engine()
        app.state.sessions = database.session_factory(app.state.engine)
        app.state.engines = set()  # of live recordings

    @app.on_event("shutdown")
    async def disconnect():
        for engine in app.state.engines:
            engine.cancel()
        await asyncio.gather(*app.state.engines, return_exceptions=True)
        await app.state.engine.dispose()

    return app


app = make_app()
