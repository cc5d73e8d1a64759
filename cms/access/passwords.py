"""Passwords: how they are kept, which ones will do, and how they are changed."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from cms import clock
from cms.access.rate_limit import Guesser, admit_guess, forget_guesses, take_back_guess
from cms.access.secret_tokens import end_sessions, hold_account
from cms.authorization.actions import Action, Subject
from cms.authorization.actor import Actor
from cms.errors import InvalidValue, NotAllowed, NotFound, Refused, UserError
from cms.site import Site
from cms.storage.database import Database
from cms.tables import Account
from cms.work.work import Work, begin_reading, begin_work, command

SHORTEST = 12
LONGEST = 200

# Argon2id with the parameters of RFC 9106 for little memory: 64 MiB, 3 passes, 4 lanes.
hasher = PasswordHasher()

# Each run takes 64 MiB, so that only so many may run at once; the others queue.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="copydesk-password")


@dataclass(frozen=True, kw_only=True)
class NewPassword:
    """A password that an account is to have.

    Attributes:
        text: the password.
        hash: what is to be kept of it; ``None`` if it would not do for any account.
    """

    text: str = field(repr=False)
    hash: str | None = field(repr=False)


async def prepare_password(text: str) -> NewPassword:
    """Hash a password in a thread, before the transaction: it takes long, on purpose.

    One that will not do is not refused here but by the command that it is given to.
    """
    fits = not any(problems_with(text))
    return NewPassword(text=text, hash=await hash_password(text) if fits else None)


def problems_with(password: str, email: str = "") -> Iterator[UserError]:
    """Yield why a password will not do for the account with this address."""
    path = ("newPassword",)
    if len(password) > LONGEST:
        message = f"a password can have at most {LONGEST} characters; choose a shorter one"
        yield InvalidValue(message=message, path=path)
        return
    characters = _normal(password)
    if len(characters) < SHORTEST:
        message = f"a password needs at least {SHORTEST} characters; choose a longer one"
        yield InvalidValue(message=message, path=path)
    if len(set(characters)) == 1:
        message = "a password cannot repeat a single character; choose another one"
        yield InvalidValue(message=message, path=path)
    if email and characters.strip().casefold() == email.casefold():
        message = "a password cannot be the e-mail address; choose another one"
        yield InvalidValue(message=message, path=path)


async def hash_password(password: str) -> str:
    """Return what is kept of a password: an Argon2id hash with its salt and parameters."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, hasher.hash, _bytes(password))


async def is_password(password_hash: str | None, password: str) -> bool:
    """Say whether a password has this hash; ``None`` is nobody's, and takes as long to say."""
    candidate = _bytes(password) if len(password) <= LONGEST else b""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, _verify, password_hash or _decoy(), candidate)


def is_outdated(password_hash: str) -> bool:
    """Say whether a hash was made with other parameters than those of today."""
    return hasher.check_needs_rehash(password_hash)


@command(Action.PASSWORD_CHANGE)
async def set_password(work: Work, account_id: str, new_password: NewPassword) -> Account:
    """Give an account a password without knowing its old one, end its sessions, and return it.

    Args:
        work: the transaction and the actor.
        account_id: the account.
        new_password: comes from :func:`prepare_password`.

    Raises:
        Refused: if the actor may not do so to anybody's account or came with a token of limited
            scopes, there is no such account, or the password will not do.
    """
    # Not even to one's own: a session that was left open is no proof of who sits there.
    work.authorise(Action.PASSWORD_CHANGE)
    if work.actor.scopes is not None:
        message = "a password gives access beyond the scopes of this token; sign in to set it"
        raise Refused(NotAllowed(message=message))
    account = await hold_account(work.session, account_id)
    if account is None:
        raise Refused(NotFound(message=f"there is no account {account_id!r}"))
    await _keep(work, account, new_password)
    await end_sessions(work.session, account.id, work.now)
    return account


