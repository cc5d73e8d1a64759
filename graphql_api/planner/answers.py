"""Answers that Python computed before the statement, as its rows."""

from __future__ import annotations

from sqlalchemy import select

from graphql_api.planner.declarations import OrderKey, Rows
from graphql_api.planner.json_sql import Elements, element_index
from graphql_api.planner.source import Chosen, Sql

# The name of the preview's revision id among the variables.
PREVIEW = "@preview"
# The id of the actor's account, and 1 or 0 for whether it may read all accounts.
ACTOR = "@actor"
READS_ACCOUNTS = "@reads-accounts"


def answer_slot(*keys: str) -> str:
    """Return the name of a root field's answer among the variables.

    No variable of a client has it, since names in GraphQL have no ``@``.

    Args:
        keys: the response name of the field, after those of the views that it is selected through.
    """
    return f"@{'.'.join(keys)}"


def answer_rows(answer: Sql) -> Rows:
    """Return an answer as at most one row, none for null."""
    return Rows(
        Chosen(select(answer.label("document"))),
        (lambda columns: columns.document.is_not(None),),
        row=lambda columns: columns.document,
    )


def answers_rows(array: Sql) -> Rows:
    """Return the objects of a JSON array as rows, in order; each row is JSON."""
    return Rows(
        Elements(array),
        row=lambda element: element.value,
        order=lambda element: (OrderKey(element_index(element)),),
    )
