"""The fields of payloads: each refers to a row by the id that the answer holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cms.content.canonical_json import Json
from cms.content.content_warnings import ContentWarning
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.json_parts import part, part_list, part_row
from graphql_api.schema.declaring.row_sources import (
    category_rows,
    person_rows,
    revision_with_id,
    tag_rows,
)
from graphql_api.schema.management.account import account_rows, grant_rows, token_rows
from graphql_api.schema.management.editing import (
    change_request_rows,
    comment_rows,
    publication_rows,
    review_rows,
    signature_rows,
)
from graphql_api.schema.management.errors import PathMapping


def entry_of(type_: str) -> Mapping[str, Declared]:
    """Return the fields for an entry of a type, and its revision."""
    return {
        "entry": part_row(
            f"{type_} | None", "revision", revision_with_id, "The entry as it is now."
        ),
        "revision": part_row("Revision | None", "revision", revision_with_id, "Its revision."),
    }


class Warning_:  # noqa: N801  # Python's own has the name
    """Something about a value that its author should know; it was saved all the same."""

    code = part("WarningCode", "code", "Its kind, in a word that never changes.")
    message = part("str", "message", "What happened, and what to do about it.")
    path = part("list[str]", "path", "Where in the mutation's arguments the value stands.")


WARNING = type("Warning", (), dict(vars(Warning_)))


def draft_payload(type_: str) -> Mapping[str, Declared]:
    """Return the fields for an entry of a type, its revision, and what to know about that."""
    warnings = part_list("Warning", "warnings", "What readers will not get of the revision.")
    return {**entry_of(type_), "warnings": warnings}


def warnings_json(warnings: Iterable[ContentWarning], argument_path: PathMapping) -> Json:
    """Return warnings as the type ``Warning`` has them.

    Args:
        warnings: about a revision that was saved.
        argument_path: where in the mutation's arguments a place in the content stands.
    """
    return [
        {
            "code": each.code,
            "message": each.message,
            "path": [str(step) for step in argument_path(each.path)],
        }
        for each in warnings
    ]


ENTRY = entry_of("Entry")
REVIEW = {
    "review_request": part_row(
        "ReviewRequest | None",
        "review",
        lambda call, key: review_rows(call, lambda row: row.id == key),
        "The review.",
    )
}
SIGN_OFF = {
    "sign_off": part_row(
        "SignOff | None",
        "signOff",
        lambda _, key: signature_rows(lambda row: row.id == key),
        "The sign-off.",
    )
}
CHANGE_REQUEST = {
    "change_request": part_row(
        "ChangeRequest | None",
        "changeRequest",
        lambda _, key: change_request_rows(lambda row: row.id == key),
        "The change request.",
    )
}
COMMENT = {
    "comment": part_row(
        "Comment | None",
        "comment",
        lambda _, key: comment_rows(lambda row: row.id == key),
        "The comment.",
    )
}
PUBLICATION = {
    "publication": part_row(
        "Publication | None",
        "publication",
        lambda _, key: publication_rows(lambda row: row.id == key),
        "The publication.",
    )
}
CATEGORY = {
    "category": part_row(
        "Category | None",
        "category",
        lambda _, key: category_rows(lambda row: row.id == key),
        "The category.",
    )
}
TAG = {
    "tag": part_row(
        "Tag | None", "tag", lambda _, key: tag_rows(lambda row: row.id == key), "The tag."
    )
}
PERSON = {
    "person": part_row(
        "Person | None",
        "person",
        lambda _, key: person_rows(lambda row: row.id == key),
        "The person.",
    )
}
ACCOUNT = {
    "account": part_row(
        "Account | None",
        "account",
        lambda _, key: account_rows(lambda row: row.id == key),
        "The account.",
    )
}
GRANT = {
    "grant": part_row(
        "RoleGrant | None",
        "grant",
        lambda _, key: grant_rows(lambda row: row.id == key),
        "The role that it holds now.",
    )
}
TOKEN = {
    "token": part_row(
        "ServiceToken | None",
        "token",
        lambda _, key: token_rows(lambda row: row.id == key),
        "The token, without its secret.",
    )
}
