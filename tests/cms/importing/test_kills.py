"""An import that is killed at any moment is finished by the next: nothing is twice or missing."""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from signal import SIGKILL
from typing import Any

import pytest
from sqlalchemy import func, select

from cms.ledger.verification import Invalid, verify_ledger
from cms.storage.database import Database
from cms.tables import Address, Edition, Entry, ImportedFile, Link, Publication, Revision
from tests.cms.importing.conftest import HARBOUR
from tests.cms.importing.dying import Import, import_until
from tests.conftest import KINDS, Templates
from tests.depth import IS_DEEP
from tests.forging import no_progress

# Moments at which an import is killed; in a long run, they are many.
KILLS = 40 if IS_DEEP else 2


@dataclass(frozen=True)
class Coast:
    """Databases that a folder is imported into, to which no connection is open between steps."""

    runner: asyncio.Runner
    templates: Templates
    kind: str
    folder: Path

    def new(self, *, with_history: bool) -> Import:
        """Return an import into a new database."""
        url = self.runner.run(self.templates.copy(self.kind))
        key = self.templates.signing_key
        return Import(url, key, self.folder, with_history=with_history)

    def finish(self, chosen: Import) -> Any:
        """Import to the end, check the ledger, and return what is there then."""
        return self.runner.run(self._finish(chosen))

    def drop(self, chosen: Import) -> None:
        """Remove the database."""
        self.runner.run(self.templates.drop(chosen.url))

    async def _finish(self, chosen: Import) -> Any:
        database = Database(chosen.url, signing_key=chosen.signing_key)
        await chosen.run(database)
        public_key = database.key_file.load().public_key_pem()
        async with database.reading() as session:
            found = [each async for each in verify_ledger(session, public_key, no_progress)]
            assert [each for each in found if isinstance(each, Invalid)] == []
            state = await state_of(session)
        await database.close()
        return state


async def state_of(session: Any) -> Any:
    """Return what an import has made, without ids and times."""
    target = select(Revision.edition_id, Revision.slug).subquery("target")
    questions = {
        "entries": select(Entry.content_type, func.count()).group_by(Entry.content_type),
        "revisions": select(
            Edition.content_type, Edition.locale, Revision.slug, Revision.number, Revision.note
        ).join(Revision, Revision.edition_id == Edition.id),
        "publications": select(
            Publication.slug, Publication.locale, Publication.basis, Publication.ended_at.is_(None)
        ),
        "links": select(Publication.slug, Publication.locale, target.c.slug)
        .join(Link, Link.revision_id == Publication.revision_id)
        .join(Edition, Edition.entry_id == Link.target_id)
        .join(target, target.c.edition_id == Edition.id)
        .where(Publication.ended_at.is_(None))
        .distinct(),
        "addresses": select(Address.path, Address.locale, Address.ended_at.is_(None)),
        "files": select(ImportedFile.path, ImportedFile.locale, ImportedFile.ended_at.is_(None)),
    }
    return {
        name: sorted(map(repr, await session.execute(question)))
        for name, question in questions.items()
    }


@pytest.fixture(params=KINDS)
def coast(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Iterator[Coast]:
    """A folder, and databases for it."""
    folder = tmp_path / "harbour"
    shutil.copytree(HARBOUR, folder)
    with asyncio.Runner() as runner:
        yield Coast(runner, templates, request.param, folder)


def killed(statement: int, chosen: Import) -> bool:
    """Import in a process that is killed at a statement; return whether it came so far."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.cms.importing.dying"])
    process = context.Process(target=import_until, args=(statement, chosen))
    process.start()
    process.join(120)
    assert process.exitcode in {-SIGKILL, 0}
    return process.exitcode != 0


@pytest.mark.parametrize("with_history", [False, True], ids=["files", "history"])
def test_a_killed_import_is_finished_by_the_next(coast: Coast, with_history: bool) -> None:
    whole = coast.new(with_history=with_history)
    expected = coast.finish(whole)
    coast.drop(whole)
    random = Random(f"{coast.kind} {with_history}")  # noqa: S311
    most = 700 if with_history else 300
    moments = sorted(random.sample(range(5, most), KILLS))
    reached = 0
    for moment in moments:
        chosen = coast.new(with_history=with_history)
        reached += killed(moment, chosen)
        assert coast.finish(chosen) == expected, moment
        coast.drop(chosen)
    assert reached > 0


def test_an_import_that_is_killed_again_and_again_comes_to_its_end(coast: Coast) -> None:
    whole, chosen = coast.new(with_history=False), coast.new(with_history=False)
    expected = coast.finish(whole)
    moment = 90
    while killed(moment, chosen):
        moment += 30
    assert moment > 90
    assert coast.finish(chosen) == expected
    coast.drop(whole)
    coast.drop(chosen)
