"""Indexes over the fields that a site declares ``indexed``.

Each field has two, over expressions. One has the value that filters compare, of all revisions,
those of the past and the drafts as well, so every view can use it. The other has what publications
repeat, of what is public now, in the order of lists by the field; see
:mod:`cms.reading.public_fields`. Fields of the same name and kind share them, whatever content type
they are of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Index, MetaData, Table
from sqlalchemy.schema import CreateIndex, DropIndex

from cms.content.fields import Field
from cms.reading.field_values import ignores_case, value_in
from cms.reading.periods import is_public_now
from cms.reading.public_fields import public_order
from cms.site import Site
from cms.storage.database import Database
from cms.storage.dialects import given_by_index, index_names, lock_schema
from cms.storage.schema import OF_FIELDS
from cms.tables import Base, Publication, Rendition

# PostgreSQL cuts names off after 63 bytes.
_LONGEST_NAME = 40


@dataclass(frozen=True)
class IndexedFields:
    """Differences between the indexes of a database and those that a site declares.

    Attributes:
        missing: the fields that have none yet: ``Hardware.maker``.
        unused: the names of indexes that no field declares any more.
    """

    missing: tuple[str, ...]
    unused: tuple[str, ...]


async def index_fields(database: Database, site: Site) -> IndexedFields:
    """Make the indexes that the site declares, and drop those that it no longer does.

    It is one transaction; writers wait until it ends. Two processes may do this at once.

    Returns:
        what was missing and unused before.
    """
    async with database.engine.begin() as connection:
        found = await connection.run_sync(_index_fields, site)
    if found.missing:
        # What an expression is like in the data is known only once there is an index over it.
        await database.refresh_statistics()
    return found


async def compare_indexes(database: Database, site: Site) -> IndexedFields:
    """Compare the indexes of the database with those that the site declares."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(lambda sync: _compare(sync, _declared_indexes(sync, site)))


def _index_fields(connection: Connection, site: Site) -> IndexedFields:
    lock_schema(connection)
    declared = _declared_indexes(connection, site)
    found = _compare(connection, declared)
    for name in found.unused:
        connection.execute(DropIndex(Index(name)))
    missing = [index for field in found.missing for index in declared[field]]
    existing = _existing(connection)
    for name, index in {str(index.name): index for index in missing}.items():
        if name not in existing:
            connection.execute(CreateIndex(index))
    return found


def _compare(connection: Connection, declared: Mapping[str, Sequence[Index]]) -> IndexedFields:
    existing = _existing(connection)
    names = {field: {str(each.name) for each in indexes} for field, indexes in declared.items()}
    return IndexedFields(
        missing=tuple(field for field, own in names.items() if not own <= existing),
        unused=tuple(sorted(existing.difference(*names.values()))),
    )


def _existing(connection: Connection) -> set[str]:
    """Return the names of the indexes over fields that there are."""
    return {
        name
        for table in (Publication, Rendition)
        for name in index_names(connection, table.__tablename__)
        if name.startswith(OF_FIELDS)
    }


def _declared_indexes(connection: Connection, site: Site) -> Mapping[str, Sequence[Index]]:
    """Return the indexes of each field that is to have some, by the field's full name."""
    # On copies of the tables, since the tables themselves are what migrations compare.
    publication, rendition = (
        Base.metadata.tables[each.__tablename__].to_metadata(MetaData())
        for each in (Publication, Rendition)
    )
    dialect = connection.dialect
    return {
        f"{content_type.name}.{field.name}": (
            _index_of_revisions(rendition, dialect, field),
            _index_of_pages(publication, dialect, field),
        )
        for content_type in site.content_types.values()
        for field in content_type.fields.values()
        if field.indexed
    }


def _index_of_revisions(rendition: Table, dialect: Dialect, field: Field) -> Index:
    value = value_in(field, rendition.c.rendered)
    return Index(_name(dialect, field, value), value, rendition.c.revision_id)


def _index_of_pages(publication: Table, dialect: Dialect, field: Field) -> Index:
    page = publication.c
    ordered = public_order(field, page.field_values)
    counted = (value_in(field, page.field_values),) if ignores_case(field) else ()
    # With all that facets ask for, the condition included, so that they read no rows.
    beside = given_by_index(dialect, *counted, page.ended_position)
    return Index(
        _name(dialect, field, ordered, *counted),
        *(page.locale, page.content_type, ordered, page.entry_id, *beside),
        sqlite_where=is_public_now(publication),
        postgresql_where=is_public_now(publication),
    )


def _name(dialect: Dialect, field: Field, *values: ColumnElement[Any]) -> str:
    # In another version the same field may be compared in another way, and need another index.
    sql = ", ".join(str(each.compile(dialect=dialect)) for each in values)
    mark = hashlib.sha256(sql.encode()).hexdigest()[:8]
    return f"{OF_FIELDS}{field.stored_name[:_LONGEST_NAME]}_{mark}"
