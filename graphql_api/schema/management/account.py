"""Accounts, their role grants and their service tokens."""

from __future__ import annotations

from cms.reading import management
from cms.reading.rows import AccountRow, GrantRow, TokenRow
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.source import Chosen
from graphql_api.schema.declaring.fields import many, one, value
from graphql_api.schema.declaring.row_sources import Condition, category_rows, person_rows
from graphql_api.schema.declaring.words import type_text, word, word_list, word_text
from graphql_api.schema.delivery.node import Node


def account_rows(*conditions: Condition) -> Rows:
    """Return accounts, ordered by email address."""
    return Rows(
        Chosen(management.accounts()),
        conditions,
        order=lambda account: (OrderKey(account.email), OrderKey(account.id)),
    )


def grant_rows(*conditions: Condition) -> Rows:
    """Return role grants, the oldest first."""
    return Rows(Chosen(management.grants()), conditions, order=lambda row: (OrderKey(row.id),))


def token_rows(*conditions: Condition) -> Rows:
    """Return service tokens, the oldest first."""
    return Rows(
        Chosen(management.service_tokens()), conditions, order=lambda row: (OrderKey(row.id),)
    )


def _person(account: AccountRow, call: Call) -> Rows:
    return person_rows(call.view, lambda person: person.id == account.person_id)


def _grants(account: AccountRow, _: Call) -> Rows:
    return grant_rows(lambda grant: grant.account_id == account.id)


class Account(Node):
    """Identity of a person or program that signs in; holds roles."""

    id = value("ID", AccountRow.id, "Account id.")
    email = value(
        "str",
        AccountRow.email,
        "Email address with which the account signs in; its id once the address was purged.",
    )
    created_at = value("DateTime", AccountRow.created_at, "When the account was created.")
    disabled_at = value(
        "DateTime | None",
        AccountRow.disabled_at,
        "When the account was disabled; null if it can sign in.",
    )
    purged_at = value(
        "DateTime | None",
        AccountRow.purged_at,
        "When the address and the secrets of the account were emptied; null if they are there.",
    )
    person = one(
        "Person | None",
        _person,
        "Byline under which readers see the account's work; null without one.",
    )
    grants = many(
        "list[RoleGrant]", _grants, "Roles that the account holds now, each with its limits."
    )


def _category(grant: GrantRow, call: Call) -> Rows:
    return category_rows(call.view, lambda category: category.id == grant.category_id)


class RoleGrant(Node):
    """A role that an account holds, for all content or for a part of it."""

    id = value("ID", GrantRow.id, "Grant id.")
    role = word("Role", GrantRow.role, "Role that the grant gives.")
    role_name = word_text("str", "role", GrantRow.role)
    stage = value(
        "str | None",
        GrantRow.stage,
        "The only policy stage at which the role signs off; null for every stage.",
    )
    content_type = word(
        "EntryType | None",
        GrantRow.content_type,
        "Content type to which the grant is limited; null for all.",
    )
    content_type_name = type_text("str | None", "contentType", GrantRow.content_type)
    category = one(
        "Category | None",
        _category,
        "Category to whose subtree the grant is limited; null for all.",
    )
    locale = word(
        "Locale | None", GrantRow.locale, "Locale to which the grant is limited; null for all."
    )
    locale_name = word_text("str | None", "locale", GrantRow.locale)


class ServiceToken(Node):
    """A program's credential, which acts for its account. The secret itself is not stored."""

    id = value("ID", TokenRow.id, "Service token id.")
    name = value("str", TokenRow.name, "Purpose of the token, in the words of its owner.")
    scopes = word_list(
        "list[Action] | None",
        TokenRow.scopes,
        "Actions that the token allows; null for all that its account may do.",
    )
    scope_names = word_text("list[str] | None", "scopes", TokenRow.scopes)
    created_at = value("DateTime", TokenRow.created_at, "When the token was issued.")
    expires_at = value("DateTime", TokenRow.expires_at, "When the token expires.")
    last_used_at = value(
        "DateTime | None", TokenRow.last_used_at, "When the token was last used; null if never."
    )