async def change_password(
    database: Database,
    site: Site,
    actor: Actor,
    *,
    current_password: str,
    new_password: str,
    now: datetime | None = None,
) -> Account:
    """Change the actor's own password, end their other sessions, and return their account.

    Guesses at the current password slow down the session that makes them.

    Args:
        database: where the account is.
        site: the site's declaration.
        actor: whose password it is.
        current_password: shows that it is they who ask.
        new_password: what it is to be.
        now: when this happens, if it is not the present.

    Raises:
        Refused: if the actor has no account or their token is not for this, the current
            password is wrong or was tried too often, or the new one will not do.
    """
    moment = now or clock.now()
    proof = await _look_up(database, site, actor, moment)
    new = NewPassword(text=new_password, hash=None)
    guesser = proof.guesser
    if guesser is not None and await is_password(proof.password_hash, current_password):
        proof = replace(proof, is_right=proof.password_hash is not None)
        async with database.transaction() as session:  # whether or not the new one will do
            await take_back_guess(session, guesser, moment)
        new = await prepare_password(new_password)
    async with begin_work(database, site, actor, moment) as work:
        return await _change_password(work, actor.account_id, proof, new)


@dataclass(frozen=True, kw_only=True)
class _Proof:
    """What is known of whether somebody knows their password.

    Attributes:
        password_hash: of the password that they have.
        guesser: where the guess was counted; ``None`` if the password is not to be looked at.
        is_right: whether it is the right one.
    """

    password_hash: str | None = field(default=None, repr=False)
    guesser: Guesser | None = None
    is_right: bool = False


async def _look_up(database: Database, site: Site, actor: Actor, now: datetime) -> _Proof:
    async with begin_work(database, site, actor, now) as work:
        account_id = actor.account_id
        if account_id is None or not work.may(Action.PASSWORD_CHANGE, Subject(is_own=True)):
            return _Proof()
        account = await work.session.get(Account, account_id)
        if account is None or account.disabled_at is not None:
            return _Proof()
        # A session is slowed down by its own failures only.
        place = actor.session_id or actor.token_id or account.id
        guesser = Guesser(account.email, place)
        await admit_guess(work.session, guesser, now)
        return _Proof(password_hash=account.password_hash, guesser=guesser)


@command(Action.PASSWORD_CHANGE)
async def _change_password(
    work: Work, account_id: str | None, proof: _Proof, new_password: NewPassword
) -> Account:
    work.authorise(Action.PASSWORD_CHANGE, Subject(is_own=True))
    account = await hold_account(work.session, account_id or work.account_id())
    if account is None or not proof.is_right or account.password_hash != proof.password_hash:
        message = "this is not your current password"
        raise Refused(InvalidValue(message=message, path=("currentPassword",)))
    await _keep(work, account, new_password)
    await end_sessions(work.session, account.id, work.now, but=work.actor.session_id)
    return account


async def _keep(work: Work, account: Account, new_password: NewPassword) -> None:
    problems = list(problems_with(new_password.text, account.email))
    if problems:
        raise Refused(*problems)
    account.password_hash = new_password.hash
    await forget_guesses(work.session, account.email, work.now)


def _verify(password_hash: str, password: bytes) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """Return a password as it would be had it been typed on any other keyboard."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    # Half a character is not refused here: the error would hold the password.
    return _normal(password).encode(errors="surrogatepass")


def _decoy() -> str:
    """Return a hash that is no password's, and takes as long to compare with as any other."""
    salt, digest = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


async def reset_password(
    database: Database, site: Site, actor: Actor, account_id: str, *, new_password: str
) -> Account:
    """Give somebody's account a password; as :func:`set_password`, with the hashing around it.

    Raises:
        Refused: as for that; whoever may not is refused before anything takes long.
    """
    async with begin_reading(database, site, actor) as work:
        work.authorise(Action.PASSWORD_CHANGE)
    prepared = await prepare_password(new_password)
    async with begin_work(database, site, actor) as work:
        return await set_password(work, account_id, prepared)
