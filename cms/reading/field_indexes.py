"""Indexes over the fields that a site declares ``indexed``.

Each is an index over an expression, the same that filters compare, and over the revision, so that
it has the order of a list and what a facet counts. It covers all revisions, those of the past and
the drafts as well, so every view can use it. Fields of the same name and kind share one, whatever
content type they are of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Dialect, Index, MetaData, Table
from sqlalchemy.schema import CreateIndex, DropIndex

from cms.content.fields import Field
from cms.reading.field_values import value_in
from cms.site import Site
from cms.storage.database import Database
from cms.storage.dialects import index_names, lock_schema
from cms.storage.schema import OF_FIELDS
from cms.tables import Base, Rendition

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
    for index in {str(declared[field].name): declared[field] for field in found.missing}.values():
        connection.execute(CreateIndex(index))
    return found


def _compare(connection: Connection, declared: Mapping[str, Index]) -> IndexedFields:
    existing = {
        name
        for name in index_names(connection, Rendition.__tablename__)
        if name.startswith(OF_FIELDS)
    }
    names = {str(index.name) for index in declared.values()}
    return IndexedFields(
        missing=tuple(field for field, index in declared.items() if index.name not in existing),
        unused=tuple(sorted(existing - names)),
    )


def _declared_indexes(connection: Connection, site: Site) -> Mapping[str, Index]:
    """Return the index of each field that is to have one, by the field's full name."""
    # On a copy of the table, since the table itself is what migrations compare.
    table = Base.metadata.tables[Rendition.__tablename__].to_metadata(MetaData())
    return {
        f"{content_type.name}.{field.name}": _index_of(table, connection.dialect, field)
        for content_type in site.content_types.values()
        for field in content_type.fields.values()
        if field.indexed
    }


def _index_of(table: Table, dialect: Dialect, field: Field) -> Index:
    expression = value_in(field, table.c.rendered)
    # In another version the same field may be compared in another way, and need another index.
    sql = f"{expression.compile(dialect=dialect)}, {table.c.revision_id.name}"
    mark = hashlib.sha256(sql.encode()).hexdigest()[:8]
    name = f"{OF_FIELDS}{field.stored_name[:_LONGEST_NAME]}_{mark}"
    return Index(name, expression, table.c.revision_id)
