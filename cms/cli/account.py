"""The command ``copydesk account``: accounts and passwords, as the operator."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import click
from sqlalchemy import func, select

from cms.access.accounts import (
    create_account,
    find_account,
    grant_role,
)
from cms.access.passwords import prepare_password, set_password
from cms.authorization.actor import OPERATOR, Grant
from cms.cli.group import open_copydesk
from cms.content.snapshot import Draft
from cms.drafts.people import create_person
from cms.errors import NotFound, Refused
from cms.publishing.grounds import is_new_site
from cms.publishing.publishing import publish_setup
from cms.review.rights import grants_of
from cms.settings import load_settings
from cms.storage.database import ReadSession
from cms.storage.dialects import as_text
from cms.tables import Account, Token
from cms.work.work import Reading, Work


@click.group()
def account() -> None:
    """Create accounts, set passwords, and list accounts."""


@account.command("create")
@click.argument("email")
@click.option(
    "--name",
    help="The public byline of the account; created with it, and published if the site is new.",
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    help="A role for all content; can be repeated.",
)
def create(email: str, name: str | None, roles: Sequence[str]) -> None:
    """Create the account EMAIL.

    Prompts for the password twice, or reads it from the first line of standard input.
    """
    is_public = asyncio.run(_create(email, name, roles, _read_password()))
    click.echo(f"Created the account {email}; roles: {', '.join(roles) or 'none'}.")
    if name and not is_public:
        click.echo(f"The byline {name} is a draft; readers see it once it is signed off.")


@account.command("password")
@click.argument("email")
def change(email: str) -> None:
    """Set the password of the account EMAIL, and end its sessions.

    Prompts for the password twice, or reads it from the first line of standard input.
    """
    asyncio.run(_set_password(email, _read_password()))
    click.echo(f"Changed the password of {email}; its sessions have ended.")


@account.command("grant")
@click.argument("email")
@click.option("--role", required=True, help="The role; those of plugins too.")
@click.option("--stage", help="For reviewers: the only stage to sign off at.")
@click.option("--type", "content_type", help="Only entries of this content type.")
@click.option("--category", "category_id", help="Only entries in this category or below; its id.")
@click.option("--locale", help="Only editions in this locale.")
def grant(email: str, **limits: str | None) -> None:
    """Give the account EMAIL a role, for all content or for a part of it."""
    given = Grant(**limits)  # type: ignore[arg-type]  # click requires a role
    asyncio.run(_grant(email, given))
    click.echo(f"{email} has the role {_grant_words(given)}.")


@account.command("list")
def show() -> None:
    """List all accounts: e-mail address, roles, state, and last use."""
    accounts = asyncio.run(_accounts())
    if not accounts:
        click.echo(
            "There are no accounts; create one: copydesk account create EMAIL --role administrator"
        )
    width = max((len(each.email) for each in accounts), default=0)
    for each in accounts:
        click.echo(f"{each.email:<{width}}  {each.roles}; {each.state}; {each.last_use}")


def _read_password() -> str:
    if _is_terminal():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _is_terminal() -> bool:
    return sys.stdin.isatty()


async def _create(email: str, name: str | None, roles: Sequence[str], password: str) -> bool:
    """Create an account, and return whether its byline is public."""
    settings = load_settings()
    new = await prepare_password(password)
    async with open_copydesk(settings) as copydesk, copydesk.work(OPERATOR) as work:
        try:
            person = await create_person(work, Draft(title=name)) if name else None
            made = await create_account(work, email, person_id=person.entry_id if person else None)
            for role in roles:
                await grant_role(work, made.id, Grant(role=role))
            await set_password(work, made.id, new)
            is_public = person is not None and await is_new_site(work)
            if person is not None and is_public:
                await publish_setup(work, {person.entry_id: person.revision.id})
        except Refused as refused:
            # A refusal would commit what was done until then; this exception rolls it back.
            raise click.ClickException(str(refused)) from None
    return is_public


async def _grant(email: str, grant: Grant) -> None:
    async with open_copydesk(load_settings()) as copydesk, copydesk.work(OPERATOR) as work:
        found = await _known_account(work, email)
        await grant_role(work, found.id, grant)


async def _set_password(email: str, password: str) -> None:
    settings = load_settings()
    new = await prepare_password(password)
    async with open_copydesk(settings) as copydesk, copydesk.work(OPERATOR) as work:
        await set_password(work, (await _known_account(work, email)).id, new)


async def _known_account(work: Work, email: str) -> Account:
    found = await find_account(work.session, email)
    if found is None:
        message = f"there is no account {email!r}; see: copydesk account list"
        raise Refused(NotFound(message=message))
    return found


@dataclass(frozen=True)
class _Listed:
    """An account as it is listed."""

    email: str
    roles: str
    state: str
    last_use: str


async def _accounts() -> list[_Listed]:
    async with open_copydesk(load_settings()) as copydesk, copydesk.reading(OPERATOR) as reading:
        rows = list(await reading.session.scalars(select(Account).order_by(Account.email)))
        return [await _list_entry(reading, each) for each in rows]


async def _list_entry(reading: Reading, row: Account) -> _Listed:
    names = reading.site.type_names
    grants = [
        replace(each, content_type=names.get(each.content_type or "", each.content_type))
        for each in await grants_of(reading.session, row.id)
    ]
    used = await _last_use(reading.session, row.id)
    return _Listed(
        email=row.email,
        roles=", ".join(map(_grant_words, grants)) or "no role",
        state=_state_words(row),
        last_use=f"last used {as_text(used)}" if used else "never used",
    )


def _grant_words(grant: Grant) -> str:
    limits = [
        each
        for each in (grant.stage, grant.content_type, grant.category_id, grant.locale)
        if each is not None
    ]
    return f"{grant.role} ({', '.join(limits)})" if limits else grant.role


def _state_words(row: Account) -> str:
    if row.purged_at is not None:
        return f"purged at {as_text(row.purged_at)}"
    if row.disabled_at is not None:
        return f"disabled since {as_text(row.disabled_at)}"
    return "can sign in" if row.password_hash is not None else "has no password"


async def _last_use(session: ReadSession, account_id: str) -> datetime | None:
    """Return when a token of the account was last used; signing in counts as a use."""
    used = func.max(Token.last_used_at)
    signed_in = func.max(Token.created_at).filter(Token.kind != "service")
    row = await session.execute(select(used, signed_in).where(Token.account_id == account_id))
    return max((moment for moment in row.one() if moment is not None), default=None)
