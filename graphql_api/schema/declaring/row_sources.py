"""The rows of each relation, in their default order, for declarations.

Each function selects from a relation of :mod:`cms.reading.relations` under a new alias those
rows that meet its conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import TypeAlias

from sqlalchemy import ColumnElement, Select, case, literal_column

from cms.content.builtin import BUILT_IN_NAMES, CATEGORY, PERSON
from cms.reading import relations
from cms.reading.link_faults import LinkDeclarations
from cms.reading.link_status import LinkStatus
from cms.reading.locales import locales_of
from cms.reading.view import Perspective, View
from cms.reading.visibility import Relation, is_of_site
from cms.storage.dialects import Folded
from graphql_api.planner.arguments import Argument, Input, Known
from graphql_api.planner.declarations import Call, Found, OrderKey, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Chosen, Columns, Sql
from graphql_api.schema.declaring.words import declared_name

Condition: TypeAlias = Callable[[Columns], ColumnElement[bool]]
Order: TypeAlias = Callable[[Columns], tuple[OrderKey, ...]]


def entry_rows(view: View, *conditions: Condition) -> Rows:
    """Return entries of any type, newest first."""
    rows = _entry_rows(view, *conditions)
    return replace(rows, typename=type_in(view))


def site_entry_rows(view: View, *conditions: Condition) -> Rows:
    """Return entries of the site's own types, newest first, without categories and people."""
    own = replace(view, built_in_locales=())
    rows = _entry_rows(own, lambda entry: is_of_site(entry.content_type), *conditions)
    return replace(rows, typename=type_in(view), is_whole=not conditions)


def found_in(rows: Rows, view: View, column: str, values: Select[tuple[str]]) -> Rows:
    """Return entries with how an index finds them.

    Args:
        rows: the entries.
        view: their view.
        column: a column of entries.
        values: what is in it, and perhaps further values.
    """
    if view.preview is not None:
        # The condition lets databases find the few rows by an index.
        return replace(rows, where=(*rows.where, lambda entry: entry[column].in_(values)))
    return replace(rows, found=lambda entry: Found(entry[column], values))


def asks_for_types(call: Call) -> bool:
    """Return whether the ``where`` of a list names content types that it wants."""
    return _names(call.arguments.get("where"), "type")


def _names(where: Argument | None, field: str) -> bool:
    """Return whether a filter names the values of a field that it wants."""
    if isinstance(where, tuple):
        return any(_names(each, field) for each in where)
    if not isinstance(where, Input):
        return False
    asked = where.fields.get(field)
    is_named = isinstance(asked, Input) and any(
        asked.fields.get(operator) is not None for operator in ("eq", "in")
    )
    return is_named or any(_names(where.fields.get(each), field) for each in ("AND", "OR"))


def best_row(view: View, rows: Rows) -> Rows:
    """Return the best of these entries where several can have a path or slug.

    In one locale, only one public page has a path. Drafts, editions in several locales and
    entries without a page can be several; the view's first locale comes first, then the newest.
    """

    def order(entry: Columns) -> tuple[OrderKey, ...]:
        places = enumerate(locales_of(view))
        place = case(
            *((entry.locale == each, literal_column(str(at))) for at, each in places),
            else_=literal_column(str(len(view.locales))),
        )
        return (OrderKey(place), *rows.order(entry))

    return replace(rows, order=order, is_first=True)


def is_certain(view: View) -> bool:
    """Return whether a view has at most one page at any path."""
    return (
        view.perspective is Perspective.PUBLISHED
        and view.preview is None
        and len(view.locales) == 1
    )


def revision_rows(view: View, *conditions: Condition) -> Rows:
    """Return entries as of each of their revisions, newest first."""
    rows = _rows(
        relations.revisions(view),
        lambda entry: (OrderKey(entry.number, descending=True), OrderKey(entry.revision_id)),
        *conditions,
    )
    return replace(rows, typename=type_in(view))


def revision_with_id(call: Call, identifier: Sql) -> Rows:
    """Return the entry as of the revision with an id."""
    return revision_rows(call.view, lambda row: row.revision_id == identifier)


def translation_rows(view: View, *conditions: Condition) -> Rows:
    """Return entries in every locale that the view has of them, by locale."""
    rows = _rows(
        relations.translations(view),
        lambda entry: (OrderKey(entry.locale), OrderKey(entry.id)),
        *conditions,
    )
    return replace(rows, typename=type_in(view))


def public_row(view: View, revision_id: ColumnElement[str]) -> Rows:
    """Return the edition whose public revision this is, in any locale.

    Lists of publications show the content that these made public, also in a view of drafts.
    """
    public = replace(view, perspective=Perspective.PUBLISHED, preview=None)
    return translation_rows(public, lambda entry: entry.revision_id == revision_id)


def page_rows(view: View, *conditions: Condition) -> Rows:
    """Return the best edition that meets the conditions, in any locale.

    The view's locales come first, then the others by name; of drafts, the newest comes first.
    """
    rows = translation_rows(view, *conditions)
    return best_row(
        view, replace(rows, order=lambda row: (OrderKey(row.locale), *_newest_first(view)(row)))
    )


def rows_of_type(view: View, content_type: str, *conditions: Condition) -> Rows:
    """Return entries of one type, newest first; categories and people in their own order."""
    if content_type == CATEGORY:
        return category_rows(view, *conditions)
    if content_type == PERSON:
        return person_rows(view, *conditions)
    is_of_type: Condition = lambda entry: entry.content_type == text(content_type)  # noqa: E731
    own = view if content_type in BUILT_IN_NAMES else replace(view, built_in_locales=())
    return replace(_entry_rows(own, is_of_type, *conditions), is_whole=not conditions)


