"""Measures what hostile requests cost those beside them: ``python -m bench.hostile``.

Each is sent alone first. Then one attacker sends it on four connections without pause, each time
with another comment in it, so that nothing that is kept helps, while clients at other addresses
ask for pages. What counts is how much longer those wait than with nobody beside them.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import uvloop
from graphql import get_introspection_query

from bench.__main__ import database_of, free_port, prepare, wait_for
from bench.data import ENTRIES
from bench.queries import PAGE

_ATTACKERS = 4
_CLIENTS = 8
# How long a client thinks between two pages, in seconds.
_PAUSE = 0.02


def requests() -> Mapping[str, str]:
    """Return the hostile documents, by name."""
    contains = '{title: {contains: "x"}} '
    linked = '{links: {some: {target: {links: {some: {target: {title: {eq: "x"}}}}}}}}'
    prefixes = " ".join(f"{letter}*" for letter in "abcdefghijklmnop")
    words = "model weight token layer cache batch prompt vector memory"
    facets = "facets(fields: [category, tags, author, reviewers]) { value count }"
    orders = "title slug path publishedAt firstPublishedAt updatedAt categoryName source"
    ordered = " ".join(f"{name}_ASC" for name in orders.split())
    return {
        "spread": _spread(8),
        "nested filters": _totals(10, "{NOT: " * 17 + contains + "}" * 17),
        "many filters": _totals(1, "{OR: [" + contains * 180 + "]}"),
        "allowed filters": _totals(1, "{OR: [" + contains * 9 + "]}"),
        "linked filters": _totals(5, linked),
        "prefixes": _searched(prefixes),
        "words": _searched(words),
        "facets": "{ " + " ".join(f"f{n}: terms {{ {facets} }}" for n in range(10)) + " }",
        "repeated": "{ entries { nodes { " + "category { id } " * 180 + "} } }",
        "misspelt": "{ entries { nodes { " + "categorie { id } " * 90 + "} } }",
        "totals": "{ " + " ".join(f"t{n}: entries {{ totalCount }}" for n in range(10)) + " }",
        "large plan": "{ "
        + " ".join(f"p{n}: terms(first: 1) {{ nodes {{ {_LARGE} }} }}" for n in range(9))
        + " }",
        "introspection": get_introspection_query(),
        "orders": "{ "
        + " ".join(
            f'o{n}: terms(orderBy: [{ordered}], after: "00") {{ edges {{ cursor }} }}'
            for n in range(9)
        )
        + " }",
        "structured data": "{ "
        + " ".join(f"s{n}: terms {{ nodes {{ jsonLd jsonLdScript }} }}" for n in range(4))
        + " }",
        "empty lines": "\n" * 30_000 + "{ entries { nodes { " + "x " * 90 + "} } }",
        "comments": "{ __typename }" + "#\n" * 20_000,
    }


_LARGE = "links { nodes { target { ... on Entry { title links { totalCount } } } } }"


def _spread(levels: int) -> str:
    fragments = [
        f"fragment F{level} on Category {{ parent {{ ...F{level + 1} }} "
        f"children {{ ...F{level + 1} }} ancestors {{ ...F{level + 1} }} }}"
        for level in range(levels)
    ]
    fragments.append(f"fragment F{levels} on Category {{ name }}")
    return "{ entries { nodes { category { ...F0 } } } } " + " ".join(fragments)


def _totals(roots: int, where: str) -> str:
    fields = (f"r{number}: terms(where: {where}) {{ totalCount }}" for number in range(roots))
    return "{ " + " ".join(fields) + " }"


def _searched(words: str) -> str:
    edges = "edges { rank highlight { title summary body } }"
    return f'{{ terms(search: "{words}", first: 100) {{ {edges} }} }}'


@dataclass
class Client:
    """One connection from an address of its own, that asks one thing after the other.

    Attributes:
        port: the server's.
        address: the address that it comes from.
        pause: how long it thinks between two requests, in seconds.
        took: how long each answer took, in seconds.
        last: the body of the last answer.
    """

    port: int
    address: str
    pause: float = 0
    took: list[float] = field(default_factory=list)
    last: bytes = b""

    async def ask(self, queries: Iterator[bytes]) -> None:
        """Ask for ever."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(self.address, 0), limit=2**25
        )
        try:
            for body in queries:
                started = time.perf_counter()
                writer.write(_request(body))
                self.last = await _answer(reader)
                self.took.append(time.perf_counter() - started)
                if self.pause:
                    await asyncio.sleep(self.pause)
        finally:
            writer.close()


def _request(body: bytes) -> bytes:
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return await reader.readexactly(length)


