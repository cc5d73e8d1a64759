"""Purged editions, among the changes that clients get."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_, exists, join, literal_column, not_, select

from cms.publishing.affected_entries import Position
from cms.reading.aliases import aliased_table, word
from cms.reading.visibility import Relation
from cms.tables import Edition, Publication, Purge, Tombstone


def is_last_of_purged(gone: FromClause, last: FromClause) -> ColumnElement[bool]:
    """Return whether a publication is the last one of an edition that was purged at a position."""
    purge, later = aliased_table(Purge, "purge"), aliased_table(Publication, "later_publication")
    stone = aliased_table(Tombstone, "stone")
    is_purged = exists(
        select(literal_column("1"))
        .select_from(join(stone, purge, purge.c.id == stone.c.purge_id))
        .where(
            stone.c.table_name == word(Edition.__tablename__),
            stone.c.key == last.c.edition_id,
            purge.c.position == last.c.position,
        )
    )
    is_later = and_(
        later.c.edition_id == gone.c.edition_id, later.c.ended_position > gone.c.ended_position
    )
    return and_(is_purged, not_(exists().where(is_later)))


def purged_editions(since: Position, until: Position | None) -> Relation:
    """Return the editions that were purged as a whole, and where; ``None`` for no end."""
    purge, stone = aliased_table(Purge, "purge_event"), aliased_table(Tombstone, "stone_event")
    was_public = exists().where(Publication.edition_id == stone.c.key)
    return (
        select(stone.c.key.label("edition_id"), purge.c.position)
        .select_from(join(purge, stone, stone.c.purge_id == purge.c.id))
        .where(purge.c.position > since, *([] if until is None else [purge.c.position <= until]))
        .where(stone.c.table_name == word(Edition.__tablename__), was_public)
    )
