"""Accounts, what they may do, and the tokens that stand for them."""

from __future__ import annotations

from cms.reading import management
from cms.reading.rows import AccountRow, GrantRow, TokenRow
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.source import Chosen
from graphql_api.schema.declaring.fields import many, one, value
from graphql_api.schema.declaring.row_sources import Condition, category_rows, person_rows
from graphql_api.schema.declaring.words import word, word_list, word_text
from graphql_api.schema.delivery.node import Node


def account_rows(*conditions: Condition) -> Rows:
    """Return accounts, by address."""
    return Rows(
        Chosen(management.accounts()),
        conditions,
        order=lambda account: (OrderKey(account.email), OrderKey(account.id)),
    )


def grant_rows(*conditions: Condition) -> Rows:
    """Return roles that accounts hold, the oldest first."""
    return Rows(Chosen(management.grants()), conditions, order=lambda row: (OrderKey(row.id),))


def token_rows(*conditions: Condition) -> Rows:
    """Return service tokens, the oldest first."""
    return Rows(
        Chosen(management.service_tokens()), conditions, order=lambda row: (OrderKey(row.id),)
    )


def _person(account: AccountRow, _: Call) -> Rows:
    return person_rows(lambda person: person.id == account.person_id)


def _grants(account: AccountRow, _: Call) -> Rows:
    return grant_rows(lambda grant: grant.account_id == account.id)


class Account(Node):
    """Somebody who signs in."""

    id = value("ID", AccountRow.id, "Its id.")
    email = value("str", AccountRow.email, "What it signs in with.")
    created_at = value("DateTime", AccountRow.created_at, "Since when there is it.")
    disabled_at = value("DateTime | None", AccountRow.disabled_at, "Since when it cannot sign in.")
    person = one("Person | None", _person, "The byline under which readers see its work.")
    grants = many("list[RoleGrant]", _grants, "What it may do.")


def _category(grant: GrantRow, _: Call) -> Rows:
    return category_rows(lambda category: category.id == grant.category_id)


class RoleGrant(Node):
    """A role, and what it is limited to."""

    id = value("ID", GrantRow.id, "Its id.")
    role = word("Role", GrantRow.role, "The role.")
    role_name = word_text("str", "role", GrantRow.role)
    stage = value("str | None", GrantRow.stage, "The one stage to sign off at.")
    content_type = word("EntryType | None", GrantRow.content_type, "Only entries of this type.")
    content_type_name = word_text("str | None", "contentType", GrantRow.content_type)
    category = one("Category | None", _category, "Only entries in this category or below it.")


class ServiceToken(Node):
    """A secret for a program, which acts as its account. The secret itself is not kept."""

    id = value("ID", TokenRow.id, "Its id.")
    name = value("str", TokenRow.name, "What it is for.")
    scopes = word_list(
        "list[Action] | None",
        TokenRow.scopes,
        "The actions that it is good for; null for all that its account may do.",
    )
    scope_names = word_text("list[str] | None", "scopes", TokenRow.scopes)
    created_at = value("DateTime", TokenRow.created_at, "When it was made.")
    expires_at = value("DateTime", TokenRow.expires_at, "Until when it is good.")
    last_used_at = value("DateTime | None", TokenRow.last_used_at, "When it was last used.")
