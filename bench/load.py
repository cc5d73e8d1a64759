"""The load: keeps a number of connections busy for a while and counts the answers.

It runs in a process of its own: ``python -m bench.load <port> <connections> <seconds>``, with
one request body a line on its standard input, and prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from typing import cast

import uvloop


class Client(asyncio.Protocol):
    """One connection that asks, waits for the whole answer, and asks again."""

    def __init__(self, requests: Iterator[bytes], took: list[float]) -> None:
        self._requests = requests
        self._took = took
        self._buffer = bytearray()
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        # uvloop's transports have the methods of asyncio's, but not the class.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Count the answer when it is whole."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(self._buffer) < end + 4 + length:
            return
        if not head.startswith(b"http/1.1 200") or b'"errors"' in self._buffer[:200]:
            raise SystemExit(bytes(self._buffer).decode())
        self._took.append(time.perf_counter() - self._sent_at)
        self._buffer.clear()
        self._ask()

    def _ask(self) -> None:
        self._sent_at = time.perf_counter()
        if self._transport is not None:
            self._transport.write(next(self._requests))


async def run(port: int, connections: int, seconds: float, bodies: list[bytes]) -> list[float]:
    """Return how long each answer took, in seconds."""
    requests = itertools.cycle([_request(port, body) for body in bodies])
    took: list[float] = []
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Client(requests, took), "127.0.0.1", port)
    await asyncio.sleep(seconds)
    return took


def _request(port: int, body: bytes) -> bytes:
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def main() -> None:
    """Run, and print the rate and the median."""
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    bodies = [line.rstrip(b"\n") for line in sys.stdin.buffer]
    took = sorted(uvloop.run(run(port, connections, seconds, bodies)))
    median = took[len(took) // 2] if took else float("nan")
    print(json.dumps({"rate": len(took) / seconds, "median": median}))


if __name__ == "__main__":
    main()
