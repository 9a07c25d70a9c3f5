"""Where uploads wait for a worker: one file for each recording."""

import os
from uuid import UUID

from . import config


def put(recording_id: UUID, content: bytes) -> None:
    config.SPOOL.mkdir(parents=True, exist_ok=True)
    # A worker never meets half a file.
    part = config.SPOOL / f"{recording_id}.part"
    part.write_bytes(content)
    os.replace(part, config.SPOOL / str(recording_id))


def take(recording_id: UUID) -> str:
    return (config.SPOOL / str(recording_id)).read_text(encoding="utf-8")


def remove(recording_id: UUID) -> None:
    (config.SPOOL / str(recording_id)).unlink(missing_ok=True)
