"""The nodes that only editors find by id, limited to those that the actor may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sqlalchemy import ColumnElement, Integer, exists, literal_column, or_, select

from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.storage.dialects import Key
from graphql_api.planner.answers import ACTOR, READS_ACCOUNTS
from graphql_api.planner.arguments import Given
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.source import Columns, Sql
from graphql_api.schema.declaring.row_sources import Condition
from graphql_api.schema.delivery.query import NodeRows
from graphql_api.schema.management.account import account_rows, grant_rows, token_rows
from graphql_api.schema.management.editing import (
    change_request_rows,
    comment_rows,
    review_rows,
    signature_rows,
)
from graphql_api.schema.management.publications import publication_rows
from graphql_api.schema.management.redirects import redirect_rows

_RowsOf: TypeAlias = Callable[..., Rows]


def _with_id(key: Sql) -> Condition:
    return lambda row: row.id == key


def _of_visible_edition(rows: _RowsOf) -> NodeRows:
    """Return the rows that belong to an edition that the view shows."""

    def node_rows(call: Call, key: Sql) -> Rows:
        def is_visible(row: Columns) -> ColumnElement[bool]:
            revisions = relations.revisions(call.view)
            seen = narrowed(revisions, ("edition_id", "is_head", "purged_at")).subquery("seen")
            return exists(
                select(literal_column("1")).where(
                    seen.c.edition_id == row.edition_id, seen.c.is_head, seen.c.purged_at.is_(None)
                )
            )

        return rows(_with_id(key), is_visible)

    return node_rows


def _of_account(rows: _RowsOf, column: str) -> NodeRows:
    """Return the rows of the actor's account; of all accounts if the actor may read them."""

    def node_rows(call: Call, key: Sql) -> Rows:
        reads_accounts = call.bind(Given(lambda variables: variables[READS_ACCOUNTS]), Integer())
        return rows(
            _with_id(key),
            lambda row: or_(
                row[column] == _actor(call), reads_accounts == literal_column("1", Integer())
            ),
        )

    return node_rows


def _own_token(call: Call, key: Sql) -> Rows:
    return token_rows(_with_id(key), lambda token: token.account_id == _actor(call))


def _actor(call: Call) -> Sql:
    return call.bind(Given(lambda variables: variables[ACTOR]), Key)


EDITING_NODES: Mapping[str, NodeRows] = {
    "Account": _of_account(account_rows, "id"),
    "RoleGrant": _of_account(grant_rows, "account_id"),
    "ServiceToken": _own_token,
    "ReviewRequest": lambda call, key: review_rows(call, _with_id(key)),
    "SignOff": _of_visible_edition(signature_rows),
    "ChangeRequest": _of_visible_edition(change_request_rows),
    "EntryComment": _of_visible_edition(comment_rows),
    "EntryPublication": _of_visible_edition(publication_rows),
    "Redirect": lambda _, key: redirect_rows(_with_id(key)),
}