def referenced_rows(view: View, *conditions: Condition) -> Rows:
    """Return the entries that references lead to, in the order of the references."""
    rows = _rows(
        relations.referenced_entries(view),
        lambda entry: (OrderKey(entry.from_ordinal),),
        *conditions,
    )
    return replace(rows, typename=type_in(view))


def link_rows(view: View, *conditions: Condition) -> Rows:
    """Return the links of revisions, in their order in the content."""
    return _rows(
        relations.links(view),
        lambda link: (OrderKey(link.field_path), OrderKey(link.ordinal)),
        *conditions,
    )


def site_link_rows(call: Call, singletons: Sequence[str], declared: LinkDeclarations) -> Rows:
    """Return the links of all entries, by the revisions that contain them, oldest first.

    Those of drafts are by entries, of which there is an index. References, and the links of
    singletons, are among them if the filter asks for them.

    Args:
        call: the arguments and the view.
        singletons: the stored names of the content types of singletons.
        declared: the declarations that the status of links depends on.
    """
    where = call.arguments.get("where")
    conditions: list[Condition] = []
    if not _names(where, "origin"):
        conditions.append(lambda link: link.origin != text("reference"))
    if singletons and not _names(where, "layer"):
        names = [text(each) for each in singletons]
        conditions.append(lambda link: link.source_content_type.not_in(names))
    is_draft = call.view.perspective is Perspective.DRAFT
    order = _by_source if is_draft else _by_revision
    links = relations.links_of(call.view, statuses_in(where), declared)
    return _rows(links, order, *conditions)


def statuses_in(where: Argument | None) -> frozenset[LinkStatus]:
    """Return the statuses of which a filter wants links; none if it can want any."""
    if not isinstance(where, Input):
        return frozenset()
    wanted = [statuses_in(each) for each in _all_of(where.fields.get("AND"))]
    wanted.append(wanted_statuses(where.fields.get("status")))
    return min(filter(None, wanted), key=len, default=frozenset())


def wanted_statuses(operators: Argument | None) -> frozenset[LinkStatus]:
    """Return the statuses that a comparison wants; none if it can want any."""
    if not isinstance(operators, Input):
        return frozenset()
    operands = (operators.fields.get(each) for each in ("eq", "in"))
    given = (each for operand in operands for each in _all_of(operand))
    return frozenset(LinkStatus(word) for each in given for word in _word_of(each))


def _all_of(argument: Argument | None) -> Sequence[Argument]:
    return argument if isinstance(argument, tuple) else (argument,)


def _word_of(argument: Argument) -> Sequence[str]:
    """Return the stored word of a member of an enum."""
    member = argument.value if isinstance(argument, Known) else None
    return (str(member.value),) if isinstance(member, Enum) else ()


def incoming_link_rows(view: View, *conditions: Condition) -> Rows:
    """Return the links to entries, by the revisions that contain them, oldest first.

    That is the order of the index over their targets.
    """
    return _rows(relations.incoming_links(view), _by_revision, *conditions)


def _by_source(link: Columns) -> tuple[OrderKey, ...]:
    return (OrderKey(link.source_id), OrderKey(link.field_path), OrderKey(link.ordinal))


def _by_revision(link: Columns) -> tuple[OrderKey, ...]:
    return (OrderKey(link.revision_id), OrderKey(link.field_path), OrderKey(link.ordinal))


def category_rows(view: View, *conditions: Condition) -> Rows:
    """Return categories, siblings in the editors' order."""
    return _rows(
        relations.categories(view),
        lambda category: (
            OrderKey(category.ordinal),
            OrderKey(category.tree_path),
            OrderKey(category.id),
        ),
        *conditions,
    )


def tag_rows(view: View, slug: Sql | None = None) -> Rows:
    """Return the tags of what the view shows, by name; or only the one with a slug."""
    return _rows(relations.tags(view, slug), _by_word)


def revision_tag_rows(*conditions: Condition) -> Rows:
    """Return the tags of revisions, by name."""
    return _rows(relations.revision_tags(), _by_word, *conditions)


def person_rows(view: View, *conditions: Condition) -> Rows:
    """Return people by name."""
    return _rows(relations.people(view), by_name, *conditions)


def type_in(view: View) -> Callable[[Columns], Sql]:
    """Return the SQL of the declared name of an entry's type."""
    return lambda entry: declared_name(dict(view.renamed_types), entry.content_type)


def _entry_rows(view: View, *conditions: Condition) -> Rows:
    """Return entries, newest first, which indexes have in several orders."""
    rows = _rows(relations.entries(view), _newest_first(view), *conditions)
    return replace(rows, in_order=partial(relations.entries_in_order, view))


def _newest_first(view: View) -> Order:
    """Return the order by time of publication, or for drafts by time of saving."""
    since = "created_at" if view.perspective is Perspective.DRAFT else "published_at"
    return lambda entry: (
        OrderKey(entry[since], descending=True),
        OrderKey(entry.id, descending=True),
    )


def by_name(person: Columns) -> tuple[OrderKey, ...]:
    """Return the order of people."""
    return (OrderKey(person.title_key), OrderKey(person.id))


def _by_word(tag: Columns) -> tuple[OrderKey, ...]:
    return (OrderKey(Folded(tag.name)), OrderKey(tag.slug))


def _rows(relation: Relation, order: Order, *conditions: Condition) -> Rows:
    return Rows(Chosen(relation), conditions, order)
