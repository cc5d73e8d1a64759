"""Links, one by one and in the groups that content types declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import and_, case, select

from cms.content.fields import Links
from cms.content.fields.base import all_fields
from cms.content.links import Origin
from cms.reading import relations
from cms.reading.rows import Column, EntryRow, LinkRow
from cms.reading.rows import Row as RelationRow
from cms.site import Site
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.aggregates import Facet, Summed
from graphql_api.schema.declaring.fields import Declared, many, of_call, one, value
from graphql_api.schema.declaring.row_sources import entry_rows, link_rows, revision_rows
from graphql_api.schema.declaring.words import word, word_text


def _source(link: LinkRow, call: Call) -> Rows:
    return revision_rows(call.view, lambda entry: entry.revision_id == link.revision_id)


def _target(link: LinkRow, call: Call) -> Rows:
    return entry_rows(call.view, lambda entry: entry.id == link.target_id)


def _position(link: LinkRow) -> Sql:
    return link.ordinal + 1


class Link:
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
    source = one("Entry", _source, "Entry that contains the link.")
    target = one("LinkTarget | None", _target, "Entry that the link leads to; null for a URL.")


# The values by which links are counted.
LINKS_SUMMED = Summed(
    (
        Facet("kind", LinkRow.kind, enum="LinkKind"),
        Facet("origin", LinkRow.origin, enum="LinkOrigin"),
        Facet("sourceType", EntryRow.content_type, of_call(_source), enum="EntryType"),
        Facet("targetType", EntryRow.content_type, of_call(_target), enum="EntryType"),
    )
)


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
    label = value("str", _LinkGroupRow.label, "Heading of the group for readers.")
    links = many("list[Link]", _links_of_group, "Links of the group, in order.")


def link_groups(site: Site) -> Declared:
    """Declare the link groups of an entry, with the labels of the site's link fields."""
    labels = {key: field.label for key, field in _link_fields(site)}
    ranks = {key: f"{rank:04}" for rank, (key, _) in enumerate(_link_fields(site))}

    def rows(entry: EntryRow, call: Call) -> Rows:
        links = relations.links(call.view).subquery()
        groups = (
            select(
                links.c.kind,
                entry.revision_id.label("revision_id"),
                _case(labels, entry, links.c.kind).label("label"),
                _case(ranks, entry, links.c.kind).label("rank"),
            )
            .where(links.c.revision_id == entry.revision_id, links.c.origin == text("field"))
            .distinct()
        )
        return Rows(
            Chosen(groups), order=lambda group: (OrderKey(group.rank), OrderKey(group.kind))
        )

    return many(
        "list[LinkGroup]",
        rows,
        "Links of the entry's link fields, grouped by kind in the order of its content type.",
    )


def link_kinds(site: Site) -> list[str]:
    """Return all kinds of links: those of link fields, and that of links inside texts."""
    return list(
        dict.fromkeys([*(kind for (_, kind), _ in _link_fields(site)), Origin.INLINE.value])
    )


def _link_fields(site: Site) -> Iterator[tuple[tuple[str, str], Links]]:
    """Yield each type's link fields as they are declared, by the type's name and their kind.

    Of several fields of one kind the first is yielded; a block can be used in several places.
    """
    found: dict[tuple[str, str], Links] = {}
    for content_type in site.content_types.values():
        for field in all_fields(content_type.fields.values()):
            if isinstance(field, Links):
                found.setdefault((content_type.name, field.kind), field)
    yield from found.items()


def _case(words: Mapping[tuple[str, str], str], entry: EntryRow, kind: Sql) -> Sql:
    """Return the text for an entry's type and a kind; the kind itself where there is none."""
    branches = [
        (and_(entry.content_type == text(name), kind == text(of_kind)), text(word))
        for (name, of_kind), word in words.items()
    ]
    return case(*branches, else_=kind) if branches else kind
