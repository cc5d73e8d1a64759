"""The fields of payloads: each refers to a row by an id in the mutation's answer.

In the descriptions, ``{mutation}`` stands for the name of the mutation.
"""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.json_parts import part, part_list, part_row
from graphql_api.schema.declaring.row_sources import (
    category_rows,
    revision_with_id,
)
from graphql_api.schema.management.account import account_rows, grant_rows, token_rows
from graphql_api.schema.management.editing import (
    change_request_rows,
    comment_rows,
    review_rows,
    signature_rows,
)
from graphql_api.schema.management.publications import publication_rows
from graphql_api.schema.management.redirects import redirect_rows


def entry_of(type_: str) -> Mapping[str, Declared]:
    """Return the payload's fields for an entry of a type and its revision."""
    return {
        "entry": part_row(
            f"{type_} | None",
            "revision",
            revision_with_id,
            "Entry, in the revision that {mutation} saved or acted on; null if there is none.",
        ),
        "revision": part_row(
            "Revision | None",
            "revision",
            revision_with_id,
            "Revision that {mutation} saved or acted on; null if there is none.",
        ),
    }


def draft_payload(type_: str) -> Mapping[str, Declared]:
    """Return the payload's fields for an entry of a type, its revision, and warnings."""
    warnings = part_list(
        "Warning",
        "warnings",
        "Warnings about content that readers will not get of the revision that {mutation} saved, "
        "and about links to nothing.",
    )
    return {**entry_of(type_), "warnings": warnings}


ENTRY = entry_of("Entry")
REVIEW = {
    "review_request": part_row(
        "ReviewRequest | None",
        "review",
        lambda call, key: review_rows(call, lambda row: row.id == key),
        "Review that was requested or withdrawn; null if it was refused.",
    )
}
SIGN_OFF = {
    "sign_off": part_row(
        "SignOff | None",
        "signOff",
        lambda _, key: signature_rows(lambda row: row.id == key),
        "New sign-off; null if it was refused.",
    )
}
CHANGE_REQUEST = {
    "change_request": part_row(
        "ChangeRequest | None",
        "changeRequest",
        lambda _, key: change_request_rows(lambda row: row.id == key),
        "Change request that {mutation} made or ended; null if it was refused.",
    )
}
COMMENT = {
    "comment": part_row(
        "EntryComment | None",
        "comment",
        lambda _, key: comment_rows(lambda row: row.id == key),
        "Comment that was written, or the first of the resolved thread; null if it was refused.",
    )
}
INVALIDATED = {
    "sign_off_count": part(
        "int | None",
        "signOffCount",
        "Number of sign-offs that ended or are not shown any more; null if it was refused.",
    )
}
PUBLICATION = {
    "publication": part_row(
        "EntryPublication | None",
        "publication",
        lambda _, key: publication_rows(lambda row: row.id == key),
        "Publication that began or ended; null if it was refused or a dry run.",
    )
}
REDIRECT = {
    "redirect": part_row(
        "Redirect | None",
        "redirect",
        lambda _, key: redirect_rows(lambda row: row.id == key),
        "Redirect that was created or removed; null if it was refused.",
    )
}
CATEGORY = {
    "category": part_row(
        "Category | None",
        "category",
        lambda call, key: category_rows(call.view, lambda row: row.id == key),
        "Category that moved; null if it was refused or a dry run.",
    )
}
ACCOUNT = {
    "account": part_row(
        "Account | None",
        "account",
        lambda _, key: account_rows(lambda row: row.id == key),
        "Account that {mutation} concerned; null if it was refused.",
    )
}
GRANT = {
    "grant": part_row(
        "RoleGrant | None",
        "grant",
        lambda _, key: grant_rows(lambda row: row.id == key),
        "New role grant; null if it was refused.",
    )
}
TOKEN = {
    "token": part_row(
        "ServiceToken | None",
        "token",
        lambda _, key: token_rows(lambda row: row.id == key),
        "New service token, without its secret; null if it was refused.",
    )
}
