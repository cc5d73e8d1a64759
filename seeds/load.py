"""Makes the demo site, all of it through the commands: ``python -m seeds.load``.

It is one transaction: either everything is loaded, or nothing.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import click

from cms import (
    OPERATOR,
    Actor,
    ClaimedReview,
    ContentFileError,
    Copydesk,
    CopydeskError,
    Draft,
    Grant,
    Refused,
    Saved,
    commands,
    read_yaml,
)
from graphql_api import schemas_of
from seeds.desk import load_desks
from seeds.files import FOLDER, Origin, RevisionFile, read_all
from seeds.newsroom import Newsroom, faults_in, mappings
from seeds.site import site

FOUNDED = datetime(2026, 2, 2, 9, tzinfo=UTC)
OUTLINED = datetime(2026, 2, 16, 9, tzinfo=UTC)
FIRST_LAUNCH = datetime(2026, 7, 1, 9, tzinfo=UTC)
SECOND_LAUNCH = datetime(2026, 10, 31, 9, tzinfo=UTC)
IMPORTED = datetime(2026, 11, 3, 9, tzinfo=UTC)

# What signs nothing off, and whose acts the sign-offs are.
BASES = """\
The demo's people are invented; in the code of the demo, each acts with an account of their own.
{signed_off} pages were signed off by them, {imported} came from another system and were published
as IMPORTED by the operator, and {urgent} was published with BREAK_GLASS by an administrator.
The {first} people and categories were published before them as SETUP by the operator."""


async def load_demo(copydesk: Copydesk, folder: Path = FOLDER) -> int:
    """Load the demo into an empty database and return how many entries it has; 0 if it is there.

    Raises:
        ContentFileError: naming the file, the line and the reason; nothing is loaded then.
    """
    revisions = list(read_all(site, folder))
    async with copydesk.work(OPERATOR) as transaction:
        if await commands.has_entries(transaction.session):
            return 0
        count = len({each.key for each in revisions})
        click.echo(f"Loading {count} entries.")
        newsroom = Newsroom(transaction)
        first = await _found(newsroom, folder)
        await _outline(newsroom, revisions)
        early = [each for each in revisions if each.stage.isdigit()]
        await _launch(newsroom, early, FIRST_LAUNCH)
        own = [each for each in revisions if not each.stage and each.origin is None]
        await _launch(newsroom, own, SECOND_LAUNCH)
        imported = [each for each in revisions if each.origin is not None]
        await _import(newsroom, imported)
        urgent = [each for each in revisions if each.stage == "urgent"]
        for each in urgent:
            await _break_glass(newsroom, each)
        for each in (each for each in revisions if each.stage == "next"):
            await _save(newsroom, each)
        await load_desks(newsroom, folder)
        numbers = {"imported": len(imported), "urgent": len(urgent)}
        signed_off = count - sum(numbers.values())
        click.echo(BASES.format(signed_off=signed_off, first=first, **numbers))
        return count


async def _found(newsroom: Newsroom, folder: Path) -> int:
    """Create people and topics, publish them as the setup, and return how many there are."""
    people = await _hire(newsroom, folder)
    topics = await _plant(newsroom, folder)
    first = {saved.entry_id: saved.revision.id for saved in (*people, *topics)}
    return len(await commands.publish_setup(newsroom.work(OPERATOR, FOUNDED), first))


async def _hire(newsroom: Newsroom, folder: Path) -> list[Saved]:
    """Create the people, each with an account, and return them."""
    operator = newsroom.work(OPERATOR, FOUNDED)
    people = read_yaml(folder / "people.yaml")
    created: list[Saved] = []
    for slug, about in mappings(people):
        with faults_in(people, slug):
            draft = Draft(
                title=str(about["name"]),
                slug=slug,
                summary=str(about["biography"]),
                fields={"profiles": list(about.get("profiles", ()))},
            )
            person = await commands.create_person(operator, draft)
            account = await commands.create_account(
                operator, str(about["email"]), person_id=person.entry_id
            )
            for role in about["roles"]:
                await commands.grant_role(operator, account.id, Grant(role=str(role)))
        created.append(person)
        newsroom.actors[slug] = await commands.load_actor(newsroom.transaction.session, account.id)
    return created


async def _plant(newsroom: Newsroom, folder: Path) -> list[Saved]:
    """Create the tree of topics, and return its categories."""
    operator = newsroom.work(OPERATOR, FOUNDED)
    topics = read_yaml(folder / "topics.yaml")
    created: list[Saved] = []
    for path, about in mappings(topics, "categories"):
        parent, _, slug = path.rpartition("/")
        with faults_in(topics, "categories"):
            category = await commands.create_category(
                operator,
                Draft(title=str(about["name"]), slug=slug, summary=str(about["description"])),
                parent_id=newsroom.categories[parent] if parent else None,
            )
        created.append(category)
        newsroom.categories[path] = category.entry_id
    return created


async def _outline(newsroom: Newsroom, revisions: Sequence[RevisionFile]) -> None:
    """Create every entry with its title alone, so that texts can link each other."""
    firsts = {each.key: each for each in sorted(revisions, key=_by_stage, reverse=True)}
    for first in firsts.values():
        work = newsroom.work(_writer(newsroom, first), OUTLINED)
        draft = Draft(
            title=first.text("title"), slug=first.slug, category=_category(newsroom, first)
        )
        with _faults_of(first):
            saved = await commands.create_entry(
                work, first.content_type.name, draft, note="An outline."
            )
        newsroom.saved[first.key] = saved


async def _launch(
    newsroom: Newsroom, revisions: Sequence[RevisionFile], launched_at: datetime
) -> None:
    """Save revisions in the order of their days, have them reviewed, and publish them at once."""
    public: dict[str, str] = {}
    in_order = sorted(revisions, key=lambda each: (each.saved_at, _by_stage(each)))
    with _progress(in_order, f"Loading the demo up to {launched_at:%B}") as shown:
        for each in shown:
            saved = await _save(newsroom, each)
            if each.is_public:
                await _review(newsroom, each, saved)
                public[saved.entry_id] = saved.revision.id
    publisher = newsroom.work(newsroom.actors["marguerite-osei"], launched_at)
    try:
        await commands.publish_together(publisher, public)
    except Refused as refusal:
        raise _publish_fault(newsroom, revisions, refusal) from None


async def _import(newsroom: Newsroom, revisions: Sequence[RevisionFile]) -> None:
    """Save the pages of other systems, and publish those of each at once, as the operator."""
    systems: dict[str, dict[str, tuple[Origin, str]]] = {}
    for each in revisions:
        if each.origin is not None:
            saved = await _save(newsroom, each)
            pages = systems.setdefault(each.origin.source, {})
            pages[saved.entry_id] = each.origin, saved.revision.id
    for source, pages in systems.items():
        try:
            await commands.publish_imported(
                newsroom.work(OPERATOR, IMPORTED),
                {entry_id: revision_id for entry_id, (_, revision_id) in pages.items()},
                source=source,
                claimed_review={
                    entry_id: ClaimedReview(
                        reviewers=origin.reviewed_by, reviewed_on=origin.reviewed_on
                    )
                    for entry_id, (origin, _) in pages.items()
                    if origin.reviewed_by
                },
                review_due_at={
                    entry_id: datetime.combine(origin.review_due, time(), UTC)
                    for entry_id, (origin, _) in pages.items()
                },
            )
        except Refused as refusal:
            raise _publish_fault(newsroom, revisions, refusal) from None


async def _break_glass(newsroom: Newsroom, file: RevisionFile) -> None:
    """Save a revision, and publish it an hour later without sign-offs, as the administrator."""
    saved = await _save(newsroom, file)
    administrator = newsroom.actors["noor-castellan"]
    with _faults_of(file, "reason"):
        await commands.break_glass_publish(
            newsroom.work(administrator, file.saved_at + timedelta(hours=1)),
            saved.entry_id,
            revision_id=saved.revision.id,
            reason=file.text("reason"),
        )


async def _save(newsroom: Newsroom, file: RevisionFile) -> Saved:
    draft = Draft(
        title=file.text("title"),
        slug=file.slug,
        summary=file.text("summary"),
        category=_category(newsroom, file),
        tags=tuple(file.texts("tags")),
        fields=file.fields,
    )
    work = newsroom.work(_writer(newsroom, file), file.saved_at)
    before = newsroom.saved[file.key]
    with _faults_of(file):
        saved = await commands.save_draft(
            work,
            before.entry_id,
            draft,
            base_revision=before.revision.id,
            note=file.text("note"),
        )
    newsroom.saved[file.key] = saved
    return saved


async def _review(newsroom: Newsroom, file: RevisionFile, saved: Saved) -> None:
    """Request a review an hour after the save; each reviewer signs off a day after the last."""
    author = _actor(newsroom, file, file.text("author"), "author")
    with _faults_of(file):
        await commands.request_review(
            newsroom.work(author, file.saved_at + timedelta(hours=1)),
            saved.entry_id,
            base_revision=saved.revision.id,
        )
    for day, name in enumerate(file.texts("reviewers"), 1):
        reviewer = _actor(newsroom, file, name, "reviewers")
        with _faults_of(file, "reviewers"):
            await commands.sign_off(
                newsroom.work(reviewer, file.saved_at + timedelta(days=day)),
                saved.entry_id,
                digest=saved.revision.digest,
            )


def _writer(newsroom: Newsroom, file: RevisionFile) -> Actor:
    """Return the author's account; of an imported page, the operator with the author's byline."""
    author = _actor(newsroom, file, file.text("author"), "author")
    return author if file.origin is None else replace(OPERATOR, person_id=author.person_id)


def _actor(newsroom: Newsroom, file: RevisionFile, name: str, key: str) -> Actor:
    if name not in newsroom.actors:
        known = ", ".join(newsroom.actors)
        raise file.source.fault(key, f"there is no person {name!r}; use one of {known}")
    return newsroom.actors[name]


def _category(newsroom: Newsroom, file: RevisionFile) -> str | None:
    path = file.text("category")
    if path and path not in newsroom.categories:
        known = ", ".join(newsroom.categories)
        raise file.source.fault("category", f"there is no category {path!r}; use one of {known}")
    return newsroom.categories[path] if path else None


def _by_stage(file: RevisionFile) -> str:
    """Return a key that puts an entry's files in order: 1, 2, the public ones, the next."""
    return {"": "a", "urgent": "b", "next": "c"}.get(file.stage, file.stage)


