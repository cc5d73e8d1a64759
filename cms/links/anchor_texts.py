"""Words of links inside texts: one text with several targets, and several texts for one target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, Select, and_, func, select

from cms.content.links import Origin
from cms.links.asking import GraphReading
from cms.links.loading import position_of
from cms.publishing.rule_facts import page_types
from cms.reading import relations
from cms.reading.aliases import word
from cms.reading.narrowing import narrowed
from cms.reading.view import View
from cms.site import Site

_COLUMNS = (*("source_id", "source_content_type", "origin", "words", "target_id", "written_url"),)
_EMPTY, _INLINE = word(""), word(Origin.INLINE.value)
# The text that the key of a target begins with if that is a URL, and not the id of an entry.
_OF_URL = " "


class AnchorMode(StrEnum):
    """Property that all links of a group share."""

    TEXT = "text"
    TARGET = "target"


@dataclass(frozen=True)
class AnchorLimits:
    """The largest sizes of an answer.

    Attributes:
        groups: groups in it.
        uses: uses in a group.
        sources: pages of a use.
    """

    groups: int
    uses: int
    sources: int


@dataclass(frozen=True)
class AnchorTarget:
    """Target of links: an entry, or else a URL, as it was written."""

    entry_id: str | None
    url: str | None


@dataclass(frozen=True)
class AnchorUse:
    """The links with one text to one target.

    Attributes:
        text: the text.
        target: the target.
        edges: number of the links.
        source_count: number of the pages that hold them.
        source_ids: ids of some of these pages, in order.
    """

    text: str
    target: AnchorTarget
    edges: int
    source_count: int
    source_ids: Sequence[str]


@dataclass(frozen=True)
class AnchorGroup:
    """Links with one text to several targets, or with several texts to one target.

    Attributes:
        text: the text; ``None`` for several.
        target: the target; ``None`` for several.
        edges: number of the links.
        use_count: number of the targets, or of the texts; at least 2.
        uses: those with most links, first.
    """

    text: str | None
    target: AnchorTarget | None
    edges: int
    use_count: int
    uses: Sequence[AnchorUse]


@dataclass(frozen=True)
class AnchorTexts:
    """A part of the groups of a view.

    Attributes:
        position: the position that it is true for.
        count: number of all groups.
        groups: those with most targets, or texts, first.
    """

    position: int
    count: int
    groups: Sequence[AnchorGroup]


async def anchor_texts(asking: GraphReading, mode: AnchorMode, limits: AnchorLimits) -> AnchorTexts:
    """Return texts of links with several targets, or targets of links with several texts.

    Texts are compared as they were written. Only links of pages count, and only those that have
    a text: an image alone is none.

    Args:
        asking: the snapshot and the view.
        mode: the property that all links of a group share.
        limits: the largest sizes of the answer.
    """
    session, view = asking.reading.session, asking.view
    position = await session.scalar(select(position_of(view)))
    rows = (await session.execute(_groups(asking.reading.site, view, mode, limits))).all()
    groups = [_group(mode, [*each]) for _, each in groupby(rows, lambda row: row.key)]
    return AnchorTexts(position or 0, rows[0].groups if rows else 0, groups)


def _groups(
    site: Site, view: View, mode: AnchorMode, limits: AnchorLimits
) -> Select[*tuple[Any, ...]]:
    """Return a row for each page that is part of the answer, those of a use one after another."""
    held = _held(site, view, mode)
    uses = (
        select(held.c.key, held.c.other, func.sum(held.c.edges).label("edges"))
        .add_columns(func.count().label("sources"))
        .group_by(held.c.key, held.c.other)
        .cte("uses")
    )
    others, edges = func.count(), func.sum(uses.c.edges)
    chosen = (
        select(uses.c.key, others.label("others"), edges.label("all_edges"))
        .add_columns(func.count().over().label("groups"))
        .group_by(uses.c.key)
        .having(others > 1)
        .order_by(others.desc(), edges.desc(), uses.c.key)
        .limit(limits.groups)
        .cte("chosen")
    )
    by_edges = (uses.c.edges.desc(), uses.c.other)
    ranked = (
        select(chosen, uses.c.other, uses.c.edges, uses.c.sources)
        .add_columns(_place(uses.c.key, by_edges).label("place"))
        .join_from(chosen, uses, uses.c.key == chosen.c.key)
        .cte("ranked")
    )
    of_use = and_(held.c.key == ranked.c.key, held.c.other == ranked.c.other)
    paged = (
        select(ranked, held.c.source_id)
        .add_columns(_place_in_use(held).label("page"))
        .join_from(ranked, held, of_use)
        .where(ranked.c.place <= limits.uses)
        .cte("paged")
    )
    in_order = (paged.c.others.desc(), paged.c.all_edges.desc(), paged.c.key)
    return (
        select(paged)
        .where(paged.c.page <= limits.sources)
        .order_by(*in_order, paged.c.place, paged.c.page)
    )


def _held(site: Site, view: View, mode: AnchorMode) -> CTE:
    """Return the pages that hold links with a text, for each text and target."""
    link = narrowed(relations.site_links(view), _COLUMNS).subquery("link")
    target = func.coalesce(link.c.target_id, word(_OF_URL) + link.c.written_url)
    ends = (link.c.words, target)
    key, other = ends if mode is AnchorMode.TEXT else reversed(ends)
    return (
        select(key.label("key"), other.label("other"), link.c.source_id)
        .add_columns(func.count().label("edges"))
        .where(
            link.c.origin == _INLINE,
            link.c.words != _EMPTY,
            link.c.source_content_type.in_(page_types(site)),
        )
        .group_by(key, other, link.c.source_id)
        .cte("held")
    )


def _place(key: ColumnElement[Any], order: Sequence[ColumnElement[Any]]) -> ColumnElement[int]:
    return func.row_number().over(partition_by=key, order_by=order)


def _place_in_use(held: CTE) -> ColumnElement[int]:
    columns = held.c
    return func.row_number().over(
        partition_by=(columns.key, columns.other), order_by=columns.source_id
    )


def _group(mode: AnchorMode, rows: Sequence[Row[Any]]) -> AnchorGroup:
    """Return a group, given its rows."""
    first = rows[0]
    is_of_text = mode is AnchorMode.TEXT
    return AnchorGroup(
        text=first.key if is_of_text else None,
        target=None if is_of_text else _target(first.key),
        edges=int(first.all_edges),
        use_count=first.others,
        uses=[_use(mode, [*each]) for _, each in groupby(rows, lambda row: row.place)],
    )


def _use(mode: AnchorMode, rows: Sequence[Row[Any]]) -> AnchorUse:
    """Return a use, given its rows."""
    first = rows[0]
    text, target = (first.key, first.other)[:: 1 if mode is AnchorMode.TEXT else -1]
    return AnchorUse(
        text=text,
        target=_target(target),
        edges=int(first.edges),
        source_count=first.sources,
        source_ids=[each.source_id for each in rows],
    )


def _target(key: str) -> AnchorTarget:
    is_url = key.startswith(_OF_URL)
    return AnchorTarget(None if is_url else key, key.removeprefix(_OF_URL) if is_url else None)
