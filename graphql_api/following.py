"""The process that computes metrics of links beside a server; see ``copydesk graph follow``."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_log = logging.getLogger("copydesk")

# The seconds after the start of the server, until the process is started.
_PAUSE = 2.0
# The seconds until it is started again, should it fail.
_AGAIN = 60.0
# The seconds that it may take to end.
_GRACE = 5.0

# It ends when its standard input is closed, which the end of the server does, whatever ends it.
_COMMAND = (sys.executable, "-m", "graphql_api", "graph", "follow", "--until-eof")


@asynccontextmanager
async def following_links() -> AsyncIterator[None]:
    """Keep the process running for the body, and end it after it."""
    keeping = asyncio.create_task(_keep())
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep() -> None:
    await asyncio.sleep(_PAUSE)
    while True:
        try:
            code = await _run()
        except OSError as error:
            _log.warning("metrics of links are not computed: %s", error.strerror)
        else:
            _log.warning("the process that computes metrics of links ended with %s", code)
        await asyncio.sleep(_AGAIN)


async def _run() -> int:
    """Run the process, and return the number that it ends with."""
    process = await asyncio.create_subprocess_exec(
        *_COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C at a shell is for the server, which ends it
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
