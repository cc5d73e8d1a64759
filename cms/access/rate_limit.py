"""How fast somebody may guess at passwords.

Only failures count, and they slow down the place that has failed: a guess counts as one when it is
admitted, and is taken back if the password is right. A place that has not failed at an account is
admitted at once, however often others have failed at it, except for neighbours in one IPv6 /48
while the account is under attack. A place from which the account has been signed in to lately is
slowed down by its own failures at that account alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address
from weakref import WeakValueDictionary

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from cms.errors import Refused, TooManyAttempts
from cms.storage.database import ReadSession, WriteSession
from cms.tables import Throttle

_log = logging.getLogger("copydesk")

# After which time without another failure nothing is remembered.
MEMORY = timedelta(hours=1)
# How long after a sign-in its network is known to be one of the account's.
KNOWN = timedelta(days=30)

_NONE = timedelta(0)


@dataclass(frozen=True)
class Patience:
    """How long one place has to wait for its next guess at one account.

    Attributes:
        free: failures after which there is no wait yet.
        first: the wait after them; each further failure doubles it.
        longest: the most that it grows to.
    """

    free: int
    first: timedelta
    longest: timedelta = timedelta(minutes=15)

    def wait_after(self, failures: int) -> timedelta:
        """Return how long after the last of so many failures the next guess may come."""
        if failures < self.free:
            return _NONE
        return min(self.longest, self.first * (1 << min(failures - self.free, 16)))


@dataclass(frozen=True)
class Rate:
    """How many failures there may be within a period; they are forgotten evenly over it.

    A row of one holds the moment until which all of its failures are forgotten.
    """

    most: int
    period: timedelta

    @property
    def each(self) -> timedelta:
        """The time in which one failure is forgotten."""
        return self.period / self.most

    def excess(self, forgotten_at: datetime, now: datetime) -> timedelta:
        """Return how long it takes until one more failure fits; not positive if it does now."""
        return forgotten_at + self.each - now - self.period


# The second is for an account at which many places fail: each then gets one guess at once.
_ALONE = Patience(free=5, first=timedelta(seconds=30))
_UNDER_ATTACK = Patience(free=1, first=timedelta(minutes=1))
# How often all places together may fail at an account until it counts as under attack.
_ATTACK = Rate(most=20, period=timedelta(minutes=15))
# How often a network may fail at all accounts together: an office is one network.
_NETWORK = Rate(most=100, period=timedelta(minutes=15))


@dataclass(frozen=True)
class Guesser:
    """A place from which passwords are tried for an account, whether or not the account exists.

    Attributes:
        email: the account's address; only its hash is kept.
        place: a network or a session.
    """

    email: str
    place: str

    @property
    def account(self) -> str:
        """The name of what is known of the account."""
        return f"account:{_hash_of(self.email)}"

    @property
    def name(self) -> str:
        """The name of what is known of this place and the account."""
        return f"{_prefix_of(self.email)}{self.place}"

    @property
    def site(self) -> str:
        """The name of what is known of the account and the /48 of the place.

        That is the most that a customer with IPv6 usually has. Any other place is by itself.
        """
        try:
            return f"{_prefix_of(self.email)}{IPv6Network(self.place).supernet(new_prefix=48)}"
        except ValueError:
            return self.name

    @property
    def network(self) -> str:
        """The name of what is known of the place, if it is a network."""
        return f"network:{self.place}"

    @property
    def success(self) -> str:
        """The name of the row that says until when the place is known to be the account's."""
        return f"known:{_hash_of(self.email)}:{self.place}"

    def turn(self) -> asyncio.Lock:
        """Return the lock with which guesses come one after another.

        So those who come at once do not take each other for failures.
        """
        return _TURNS.setdefault(self.name, asyncio.Lock())


