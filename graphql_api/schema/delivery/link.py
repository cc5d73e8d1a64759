"""Links, one by one and in the groups that content types declare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy import ColumnElement, and_, case, func, select

from cms.content.link_groups import link_fields
from cms.content.links import Origin
from cms.reading import relations
from cms.reading.link_periods import is_begin, is_end
from cms.reading.narrowing import narrowed
from cms.reading.positions import position_token
from cms.reading.rows import Column, EntryRow, LinkPeriodRow, LinkRow, target_of
from cms.reading.rows import Row as RelationRow
from cms.site import Site
from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import Call, Joined, OrderKey, Rows
from graphql_api.planner.json_sql import member, text
from graphql_api.planner.source import Chosen, Columns, Sql
from graphql_api.schema.declaring.fields import Declared, many, one, row_object, seen_value, value
from graphql_api.schema.declaring.row_sources import (
    entry_rows,
    link_rows,
    revision_rows,
    type_in,
)
from graphql_api.schema.declaring.words import word, word_text

# The work of reading the publications of a page, with the links of each.
HISTORY_WORK = 200


def _source(link: LinkRow, call: Call) -> Rows:
    return revision_rows(call.view, lambda entry: entry.revision_id == link.revision_id)


def _target_rows(link: LinkRow, call: Call) -> Rows:
    return entry_rows(call.view, lambda entry: entry.id == link.target_id)


def _target(link: LinkRow, call: Call) -> Rows | Joined:
    target = target_of(link)
    edition_id: Sql | None = getattr(target, "edition_id", None)
    if edition_id is None:  # an incoming link, or one of a draft
        return _target_rows(link, call)
    return Joined(target, edition_id.is_not(None), type_in(call.view))


def _position(link: LinkRow) -> Sql:
    return link.ordinal + 1


def anchor_text(link: LinkRow) -> Sql:
    """Return the words of a link inside a text; null for any other link."""
    return case((link.origin == text(Origin.INLINE.value), link.words))


def _has_section(link: LinkRow) -> ColumnElement[bool]:
    return link.section.is_not(None)


class LinkSection:
    """Heading of the part of a page that a link is in."""

    text = value("str", LinkRow.section, "Words of the heading.")
    anchor = value("str", LinkRow.section_anchor, "Anchor that leads to the heading, without `#`.")


@dataclass(frozen=True)
class _Moment:
    """A row with a moment in the history of the site.

    Attributes:
        at: its time.
        number: the number of its position.
    """

    at: Sql
    number: Sql


def _time_of(moment: _Moment) -> Sql:
    return moment.at


def _position_of(moment: _Moment, _: Call) -> Sql:
    return position_token(moment.number)


class LinkPeriodEnd:
    """Begin or end of the time in which a link was public."""

    time = value("DateTime", _time_of, "Time of the publication that began or ended it.")
    position = seen_value("SitePosition", _position_of, "Position of that publication.", parts=2)


def _period(row: Columns) -> LinkPeriodRow:
    return cast("LinkPeriodRow", row)


def period_begin(link: LinkRow, call: Call) -> Rows:
    """Return the publication that brought a link, of those without a gap up to the one shown."""
    return Rows(
        Chosen(relations.link_periods(call.view)),
        (lambda period: is_begin(_period(period), link),),
        lambda period: (OrderKey(period.position, descending=True),),
        is_first=True,
    )


def period_end(link: LinkRow, call: Call) -> Rows:
    """Return the last publication with a link, of those without a gap from the one shown on."""
    return Rows(
        Chosen(relations.link_periods(call.view)),
        (lambda period: is_end(_period(period), link),),
        lambda period: (OrderKey(period.position),),
        is_first=True,
    )


def _since(link: LinkRow, call: Call) -> Rows:
    rows = period_begin(link, call)
    return replace(rows, row=lambda period: _Moment(period.published_at, period.position))


def _until(link: LinkRow, call: Call) -> Rows:
    rows = period_end(link, call)
    return replace(rows, row=lambda period: _Moment(period.ended_at, period.ended_position))


class EntryLink:
    """Directed edge from an entry to another entry, or to a URL."""

    kind = word("LinkKind", LinkRow.kind, "Kind of the link: what the target is to the source.")
    kind_name = word_text("str", "kind", LinkRow.kind)
    origin = word(
        "LinkOrigin",
        LinkRow.origin,
        "Place where the link was written: a link field, a text or a reference.",
    )
    label = value(
        "str", LinkRow.label, "Text of the link; the title of the target if the link has none."
    )
    note = value("str", LinkRow.note, "Editor's remark on the link; may be empty.")
    url = value("str | None", LinkRow.url, "Address of the target: a path on the site or a URL.")
    position = value("int", _position, "Position of the link within its group, from 1.")
    anchor_text = value(
        "str | None", anchor_text, "Words of a link inside a text; null for any other link."
    )
    section = row_object(
        "LinkSection | None",
        lambda link: link,
        "Heading that the link is in or under; null above the first one, and in a link field.",
        present=_has_section,
    )
    page_position = value(
        "int",
        LinkRow.page_position,
        "Position among all links of the page in the order of its fields, from 1; 0 for a "
        "reference.",
    )
    since = one(
        "LinkPeriodEnd | None",
        _since,
        "Begin of the time without a gap in which the page is public with a link of this kind to "
        "this target; null for a revision that is not public.",
        work=HISTORY_WORK,
    )
    until = one(
        "LinkPeriodEnd | None",
        _until,
        "End of that time; null as long as it lasts.",
        work=HISTORY_WORK,
    )
    source = one("Entry", _source, "Entry that contains the link.")
    target = one("LinkTarget | None", _target, "Entry that the link leads to; null for a URL.")


class _LinkGroupRow(RelationRow):
    """A row of what :func:`link_groups` declares."""

    kind = Column()
    revision_id = Column()
    label = Column()
    rank = Column()


def _links_of_group(group: _LinkGroupRow, call: Call) -> Rows:
    return link_rows(
        call.view,
        lambda link: link.revision_id == group.revision_id,
        lambda link: link.kind == group.kind,
        lambda link: link.origin == text("field"),
    )


class LinkGroup:
    """Group of the links of one kind that an editor has listed."""

    kind = word("LinkKind", _LinkGroupRow.kind, "Kind that all links of the group have.")
    kind_name = word_text("str", "kind", _LinkGroupRow.kind)
    label = value(
        "str",
        _LinkGroupRow.label,
        "Heading of the group for readers, as it was when the revision was saved.",
    )
    links = many("list[EntryLink]", _links_of_group, "Links of the group, in order.")


def link_groups(site: Site) -> Declared:
    """Declare the link groups of an entry, with the headings that were saved with it.

    Their order is that of the link fields that the site declares now.
    """
    ranks = [
        (content_type.stored_name, kind, f"{rank:04}")
        for content_type in site.content_types.values()
        for rank, kind in enumerate(link_fields(content_type))
    ]

    def rows(entry: EntryRow, call: Call) -> Rows:
        links = narrowed(relations.links(call.view), ("kind", "revision_id", "origin")).subquery()
        kinds = (
            select(links.c.kind)
            .where(links.c.revision_id == entry.revision_id, links.c.origin == text("field"))
            .distinct()
            .subquery()
        )
        heading = JsonText(member(entry.content, "headings"), kinds.c.kind)
        groups = select(
            kinds.c.kind,
            entry.revision_id.label("revision_id"),
            func.coalesce(heading, kinds.c.kind).label("label"),
            _rank(ranks, entry, kinds.c.kind).label("rank"),
        )
        return Rows(
            Chosen(groups), order=lambda group: (OrderKey(group.rank), OrderKey(group.kind))
        )

    return many(
        "list[LinkGroup]",
        rows,
        "Links of the entry's link fields, grouped by kind in the order of its content type.",
    )


def _rank(ranks: Sequence[tuple[str, str, str]], entry: EntryRow, kind: Sql) -> Sql:
    """Return the rank of a kind among those of an entry's type, or the kind if it has none."""
    branches = [
        (and_(entry.content_type == text(name), kind == text(of_kind)), text(rank))
        for name, of_kind, rank in ranks
    ]
    return case(*branches, else_=kind) if branches else kind
