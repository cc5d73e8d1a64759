"""Measures commands on one entry and on many: ``python -m bench.writing``."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import event

from bench.__main__ import database_of
from bench.site import site
from cms.access.accounts import create_account, grant_role, load_actor
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.snapshot import Draft
from cms.copydesk import desk_of
from cms.drafts.entries import CreateItem, create_entries, create_entry
from cms.drafts.people import create_person
from cms.drafts.saving import SaveItem, save_draft, save_entries
from cms.publishing.publishing import PublishItem, publish_entries, publish_entry, publish_setup
from cms.publishing.unpublishing import UnpublishItem, unpublish_entries
from cms.review.reviews import ReviewItem, request_review, request_reviews
from cms.review.sign_offs import SignOffItem, sign_off, sign_off_entries
from cms.storage.database import Database
from cms.storage.migration import migrate
from cms.work.work import Work

T = TypeVar("T")

# Commands before the measurement, which fill caches.
_WARM_UP = 10


@dataclass
class Measured:
    """What one kind of command took.

    Attributes:
        seconds: duration of each, from the opening of its transaction to the end of the commit.
        statements: statements of each, without the commit.
    """

    seconds: list[float] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)


class Bench:
    """A site of which commands are measured."""

    def __init__(self, database: Database) -> None:
        self.measured: dict[str, Measured] = {}
        self._desk = desk_of(database, site)
        self._database = database
        self._count = 0
        event.listen(database.engine.sync_engine, "before_cursor_execute", self._seen)

    def _seen(self, *_: Any) -> None:
        self._count += 1

    async def hire(self, name: str, role: str) -> Actor:
        """Return an account with a role, whose byline is public."""
        async with self._desk.work(OPERATOR) as work:
            person = await create_person(work, Draft(title=name))
            await publish_setup(work, {person.entry_id: person.revision.id})
            account = await create_account(work, f"{name}@example.org", person_id=person.entry_id)
            await grant_role(work, account.id, Grant(role=role))
            return await load_actor(work.session, account.id)

    async def run(self, name: str, actor: Actor, command: Callable[[Work], Awaitable[T]]) -> T:
        """Run a command in a transaction of its own, and measure it."""
        self._count, started = 0, time.perf_counter()
        async with self._desk.work(actor) as work:
            result = await command(work)
        measured = self.measured.setdefault(name, Measured())
        measured.seconds.append(time.perf_counter() - started)
        measured.statements.append(self._count)
        return result


def _draft(number: int, version: int) -> Draft:
    links = "".join(f"- [Entry {other}](/terms/entry-{other})\n" for other in range(5))
    words = " ".join(f"word{(number * 7 + place) % 500}" for place in range(300))
    body = f"## Part {version}\n\n{words}\n\n{links}\n[outside](https://example.org/{version})"
    return Draft(
        title=f"Entry {number}", slug=f"entry-{number}", summary="One.", fields={"body": body}
    )


async def _measure(url: str, folder: Path, rounds: int, entries: int) -> Bench:
    database = Database(url, signing_key=folder / "signing.key")
    database.key_file.make()
    await migrate(database)
    bench = Bench(database)
    author = await bench.hire("author", "author")
    reviewer = await bench.hire("reviewer", "reviewer")
    publisher = await bench.hire("publisher", "publisher")
    for number in range(_WARM_UP + rounds):
        await _live(bench, number, author, reviewer, publisher)
    await _together(
        bench,
        range(_WARM_UP + rounds, _WARM_UP + rounds + entries),
        _People(author, reviewer, publisher),
    )
    await database.close()
    return bench


async def _live(
    bench: Bench, number: int, author: Actor, reviewer: Actor, publisher: Actor
) -> None:
    """Write, review and publish an entry."""
    made = await bench.run(
        "create", author, lambda work: create_entry(work, "Term", _draft(number, 1))
    )
    entry_id, base = made.entry_id, made.revision.id
    # Links to entries that are not public yet would be broken.
    draft = Draft(
        title=f"Entry {number}",
        slug=f"entry-{number}",
        fields={"body": str(_draft(number, 2).fields["body"]).split("- [")[0]},
    )
    full = _draft(number, 3)
    saved = await bench.run(
        "save", author, lambda work: save_draft(work, entry_id, full, base_revision=base)
    )
    head = saved.revision.id
    saved = await bench.run(
        "save", author, lambda work: save_draft(work, entry_id, draft, base_revision=head)
    )
    revision = saved.revision
    await bench.run(
        "request review",
        author,
        lambda work: request_review(work, entry_id, base_revision=revision.id),
    )
    await bench.run(
        "sign off", reviewer, lambda work: sign_off(work, entry_id, digest=revision.digest)
    )
    await bench.run(
        "publish", publisher, lambda work: publish_entry(work, entry_id, revision_id=revision.id)
    )


@dataclass(frozen=True)
class _People:
    """The accounts that write, review and publish."""

    author: Actor
    reviewer: Actor
    publisher: Actor


async def _together(bench: Bench, numbers: Sequence[int], people: _People) -> None:
    """Create, save, review, publish and unpublish many entries, each step with one command."""
    author = people.author
    new = [CreateItem(content_type="Term", draft=_draft(number, 1)) for number in numbers]
    created = await bench.run("create together", author, lambda work: create_entries(work, new))
    made = [each.result for each in created if each.result is not None]
    ids = [each.entry_id for each in made]
    saves = [
        SaveItem(entry_id=each.entry_id, base_revision=each.revision.id, values=_draft(number, 2))
        for number, each in zip(numbers, made, strict=True)
    ]
    saved = await bench.run("save together", author, lambda work: save_entries(work, saves))
    heads = [each.result.revision for each in saved if each.result is not None]
    pairs = list(zip(ids, heads, strict=True))
    reviews = [ReviewItem(entry_id=each, base_revision=head.id) for each, head in pairs]
    await bench.run("request reviews", author, lambda work: request_reviews(work, reviews))
    signing = [SignOffItem(entry_id=each, digest=head.digest) for each, head in pairs]
    await bench.run(
        "sign off together", people.reviewer, lambda work: sign_off_entries(work, signing)
    )
    chosen = [PublishItem(entry_id=each, revision_id=head.id) for each, head in pairs]
    await bench.run(
        "publish together", people.publisher, lambda work: publish_entries(work, chosen)
    )
    gone = [UnpublishItem(entry_id=each) for each in ids]
    await bench.run(
        "unpublish together", people.publisher, lambda work: unpublish_entries(work, gone)
    )


@click.command()
@click.option("--entries", default=1_000, show_default=True, help="How many in one command.")
@click.option("--rounds", default=200, show_default=True, help="How many entries are written.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
def main(rounds: int, entries: int, database: tuple[str, ...]) -> None:
    """Measure statements and milliseconds of commands, on both databases."""
    for kind in database or ("sqlite", "postgresql"):
        with (
            tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder,
            database_of(kind, Path(folder)) as url,
        ):
            bench = asyncio.run(_measure(url, Path(folder), rounds, entries))
        for name, measured in bench.measured.items():
            is_bulk = len(measured.seconds) == 1
            seconds = statistics.median(
                measured.seconds if is_bulk else measured.seconds[_WARM_UP:]
            )
            rate = (entries if is_bulk else 1) / seconds
            print(
                f"{kind} {name}: {statistics.median(measured.statements)} statements, "
                f"{seconds * 1000:.1f} ms, {rate:.0f} entries a second"
            )


if __name__ == "__main__":
    main()
