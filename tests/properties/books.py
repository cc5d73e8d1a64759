"""What the tables hold, read with plain SQL, and what follows from it by the rules as written.

Nothing of the engine decides here, so that the engine can be held against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain
from typing import Any, Protocol, TypeAlias
from urllib.parse import unquote

import asyncpg
import orjson
import rfc8785
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import JSON, Boolean, Column, Table, make_url

from cms.content.builtin import BUILT_IN_NAMES
from cms.storage.dialects import Moment
from cms.tables import Base

Row: TypeAlias = Mapping[str, Any]
Tables: TypeAlias = Mapping[str, Mapping[tuple[Any, ...], Row]]

_TABLES = tuple(Base.metadata.tables.values())


class Books(Protocol):
    """Reads a database without the engine."""

    async def fetch(self, sql: str) -> Sequence[Any]:
        """Return the rows of a query."""

    async def read(self) -> Tables:
        """Return the rows of every table, by their primary keys."""

    async def close(self) -> None:
        """Close the connection."""


class SqliteBooks:
    """Reads a file."""

    def __init__(self, url: str) -> None:
        file = make_url(url).database
        self._connection = sqlite.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)

    async def fetch(self, sql: str) -> Sequence[Any]:
        """Return the rows of a query."""
        return list(self._connection.execute(sql))

    async def read(self) -> Tables:
        """Return the rows of every table, by their primary keys."""
        return {table.name: _by_key(table, await self.fetch(_query(table))) for table in _TABLES}

    async def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class PostgresBooks:
    """Reads a database of a server."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> PostgresBooks:
        """Connect."""
        return cls(await asyncpg.connect(url))

    async def fetch(self, sql: str) -> Sequence[Any]:
        """Return the rows of a query."""
        return list(await self._connection.fetch(sql))

    async def read(self) -> Tables:
        """Return the rows of every table, by their primary keys."""
        return {
            table.name: _by_key(table, await self.fetch(f'select * from "{table}"'))
            for table in _TABLES
        }

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()


def _query(table: Table) -> str:
    names = (
        f'json("{column.name}")' if isinstance(column.type, JSON) else f'"{column.name}"'
        for column in table.columns
    )
    return f'select {", ".join(names)} from "{table}"'


def _by_key(table: Table, rows: Any) -> Mapping[tuple[Any, ...], Row]:
    columns = tuple(table.columns)
    keys = tuple(column.name for column in table.primary_key)
    found = (
        {
            column.name: _decoded(column, value)
            for column, value in zip(columns, _values(row, columns), strict=True)
        }
        for row in rows
    )
    return {tuple(row[key] for key in keys): row for row in found}


def _values(row: Any, columns: Sequence[Column[Any]]) -> Sequence[Any]:
    return row if isinstance(row, tuple) else [row[column.name] for column in columns]


def _decoded(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Moment):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)
    if isinstance(column.type, Boolean):
        return bool(value)
    return orjson.loads(value) if isinstance(column.type, JSON) else value


