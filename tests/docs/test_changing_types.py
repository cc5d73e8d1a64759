"""``docs/changing-types.md`` is a session at a shell: each block is declared or typed in turn."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from cms.cli.group import load_site
from cms.tables import Edition, Revision
from cms.type_versions.versions import bind, newest_types
from graphql_api.cli import main
from tests.builders import Newsroom
from tests.conftest import Templates
from tests.docs.test_docs import DOCS

_BLOCK = re.compile(r"```(python|console)\n(.*?)```", re.DOTALL)
_SITE = """from cms import *
from cms import Choice, ContentType, Integer, Markdown, Site, Text

{}

site = Site("Site", content_types=[each for each in list(vars().values()) if isinstance(each, type)
            and issubclass(each, ContentType) and each.__module__ == __name__])
"""


@dataclass
class Session:
    """A shell at which a site is declared anew.

    Attributes:
        newsroom: the people of the site.
        folder: the folder of its code.
        monkeypatch: sets the environment.
    """

    newsroom: Newsroom
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    _versions: int = field(default=0)

    def declare(self, code: str) -> None:
        """Write the site's module."""
        self._versions += 1
        name = f"declared{self._versions}"
        (self.folder / f"{name}.py").write_text(_SITE.format(code))
        self.monkeypatch.setenv("COPYDESK_SITE", f"{name}:site")
        self.reference = f"{name}:site"

    async def run(self, command: str) -> str:
        """Return the output of a command."""
        arguments = shlex.split(command)[1:]
        result = await asyncio.to_thread(CliRunner().invoke, main, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    async def write(self) -> None:
        """Create the first articles."""
        await self._load()
        values = {"subtitle": "Below", "plan": "PAID", "body": "Some words."}
        await self.newsroom.published("Article", title="One", **values)
        approved = await self.newsroom.draft("Article", title="Two", subtitle="x", body="Words.")
        await self.newsroom.review(approved)
        await self.newsroom.draft("Article", title="Three", subtitle="y", body="Words.")

    async def publish(self) -> None:
        """Sign off the newest revision of the public article, and publish it."""
        await self._load()
        async with self.newsroom.database.reading() as session:
            head = (
                await session.scalars(
                    select(Revision)
                    .join(Edition, Edition.head_id == Revision.id)
                    .where(Revision.title == "One")
                )
            ).one()
        await self.newsroom.publish(head)

    async def _load(self) -> None:
        async with self.newsroom.database.reading() as session:
            known = await newest_types(session)
        self.newsroom.site = bind(load_site(self.reference), known).site


@pytest.fixture
def session(
    newsroom: Newsroom,
    templates: Templates,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Session:
    """A shell over a database with the people of a newsroom."""
    url = newsroom.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("COPYDESK_DATABASE_URL", url)
    monkeypatch.setenv("COPYDESK_SIGNING_KEY", str(templates.signing_key))
    monkeypatch.syspath_prepend(tmp_path)
    return Session(newsroom, tmp_path, monkeypatch)


def typed(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a block with the lines of its output."""
    for part in block.removeprefix("$ ").split("\n$ "):
        command, *output = part.strip().split("\n")
        yield command, output


def matches(shown: list[str], output: str) -> bool:
    """Return whether an output is what is shown, where ``…`` stands for anything."""
    pattern = "\n".join(".*" if line == "…" else re.escape(line) for line in shown)
    pattern = pattern.replace("entry_…", "entry_[a-z0-9]+").replace("\n.*", "(\n.*)?")
    return re.fullmatch(f"{pattern}\n*", output, re.DOTALL) is not None


async def test_the_page_is_true(session: Session) -> None:
    page = (DOCS / "changing-types.md").read_text()
    is_first, commands = True, 0
    for language, block in _BLOCK.findall(page):
        if language == "console":
            for command, shown in typed(block):
                output = await session.run(command)
                assert matches(shown, output), f"$ {command}\n{output}"
                commands += 1
                if command.startswith("copydesk fill"):
                    await session.publish()
        elif block.startswith("def "):
            (session.folder / "fills.py").write_text(block)
        elif "class " in block:
            session.declare(block)
            if is_first:
                await session.run("copydesk migrate")
                await session.write()
                is_first = False
    assert commands
