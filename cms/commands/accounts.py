"""People and accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cms.commands.categories import check_slug
from cms.commands.lookups import get
from cms.commands.work import Work, command
from cms.content.canonical_json import Json
from cms.content.slug import slugify
from cms.database import WriteSession
from cms.editorial.actor import Actor, Grant
from cms.editorial.authorization import ROLE_ACTIONS, Action
from cms.errors import DuplicateName, InvalidValue, NotFound, Refused
from cms.identifiers import new_id
from cms.tables import Account, Person, RoleGrant


@command(Action.PERSON_CREATE)
async def create_person(
    work: Work, name: str, *, slug: str = "", bio: str = "", links: Sequence[Json] = ()
) -> Person:
    """Create a public byline and return it.

    Args:
        work: the transaction and the actor.
        name: what readers see.
        slug: its word in paths; made of the name if empty.
        bio: who that is.
        links: where else to find them, each ``{"label": …, "url": …}``.

    Raises:
        Refused: if the actor may not, or another person has this slug.
    """
    work.authorise(Action.PERSON_CREATE)
    word = check_slug(slug or slugify(name))
    if await work.session.scalar(select(Person.id).where(Person.slug == word)):
        raise Refused(DuplicateName(message=f"there is a person {word!r} already"))
    person = Person(
        id=new_id("person"), slug=word, name=name, bio=bio, links=list(links), created_at=work.now
    )
    work.session.add(person)
    return person


@command(Action.ACCOUNT_CREATE)
async def create_account(work: Work, email: str, *, person_id: str | None = None) -> Account:
    """Create an account without any role and return it.

    Args:
        work: the transaction and the actor.
        email: what it is known by; upper and lower case are the same.
        person_id: the byline under which readers see its work.

    Raises:
        Refused: if the actor may not, the address is no e-mail address or is in use, or the
            person is unknown.
    """
    work.authorise(Action.ACCOUNT_CREATE)
    address = email.strip().lower()
    name, _, host = address.partition("@")
    if not name or "." not in host or any(char.isspace() for char in address):
        message = f"{email!r} is not an e-mail address"
        raise Refused(InvalidValue(message=message, path=("email",)))
    if await work.session.scalar(select(Account.id).where(Account.email == address)):
        raise Refused(DuplicateName(message=f"there is an account {address!r} already"))
    if person_id is not None:
        await get(work, Person, person_id)
    account = Account(id=new_id("account"), email=address, person_id=person_id, created_at=work.now)
    work.session.add(account)
    return account


@command(Action.ROLE_GRANT)
async def grant_role(work: Work, account_id: str, grant: Grant) -> RoleGrant:
    """Give an account a role and return the grant.

    Raises:
        Refused: if the actor may not, or the account, the role or its limits are unknown.
    """
    work.authorise(Action.ROLE_GRANT)
    await get(work, Account, account_id)
    if grant.role not in ROLE_ACTIONS:
        message = f"there is no role {grant.role!r}; there are {', '.join(ROLE_ACTIONS)}"
        raise Refused(InvalidValue(message=message, path=("role",)))
    if grant.content_type is not None and grant.content_type not in work.site.content_types:
        message = f"there is no content type {grant.content_type!r}"
        raise Refused(InvalidValue(message=message, path=("contentType",)))
    row = RoleGrant(
        id=new_id("grant"),
        account_id=account_id,
        role=grant.role,
        stage=grant.stage,
        content_type=grant.content_type,
        category_id=grant.category_id,
        created_at=work.now,
    )
    work.session.add(row)
    return row


async def load_actor(session: WriteSession, account_id: str) -> Actor:
    """Return an account as an actor, with the grants it holds now.

    Raises:
        Refused: if there is no such account.
    """
    account = await session.get(Account, account_id)
    if account is None:
        raise Refused(NotFound(message=f"there is no account {account_id!r}"))
    rows = await session.scalars(select(RoleGrant).where(RoleGrant.account_id == account_id))
    grants = tuple(
        Grant(
            role=row.role,
            stage=row.stage,
            content_type=row.content_type,
            category_id=row.category_id,
        )
        for row in rows
    )
    return Actor(account_id=account.id, person_id=account.person_id, grants=grants)
