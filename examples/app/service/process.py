"""What programs that run until they are stopped have in common."""

import asyncio
import signal


async def until_signalled(run) -> None:
    """run(stopping), where SIGINT and SIGTERM set stopping."""
    stopping = asyncio.Event()
    for number in signal.SIGINT, signal.SIGTERM:
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await run(stopping)
