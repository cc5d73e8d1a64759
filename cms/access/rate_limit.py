"""Rate limits for attempts at passwords.

Only failures count, and they delay only the place that has failed: an attempt is counted as a
failure when it is admitted, and the count is undone if the password is right. A place without
failures at an account is admitted at once, however often other places have failed, except for
neighbours in one IPv6 /48 while the account is under attack. A place with a recent successful
sign-in is delayed only by its own failures at that account.
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
from cms.storage.rows import insert_rows, savepoint
from cms.tables import Throttle

_log = logging.getLogger("copydesk")

# Time without failures after which all of them expire.
MEMORY = timedelta(hours=1)
# Time after a sign-in for which its network is trusted for the account.
KNOWN = timedelta(days=30)

_NONE = timedelta(0)


@dataclass(frozen=True)
class Patience:
    """The delays of a place after its failures at an account.

    Attributes:
        free: number of failures without a delay.
        first: the first delay; each further failure doubles it.
        longest: the maximum delay.
    """

    free: int
    first: timedelta
    longest: timedelta = timedelta(minutes=15)

    def wait_after(self, failures: int) -> timedelta:
        """Return the delay after a number of failures."""
        if failures < self.free:
            return _NONE
        return min(self.longest, self.first * (1 << min(failures - self.free, 16)))


@dataclass(frozen=True)
class Rate:
    """The number of failures that are allowed within a period; they expire evenly over it.

    Its row stores the time at which all failures have expired.
    """

    most: int
    period: timedelta

    @property
    def each(self) -> timedelta:
        """The time after which one failure expires."""
        return self.period / self.most

    def excess(self, forgotten_at: datetime, now: datetime) -> timedelta:
        """Return the time until one more failure is allowed; zero or negative if it is now."""
        return forgotten_at + self.each - now - self.period


# The second applies while many places fail at an account: each then has one free attempt.
_ALONE = Patience(free=5, first=timedelta(seconds=30))
_UNDER_ATTACK = Patience(free=1, first=timedelta(minutes=1))
# Failures of all places at an account after which it counts as under attack.
_ATTACK = Rate(most=20, period=timedelta(minutes=15))
# Failures of a network at all accounts; an office is one network.
_NETWORK = Rate(most=100, period=timedelta(minutes=15))


@dataclass(frozen=True)
class Guesser:
    """A source of password attempts at an account, whether or not the account exists.

    Attributes:
        email: the e-mail address of the account; only its hash is stored.
        place: a network or a session.
    """

    email: str
    place: str

    @property
    def account(self) -> str:
        """The name of the row of the account."""
        return f"account:{_hash_of(self.email)}"

    @property
    def name(self) -> str:
        """The name of the row of this place at the account."""
        return f"{_prefix_of(self.email)}{self.place}"

    @property
    def site(self) -> str:
        """The name of the row of the place's /48 at the account.

        A /48 is the largest IPv6 network that customers usually have. Other places have a row
        of their own.
        """
        try:
            return f"{_prefix_of(self.email)}{IPv6Network(self.place).supernet(new_prefix=48)}"
        except ValueError:
            return self.name

    @property
    def network(self) -> str:
        """The name of the row of the place at all accounts, if it is a network."""
        return f"network:{self.place}"

    @property
    def success(self) -> str:
        """The name of the row with the expiry of the place's last successful sign-in."""
        return f"known:{_hash_of(self.email)}:{self.place}"

    def turn(self) -> asyncio.Lock:
        """Return the lock that serializes attempts.

        Parallel attempts would otherwise count each other as failures.
        """
        return _TURNS.setdefault(self.name, asyncio.Lock())


_TURNS: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def network_of(address: str) -> str:
    """Return the network that belongs to a single customer at this IP address.

    For IPv4, it is the address itself; for IPv6, the /64, the smallest network that providers
    assign. An invalid address counts as the network ``unknown``.
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
    """Check that an attempt is not too early.

    Only reads, so that endless attempts write nothing but log lines.

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
    """Count an attempt from a network as a failure.

    Raises:
        Refused: like :func:`check_pace`; the attempt is then not counted.
    """
    network = await _hold(session, guesser.network, now)
    await admit_guess(session, guesser, now)
    _count(network, _NETWORK, now)


async def admit_guess(session: WriteSession, guesser: Guesser, now: datetime) -> None:
    """Count an attempt as a failure.

    Raises:
        Refused: like :func:`check_pace`; the attempt is then not counted.
    """
    account = await _hold(session, guesser.account, now)
    held = [await _hold(session, name, now) for name in _names_of(guesser)]
    await check_pace(session, guesser, now)
    for each in held:
        each.since, each.count = now, _failures(each, now) + 1
    _count(account, _ATTACK, now)
    # Limited to what exceeds the rate, so that the delay ends soon after an attack.
    account.since = min(account.since, now + _ATTACK.period + _ATTACK.each)


async def take_back_sign_in(session: WriteSession, guesser: Guesser, now: datetime) -> None:
    """Delete the failures of a source after a successful sign-in, and record the success."""
    (await _hold(session, guesser.network, now)).since -= _NETWORK.each
    await take_back_guess(session, guesser, now)
    (await _hold(session, guesser.success, now)).since = now + KNOWN


async def take_back_guess(session: WriteSession, guesser: Guesser, now: datetime) -> None:
    """Delete the failures of a source after a right password."""
    (await _hold(session, guesser.account, now)).since -= _ATTACK.each
    own, *others = [await _hold(session, name, now) for name in _names_of(guesser)]
    for each in others:
        each.count = max(0, each.count - own.count)
    await session.delete(own)


async def forget_guesses(session: WriteSession, email: str, now: datetime) -> None:
    """Delete all failures at an account, after its password has changed."""
    # Locked first, in the order of attempts, to avoid a deadlock.
    account = await _hold(session, Guesser(email, "").account, now)
    theirs = Throttle.name.startswith(_prefix_of(email))
    await session.execute(delete(Throttle).where(theirs))
    await session.delete(account)


async def forget_account(session: WriteSession, email: str) -> None:
    """Delete all that is counted for an account, before its address is purged."""
    theirs = Throttle.name.contains(_hash_of(email), autoescape=True)
    await session.execute(delete(Throttle).where(theirs))


async def forget_old_attempts(session: WriteSession, now: datetime) -> None:
    """Delete expired failures."""
    # Skips locked rows: waiting for them could be a deadlock.
    old = select(Throttle.name).where(Throttle.since <= now - MEMORY)
    await session.execute(
        delete(Throttle)
        .where(Throttle.name.in_(old.with_for_update(skip_locked=True)))
        .execution_options(synchronize_session=False)
    )


async def _hold(session: WriteSession, name: str, now: datetime) -> Throttle:
    """Return the current row of a name, locked until the transaction ends."""
    wanted = (
        select(Throttle)
        .where(Throttle.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    held = await session.scalar(wanted)
    if held is None:
        with suppress(IntegrityError):  # another attempt inserted it first
            async with savepoint(session):
                await insert_rows(session, [Throttle(name=name, since=now, count=0)])
        held = (await session.scalars(wanted)).one()
    return held


def _names_of(guesser: Guesser) -> list[str]:
    """Return the names of the rows that count the failures of a source, its own first."""
    return list(dict.fromkeys((guesser.name, guesser.site)))


def _wait(guesser: Guesser, rows: Mapping[str, Throttle], now: datetime) -> timedelta:
    """Return the remaining delay of a source; zero or negative if there is none."""
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
