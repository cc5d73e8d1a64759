"""The time of a request's steps, without a socket: ``python -m bench.request``."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import uvloop
from starlette.types import ASGIApp, Message, Scope

from bench.__main__ import database_of, prepare
from bench.data import CATEGORIES
from bench.queries import Question, questions
from bench.site import site
from cms.copydesk import Copydesk
from cms.settings import Settings
from graphql_api import create_app

_REST = "headers, dispatch, sending"


@click.command()
@click.option("--entries", default=1_000, show_default=True, help="How much content.")
@click.option("--requests", default=10_000, show_default=True, help="How many of each query.")
@click.option("--database", default="sqlite", type=click.Choice(["sqlite", "postgresql"]))
def main(entries: int, requests: int, database: str) -> None:
    """Print the median time of each step, in microseconds."""
    with (
        tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder,
        database_of(database, Path(folder)) as url,
    ):
        asyncio.run(prepare(url, entries, Path(folder)))
        for question in questions(entries, CATEGORIES):
            took = uvloop.run(_measure(url, question, requests))
            steps = ", ".join(f"{name} {each:.1f}" for name, each in took.items())
            click.echo(f"{question.name}: {sum(took.values()):.0f} µs: {steps}")


async def _measure(url: str, question: Question, requests: int) -> Mapping[str, float]:
    """Return the median microseconds of each step."""
    app = create_app(Copydesk(site, Settings(database_url=url)))
    bodies = [_body(question, variables) for variables in question.variables]
    took: defaultdict[str, list[float]] = defaultdict(list)
    async with app.router.lifespan_context(app):
        for number in range(2 * len(bodies)):
            await _ask(app, bodies[number % len(bodies)])
        for number in range(requests):
            began = time.perf_counter()
            steps = await _ask(app, bodies[number % len(bodies)])
            for name, seconds in steps.items():
                took[name].append(seconds)
            took[_REST].append(time.perf_counter() - began - sum(steps.values()))
    return {name: statistics.median(each) * 1e6 for name, each in took.items()}


def _body(question: Question, variables: Mapping[str, Any]) -> bytes:
    return json.dumps({"query": question.query, "variables": variables}).encode()


async def _ask(app: ASGIApp, body: bytes) -> Mapping[str, float]:
    """Send a request as a server does, and return the seconds of its steps."""
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8_000),
        "headers": [
            (b"host", b"127.0.0.1:8000"),
            (b"user-agent", b"bench"),
            (b"accept", b"application/json"),
            (b"accept-encoding", b"gzip"),
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ],
        "state": {},
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if sent[0]["status"] != 200 or b'"errors"' in sent[1]["body"][:20]:  # noqa: PLR2004  # HTTP's
        raise SystemExit(sent[1]["body"].decode())
    timings: Mapping[str, float] = scope["state"]["timings"]
    return timings


if __name__ == "__main__":
    main()
