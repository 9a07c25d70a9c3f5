"""The Celery side: storing what the speech engine made of a recording (documents only where S2T_QUEUE is
celery), and the scheduled jobs.

    python3 -m celery -A service.worker worker --beat

Celery runs plain functions: a task declared `async def` would hand back a coroutine that nobody
awaits. Each task runs the asynchronous functions of service.procedures in a loop of its own.
"""

import asyncio
import logging
from uuid import UUID

from celery import Celery
from celery.schedules import crontab
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from . import config, database, procedures

logger = logging.getLogger(__name__)
celery = Celery("service", broker=config.BROKER_URL)

# A task that is lost with its worker is delivered again: completing twice changes nothing.
celery.conf.task_acks_late = True


def in_transaction(function, *arguments):
    """Runs function(session, *arguments) and commits."""

    async def run():
        engine = database.single_engine()
        try:
            async with database.session_factory(engine)() as db:
                result = await function(db, *arguments)
                await db.commit()
                return result
        finally:
            await engine.dispose()

    return asyncio.run(run())


@celery.task(bind=True, max_retries=5)
def store_result(self, recording_id: str, duration_ms: int, segments: list):
    """Completes a recording. If that fails for good, the database marks it failed by itself."""
    try:
        in_transaction(procedures.complete_recording, UUID(recording_id), duration_ms, segments)
    except (DBAPIError, OSError) as error:
        if database.is_transient(error):
            raise self.retry(exc=error, countdown=2**self.request.retries)
        logger.error("recording %s could not be completed: %s", recording_id, error)
        raise


@celery.task(bind=True, max_retries=5)
def store_document(self, recording_id: str, document: str):
    """The same with the output of a speech engine as it is."""
    try:
        imported = in_transaction(procedures.import_transcript, UUID(recording_id), document)
        logger.info("recording %s: %s segments read as %s", recording_id, imported.segments, imported.format)
    except (DBAPIError, OSError) as error:
        if database.is_transient(error):
            raise self.retry(exc=error, countdown=2**self.request.retries)
        logger.error("recording %s could not be completed: %s", recording_id, error)
        raise


@celery.task
def give_up(recording_id: str, reason: str):
    """The speech engine has failed."""
    in_transaction(procedures.fail_recording, UUID(recording_id), reason)


# ------------------------------------------------------------------------------------------------
# Scheduled jobs, for where there is no pg_cron: with it, CALL sp_schedule_jobs() once instead.
# ------------------------------------------------------------------------------------------------


def call_committing(statement: str, **parameters):
    async def run():
        engine = database.maintenance_engine()
        try:
            async with engine.connect() as db:
                result = await db.execute(text(statement), parameters)
                return result.one() if result.returns_rows else None
        finally:
            await engine.dispose()

    return asyncio.run(run())


@celery.task
def reset_monthly_cycles():
    call_committing("CALL sp_reset_monthly_cycles()")


@celery.task
def cleanup_old_data():
    row = call_committing("CALL sp_purge_old_recordings(:days)", days=config.RETENTION_DAYS)
    logger.info("%s recordings and %s segments deleted", row.deleted_recordings, row.deleted_segments)


@celery.task
def fail_stale_recordings():
    row = call_committing("CALL sp_fail_stale_recordings()")
    logger.info("%s recordings given up", row.failed)


# One dictionary with all of them: a second assignment would replace the first.
celery.conf.beat_schedule = {
    "reset-monthly-cycles": {
        "task": "service.worker.reset_monthly_cycles",
        "schedule": crontab(day_of_month=1, hour=0, minute=0),
    },
    "cleanup-old-recordings": {
        "task": "service.worker.cleanup_old_data",
        "schedule": crontab(hour=2, minute=0),
    },
    "fail-stale-recordings": {
        "task": "service.worker.fail_stale_recordings",
        "schedule": crontab(minute="*/10"),
    },
}