@dataclass(frozen=True)
class Facts:
    """What is in the tables, and who saved what is not there any more.

    Attributes:
        tables: every row.
        saved: the revisions of each edition, by their numbers, pruned ones included.
        inherited: the accounts with whose text an edition began.
    """

    tables: Tables
    saved: Mapping[str, Mapping[int, Row]] = field(default_factory=dict)
    inherited: Mapping[str, set[str]] = field(default_factory=dict)

    def followed_by(self, tables: Tables) -> Facts:
        """Return what is known after another look at the tables."""
        saved = dict(self.saved)
        for row in tables["revision"].values():
            edition_id = row["edition_id"]
            saved[edition_id] = {**saved.get(edition_id, {}), row["number"]: row}
        return replace(self, tables=tables, saved=saved)

    def with_heir(self, edition_id: str, source: Row) -> Facts:
        """Return what is known once an edition has begun with the text of a revision."""
        heirs = {**self.inherited, edition_id: self.contributors(source)}
        return replace(self, inherited=heirs)

    def rows(self, table: str, **values: object) -> list[Row]:
        """Return the rows of a table that have these values."""
        return [
            row
            for row in self.tables[table].values()
            if all(row[name] == value for name, value in values.items())
        ]

    @property
    def records(self) -> Sequence[Row]:
        """The audit records, in their order."""
        return sorted(self.tables["audit_record"].values(), key=lambda row: int(row["sequence"]))

    def revision(self, revision_id: str) -> Row:
        """Return a revision."""
        return self.tables["revision"][revision_id,]

    def rendition(self, page: Row) -> Row:
        """Return the rendition of a public page."""
        return self.tables["rendition"][page["revision_id"],]

    def revisions_of(self, entry_id: str, locale: str) -> list[Row]:
        """Return the revisions of an edition, the oldest first; none if it is gone."""
        editions = self.rows("edition", entry_id=entry_id, locale=locale)
        found = chain.from_iterable(self.rows("revision", edition_id=e["id"]) for e in editions)
        return sorted(found, key=lambda row: int(row["number"]))

    def live(self) -> list[Row]:
        """Return the open publications, each with the path at which its edition stands."""
        paths = {
            row["edition_id"]: row["path"] for row in self.rows("address", ended_position=None)
        }
        return [
            {**row, "path": paths.get(row["edition_id"])}
            for row in self.rows("publication", ended_position=None)
        ]

    def pages(self) -> list[Row]:
        """Return the open publications of the site's own types, as :meth:`live` does."""
        return [row for row in self.live() if row["content_type"] not in BUILT_IN_NAMES]

    def unseen_people(self) -> Iterator[str]:
        """Yield the people whom a public page names, and whom readers do not see."""
        seen = {(row["entry_id"], row["locale"]) for row in self.live()}
        signed = self.tables["sign_off"]
        for page in self.live():
            counting = self.rows(
                "publication_sign_off", publication_id=page["id"], ended_position=None
            )
            people = {signed[row["sign_off_id"],]["person_id"] for row in counting}
            people.add(self.revision(page["revision_id"])["byline_id"])
            for person in people - {None}:
                # The site has no fallbacks but that to its default locale.
                if seen.isdisjoint({(person, page["locale"]), (person, "en")}):
                    yield f"{page['path']} names {person}"

    def open_review(self, edition_id: str) -> Row | None:
        """Return the review of an edition that is running."""
        return next(iter(self.rows("review", edition_id=edition_id, ended_at=None)), None)

    def stages_asked_for(self, edition_id: str) -> Sequence[Row]:
        """Return the stages of the newest review of an edition, as it keeps them."""
        reviews = self.rows("review", edition_id=edition_id)
        newest = max(reviews, key=lambda row: row["requested_at"], default=None)
        return newest["stages"] if newest is not None else ()

    def contributors(self, revision: Row) -> set[str]:
        """Return the accounts and persons whose work is in a revision.

        They are who saved something since the newest publication before it, unless that was not on
        sign-offs, or an older draft that never was public has come back since.
        """
        edition_id, last = revision["edition_id"], revision["number"]
        saved = {number: row for number, row in self.saved[edition_id].items() if number <= last}
        public = self._read_numbers(edition_id) & (saved.keys() - {last})
        shown = {saved[number]["digest"] for number in public}
        for base in sorted(public, reverse=True):
            older = {row["digest"] for number, row in saved.items() if number < base} - shown
            newer = {number: row for number, row in saved.items() if number > base}
            if older.isdisjoint(row["digest"] for row in newer.values()):
                return _authors(newer.values())
        return _authors(saved.values()) | self.inherited.get(edition_id, set())

    def _read_numbers(self, edition_id: str) -> set[int]:
        """Return the numbers of the revisions that were public after somebody had read them."""
        return {
            self.revision(row["revision_id"])["number"]
            for row in self.rows("publication", edition_id=edition_id, basis="signed_off")
        }

    def signers(self, revision: Row, stage: str, moment: datetime) -> set[str]:
        """Return the accounts whose sign-offs on a digest count at a stage, at a moment."""
        about = {"edition_id": revision["edition_id"], "digest": revision["digest"]}
        signed = self.rows("sign_off", **about, stage=stage, ended_at=None)
        own = self.contributors(revision)
        return {
            row["account_id"]
            for row in signed
            if moment < row["expires_at"] and not own & {row["account_id"], row["person_id"]}
        }

    def lacking(self, stages: Sequence[Row], revision: Row, moment: datetime) -> list[str]:
        """Return the names of the stages that are not complete, in order."""
        return [
            stage["name"]
            for stage in stages
            if len(self.signers(revision, stage["name"], moment)) < stage["approvals"]
        ]

    def objectors(self, revision: Row) -> set[str]:
        """Return the accounts with an open change request on a digest."""
        same = {"edition_id": revision["edition_id"], "digest": revision["digest"]}
        return {asked["account_id"] for asked in self.rows("change_request", **same, ended_at=None)}

    def state(self, revision: Row, stages: Sequence[Row], moment: datetime) -> str:
        """Return the state of a revision that has to pass these stages."""
        edition = self.tables["edition"][revision["edition_id"],]
        published = self.rows("publication", edition_id=edition["id"])
        review = self.open_review(edition["id"])
        if self.tables["entry"][edition["entry_id"],]["archived_at"] is not None:
            return "ARCHIVED"
        live = {row["revision_id"] for row in published if row["ended_at"] is None}
        if revision["id"] in live:
            return "PUBLISHED"
        if self.objectors(revision):
            return "CHANGES_REQUESTED"
        newest = max(published, key=lambda row: int(row["position"]), default=None)
        if not live and newest is not None and newest["revision_id"] == revision["id"]:
            return "UNPUBLISHED"
        if not self.lacking(stages, revision, moment):
            return "APPROVED"
        return "IN_REVIEW" if review is not None else "DRAFT"

    def history(self) -> Iterator[tuple[str, tuple[Any, ...], Row]]:
        """Yield every row that must stay as it is, or be closed once, with its table and key."""
        named = {
            row["revision_id"]
            for table in ("publication", "sign_off", "change_request", "review")
            for row in self.tables[table].values()
        }
        for table in ("revision", "link", "revision_tag"):
            column = "id" if table == "revision" else "revision_id"
            for key, row in self.tables[table].items():
                if row[column] in named:
                    yield table, key, row
        kept = ("address", "publication", "review", "sign_off", "change_request", "attestation")
        for table in (*kept, "audit_record"):
            for key, row in self.tables[table].items():
                yield table, key, row

    def broken_links(self) -> Iterator[str]:
        """Yield what leads nowhere on public pages: links by id, and what the HTML says."""
        for page in self.live():
            revision = self.revision(page["revision_id"])
            standing = {
                row["entry_id"]: row for row in self.live() if row["locale"] == page["locale"]
            }
            for link in self.rows("link", revision_id=revision["id"]):
                goal = standing.get(link["target_id"])
                url = link["url"] or ""
                if goal is None and not url.startswith("https://"):
                    yield f"{page['path']} leads to {link['target_id'] or url}"
                elif goal is not None and not self._has(goal, link["fragment"]):
                    yield f"{page['path']} leads to {goal['path']}#{link['fragment']}"
            at_path = {row["path"]: row for row in standing.values()}
            said = _said(self.rendition(page)["rendered"], standing)
            for href in re.findall(r'href="(.*?)"', said):
                path, _, fragment = unquote(href).partition("#")
                goal = at_path.get(path) if path else page
                if goal is None or not self._has(goal, fragment):
                    yield f"{page['path']} says {href}"

    def _has(self, page: Row, fragment: str) -> bool:
        return not fragment or fragment in self.rendition(page)["anchors"]


def _authors(revisions: Iterable[Row]) -> set[str]:
    """Return the accounts that saved revisions, and the persons of their bylines."""
    named = (row[column] for row in revisions for column in ("author_id", "byline_id"))
    return {each for each in named if each is not None}


def _said(value: Any, standing: Mapping[str, Row]) -> str:
    """Return what stands in a rendered value, with the paths where link targets stand now."""
    match value:
        case {"entry": entry_id, "suffix": suffix, "href": href}:
            goal = standing.get(entry_id)
            return str(href) if goal is None else f"{goal['path']}{suffix}"
        case dict():
            return "".join(_said(each, standing) for each in value.values())
        case list():
            return "".join(_said(each, standing) for each in value)
        case _:
            return str(value)


def hash_of(record: Row) -> str:
    """Return the hash that an audit record has to hold."""
    moment = record["recorded_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    statement = {**record, "recorded_at": moment}
    del statement["hash"]
    return sha256(b"copydesk.audit.v1\n" + rfc8785.dumps(statement)).hexdigest()
