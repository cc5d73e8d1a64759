"""Accounts with passwords, and attempts to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from cms.access.passwords import prepare_password, set_password
from cms.access.sessions import SignedIn, authenticate, sign_in
from cms.authorization.actor import OPERATOR, Actor
from cms.clock import now
from cms.errors import Refused, UserError
from cms.tables import Account, AuditRecord, Revision, RoleGrant, Throttle, Token
from cms.tables.base import Base
from tests.builders import Newsroom

EMAIL = "ada.author@example.org"
PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.1"


async def give_password(newsroom: Newsroom, actor: Actor, password: str = PASSWORD) -> None:
    new = await prepare_password(password)
    async with newsroom.as_(OPERATOR) as work:
        await set_password(work, str(actor.account_id), new)


async def enter(
    newsroom: Newsroom,
    email: str = EMAIL,
    password: str = PASSWORD,
    address: str = ADDRESS,
    at: datetime | None = None,
) -> SignedIn:
    """Sign in."""
    return await sign_in(newsroom.desk, email=email, password=password, address=address, now=at)


async def failure(
    newsroom: Newsroom,
    email: str = EMAIL,
    password: str = PASSWORD,
    address: str = ADDRESS,
    at: datetime | None = None,
) -> UserError | None:
    """Return why signing in is refused, if it is."""
    try:
        await enter(newsroom, email, password, address, at)
    except Refused as refused:
        (error,) = refused.errors
        return error
    return None


async def actor_of(newsroom: Newsroom, secret: str, at: datetime | None = None) -> Actor:
    """Return who shows a secret."""
    async with newsroom.database.reading() as session:
        return await authenticate(session, secret, at or now())


async def code_for(newsroom: Newsroom, secret: str, at: datetime | None = None) -> str:
    """Return whether a secret is good, or why not."""
    try:
        await actor_of(newsroom, secret, at)
    except Refused as refused:
        return f"{refused.errors[0].code}: {refused.errors[0].message}"
    return "good"


async def records(newsroom: Newsroom, action: str) -> Sequence[AuditRecord]:
    """Return the audit records of an action, in their order."""
    async with newsroom.database.reading() as session:
        wanted = select(AuditRecord).where(AuditRecord.action == action)
        return list(await session.scalars(wanted.order_by(AuditRecord.sequence)))


async def everything_stored(newsroom: Newsroom) -> str:
    """Return all that the tables around accounts and people hold, as text."""
    tables: tuple[type[Base], ...] = (Account, AuditRecord, Revision, RoleGrant, Throttle, Token)
    async with newsroom.database.reading() as session:
        rows = [row for table in tables for row in await session.execute(select(table.__table__))]
    return repr(rows)
