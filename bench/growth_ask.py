"""Asks questions of a site in this process, and measures each."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from bench.cpu_time import CpuTime
from bench.growth_questions import Question
from bench.growth_rows import account_id
from bench.growth_site import site
from cms.access.accounts import load_actor
from cms.authorization.actor import Actor
from cms.copydesk import desk_of
from cms.errors import DatabaseError
from cms.reading.site_size import KnownSize
from cms.storage.database import Database
from graphql_api.delivery import Delivery
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.management import Management
from graphql_api.schema.build import build_delivery_schema
from graphql_api.schema.build_management import build_management_schema

# The folder of the server of PostgreSQL, in that of all sites.
CLUSTER = "postgresql"
# The address of the client.
_ADDRESS = "127.0.0.1"
_FEWEST, _MOST = 2, 9
# PostgreSQL plans a statement for its values so often, and then once for all values.
_PLANNED = 6
# So long a question is asked again, in seconds.
_LONG = 1.0


@dataclass(frozen=True)
class Answered:
    """The answer to a question.

    Attributes:
        milliseconds: the least processor time that it took, of this process and of the database
            server; ``None`` if it failed.
        problem: why it failed.
    """

    milliseconds: float | None
    problem: str = ""


class Asking:
    """Both APIs of a site."""

    def __init__(self, database: Database, actor: Actor, cpu_time: CpuTime) -> None:
        self._cpu_time = cpu_time
        # As in a server, so that what is too much work is refused.
        self._size = KnownSize(database)
        size = self._size.current
        schema = build_delivery_schema(site)
        self._delivery = Delivery(site, schema, database.reader, site_size=size)
        schema = build_management_schema(site)
        self._management = Management(desk_of(database, site), schema, site_size=size)
        self._actor = actor

    async def close(self) -> None:
        """Wait until nothing is being measured."""
        await self._size.close()

    async def ask(self, question: Question) -> Any:
        """Return the answer to a question."""
        request = GraphQLRequest(question.query, None, question.variables)
        if question.is_management:
            result = await self._management.answer(request, self._actor, _ADDRESS)
        else:
            result = await self._delivery.answer(request)
        return orjson.loads(result.body)

    async def measure(self, question: Question) -> Answered:
        """Ask a question several times."""
        times: list[float] = []
        started = time.perf_counter()
        try:
            while len(times) < _FEWEST or (
                len(times) < _MOST and time.perf_counter() < started + _LONG
            ):
                before = self._cpu_time.seconds()
                answer = await self.ask(question)
                times.append(self._cpu_time.seconds() - before)
                if "errors" in answer:
                    return Answered(None, str(answer["errors"])[:200])
        except RequestFailed as failure:
            return Answered(None, " ".join(each.message for each in failure.errors)[:200])
        except DatabaseError as error:
            return Answered(None, str(error)[:200])
        # The first one makes the plan and fills caches.
        return Answered(1000 * min(times[_PLANNED:] or times[1:]))


@asynccontextmanager
async def asking(url: str, folder: Path) -> AsyncIterator[Asking]:
    """Open a site."""
    database = Database(url, signing_key=folder / "signing.key")
    async with database.reading() as session:
        actor = await load_actor(session, account_id(0))
    cluster = folder / CLUSTER if url.startswith("postgresql") else None
    asked = Asking(database, actor, CpuTime(cluster))
    try:
        yield asked
    finally:
        await asked.close()
        await database.close()


async def measure_all(url: str, folder: Path, questions: Iterable[Question]) -> dict[str, Answered]:
    """Measure questions, and return the answers by their names."""
    found: dict[str, Answered] = {}
    async with asking(url, folder) as asked:
        for each in questions:
            found[each.name] = await asked.measure(each)
            click.echo(f"{each.name}: {found[each.name]}", err=True)
    return found
