"""A process that ends at any statement of a command leaves the old state or the new one."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from cms.authorization.actor import OPERATOR
from cms.ledger.rows import COVERED, PART_OF
from cms.ledger.verification import Invalid, verify_ledger
from cms.storage.database import Database
from cms.tables import Base
from tests.builders import Newsroom
from tests.conftest import KINDS, Templates
from tests.depth import IS_DEEP
from tests.dying import DIED, DIED_AFTER_COMMIT, Target, die_at
from tests.forging import no_progress
from tests.sites import SITE

# Statements between two at which the process ends; in a long run, it ends at each.
STEP = 1 if IS_DEEP else 4
TABLES = (
    *(*COVERED, *PART_OF, "attestation", "audit_record", "audit_row", "counter"),
    *("category_path", "rendition"),
)

State = Mapping[str, frozenset[Any]]


@dataclass(frozen=True)
class Room:
    """A database that no connection is open to between two steps."""

    runner: asyncio.Runner
    url: str
    templates: Templates

    def target(self, operation: str) -> Target:
        """Prepare what an operation is done to."""
        return self.runner.run(self._target(operation))

    def state(self) -> State:
        """Return all rows of the facts and the ledger; check that the ledger is valid."""
        return self.runner.run(self._state())

    async def _target(self, operation: str) -> Target:
        database = Database(self.url, signing_key=self.templates.signing_key)
        newsroom = Newsroom(database, SITE)
        await newsroom.hire()
        await newsroom.published(title="One", slug="one")
        head = await newsroom.draft(title="Two", slug="two")
        actor = newsroom.author
        if operation == "sign off":
            actor = newsroom.reviewers[0]
            await newsroom.ask(head)
        if operation == "publish":
            actor = newsroom.publisher
            await newsroom.review(head)
        if operation == "move":
            actor = newsroom.publisher
            head = (await newsroom.category("Below", await newsroom.category("Topic"))).revision
        if operation == "purge":
            actor = OPERATOR
            await newsroom.unpublish((await newsroom.publish(head))[0])
        entry_id = await newsroom.entry_id(head)
        await database.close()
        key = self.templates.signing_key
        return Target(self.url, key, actor, entry_id, head.id, head.digest)

    async def _state(self) -> State:
        database = Database(self.url, signing_key=self.templates.signing_key)
        public_key = database.key_file.load().public_key_pem()
        async with database.reading() as session:
            found = [each async for each in verify_ledger(session, public_key, no_progress)]
            assert [each for each in found if isinstance(each, Invalid)] == []
            rows = {
                name: await session.execute(select(Base.metadata.tables[name])) for name in TABLES
            }
            state = {name: frozenset(map(repr, each)) for name, each in rows.items()}
        await database.close()
        return state


@pytest.fixture(params=KINDS)
def room(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Room]:
    """A database of its own."""
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        yield Room(runner, url, templates)
        runner.run(templates.drop(url))


@pytest.mark.parametrize("operation", ["save", "sign off", "publish", "move", "purge"])
def test_a_killed_process_leaves_the_old_state_or_the_new_one(room: Room, operation: str) -> None:
    target = room.target(operation)
    before = room.state()
    statement = 1
    while (code := ended(statement, operation, target)) == DIED:
        assert room.state() == before, statement
        statement += STEP
    assert code == 0
    assert statement > 10
    changed = room.state()
    assert changed["audit_record"] > before["audit_record"]
    if operation == "purge":  # which empties salts
        assert len(changed["audit_row"]) > len(before["audit_row"])
    else:
        assert changed["audit_row"] > before["audit_row"]


def test_a_commit_outlives_the_process(room: Room) -> None:
    target = room.target("publish")
    before = room.state()
    assert ended(None, "publish", target) == DIED_AFTER_COMMIT
    assert len(room.state()["publication"]) == len(before["publication"]) + 1


def ended(statement: int | None, operation: str, target: Target) -> int | None:
    """Return the exit code of a process that ends at a statement."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.dying"])
    process = context.Process(target=die_at, args=(statement, operation, target))
    process.start()
    process.join(60)
    return process.exitcode
