"""Hashes of rows, which make every fact part of the ledger.

A command's rows are hashed as it leaves them. The hashes are stored in ``audit_row``, and the
audit record that closes the command contains their root. A row's hash covers the columns listed in
:data:`COVERED`; a list that changes gets a new version, so that older hashes stay verifiable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypedDict

from sqlalchemy import inspect

from cms.content.canonical_json import Json, JsonObject, canonical_bytes, plain_canonical_bytes
from cms.content.strict_json import in_doubles
from cms.identifiers import new_salt
from cms.storage.dialects import as_text
from cms.tables import Base

_ROW_TAG = b"copydesk.row.v1\n"
_ROOT_TAG = b"copydesk.rows.v1\n"
# Digits of the largest integer of a database: keys sort like the numbers that they are made of.
_DIGITS = 19


@dataclass(frozen=True)
class CoveredColumns:
    """A version of the list of a table's covered columns.

    Attributes:
        columns: names of the columns.
        parts: covered columns of the tables whose rows belong to a row of this one, by table.
    """

    columns: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class RowHash(TypedDict):
    """The values of a row of ``audit_row``; a deleted row has no hash."""

    table_name: str
    key: str
    sequence: int
    version: int
    salt: str
    hash: str | None


# Covered columns by table and version; the newest version comes last.
COVERED: Final[Mapping[str, Mapping[int, CoveredColumns]]] = {
    "account": {
        1: CoveredColumns(
            (
                *("id", "email", "person_id", "password_hash", "created_at", "disabled_at"),
                "purged_at",
            )
        )
    },
    "address": {
        1: CoveredColumns(
            (
                *("id", "position", "locale", "path", "edition_id", "content_type"),
                *("entry_id", "url", "began_at", "ended_at", "ended_position"),
            )
        )
    },
    "category_place": {
        1: CoveredColumns(
            (
                *("id", "position", "category_id", "parent_id", "ordinal"),
                *("began_at", "ended_at", "ended_position"),
            )
        )
    },
    "change_request": {
        1: CoveredColumns(
            (
                *("id", "review_id", "edition_id", "revision_id", "digest", "account_id"),
                *("reason", "requested_at", "ended_at", "ended_by", "end_cause"),
            )
        )
    },
    "comment": {
        1: CoveredColumns(
            (
                *("id", "edition_id", "thread_id", "body", "author_id", "created_at"),
                *("field_path", "start", "quote", "before", "after"),
                *("occurrences", "sentence_occurrences"),
                *("resolved_at", "resolved_by"),
            )
        )
    },
    "edition": {1: CoveredColumns(("id", "entry_id", "locale", "head_id", "created_at"))},
    "edition_contributor": {1: CoveredColumns(("edition_id", "contributor_id"))},
    "entry": {1: CoveredColumns(("id", "content_type", "singleton", "created_at", "archived_at"))},
    "imported_file": {
        1: CoveredColumns(
            ("id", "source", "path", "locale", "entry_id", "began_at", "ended_at"),
        )
    },
    "position": {1: CoveredColumns(("number", "nonce", "taken_at", "before_at"))},
    "publication": {
        1: CoveredColumns(
            (
                *("id", "position", "entry_id", "edition_id", "revision_id", "content_type"),
                *(
                    "locale",
                    "title",
                    "title_key",
                    "slug",
                    "summary",
                    "category_id",
                    "byline_id",
                    "saved_at",
                    "first_published_at",
                    "published_at",
                ),
                *("published_by", "basis", "break_glass_reason", "source", "claimed_review"),
                *("review_due_at", "ended_at", "ended_position", "purged_at"),
            )
        )
    },
    "publication_sign_off": {
        1: CoveredColumns(
            (
                *("publication_id", "sign_off_id", "person_id", "position", "counted_at"),
                *("ended_at", "ended_position"),
            )
        )
    },
    "publication_stage": {
        1: CoveredColumns(("publication_id", "ordinal", "name", "role", "approvals"))
    },
    "purge": {1: CoveredColumns(("id", "keys", "reason", "position", "purged_at"))},
    "review": {
        1: CoveredColumns(
            (
                *("id", "edition_id", "revision_id", "stages", "note", "requested_by"),
                *("requested_at", "due_at", "ended_at", "outcome"),
            )
        )
    },
    "review_assignee": {1: CoveredColumns(("review_id", "account_id"))},
    "revision": {
        1: CoveredColumns(
            (
                *("id", "edition_id", "number", "title", "slug", "summary", "category_id"),
                *("digest", "author_id", "byline_id", "note", "is_autosave", "translated_from"),
                *("path", "created_at", "purged_at"),
            ),
            parts={
                "link": (
                    *("field_path", "ordinal", "origin", "kind", "label", "note"),
                    *("target_id", "query", "fragment", "url"),
                ),
                "revision_tag": ("slug", "word"),
            },
        )
    },
    "role_grant": {
        1: CoveredColumns(
            (
                *("id", "account_id", "role", "stage", "content_type", "category_id", "locale"),
                *("created_at", "revoked_at"),
            )
        )
    },
    "sign_off": {
        1: CoveredColumns(
            (
                *("id", "edition_id", "revision_id", "review_id", "digest", "stage"),
                *("account_id", "person_id", "note", "signed_at", "expires_at"),
                *("ended_at", "ended_by", "end_cause"),
            )
        )
    },
    "token": {
        1: CoveredColumns(
            (
                *("id", "account_id", "kind", "name", "hash", "scopes", "revision_id"),
                *("session_id", "created_at", "expires_at", "revoked_at"),
            )
        )
    },
    "type_version": {1: CoveredColumns(("number", "declaration", "schemas", "created_at"))},
    "tombstone": {1: CoveredColumns(("table_name", "key", "purge_id", "remainder"))},
}

# Tables, and columns of covered tables, that no row hash covers, with the reason.
NOT_COVERED: Final[Mapping[str, str]] = {
    "attestation": "a chain of its own, with signatures",
    "audit_record": "the chain that the hashes lead to",
    "audit_row": "the hashes themselves; their roots are in the audit records",
    "category_path": "derives from the places and the slugs of categories",
    "client_mutation": "operational: answers to repeated requests",
    "counter": "compared with the rows that it numbers",
    "edition.byline_id": "repeats that of the newest revision",
    "edition.category_id": "repeats that of the newest revision",
    "edition.changed_at": "repeats the time of the newest revision",
    "edition.content_type": "repeats that of the entry",
    "edition.slug": "repeats that of the newest revision",
    "edition.title_key": "derives from the title of the newest revision",
    "edition.path": "derives from the slug, the category and the content type",
    "publication.due_at": "derives from the sign-offs that count for it",
    "publication.field_values": "derives from the revision, and is derived again",
    "publication.reviewed_at": "derives from the sign-offs that count for it",
    "publication.reviewers": "derives from the sign-offs that count for it",
    "link.host": "derives from the revision, and is derived again",
    "link.in_block": "derives from the revision, and is derived again",
    "link.page_position": "derives from the revision, and is derived again",
    "link.path": "derives from the revision, and is derived again",
    "link.section": "derives from the revision, and is derived again",
    "link.section_anchor": "derives from the revision, and is derived again",
    "link.revision_id": "the key of the revision that the link is hashed with",
    "link_metric": "derives from public pages, and is computed again",
    "link_metric_run": "derives from public pages, and is computed again",
    "look": "operational: the revision that an editor viewed last",
    "presence": "operational: heartbeats",
    "rendition": "derives from the revision's content, and is derived again",
    "revision.content": "covered by the digest, which is computed again",
    "revision_tag.revision_id": "the key of the revision that the tag is hashed with",
    "search_document": "derives from the content, and is derived again",
    "search_gram": "derives from the words of public pages, and is derived again",
    "search_word": "derives from the words of public pages, and is derived again",
    "tag_count": "derives from the tags of public pages, and is derived again",
    "throttle": "operational: counts of attempts",
    "token.last_used_at": "changes with every request, without a command",
}

# The table of the row that a part belongs to, and the part's column that refers to it.
PART_OF: Final[Mapping[str, tuple[str, str]]] = {
    "link": ("revision", "revision_id"),
    "revision_tag": ("revision", "revision_id"),
}

# Rows that were inserted into tables of parts, by table.
Parts: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]
NO_PARTS: Final[Parts] = MappingProxyType({})


def newest_version(table: str) -> int:
    """Return the version of the list of columns that new hashes of a table cover."""
    return max(COVERED[table])


def key_of(values: Iterable[object]) -> str:
    """Return the key of a row in ``audit_row``: the values of its primary key, joined by a space.

    Integers are padded with zeros to 19 digits, so that keys sort like their rows.
    """
    return " ".join(
        f"{value:0{_DIGITS}d}" if isinstance(value, int) else str(value) for value in values
    )


def canonical_value(value: Any) -> Json:
    """Return a column's value as it is hashed.

    A time is the text that the API shows. A JSON document is the text of its canonical JSON, with
    integers beyond 2**53 as the nearest doubles, as either database returns them.

    Raises:
        ValueError: if a document has no canonical form.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return as_text(value)
        case _:
            return canonical_bytes(in_doubles(value)).decode()


