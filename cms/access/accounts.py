"""Accounts and their roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Select, exists, select

from cms.access.secret_tokens import hold_account, revoke_tokens
from cms.authorization.actions import Action
from cms.authorization.actor import Actor, Grant
from cms.content.builtin import Category, Person
from cms.drafts.loading import get, get_built_in
from cms.errors import DuplicateName, InvalidValue, NotAllowed, NotFound, Purged, Refused, UserError
from cms.events import (
    AccountCreated,
    AccountDisabled,
    AccountEnabled,
    RoleGranted,
    RoleRevoked,
)
from cms.identifiers import new_id
from cms.review.rights import end_unfounded, grants_of
from cms.storage.database import ReadSession
from cms.tables import Account, RoleGrant, Token
from cms.work.work import Work, command

# The actions whose results end with the right.
_JUDGING = frozenset({Action.REVIEW_SIGN_OFF, Action.REVIEW_REQUEST_CHANGES})

# RFC 5321, section 4.5.3.1.3, without the angle brackets.
LONGEST_ADDRESS = 254


@command(Action.ACCOUNT_CREATE)
async def create_account(work: Work, email: str, *, person_id: str | None = None) -> Account:
    """Create an account without roles and without a password, and return it.

    Args:
        work: the transaction and the actor.
        email: the e-mail address; case is ignored.
        person_id: the public byline of the account.

    Raises:
        Refused: if the actor is not allowed to, the e-mail address is invalid or in use, or the
            person is unknown.
    """
    work.authorise(Action.ACCOUNT_CREATE)
    address = normal_address(email)
    if not _is_address(address):
        message = "expected an e-mail address, such as desk@example.org"
        raise Refused(InvalidValue(message=message, path=("email",)))
    if await find_account(work.session, address) is not None:
        raise Refused(DuplicateName(message=f"there is already an account {address!r}"))
    if person_id is not None:
        await get_built_in(work, Person, person_id)
        if await work.session.scalar(select(Account.id).where(Account.person_id == person_id)):
            message = f"{person_id} already has an account; a person can have only one"
            raise Refused(DuplicateName(message=message, path=("personId",)))
    account = Account(id=new_id("account"), email=address, person_id=person_id, created_at=work.now)
    await work.insert(account)
    work.emit(AccountCreated(subject=account.id))
    return account


@command(Action.ACCOUNT_DISABLE)
async def disable_account(work: Work, account_id: str) -> Account:
    """Disable an account, revoke all its tokens, and return it.

    Its sign-offs and change requests end; enabling it again revives none.

    Raises:
        Refused: if the actor is not allowed to, there is no such account, or it is the last
            administrator.
    """
    work.authorise(Action.ACCOUNT_DISABLE)
    administrators = await _administrators(work)
    account = await _hold_known_account(work, account_id)
    if set(administrators.values()) == {account_id}:
        raise Refused(_last_administrator("disable this account"))
    if account.disabled_at is None:
        await work.update(account, disabled_at=work.now)
        await revoke_tokens(work, Token.account_id == account_id)
        work.emit(AccountDisabled(subject=account_id))
        await end_unfounded(work, account_id, (), "account_disabled")
    return account


@command(Action.ACCOUNT_DISABLE)
async def enable_account(work: Work, account_id: str) -> Account:
    """Enable a disabled account and return it; its tokens stay revoked.

    Raises:
        Refused: if the actor is not allowed to, there is no such account, or it was purged.
    """
    work.authorise(Action.ACCOUNT_DISABLE)
    account = await _hold_known_account(work, account_id)
    if account.purged_at is not None:
        message = f"{account_id} was purged; create a new account"
        raise Refused(Purged(message=message))
    if account.disabled_at is not None:
        await work.update(account, disabled_at=None)
        work.emit(AccountEnabled(subject=account_id))
    return account


@command(Action.ROLE_GRANT)
async def grant_role(work: Work, account_id: str, grant: Grant) -> RoleGrant:
    """Grant a role to an account and return the grant, which may exist already.

    Args:
        work: the transaction and the actor.
        account_id: the account.
        grant: the role and its limits, with the name of a content type as it is declared.

    Raises:
        Refused: if the actor is not allowed to, or the account, the role or its limits are unknown.
    """
    work.authorise(Action.ROLE_GRANT)
    await _hold_known_account(work, account_id)
    problems = [*_problems_with(work, grant), *await _category_problems(work, grant)]
    if problems:
        raise Refused(*problems)
    if grant.content_type is not None:
        grant = replace(grant, content_type=work.site.content_types[grant.content_type].stored_name)
    same = await work.session.scalar(
        _active_grants().filter_by(account_id=account_id, **vars(grant))
    )
    if same is not None:
        return same
    row = RoleGrant(id=new_id("grant"), account_id=account_id, created_at=work.now, **vars(grant))
    await work.insert(row)
    work.emit(RoleGranted(subject=row.id, account=account_id, role=grant.role))
    return row


@command(Action.ROLE_REVOKE)
async def revoke_role(work: Work, grant_id: str) -> RoleGrant:
    """Revoke a grant, starting with the account's next request, and return it.

    The preview tokens of the account end, and so do the sign-offs and change requests for which
    no other grant gives the right.

    Raises:
        Refused: if the actor is not allowed to, there is no such grant, or it is that of the
            last administrator.
    """
    work.authorise(Action.ROLE_REVOKE)
    administrators = await _administrators(work)
    row = await get(work, RoleGrant, grant_id)
    if set(administrators) == {grant_id}:
        raise Refused(_last_administrator("revoke this role"))
    # One after the other, so that each knows the grants that are left.
    await _hold_known_account(work, row.account_id)
    await work.session.refresh(row)
    if row.revoked_at is None:
        await work.close(row, revoked_at=work.now)
        work.emit(RoleRevoked(subject=row.id, account=row.account_id, role=row.role))
        # The rights of a preview are checked only when it is issued.
        own = (Token.account_id == row.account_id, Token.kind == "preview")
        await revoke_tokens(work, *own)
        if _JUDGING & work.site.roles.get(row.role, {}).keys():
            left = await grants_of(work.session, row.account_id)
            await end_unfounded(work, row.account_id, left, "role_revoked")
    return row


async def load_actor(session: ReadSession, account_id: str) -> Actor:
    """Return an account as an actor, with its current grants.

    Raises:
        Refused: if there is no such account, or it is disabled.
    """
    account = await session.get(Account, account_id, populate_existing=True)
    if account is None:
        raise Refused(NotFound(message=f"there is no account {account_id!r}"))
    if account.disabled_at is not None:
        raise Refused(NotAllowed(message=f"the account {account_id!r} is disabled"))
    grants = await grants_of(session, account_id)
    return Actor(account_id=account.id, person_id=account.person_id, grants=grants)


async def find_account(session: ReadSession, email: str) -> Account | None:
    """Return the account with this e-mail address, or ``None``."""
    address = normal_address(email)
    if not _is_address(address):  # may contain what a database rejects
        return None
    return await session.scalar(select(Account).where(Account.email == address))


async def has_accounts(session: ReadSession) -> bool:
    """Return whether any account can sign in."""
    can_sign_in = exists().where(Account.password_hash.is_not(None), Account.disabled_at.is_(None))
    return bool(await session.scalar(select(can_sign_in)))


def normal_address(email: str) -> str:
    """Return an e-mail address in the normal form of accounts."""
    return email.strip().lower()


def _is_address(address: str) -> bool:
    name, _, host = address.partition("@")
    is_one_word = address.isprintable() and not any(char.isspace() for char in address)
    return bool(name) and "." in host and is_one_word and len(address) <= LONGEST_ADDRESS


async def _hold_known_account(work: Work, account_id: str) -> Account:
    account = await hold_account(work.session, account_id)
    if account is None:
        raise Refused(NotFound(message=f"there is no account {account_id!r}"))
    return account


def _active_grants() -> Select[RoleGrant]:
    return select(RoleGrant).where(RoleGrant.revoked_at.is_(None)).order_by(RoleGrant.id)


async def _administrators(work: Work) -> Mapping[str, str]:
    """Return the unlimited grants of the role administrator, each with its account.

    Locks the grants and their accounts, so that two administrators cannot revoke each other's
    grant at the same time.
    """
    rows = await work.session.execute(
        select(RoleGrant.id, RoleGrant.account_id)
        .select_from(Account)  # locked first, as elsewhere
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(
            RoleGrant.role == "administrator",
            RoleGrant.content_type.is_(None),
            RoleGrant.category_id.is_(None),
            RoleGrant.locale.is_(None),
            RoleGrant.revoked_at.is_(None),
            Account.disabled_at.is_(None),
        )
        .order_by(RoleGrant.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row.account_id for row in rows}


def _last_administrator(what: str) -> InvalidValue:
    message = f"no other account is an administrator; grant that role before you {what}"
    return InvalidValue(message=message)


def _problems_with(work: Work, grant: Grant) -> Iterator[UserError]:
    if grant.role not in work.site.roles:
        message = f"there is no role {grant.role!r}; use one of {', '.join(work.site.roles)}"
        yield InvalidValue(message=message, path=("role",))
    content_types = work.site.content_types
    if grant.content_type is not None and grant.content_type not in content_types:
        known = ", ".join(content_types)
        message = f"there is no content type {grant.content_type!r}; use one of {known}"
        yield InvalidValue(message=message, path=("contentType",))
    if grant.locale is not None and grant.locale not in work.site.locales:
        message = f"there is no locale {grant.locale!r}; use one of {', '.join(work.site.locales)}"
        yield InvalidValue(message=message, path=("locale",))
    if grant.stage is None:
        return
    if Action.REVIEW_SIGN_OFF not in work.site.roles.get(grant.role, ()):
        message = f"only reviewers are limited to a stage; leave it out for {grant.role!r}"
        yield InvalidValue(message=message, path=("stage",))
    policies = {each.policy for each in content_types.values()}
    stages = sorted({stage.name for policy in policies for stage in policy.stages})
    if grant.stage not in stages:
        message = f"there is no stage {grant.stage!r}; use one of {', '.join(stages)}"
        yield InvalidValue(message=message, path=("stage",))


async def _category_problems(work: Work, grant: Grant) -> Sequence[UserError]:
    if grant.category_id is None:
        return ()
    try:
        await get_built_in(work, Category, grant.category_id)
    except Refused as refused:
        return [InvalidValue(message=refused.errors[0].message, path=("categoryId",))]
    return ()