def _pages(entries: int, first: int) -> Iterator[bytes]:
    for number in itertools.count(first, 37):
        folder = "terms" if number % entries % 2 else "guides"
        variables = {"path": f"/{folder}/entry-{number % entries}"}
        yield json.dumps({"query": PAGE, "variables": variables}).encode()


def _varied(document: str, mark: object) -> Iterator[bytes]:
    for number in itertools.count():
        yield json.dumps({"query": f"{document} # {mark} {number}"}).encode()


async def _waiting(
    port: int, entries: int, seconds: float, document: str | None
) -> tuple[list[float], int]:
    """Return how long well-behaved clients wait, sorted, and how often the attacker is answered."""
    clients = [Client(port, f"127.0.0.{number + 2}", _PAUSE) for number in range(_CLIENTS)]
    attackers = [Client(port, "127.0.0.99") for _ in range(_ATTACKERS if document else 0)]
    tasks = [
        asyncio.create_task(each.ask(_pages(entries, number)))
        for number, each in enumerate(clients)
    ]
    tasks += [
        asyncio.create_task(each.ask(_varied(document or "", number)))
        for number, each in enumerate(attackers)
    ]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    waited = sorted(itertools.chain.from_iterable(each.took for each in clients))
    return waited, sum(len(each.took) for each in attackers)


async def _alone(port: int, document: str) -> tuple[float, str]:
    """Return how long one request takes, in seconds, and what it is answered."""
    client = Client(port, "127.0.0.98")
    await client.ask(itertools.islice(_varied(document, "alone"), 1))
    answer = json.loads(client.last)
    if "errors" not in answer:
        return client.took[0], f"{len(client.last):,} bytes"
    return client.took[0], answer["errors"][0]["extensions"]["code"]


def _share(waited: Sequence[float], share: float) -> float:
    return waited[int(len(waited) * share)] if waited else float("nan")


async def _measure(port: int, entries: int, seconds: float) -> None:
    await _waiting(port, entries, seconds, None)  # warms up
    quiet, _ = await _waiting(port, entries, seconds, None)
    click.echo(f"{'request':16} {'alone':>9}  {'answer':22} {'attacks/s':>9} {'p50':>8} {'p95':>8}")
    click.echo(_row("(nobody)", "", "", 0, quiet, quiet))
    for name, document in requests().items():
        took, answer = await _alone(port, document)
        waited, attacks = await _waiting(port, entries, seconds, document)
        click.echo(_row(name, f"{1000 * took:.1f} ms", answer, attacks / seconds, waited, quiet))


def _row(
    name: str, took: str, answer: str, rate: float, waited: Sequence[float], quiet: Sequence[float]
) -> str:
    middle, late = (1000 * _share(waited, share) for share in (0.5, 0.95))
    ratio = late / (1000 * _share(quiet, 0.95))
    waits = f"{middle:5.1f} ms {late:5.1f} ms {ratio:5.1f}x"
    return f"{name:16} {took:>9}  {answer:22} {rate:9.0f} {waits}"


@click.command()
@click.option("--entries", default=ENTRIES, show_default=True, help="How much content.")
@click.option("--seconds", default=3.0, show_default=True, help="How long each measurement is.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--url", help="A database that has the content already.")
def main(entries: int, seconds: float, database: tuple[str, ...], url: str | None) -> None:
    """Measure what hostile requests cost those beside them."""
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder:
        if url is not None:
            _measure_at(url, entries, seconds)
        for kind in database or (() if url else ("sqlite", "postgresql")):
            with database_of(kind, Path(folder)) as made:
                click.echo(f"Generating {entries:,} entries on {kind} …", err=True)
                asyncio.run(prepare(made, entries, Path(folder)))
                click.echo(f"\n{kind}")
                _measure_at(made, entries, seconds)


def _measure_at(url: str, entries: int, seconds: float) -> None:
    with _served(url) as port:
        uvloop.run(_measure(port, entries, seconds))


@contextmanager
def _served(url: str) -> Iterator[int]:
    """Run ``copydesk serve``, and give its port."""
    port = free_port()
    settings = {
        "COPYDESK_SITE": "bench.site:site",
        "COPYDESK_DATABASE_URL": url,
        "COPYDESK_PORT": str(port),
    }
    command = [sys.executable, "-c", "from graphql_api.cli import main; main(['serve'])"]
    with subprocess.Popen(command, env={**os.environ, **settings}) as process:  # noqa: S603  # ours
        wait_for(port)
        yield port
        process.terminate()


if __name__ == "__main__":
    main()