def hash_of_row(table: str, version: int, values: Mapping[str, Json], salt: str) -> str:
    """Return the hash of a row.

    Args:
        table: name of the table.
        version: version of the list of covered columns.
        values: canonical values of the covered columns, by name; for the name of a part's table,
            the list of the parts in the order of their values, each a list of values in the order
            of its covered columns.
        salt: the row's salt.

    Raises:
        ValueError: if a text has no canonical form.
    """
    row: JsonObject = {"table": table, "version": version, "salt": salt, "values": values}
    return hashlib.sha256(_ROW_TAG + plain_canonical_bytes(row)).hexdigest()


def root_of(rows: Iterable[tuple[str, str, int, str | None]]) -> str:
    """Return the root of the row hashes of one command.

    Args:
        rows: table, key, version and hash of each row, in the order of table and key.
    """
    listed = [list(row) for row in rows]
    return hashlib.sha256(_ROOT_TAG + plain_canonical_bytes(listed)).hexdigest()


def audited_rows(
    written: Sequence[Base], deleted: Sequence[Base], sequence: int, parts: Parts = NO_PARTS
) -> list[RowHash]:
    """Return the rows of ``audit_row`` for one command, in the order of table and key.

    Rows of tables that are not covered are left out; links and tags are hashed with their revision,
    which has to be among the written rows.

    Args:
        written: rows that were inserted or updated, flushed, as the command leaves them; a nullable
            column that was not loaded counts as null, so rows to update are loaded whole.
        deleted: rows that were deleted.
        sequence: number of the audit record that closes the command.
        parts: the parts of written rows that were inserted.

    Raises:
        ValueError: if a part was written without its row, or a value has no canonical form.
    """
    owned = _parts_by_owner(parts)
    hashes: dict[tuple[str, str], RowHash] = {}
    for row in written:
        if row.__tablename__ in COVERED:
            audited = _hash_of(row, sequence, owned)
            hashes[audited["table_name"], audited["key"]] = audited
    for row in deleted:
        if row.__tablename__ in COVERED:
            gone = _row_hash(row, sequence)
            hashes[gone["table_name"], gone["key"]] = gone
    missing = [owner for owner in owned if owner not in hashes]
    if missing:
        table, key = missing[0]
        raise ValueError(f"parts of {table} {key} were written without it")
    return [hashes[place] for place in sorted(hashes)]


