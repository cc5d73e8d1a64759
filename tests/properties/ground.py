"""Where editors and their rules are tried: a small site under several policies, and its people."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cms.authorization.actor import Actor, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown
from cms.content.policy import SignOffPolicy, Stage
from cms.site import Site
from cms.storage.database import Database
from tests.builders import Newsroom
from tests.conftest import Templates
from tests.properties.books import Books, PostgresBooks, SqliteBooks
from tests.standing import states_in


def site_with(*stages: Stage, days: int) -> Site:
    """Return the site under a certain policy."""
    policy = SignOffPolicy(name="any", stages=stages, valid_for=timedelta(days=days))

    class Page(ContentType, path="/{locale}/{slug}", policy=policy):
        """A page."""

        body = Markdown(required=True)
        related = Links("See also")

    return Site("Pages", content_types=(Page,), locales=("en", "de"))


SITES = {
    "one": site_with(Stage("editorial"), days=30),
    "two": site_with(Stage("editorial", approvals=2), days=365),
    "stages": site_with(Stage("technical"), Stage("editorial"), days=30),
    "other": site_with(Stage("legal"), days=90),
}
ROLES: Mapping[str, Sequence[Grant]] = {
    "ann": (Grant(role="author"),),
    "bob": (Grant(role="author"), Grant(role="reviewer")),
    "cleo": (Grant(role="author"), Grant(role="reviewer"), Grant(role="publisher")),
    "rita": (Grant(role="reviewer"),),
    "rolf": (Grant(role="reviewer"),),
    "tess": (Grant(role="reviewer", stage="technical"),),
    "pia": (Grant(role="publisher"),),
    "alma": (Grant(role="administrator"),),
    "vic": (Grant(role="viewer"),),
}


@dataclass
class Ground:
    """A database with people in it, which is new for every example.

    Attributes:
        kind: which kind of database.
        templates: where its copies come from.
        runner: the event loop in which all of it happens.
        people: by their names.
        database: as the engine has it.
        books: reads the same without the engine.
    """

    kind: str
    templates: Templates
    runner: asyncio.Runner
    people: dict[str, Actor] = field(default_factory=dict)
    database: Database = field(init=False)
    books: Books = field(init=False)
    _prepared: str = field(init=False)
    _url: str = ""

    async def prepare(self) -> None:
        """Hire the people, and publish their bylines."""
        self._prepared = self._url = await self.templates.copy(self.kind)
        await self._open()
        newsroom = Newsroom(self.database, SITES["stages"])
        for name, grants in ROLES.items():
            self.people[name] = await newsroom.person(name, *grants)
        await newsroom.publish_beside()
        await self._disconnect()

    async def begin(self) -> None:
        """Start anew, with nothing but the people."""
        self._url = await self.templates.duplicate(self._prepared)
        await self._open()

    async def close(self) -> None:
        """Close all connections, and remove the database of this example."""
        await self._disconnect()
        await self.templates.drop(self._url)

    async def remove(self) -> None:
        """Remove what each example begins with."""
        await self.templates.drop(self._prepared)

    async def states(self, site: Site) -> Mapping[str, str]:
        """Return the states of all revisions under the policies of a site, by the engine."""
        async with self.database.reading() as session:
            rows = await session.execute(states_in(site))
            return {row[0]: str(row[1]) for row in rows}

    async def _disconnect(self) -> None:
        await self.books.close()
        await self.database.close()

    async def _open(self) -> None:
        self.database = self.templates.open(self._url)
        is_file = self.kind == "sqlite"
        self.books = SqliteBooks(self._url) if is_file else await PostgresBooks.open(self._url)
