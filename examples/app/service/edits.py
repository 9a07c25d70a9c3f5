"""Transcripts that people work on. The database keeps what was before each edit, refuses an edit of what
somebody else has changed meanwhile (409), and looks itself whose the recording is."""

from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel

from . import procedures
from .session import current_user, get_db

router = APIRouter(prefix="/recordings/{recording_id}")


class Correction(BaseModel):
    text: str | None = None
    speaker: str | None = None
    revision: int


class Renaming(BaseModel):
    before: str
    after: str
    revision: int


class Split(BaseModel):
    at_char: int
    at_ms: int | None = None
    revision: int


class Merge(BaseModel):
    first: int
    last: int
    revision: int


class Undo(BaseModel):
    revision: int


@router.patch("/segments/{idx}")
async def correct(
    recording_id: UUID, idx: int, new: Correction, user_id: UUID = Depends(current_user), db=Depends(get_db)
):
    row = await procedures.edit_segment(db, user_id, recording_id, idx, new.text, new.speaker, new.revision)
    await db.commit()
    return row._asdict()


@router.post("/segments/{idx}/split")
async def split(recording_id: UUID, idx: int, at: Split, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    row = await procedures.split_segment(db, user_id, recording_id, idx, at.at_ms, at.at_char, at.revision)
    await db.commit()
    return row._asdict()


@router.post("/merge")
async def merge(recording_id: UUID, which: Merge, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    row = await procedures.merge_segments(db, user_id, recording_id, which.first, which.last, which.revision)
    await db.commit()
    return row._asdict()


@router.post("/replacement")
async def replace(recording_id: UUID, request: Request, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    """The body is what a better model wrote. It costs nothing more: the recording is paid for."""
    try:
        document = (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise HTTPException(status_code=422, detail="the document is not in UTF-8") from error
    row = await procedures.replace_transcript(db, user_id, recording_id, document)
    await db.commit()
    return row._asdict()


@router.post("/speakers")
async def rename(recording_id: UUID, new: Renaming, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    row = await procedures.rename_speaker(db, user_id, recording_id, new.before, new.after, new.revision)
    await db.commit()
    return row._asdict()


@router.post("/undo")
async def undo(recording_id: UUID, seen: Undo, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    row = await procedures.undo(db, user_id, recording_id, seen.revision)
    await db.commit()
    return row._asdict()


@router.get("/revisions")
async def revisions(recording_id: UUID, user_id: UUID = Depends(current_user), db=Depends(get_db)):
    """The latest first."""
    rows = [row._asdict() for row in await procedures.list_revisions(db, user_id, recording_id)]
    return sorted(rows, key=lambda row: -row["revision"])