_OwnedParts: TypeAlias = Mapping[tuple[str, str], Mapping[str, list[list[Json]]]]


def _parts_by_owner(parts: Parts) -> _OwnedParts:
    """Return the canonical values of the parts, by the table and key of their row and by table."""
    owned: dict[tuple[str, str], dict[str, list[list[Json]]]] = {}
    for table, rows in parts.items():
        owner, column = PART_OF[table]
        names = COVERED[owner][newest_version(owner)].parts[table]
        for row in rows:
            listed = owned.setdefault((owner, key_of([row[column]])), {})
            listed.setdefault(table, []).append([canonical_value(row[name]) for name in names])
    return owned


def _hash_of(row: Base, sequence: int, parts: _OwnedParts) -> RowHash:
    audited = _row_hash(row, sequence)
    table, version = audited["table_name"], audited["version"]
    covered = COVERED[table][version]
    stored = _stored_values(row)
    own = parts.get((table, audited["key"]), {})
    values: dict[str, Json] = {name: canonical_value(stored.get(name)) for name in covered.columns}
    values |= {part: in_order(own.get(part, [])) for part in covered.parts}
    audited["hash"] = hash_of_row(table, version, values, audited["salt"])
    return audited


def in_order(parts: list[list[Json]]) -> list[list[Json]]:
    """Return the values of parts in the order in which they are hashed.

    The first columns of a part, up to those that tell it from the others, are never null.
    """
    return sorted(parts, key=lambda part: part[:2])


def _row_hash(row: Base, sequence: int) -> RowHash:
    table = row.__tablename__
    stored = _stored_values(row)
    key = key_of(stored[name] for name in _key_columns(type(row)))
    return RowHash(
        table_name=table,
        key=key,
        sequence=sequence,
        version=newest_version(table),
        salt=new_salt(),
        hash=None,
    )


@cache
def _key_columns(table: type[Base]) -> Sequence[str]:
    return [column.key for column in table.__table__.primary_key]


def _stored_values(row: Base) -> Mapping[str, Any]:
    """Return the loaded values of a row, by column.

    Raises:
        ValueError: if values have expired, so that they would have to be read again.
    """
    state = inspect(row)
    if state.expired_attributes:
        expired = ", ".join(sorted(state.expired_attributes))
        raise ValueError(f"{row.__tablename__}: {expired} would have to be read again")
    return state.dict
