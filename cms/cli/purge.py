"""The commands ``copydesk purge`` and ``copydesk purges``: empty words for good."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence

import click

from cms.access.accounts import find_account
from cms.authorization.actor import OPERATOR
from cms.cli.files import FILE, json_in, text_in
from cms.cli.group import open_copydesk, open_database
from cms.content.canonical_json import JsonObject
from cms.errors import AttestationError, DatabaseError, NotFound, Refused
from cms.ledger.tombstones import purged_rows, purges_with_records
from cms.purging.elsewhere import MOST, Elsewhere
from cms.purging.lists import purge_list, read_purge_list, unpurged_keys
from cms.purging.purging import PurgePlan, plan_purge, purge_words, with_bylines
from cms.settings import load_settings
from cms.storage.database import Database, ReadSession
from cms.storage.dialects import as_text

_LEFT_IN_LOG = "another process reads the log of the database file; stop the server"
_BEYOND = (
    "Backups, replicas, CDNs and what clients have kept are beyond reach: see docs/purging.md."
)


@click.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.option("--reason", required=True, help="Why; kept beside the ids.")
@click.option(
    "--with-byline", is_flag=True, help="Purge the people to whom the accounts belong, too."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(keys: Sequence[str], reason: str, *, with_byline: bool, yes: bool) -> None:
    """Empty the words of KEY for good: an entry, an edition, a revision, an account, a comment.

    Each KEY is an id, or the e-mail address of an account. Lists where the words stand, and asks.
    Ids, digests, times and signatures stay, so that the history can be verified. Nothing brings
    the words back.
    """
    if not reason.strip():
        raise click.UsageError("The reason is empty; give one, since it is kept in the history.")
    asyncio.run(_purge(keys, reason, is_with_byline=with_byline, is_sure=yes))


@click.group()
def purges() -> None:
    """List all purges, and apply the list to a database that was restored from a backup."""


@purges.command("list")
def show() -> None:
    """List all purges: id, time, ids of what was purged, number of rows, reason."""
    for line in asyncio.run(_lines()) or ["Nothing was purged."]:
        click.echo(line)


@purges.command("export")
def export() -> None:
    """Print the signed list of all purges as JSON; keep it beside your backups."""
    click.echo(json.dumps(asyncio.run(_list())))


@purges.command("apply")
@click.argument("file", type=FILE)
@click.option(
    "--key", type=FILE, metavar="PEM", help="The public key that has to have signed the list."
)
def apply(file: str, key: str | None) -> None:
    """Purge what the list FILE names, in a database that was restored from a backup.

    Run it before a server serves the database. What is purged already is left out.
    """
    if asyncio.run(_apply(file, key)):
        raise click.exceptions.Exit(1)


@purges.command("clean")
def clean() -> None:
    """Remove what was purged from free space of the database, if a purge could not."""
    asyncio.run(_clean_database())


async def _ids_of(session: ReadSession, keys: Sequence[str]) -> Sequence[str]:
    """Return ids; an account can be named by its e-mail address."""
    ids: list[str] = []
    for key in keys:
        account = await find_account(session, key) if "@" in key else None
        if "@" in key and account is None:
            message = f"there is no account {key!r}; see: copydesk account list"
            raise Refused(NotFound(message=message))
        ids.append(account.id if account is not None else key)
    return list(dict.fromkeys(ids))


async def _purge(keys: Sequence[str], reason: str, *, is_with_byline: bool, is_sure: bool) -> None:
    async with open_copydesk(load_settings()) as copydesk:
        async with copydesk.reading(OPERATOR) as reading:
            ids = await _ids_of(reading.session, keys)
            named = await with_bylines(reading.session, ids) if is_with_byline else ids
            plan = await plan_purge(reading, named)
        _show(named, plan)
        if not is_sure:
            _ask()
        async with copydesk.work(OPERATOR) as work:
            made = await purge_words(work, named, reason=reason)
        click.echo(f"Purged as {made.id}. {_BEYOND}")
        await _clean(copydesk.database)


def _show(keys: Sequence[str], plan: PurgePlan) -> None:
    click.echo(f"The words of {', '.join(keys)} stand in these rows:")
    width = max(map(len, plan.counts))
    for table, count in sorted(plan.counts.items()):
        click.echo(f"  {table:<{width}}  {count}")
    for line in _elsewhere_lines(plan.elsewhere):
        click.echo(line)


def _elsewhere_lines(elsewhere: Sequence[Elsewhere]) -> list[str]:
    if not elsewhere:
        return []
    more = "; there can be more" if len(elsewhere) == MOST else ""
    return [
        f"Words can be left here{more}; edit or purge this, too:",
        *(f"  {each.table} {each.key} {each.reason}" for each in elsewhere),
    ]


def _ask() -> None:
    if not _is_terminal():
        raise click.UsageError("This is not a terminal: give --yes to purge without being asked.")
    click.confirm("Empty them for good?", abort=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


async def _clean(database: Database) -> None:
    """Remove what was purged from the files of the database.

    Raises:
        click.ClickException: if it can still be in them.
    """
    try:
        reason = "" if await database.erase_deleted() else _LEFT_IN_LOG
    except DatabaseError as error:
        reason = str(error)
    if reason:
        raise click.ClickException(
            f"purged words can be left in free space of the database: {reason}, "
            "and run: copydesk purges clean"
        )


async def _clean_database() -> None:
    async with open_database(load_settings()) as database:
        await _clean(database)
    click.echo("Nothing that was purged is left in free space of the database.")


async def _lines() -> list[str]:
    async with open_database(load_settings()) as database, database.reading() as session:
        lines = []
        for each, _ in await purges_with_records(session):
            rows = await purged_rows(session, each.id)
            reason = each.reason or "(its reason was purged)"
            lines.append(
                f"{each.id}  {as_text(each.purged_at)}  {' '.join(map(str, each.keys))}  "
                f"{sum(rows.counts.values())} rows  {reason}"
            )
        return lines


async def _list() -> Sequence[JsonObject]:
    async with open_database(load_settings()) as database, database.reading() as session:
        return await purge_list(session)


async def _apply(file: str, key: str | None) -> bool:
    """Apply a list, and return whether a purge of it was refused."""
    has_failed = False
    public_key = text_in(key) if key is not None else None
    async with open_copydesk(load_settings()) as copydesk:
        async with copydesk.reading(OPERATOR) as reading:
            try:
                listed = await read_purge_list(reading.session, json_in(file), public_key)
            except AttestationError as error:
                raise click.ClickException(f"{error}; nothing was purged") from None
        for each in listed:
            async with copydesk.reading(OPERATOR) as reading:
                keys = await unpurged_keys(reading.session, each)
            if not keys:
                click.echo(f"{each.id}: nothing is left to purge")
                continue
            try:
                async with copydesk.work(OPERATOR) as work:
                    made = await purge_words(work, keys, reason=f"Applies {each.id}.")
                click.echo(f"{each.id}: purged again as {made.id}")
            except Refused as refused:
                has_failed = True
                click.echo(f"{each.id}: refused: {refused}", err=True)
        await _clean(copydesk.database)
    return has_failed
