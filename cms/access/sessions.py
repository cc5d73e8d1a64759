"""Sessions: sign-in, authentication by token, and sign-out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, or_, select, update

from cms import clock
from cms.access.accounts import find_account, normal_address
from cms.access.passwords import hash_password, is_outdated, is_password
from cms.access.rate_limit import (
    Guesser,
    admit_sign_in,
    check_pace,
    forget_old_attempts,
    network_of,
    take_back_sign_in,
)
from cms.access.secret_tokens import (
    add_token,
    drop_expired_tokens,
    end_sessions,
    hash_of,
    hold_account,
    revoke_tokens,
)
from cms.authorization.actions import Action, Subject
from cms.authorization.actor import ANONYMOUS, Actor
from cms.drafts.loading import get
from cms.errors import DatabaseError, InvalidToken, InvalidValue, Refused, SignInFailed
from cms.events import SessionBegun, SessionEnded, SessionRefreshed, SessionsEnded
from cms.identifiers import new_id
from cms.review.rights import GRANT_COLUMNS, grant_of, grants_of
from cms.storage.database import Database, ReadSession
from cms.storage.dialects import DirectConnection
from cms.tables import Account, RoleGrant, Token
from cms.work.work import Desk, Work, command

_security_log = logging.getLogger("copydesk.security")

# One message for all reasons, so that it does not reveal which accounts exist.
_FAILED = SignInFailed(
    message="the e-mail address or the password is wrong; check both and try again"
)

_NOT_GOOD = InvalidToken(message="this token is unknown, has expired or was revoked; sign in again")
_EXPIRED = InvalidToken(message="this token has expired; refresh the session or sign in again")

# Precision of the last use of a token.
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """The lifetimes of the tokens of a session.

    Attributes:
        access: the lifetime of an access token.
        refresh: the lifetime of a refresh token, which each refresh renews.
    """

    access: timedelta = timedelta(minutes=15)
    refresh: timedelta = timedelta(days=30)


DEFAULT_LIFETIMES = Lifetimes()


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """The tokens of a session, after a sign-in or a refresh.

    Attributes:
        access_token: authenticates every request.
        access_expires_at: its expiry.
        refresh_token: is exchanged for the next two tokens, once.
        refresh_expires_at: its expiry.
        account_id: the account of the session.
        session_id: the session.
    """

    access_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime
    account_id: str
    session_id: str

    @property
    def id(self) -> str:
        """The id of the session."""
        return self.session_id


@dataclass(frozen=True)
class EndedSession:
    """A session whose tokens have been revoked."""

    id: str


async def sign_in(
    desk: Desk,
    *,
    email: str,
    password: str,
    address: str,
    lifetimes: Lifetimes = DEFAULT_LIFETIMES,
    now: datetime | None = None,
) -> SignedIn:
    """Begin a session and return its tokens.

    The slow check of the password runs between two transactions: the first counts the attempt,
    the second begins the session if the account has not changed. A rate-limited attempt is
    logged but not recorded, so that strangers cannot fill the audit chain.

    Args:
        desk: the site with its database.
        email: the e-mail address of the account; case is ignored.
        password: the password.
        address: the IP address of the client.
        lifetimes: the lifetimes of the tokens.
        now: the time of the command; by default, the current time.

    Raises:
        Refused: with :class:`~cms.errors.SignInFailed`, the same for every reason, or with
            :class:`~cms.errors.TooManyAttempts`, whether or not the account exists.
    """
    moment = now or clock.now()
    guesser = Guesser(normal_address(email), network_of(address))
    async with desk.database.reading() as session:
        await check_pace(session, guesser, moment)
    async with guesser.turn():
        attempt = await _admit(desk.database, guesser, moment)
        if await is_password(attempt.password_hash, password):
            attempt = replace(attempt, accepted_hash=await _hash_to_store(attempt, password))
        actor = Actor(account_id=attempt.account_id) if attempt.accepted_hash else ANONYMOUS
        async with desk.work(actor, moment) as work:
            return await _begin_session(work, attempt.account_id, attempt, lifetimes)


async def refresh_session(
    desk: Desk,
    refresh_token: str,
    *,
    lifetimes: Lifetimes = DEFAULT_LIFETIMES,
    now: datetime | None = None,
) -> SignedIn:
    """Refresh a session and return its next tokens; the refresh token cannot be used again.

    A second use means that the token was stolen, by or from the caller, so the session ends.

    Args:
        desk: the site with its database.
        refresh_token: the newest refresh token of the session.
        lifetimes: the lifetimes of the next tokens.
        now: the time of the command; by default, the current time.

    Raises:
        Refused: with :class:`~cms.errors.InvalidToken`.
    """
    async with desk.database.reading() as session:
        # Rejected before the write transaction, so that junk does not block writers.
        known = select(Token.id).where(
            Token.hash == hash_of(refresh_token), Token.kind == "refresh"
        )
        if await session.scalar(known) is None:
            raise Refused(_NOT_GOOD)
    async with desk.work(ANONYMOUS, now) as work:
        account, token = await _find(work, hash_of(refresh_token))
        owner = work.by(Actor(account_id=account.id, session_id=token.session_id))
        if token.revoked_at is not None:
            await _end_reused(owner, token)
            raise Refused(_NOT_GOOD)
        if account.disabled_at is not None:
            raise Refused(_NOT_GOOD)
        if token.expires_at <= work.now:
            raise Refused(_EXPIRED)
        return await _refresh_session(owner, token, lifetimes)


async def authenticate(session: ReadSession, secret: str, now: datetime) -> Actor:
    """Return the actor of an access or service token, with their current grants.

    Only reads, in a snapshot or in the transaction of a command.

    Raises:
        Refused: with :class:`~cms.errors.InvalidToken`, which reveals only whether the token
            has expired.
    """
    return (await _shown(session, secret, ("access", "service"), now)).actor


async def identify(database: Database, secret: str, now: datetime) -> Actor:
    """Return the actor of a request, by its access or service token.

    The use of a service token is recorded, at most once a minute. A database that cannot be
    written does not keep anyone from reading.

    Args:
        database: the database of the token.
        secret: the token.
        now: the time of the request.

    Raises:
        Refused: as by :func:`authenticate`.
    """
    async with database.asking() as session:
        shown = await _shown(session, secret, ("access", "service"), now)
    if shown.actor.session_id is None and _is_due(shown.last_used_at, now):
        with suppress(DatabaseError):
            await note_use(database, hash_of(secret), now)
    return shown.actor


async def previewed_revision(session: DirectConnection, secret: str, now: datetime) -> str:
    """Return the id of the revision that a preview token shows.

    Raises:
        Refused: with :class:`~cms.errors.InvalidToken`, like :func:`authenticate`.
    """
    return str((await _shown(session, secret, ("preview",), now)).revision_id)


@dataclass(frozen=True)
class _Shown:
    """A token that a client has shown.

    Attributes:
        actor: its actor.
        last_used_at: its last recorded use.
        revision_id: the revision that it shows, if it is a preview token.
    """

    actor: Actor
    last_used_at: datetime | None
    revision_id: str | None


async def _shown(
    session: ReadSession | DirectConnection, secret: str, kinds: Sequence[str], now: datetime
) -> _Shown:
    """Return the token of one of these kinds with a secret, and its actor.

    Raises:
        Refused: with :class:`~cms.errors.InvalidToken`.
    """
    rows = await session.fetch(_TOKEN, hash=hash_of(secret))
    if not rows or rows[0].kind not in kinds:
        raise Refused(_NOT_GOOD)
    first = rows[0]
    if first.revoked_at is not None or first.disabled_at is not None:
        raise Refused(_NOT_GOOD)
    if first.expires_at <= now:
        raise Refused(_EXPIRED)
    actor = Actor(
        account_id=first.account_id,
        person_id=first.person_id,
        grants=tuple(grant_of(each) for each in rows if each.role is not None),
        scopes=frozenset(first.scopes) if first.scopes is not None else None,
        session_id=first.session_id,
        token_id=first.id,
    )
    return _Shown(actor, first.last_used_at, first.revision_id)


# A token with its account, and a row for each of its grants.
_TOKEN = (
    select(
        Token.id,
        Token.account_id,
        Token.kind,
        Token.scopes,
        Token.revision_id,
        Token.session_id,
        Token.expires_at,
        Token.last_used_at,
        Token.revoked_at,
        Account.person_id,
        Account.disabled_at,
        *GRANT_COLUMNS,
    )
    .join(Account, Account.id == Token.account_id)
    .outerjoin(RoleGrant, and_(RoleGrant.account_id == Account.id, RoleGrant.revoked_at.is_(None)))
    .where(Token.hash == bindparam("hash"))
    .order_by(RoleGrant.id)
)


async def renew_actor(session: ReadSession, actor: Actor, now: datetime) -> Actor:
    """Return an actor of a long-running request with its current grants.

    An actor with a session stays authenticated until the session ends, even if their access
    token expires earlier. The host application authenticates actors without a token.

    Raises:
        Refused: with :class:`~cms.errors.InvalidToken` if its session or token has ended.
    """
    if actor.token_id is None:
        return actor
    is_same = (
        (Token.session_id == actor.session_id, Token.kind == "refresh")
        if actor.session_id is not None
        else (Token.id == actor.token_id,)
    )
    account = await session.scalar(
        select(Account)
        .join(Token, Token.account_id == Account.id)
        .where(*is_same, Token.revoked_at.is_(None), Token.expires_at > now)
        .limit(1)
    )
    if account is None or account.disabled_at is not None:
        raise Refused(_NOT_GOOD)
    return replace(actor, grants=await grants_of(session, account.id))


async def note_use(database: Database, token_hash: str, now: datetime) -> None:
    """Record the use of a token, at most once a minute.

    Args:
        database: the database of the token.
        token_hash: the result of :func:`cms.access.secret_tokens.hash_of` for the secret.
        now: the time of the use.
    """
    due = or_(Token.last_used_at.is_(None), Token.last_used_at <= now - _USE_NOTED_EVERY)
    async with database.transaction() as session:
        await session.execute(
            update(Token).where(Token.hash == token_hash, due).values(last_used_at=now)
        )


def _is_due(last_used_at: datetime | None, now: datetime) -> bool:
    """Return whether the use of a token is to be recorded."""
    return last_used_at is None or last_used_at <= now - _USE_NOTED_EVERY


@command(Action.SESSION_END)
async def sign_out(work: Work) -> EndedSession:
    """End the actor's session and return it.

    Raises:
        Refused: if the actor has no session.
    """
    work.authorise(Action.SESSION_END, Subject(is_own=True))
    session_id = work.actor.session_id
    if session_id is None:
        message = "this request does not belong to a session; sign in to begin one"
        raise Refused(InvalidValue(message=message))
    await hold_account(work.session, work.account_id())
    await revoke_tokens(work, Token.session_id == session_id)
    work.emit(SessionEnded(subject=session_id))
    return EndedSession(session_id)


@command(Action.SESSION_END)
async def sign_out_everywhere(work: Work, account_id: str | None = None) -> Account:
    """End all sessions of an account, by default the actor's, and return it.

    Service tokens stay valid.

    Raises:
        Refused: if the actor is not allowed to, or there is no such account.
    """
    chosen = account_id or work.account_id()
    work.authorise(Action.SESSION_END, Subject(is_own=chosen == work.actor.account_id))
    await hold_account(work.session, chosen)
    account = await get(work, Account, chosen)
    await end_sessions(work, chosen)
    work.emit(SessionsEnded(subject=chosen))
    return account


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    """An attempt to sign in.

    Attributes:
        guesser: the source of the attempt.
        account_id: the account with the e-mail address, if there is one.
        password_hash: the hash of its password; ``None`` if it cannot sign in.
        accepted_hash: the hash to store after a successful check.
    """

    guesser: Guesser
    account_id: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    accepted_hash: str | None = field(default=None, repr=False)


async def _admit(database: Database, guesser: Guesser, now: datetime) -> _Attempt:
    async with database.transaction() as session:
        await forget_old_attempts(session, now)
        await admit_sign_in(session, guesser, now)
        account = await find_account(session, guesser.email)
        if account is None:
            return _Attempt(guesser=guesser)
        return _Attempt(
            guesser=guesser,
            account_id=account.id,
            password_hash=account.password_hash if account.disabled_at is None else None,
        )


async def _hash_to_store(attempt: _Attempt, password: str) -> str | None:
    """Return the hash to store for the right password: a new one if the old one is outdated."""
    kept = attempt.password_hash
    return await hash_password(password) if kept and is_outdated(kept) else kept


@command(Action.SESSION_BEGIN)
async def _begin_session(
    work: Work, account_id: str | None, attempt: _Attempt, lifetimes: Lifetimes
) -> SignedIn:
    if account_id is None or attempt.accepted_hash is None:
        _security_log.info("a sign-in from %s failed", attempt.guesser.place)
        raise Refused(_FAILED)
    account = await hold_account(work.session, account_id)
    if account is None or account.disabled_at or account.password_hash != attempt.password_hash:
        raise Refused(_FAILED)
    if account.password_hash != attempt.accepted_hash:
        await work.update(account, password_hash=attempt.accepted_hash)
    await take_back_sign_in(work.session, attempt.guesser, work.now)
    await drop_expired_tokens(work, account_id)
    signed_in = await _issue(work, account_id, new_id("session"), lifetimes)
    work.emit(SessionBegun(subject=signed_in.session_id, network=attempt.guesser.place))
    return signed_in


@command(Action.SESSION_BEGIN)
async def _refresh_session(work: Work, token: Token, lifetimes: Lifetimes) -> SignedIn:
    """Issue the next tokens of a session in place of a refresh token."""
    await work.close(token, revoked_at=work.now, last_used_at=work.now)
    signed_in = await _issue(work, token.account_id, str(token.session_id), lifetimes)
    work.emit(SessionRefreshed(subject=signed_in.session_id))
    return signed_in


async def _issue(work: Work, account_id: str, session_id: str, lifetimes: Lifetimes) -> SignedIn:
    access_until, refresh_until = work.now + lifetimes.access, work.now + lifetimes.refresh
    _, access = await add_token(work, "access", account_id, access_until, session_id=session_id)
    _, refresh = await add_token(work, "refresh", account_id, refresh_until, session_id=session_id)
    return SignedIn(
        access_token=access,
        access_expires_at=access_until,
        refresh_token=refresh,
        refresh_expires_at=refresh_until,
        account_id=account_id,
        session_id=session_id,
    )


async def _find(work: Work, token_hash: str) -> tuple[Account, Token]:
    """Return the current row of a refresh token, and its locked account."""
    wanted = select(Token).where(Token.hash == token_hash, Token.kind == "refresh")
    token = await work.session.scalar(wanted)
    account = await hold_account(work.session, token.account_id) if token is not None else None
    token = await work.session.scalar(wanted.execution_options(populate_existing=True))
    if token is None or account is None:
        raise Refused(_NOT_GOOD)
    return account, token


@command(Action.SESSION_END)
async def _end_reused(work: Work, token: Token) -> None:
    """End the session of a refresh token that was used twice."""
    if await revoke_tokens(work, Token.session_id == token.session_id):
        reason = "its refresh token was used twice"
        work.emit(SessionEnded(subject=str(token.session_id), reason=reason))
