"""Tells another service what happens, by signed requests.

    python3 -m service.webhooks             delivers, until it is stopped
    python3 -m service.webhooks dead        what was given up, and why
    python3 -m service.webhooks revive      tries that again

The requests are Standard Webhooks (https://www.standardwebhooks.com/): a body of type, timestamp and data, and
the headers webhook-id, webhook-timestamp and webhook-signature. An event may come more than once, with the same
webhook-id; those of one user come in order. What is refused is tried again after 10 seconds, then twice as
long each time, and given up after s2t.event_attempts; then it holds up nothing any more.
"""

import asyncio
import contextlib
import json
import logging
import sys
import time
import urllib.error
import urllib.request

from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from . import config, database, procedures, process, security

logger = logging.getLogger(__name__)

AT_ONCE = 10


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A receiver that has moved says so to its operator: what was signed for one place goes to no other."""

    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirects)


def request_of(event) -> urllib.request.Request:
    """The same event has the same body and id whenever it is sent; timestamp and signature are of the attempt."""
    body = json.dumps(
        {"type": event.type, "timestamp": event.at.isoformat().replace("+00:00", "Z"), "data": event.data},
        ensure_ascii=False,
    ).encode()
    timestamp = int(time.time())
    return urllib.request.Request(
        config.WEBHOOK_URL,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": "speech-webhooks/1",
            "webhook-id": str(event.id),
            "webhook-timestamp": str(timestamp),
            "webhook-signature": security.webhook_signature(config.WEBHOOK_SECRET, str(event.id), timestamp, body),
        },
        method="POST",
    )


def send(event) -> str | None:
    """What was wrong, or None."""
    try:
        with opener.open(request_of(event), timeout=config.WEBHOOK_TIMEOUT):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"answered {error.code}"
    except (OSError, ValueError) as error:
        return f"no answer: {getattr(error, 'reason', None) or error}"[:200]


class Delivery:
    def __init__(self, sessions, consumer: str):
        self.sessions, self.consumer = sessions, consumer

    async def call(self, function, *arguments):
        async with self.sessions() as db:
            result = await function(db, self.consumer, *arguments)
            await db.commit()
            return result

    async def once(self) -> int:
        """Takes some events and sends them; how many there were."""
        # A lease that covers all of them, each at its slowest.
        events = await self.call(procedures.take_events, AT_ONCE, (AT_ONCE + 1) * config.WEBHOOK_TIMEOUT)
        held_up = set()
        for event in events:
            if event.user_id in held_up:
                # An earlier one has to come first. That was no attempt.
                await self.call(procedures.release_events, [event.id], None)
                continue
            wrong = await run_in_threadpool(send, event)
            if wrong is None:
                await self.call(procedures.ack_events, [event.id])
            else:
                held_up.add(event.user_id)
                logger.warning("event %s, attempt %s: %s", event.id, event.attempt, wrong)
                await self.call(procedures.release_events, [event.id], wrong)
        return len(events)

    async def run(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                if await self.once():
                    continue
            except (DBAPIError, OSError) as error:
                logger.error("events: %s", error)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stopping.wait(), config.IDLE_SECONDS)


async def main(command: str) -> None:
    engine = database.small_engine(config.EVENTS_URL)
    delivery = Delivery(database.session_factory(engine), config.WEBHOOK_CONSUMER)
    try:
        # It may be there already.
        await delivery.call(procedures.add_consumer)
        if command == "dead":
            for event in await delivery.call(procedures.dead_events):
                print(f"{event.dead_at:%Y-%m-%d %H:%M} {event.id} {event.type}: {event.error}, after {event.attempt} attempts")
        elif command == "revive":
            print(await delivery.call(procedures.revive_events), "events")
        else:
            await process.until_signalled(delivery.run)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if len(sys.argv) > 2 or sys.argv[1:] not in ([], ["dead"], ["revive"]):
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "deliver"))
