"""Redirects as publishers see them."""

from __future__ import annotations

from cms.reading import management
from cms.reading.rows import MadeRedirectRow
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.source import Chosen
from graphql_api.schema.declaring.fields import one, value
from graphql_api.schema.declaring.row_sources import Condition, entry_rows
from graphql_api.schema.declaring.words import word, word_text
from graphql_api.schema.delivery.node import Node


def redirect_rows(*conditions: Condition) -> Rows:
    """Return redirects, by path."""
    return Rows(
        Chosen(management.made_redirects()),
        conditions,
        order=lambda row: (OrderKey(row.path), OrderKey(row.locale), OrderKey(row.id)),
    )


def open_redirect_rows() -> Rows:
    """Return the redirects that are in force, by path."""
    return redirect_rows(lambda row: row.ended_at.is_(None))


def _target(redirect: MadeRedirectRow, call: Call) -> Rows:
    return entry_rows(call.view, lambda entry: entry.id == redirect.entry_id)


class Redirect(Node):
    """Redirect that a publisher created, from a path where no page stands."""

    id = value("ID", MadeRedirectRow.id, "Redirect id.")
    path = value("str", MadeRedirectRow.path, "URL path on the site that is redirected.")
    locale = word("Locale", MadeRedirectRow.locale, "Locale whose host the path is on.")
    locale_name = word_text("str", "locale", MadeRedirectRow.locale)
    entry = one(
        "Entry | None",
        _target,
        "Entry that the redirect leads to, wherever its page is; null for a URL.",
    )
    url = value(
        "str | None", MadeRedirectRow.url, "URL that the redirect leads to; null for an entry."
    )
    created_at = value("DateTime", MadeRedirectRow.began_at, "When the redirect was created.")
    ended_at = value(
        "DateTime | None",
        MadeRedirectRow.ended_at,
        "When the redirect was removed; null if it is in force.",
    )
