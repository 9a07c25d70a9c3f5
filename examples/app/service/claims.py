"""Workers without a broker: the database is the queue.

    python3 -m service.claims [NAME]

As many as there is work for, on any machine that reaches the spool. A worker claims a recording for
the time of a lease and prolongs it while it works. If it dies, the lease ends and another
worker takes over; if it was only asleep, what it sends then is refused, since its lease is another's.
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys

from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from . import config, database, procedures, process, spool

logger = logging.getLogger(__name__)

FIRST_PAUSE = 10  # seconds, after an attempt that came to nothing; twice as long after each further one


async def transcribe(claim) -> str:
    """The engine. What it would write is what was uploaded."""
    return await run_in_threadpool(spool.take, claim.recording_id)


class Worker:
    def __init__(self, sessions, name: str, engine=transcribe):
        self.sessions, self.name, self.engine = sessions, name, engine

    async def call(self, function, *arguments):
        """In a transaction of its own."""
        async with self.sessions() as db:
            result = await function(db, *arguments)
            await db.commit()
            return result

    async def keep_alive(self, claim) -> None:
        """The heartbeat, three times in a lease."""
        while True:
            await asyncio.sleep(config.LEASE_SECONDS / 3)
            try:
                await self.call(procedures.extend_lease, claim.recording_id, claim.lease, config.LEASE_SECONDS)
            except (DBAPIError, OSError) as error:
                # A lost lease is told by the result's refusal, too; a lost connection may come back.
                logger.warning("%s: no heartbeat for recording %s: %s", self.name, claim.recording_id, error)

    async def work(self, claim) -> None:
        """One recording, from the claim to its transcript."""
        heartbeat = asyncio.create_task(self.keep_alive(claim))
        try:
            document = await self.engine(claim)
            done = await self.call(procedures.import_with_lease, claim.recording_id, document, claim.lease)
            logger.info("%s: recording %s: %s segments read as %s", self.name, claim.recording_id, done.segment_count, done.format)
            await run_in_threadpool(spool.remove, claim.recording_id)
        except (DBAPIError, OSError, ValueError) as error:
            await self.not_done(claim, error)
        finally:
            heartbeat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await heartbeat

    async def not_done(self, claim, error: Exception) -> None:
        refused = isinstance(error, DBAPIError) and not database.is_transient(error)
        logger.error("%s: recording %s: %s", self.name, claim.recording_id, error)
        # Whoever has lost the lease has nothing to give back, and what the database does not accept it has
        # marked as failed by itself. The engine's own troubles may pass.
        if not refused:
            reason = getattr(error, "strerror", None) or type(error).__name__
            with contextlib.suppress(DBAPIError, OSError):  # then the lease ends by itself
                pause = FIRST_PAUSE * 2 ** min(claim.attempt - 1, 6)
                await self.call(procedures.release_recording, claim.recording_id, claim.lease, pause, reason)

    async def once(self) -> bool:
        """Claims one recording and works on it; false if there is none."""
        claims = await self.call(procedures.claim_recordings, self.name, 1, config.LEASE_SECONDS)
        for claim in claims:
            await self.work(claim)
        return bool(claims)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until it is told to stop; what is under way is finished."""
        while not stopping.is_set():
            try:
                if await self.once():
                    continue
            except (DBAPIError, OSError) as error:
                logger.error("%s: %s", self.name, error)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stopping.wait(), config.IDLE_SECONDS)


async def main(name: str) -> None:
    engine = database.small_engine(config.WORKER_URL)
    try:
        await process.until_signalled(Worker(database.session_factory(engine), name).run)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else f"{socket.gethostname()}:{os.getpid()}"))