_TURNS: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def network_of(address: str) -> str:
    """Return the network that the customer at this IP address has alone.

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


async def check_pace(session: ReadSession, guesser: Guesser, now: datetime) -> None:
    """Go on only if a guess does not come too early.

    It only reads, so that attempts without end leave nothing but lines in a log.

    Raises:
        Refused: with :class:`~cms.errors.TooManyAttempts`.
    """
    names = {guesser.network, guesser.success, guesser.account, guesser.name, guesser.site}
    rows = await session.scalars(select(Throttle).where(Throttle.name.in_(names)))
    wait = _wait(guesser, {row.name: row for row in rows}, now)
    if wait > _NONE:
        _log.warning("refused an attempt from %s that came too early", guesser.place)
        raise Refused(_too_many(wait))


async def admit_sign_in(session: WriteSession, guesser: Guesser, now: datetime) -> None:
    """Count a guess from a network as a failure.

    Raises:
        Refused: as :func:`check_pace`; then it is not counted.
    """
    network = await _hold(session, guesser.network, now)
    await admit_guess(session, guesser, now)
    _count(network, _NETWORK, now)


async def admit_guess(session: WriteSession, guesser: Guesser, now: datetime) -> None:
    """Count a guess as a failure.

    Raises:
        Refused: as :func:`check_pace`; then it is not counted.
    """
    account = await _hold(session, guesser.account, now)
    held = [await _hold(session, name, now) for name in _ordered(guesser)]
    await check_pace(session, guesser, now)
    for each in held:
        each.since, each.count = now, _failures(each, now) + 1
    _count(account, _ATTACK, now)
    # Not further ahead than is needed to be in excess, so that an attack is over when it ends.
    account.since = min(account.since, now + _ATTACK.period + _ATTACK.each)


async def take_back_sign_in(session: WriteSession, guesser: Guesser, now: datetime) -> None:
    """Forget the failures of a guesser, who has signed in, and remember that it did."""
    (await _hold(session, guesser.network, now)).since -= _NETWORK.each
    await take_back_guess(session, guesser, now)
    (await _hold(session, guesser.success, now)).since = now + KNOWN


async def take_back_guess(session: WriteSession, guesser: Guesser, now: datetime) -> None:
    """Forget the failures of a guesser, whose last guess was right."""
    (await _hold(session, guesser.account, now)).since -= _ATTACK.each
    own, *others = [await _hold(session, name, now) for name in _ordered(guesser)]
    for each in others:
        each.count = max(0, each.count - own.count)
    await session.delete(own)


async def forget_guesses(session: WriteSession, email: str, now: datetime) -> None:
    """Forget all guesses at the password of an account, which has got another one."""
    # First held, as those who guess do, so that nobody waits in a circle.
    account = await _hold(session, Guesser(email, "").account, now)
    theirs = Throttle.name.startswith(_prefix_of(email))
    await session.execute(delete(Throttle).where(theirs))
    await session.delete(account)


async def forget_old_attempts(session: WriteSession, now: datetime) -> None:
    """Forget what does not count any more."""
    # Rows that others are counting in are theirs: to wait for them could be to wait in a circle.
    old = select(Throttle.name).where(Throttle.since <= now - MEMORY)
    await session.execute(
        delete(Throttle)
        .where(Throttle.name.in_(old.with_for_update(skip_locked=True)))
        .execution_options(synchronize_session=False)
    )


async def _hold(session: WriteSession, name: str, now: datetime) -> Throttle:
    """Return the row of a name as it is now, held until the transaction ends."""
    wanted = (
        select(Throttle)
        .where(Throttle.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    held = await session.scalar(wanted)
    if held is None:
        with suppress(IntegrityError):  # another attempt was the first
            async with session.begin_nested():
                session.add(Throttle(name=name, since=now, count=0))
        held = (await session.scalars(wanted)).one()
    return held


def _ordered(guesser: Guesser) -> list[str]:
    """Return the names of the rows that count a guesser's failures, its own first."""
    return list(dict.fromkeys((guesser.name, guesser.site)))


def _wait(guesser: Guesser, rows: Mapping[str, Throttle], now: datetime) -> timedelta:
    """Return how long a guesser has to wait; not positive if it does not have to."""
    is_known = guesser.success in rows and rows[guesser.success].since > now
    if not is_known and (excess := _excess(_NETWORK, rows.get(guesser.network), now)) > _NONE:
        return excess
    own = rows.get(guesser.name)
    if _excess(_ATTACK, rows.get(guesser.account), now) <= _NONE:
        return _pause(_ALONE, own, now)
    shared = own if is_known else rows.get(guesser.site)
    return max(_pause(_UNDER_ATTACK, each, now) for each in (own, shared))


def _excess(rate: Rate, row: Throttle | None, now: datetime) -> timedelta:
    return _NONE if row is None else rate.excess(row.since, now)


def _pause(patience: Patience, row: Throttle | None, now: datetime) -> timedelta:
    pause = _NONE if row is None else patience.wait_after(_failures(row, now))
    return row.since + pause - now if row is not None and pause > _NONE else _NONE


def _failures(row: Throttle, now: datetime) -> int:
    return row.count if row.since > now - MEMORY else 0


def _count(row: Throttle, rate: Rate, now: datetime) -> None:
    row.since = max(row.since, now) + rate.each
    row.count += 1


def _too_many(wait: timedelta) -> TooManyAttempts:
    seconds = max(1, -int(-wait.total_seconds() // 1))
    message = f"too many attempts have failed; try again in {seconds} seconds"
    return TooManyAttempts(message=message, retry_after=seconds)


def _prefix_of(email: str) -> str:
    return f"guess:{_hash_of(email)}:"


def _hash_of(email: str) -> str:
    return sha256(email.encode(errors="surrogatepass")).hexdigest()
