"""How often something may be tried: so many times within a quarter of an hour."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address

from sqlalchemy import case, delete, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import ReturningUpdate

from cms.database import WriteSession
from cms.dialects import Moment
from cms.errors import TooManyAttempts
from cms.tables import Throttle

WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Limit:
    """What is counted under one name.

    Attributes:
        name: what attempts have in common.
        most: how many of them are looked at within :data:`WINDOW`, which begins with the first.
    """

    name: str
    most: int


def account_limit(email: str) -> Limit:
    """Return the limit on guesses at the password of one account, whether or not there is one.

    Args:
        email: the address as accounts have it; only its hash is kept.
    """
    return Limit(f"account:{sha256(email.encode(errors='surrogatepass')).hexdigest()}", 5)


def network_limit(network: str) -> Limit:
    """Return the limit on guesses that come from one network."""
    return Limit(f"network:{network}", 50)


def network_of(address: str) -> str:
    """Return the network that somebody at this IP address has to themselves.

    That is an IPv4 address as it is, and the /64 of an IPv6 address, which is the least that a
    customer is given. What is no address at all counts as one network, ``unknown``.
    """
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), 64), strict=False))


async def count_attempt(
    session: WriteSession, limit: Limit, now: datetime
) -> TooManyAttempts | None:
    """Count an attempt; return why it is not to be looked at, if there were too many."""
    since, count = await _count(session, limit, now)
    if count <= limit.most:
        return None
    seconds = max(1, -int((now - since - WINDOW).total_seconds() // 1))
    message = f"there were too many attempts; try again in {seconds} seconds"
    return TooManyAttempts(message=message, retry_after=seconds)


async def forget_attempts(session: WriteSession, limit: Limit) -> None:
    """Begin to count from nothing."""
    await session.execute(delete(Throttle).where(Throttle.name == limit.name))


async def forget_old_attempts(session: WriteSession, now: datetime) -> None:
    """Forget what does not count any more."""
    # Rows that others are counting in are theirs: to wait for them could be to wait in a circle.
    old = select(Throttle.name).where(Throttle.since <= now - WINDOW)
    await session.execute(
        delete(Throttle)
        .where(Throttle.name.in_(old.with_for_update(skip_locked=True)))
        .execution_options(synchronize_session=False)
    )


async def _count(session: WriteSession, limit: Limit, now: datetime) -> tuple[datetime, int]:
    """Count one more and return since when how many were counted."""
    counted = (await session.execute(_one_more(limit, now))).one_or_none()
    if counted is None:
        with suppress(IntegrityError):  # somebody else was first to try
            async with session.begin_nested():
                first = insert(Throttle).values(name=limit.name, since=now, count=0)
                await session.execute(first)
        counted = (await session.execute(_one_more(limit, now))).one()
    since, count = counted
    return since, count


def _one_more(limit: Limit, now: datetime) -> ReturningUpdate[datetime, int]:
    """Return the statement that counts: in a row, so that those who come at once queue."""
    is_old = Throttle.since <= now - WINDOW
    return (
        update(Throttle)
        .where(Throttle.name == limit.name)
        .values(
            since=case((is_old, literal(now, Moment())), else_=Throttle.since),
            count=case((is_old, 1), else_=Throttle.count + 1),
        )
        .returning(Throttle.since, Throttle.count)
        .execution_options(synchronize_session=False)
    )