def _publish_fault(
    newsroom: Newsroom, revisions: Sequence[RevisionFile], refusal: Refused
) -> ContentFileError:
    """Return what a gate found wrong, as a fault of the file it is about."""
    error = refusal.errors[0]
    keys = {saved.entry_id: key for key, saved in newsroom.saved.items()}
    newest = {each.key: each for each in sorted(revisions, key=_by_stage)}
    key = keys.get(str(next(iter(error.path), "")))
    if key is None:  # of one entry alone, or of all of them
        return revisions[0].fault(error)
    return newest[key].fault(replace(error, path=error.path[1:]))


@contextmanager
def _faults_of(file: RevisionFile, key: str | None = None) -> Iterator[None]:
    """Turn what a command refuses into a fault of the file that asked for it."""
    try:
        yield
    except Refused as refusal:
        error = refusal.errors[0]
        raise file.fault(replace(error, path=(key,)) if key else error) from None


def _progress(
    revisions: Sequence[RevisionFile], label: str
) -> AbstractContextManager[Iterable[RevisionFile]]:
    """Show how far it is, on a terminal; in a pipe, say nothing."""
    hidden = not sys.stderr.isatty()
    return click.progressbar(revisions, label=label, file=sys.stderr, hidden=hidden)


async def _main() -> None:
    async with Copydesk(site) as copydesk:
        changes = await copydesk.migrate(schemas_of(site))
        if changes.schema:
            click.echo("The database is migrated.")
        if changes.new_key is not None:
            click.echo(f"Created the signing key {changes.new_key}.")
        if await load_demo(copydesk):
            await copydesk.database.refresh_statistics()


if __name__ == "__main__":
    try:
        asyncio.run(_main())
    except CopydeskError as error:
        raise SystemExit(f"Error: {error}") from None
