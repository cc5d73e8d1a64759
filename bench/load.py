"""The load: keeps a number of connections busy for a while and counts the answers.

It runs in a process of its own: ``python -m bench.load <port> <connections>``, with one request
body a line on its standard input, and prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

import click
import uvloop

# The beginning of an answer, which has its errors if there are any.
_BEGINNING = 200


class Client(asyncio.Protocol):
    """One connection that asks, waits for the whole answer, and asks again.

    Args:
        requests: the requests, which all connections share.
        took: the seconds of each answer, to which its own are added.

    Attributes:
        ended: done when there is no request left; fails with the first answer that is an error.
    """

    def __init__(self, requests: Iterator[bytes], took: list[float]) -> None:
        self.ended = asyncio.get_running_loop().create_future()
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
        beginning = bytes(self._buffer[end + 4 : end + 4 + _BEGINNING]).replace(b" ", b"")
        if not head.startswith(b"http/1.1 200") or b'"errors":[{' in beginning:
            self._fail(bytes(self._buffer).decode())
            return
        self._took.append(time.perf_counter() - self._sent_at)
        self._buffer.clear()
        self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        """Fail if there are requests left."""
        self._fail("the server has closed the connection")

    def _fail(self, reason: str) -> None:
        # What a callback raises does not end the loop.
        if not self.ended.done():
            self.ended.set_exception(SystemExit(reason))

    def _ask(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.ended.set_result(None)
        elif self._transport is not None:
            self._sent_at = time.perf_counter()
            self._transport.write(request)


async def run(port: int, connections: int, requests: Iterator[bytes]) -> list[float]:
    """Send requests until there are no more, and return the seconds of each answer.

    Args:
        port: the port of the server.
        connections: the number of connections.
        requests: the requests.
    """
    took: list[float] = []
    loop = asyncio.get_running_loop()
    clients = [Client(requests, took) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(partial(_itself, client), "127.0.0.1", port)
    await asyncio.gather(*(each.ended for each in clients))
    return took


def _for_a_while(requests: Sequence[bytes], seconds: float) -> Iterator[bytes]:
    """Yield requests in turn until the time is over."""
    end = time.perf_counter() + seconds
    for request in itertools.cycle(requests):
        yield request
        if time.perf_counter() >= end:
            return


def _itself(client: Client) -> Client:
    return client


def _request(port: int, path: str, token: str, body: bytes) -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n"
        f"{authorization}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@click.command()
@click.argument("port", type=int)
@click.argument("connections", type=int)
@click.option("--seconds", default=2.0, show_default=True, help="How long it takes.")
@click.option("--path", default="/graphql", show_default=True, help="The endpoint.")
@click.option("--token", default="", help="The token of all requests.")
@click.option("--once", is_flag=True, help="Send each request once, however long that takes.")
def main(port: int, connections: int, seconds: float, path: str, token: str, once: bool) -> None:
    """Ask, and print the rate and the median."""
    bodies = [line.rstrip(b"\n") for line in sys.stdin.buffer]
    requests = [_request(port, path, token, body) for body in bodies]
    chosen = iter(requests) if once else _for_a_while(requests, seconds)
    started = time.perf_counter()
    took = sorted(uvloop.run(run(port, connections, chosen)))
    lasted = time.perf_counter() - started
    median = took[len(took) // 2] if took else float("nan")
    print(json.dumps({"rate": len(took) / lasted, "median": median, "answers": len(took)}))


if __name__ == "__main__":
    main()
