"""What Python has worked out, as rows of the statement."""

from __future__ import annotations

from sqlalchemy import select

from graphql_api.planner.declarations import OrderKey, Rows
from graphql_api.planner.json_sql import Elements, element_index
from graphql_api.planner.source import Chosen, Sql

# Under which name the revision of a preview stands among the variables.
PREVIEW = "@preview"
# The id of the account that is asking, and 1 or 0 for whether it may read all accounts.
ACTOR = "@actor"
READS_ACCOUNTS = "@reads-accounts"


def answer_slot(key: str) -> str:
    """Return under which name the answer of a root field stands among the variables.

    No variable has such a name, since GraphQL's names have no ``@``.
    """
    return f"@{key}"


def answer_rows(answer: Sql) -> Rows:
    """Return the one object that an answer is, or none for null."""
    return Rows(
        Chosen(select(answer.label("document"))),
        (lambda columns: columns.document.is_not(None),),
        row=lambda columns: columns.document,
    )


def answers_rows(array: Sql) -> Rows:
    """Return the objects of a JSON array, in order; each is its JSON."""
    return Rows(
        Elements(array),
        row=lambda element: element.value,
        order=lambda element: (OrderKey(element_index(element)),),
    )
