"""Changes since a position, for incremental builds of a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import BigInteger, case, literal_column

from cms.publishing import relations
from cms.publishing.relations import AffectedRow, ChangeRow
from cms.reading.view import AsOf, Past, Perspective, View
from cms.site import Site
from graphql_api.planner.arguments import Given, Variables, bad_input
from graphql_api.planner.declarations import Call, Extent, OrderKey, Row, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.page import Page
from graphql_api.planner.paging import last_key_of
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.aggregates import Facet, Summed, summaries
from graphql_api.schema.declaring.connection import add_connection, connection
from graphql_api.schema.declaring.fields import Argument, Declared, of_row, one, seen_value, value
from graphql_api.schema.declaring.inputs import add_order, add_where, order_terms
from graphql_api.schema.declaring.row_sources import public_row
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.words import word, word_text
from graphql_api.schema.delivery.filters import comparison

# The order of changes. The last key is the same for all: by it a cursor identifies its list.
_KEYS_OF_CHANGES = ("position", "edition_id", "until")

_SINCE = Argument("since", "int", "Position up to which the client has all changes; 0 for none.")


def _since(call: Call) -> Sql:
    given = call.required_scalar("since")

    def read_since(variables: Variables) -> int:
        position: int = given.read(variables)
        if position < 0:
            raise bad_input("since cannot be negative.", None)
        return position

    return call.bind(Given(read_since), BigInteger())


def _last_position(call: Call) -> Sql:
    past, reached = call.view.past, relations.position().scalar_subquery()
    if past is None:
        return reached
    return relations.position_at(past.at) if past.named is AsOf.TIME else _within(past.at, reached)


def _within(asked: Sql, reached: Sql) -> Sql:
    """Return a position, limited to 0 and the last one reached."""
    nothing: Sql = literal_column("0", BigInteger())
    return case((asked > reached, reached), (asked < nothing, nothing), else_=asked)


def _until(call: Call) -> Sql:
    past = call.view.past
    if past is None:
        return _last_position(call)
    if past.named is AsOf.TIME:
        message = (
            "Changes are counted in positions: query position with @view(asOf: …), "
            "then use @view(position: …)."
        )
        raise bad_input(message, None)
    return past.at


def _changes(_: Row, call: Call) -> Rows:
    return Rows(
        Chosen(relations.changes(_since(call), _until(call))),
        order=lambda change: tuple(OrderKey(change[name]) for name in _KEYS_OF_CHANGES),
    )


def _view_of_changes(call: Call) -> View:
    """Return the view of public content at the position up to which changes are listed.

    A cursor carries the position, so that all pages of a list are of one moment. For a position
    that is not reached yet, the view is at the last one that is.
    """
    asked, reached = _until(call), relations.position().scalar_subquery()
    cursors = (call.arguments.get(name) for name in ("after", "before"))
    cursor = next((each for each in cursors if isinstance(each, Given)), None)
    if cursor is not None and call.view.past is None:
        asked = call.bind(last_key_of(cursor, len(_KEYS_OF_CHANGES)), BigInteger())
    past = Past(AsOf.POSITION, _within(asked, reached))
    return replace(call.view, perspective=Perspective.PUBLISHED, preview=None, past=past)


def _public_entry(change: ChangeRow, call: Call) -> Rows:
    return public_row(call.view, change.revision_id)


def _kind(change: ChangeRow) -> Sql:
    return case((change.revision_id.is_(None), text("DELETE")), else_=text("UPSERT"))


class SyncChange:
    """Edition that was published, changed or unpublished."""

    kind = value(
        "SyncKind",
        _kind,
        "`UPSERT` for a public edition, `DELETE` for one that is no longer public.",
    )
    # Not `id`: clients that cache objects by id would take the change for the entry.
    entry_id = value("ID", ChangeRow.entry_id, "Id of the changed entry.")
    type = word("EntryType", ChangeRow.content_type, "Content type of the changed edition.")
    type_name = word_text("str", "type", ChangeRow.content_type)
    locale = word("Locale", ChangeRow.locale, "Locale of the changed edition.")
    locale_name = word_text("str", "locale", ChangeRow.locale)
    path = value(
        "str | None",
        ChangeRow.path,
        "URL path of the edition, or its last one; null for an entry without a page.",
    )
    position = value("int", ChangeRow.position, "Position of the last change of the edition.")
    digest = value(
        "str | None", ChangeRow.digest, "Digest of the public revision; null if there is none."
    )
    entry = one("Entry | None", _public_entry, "Changed entry; null if it is no longer public.")


def _affected_paths(site: Site) -> Declared:
    singletons = [each.name for each in site.content_types.values() if each.singleton]

    def rows(_: Row, call: Call) -> Rows:
        return Rows(
            Chosen(relations.affected_pages(call.view, _since(call), _until(call), singletons)),
            order=lambda page: (OrderKey(page.path), OrderKey(page.locale), OrderKey(page.id)),
        )

    return connection(
        "AffectedPage",
        rows,
        "Pages whose rendering can have changed since a position, and paths that no longer have "
        "a page, by path.",
        order="AffectedPageOrder",
        arguments=(_SINCE,),
        extent=Extent(),
    )


class AffectedPage:
    """Page whose rendering can have changed, or path that no longer has a page."""

    path = value("str", AffectedRow.path, "URL path of the page, or the path that it has left.")
    type = word("EntryType", AffectedRow.content_type, "Content type of the affected page.")
    type_name = word_text("str", "type", AffectedRow.content_type)
    locale = word("Locale", AffectedRow.locale, "Locale of the affected page.")
    locale_name = word_text("str", "locale", AffectedRow.locale)
    reason = value(
        "AffectedReason", AffectedRow.reason, "Most direct reason why the page is listed."
    )
    entry = one("Entry | None", _public_entry, "Entry of the page; null if it has left the path.")


def _until_of_page(page: Page, _: Call) -> Sql:
    return _until(page.call)


_UNTIL = seen_value(
    "int",
    _until_of_page,
    "Position up to which changes are listed: the `since` of the next request.",
)
_TYPE = Facet("type", ChangeRow.content_type, enum="EntryType")
_LOCALE = Facet("locale", ChangeRow.locale, enum="Locale")


def add_change_types(registry: TypeRegistry) -> None:
    """Add the types of changes and affected pages."""
    registry.add_object(SyncChange)
    registry.add_object(AffectedPage)
    kinds = ("UPSERT", "DELETE")
    registry.add_enum(
        "SyncKind",
        "Kind of a change: the edition is public, or no longer.",
        {each: each for each in kinds},
    )
    reasons = {each: each for each in relations.REASONS}
    registry.add_enum(
        "AffectedReason", "Reason why a page is affected, most direct first.", reasons
    )
    add_where(
        registry,
        "SyncWhere",
        "Filter on a change.",
        {
            "type": comparison(
                "EntryTypeFilter", ChangeRow.content_type, "Content type of the change."
            ),
            "locale": comparison("LocaleFilter", ChangeRow.locale, "Locale of the change."),
        },
    )
    added = summaries(
        registry, "SyncChange", Summed((Facet("kind", of_row(_kind)), _TYPE, _LOCALE))
    )
    add_connection(registry, "SyncChange", **added, until=_UNTIL)
    add_order(registry, "AffectedPageOrder", order_terms({"path": (AffectedRow.path, False)}))
    reason = Facet("reason", AffectedRow.reason)
    added = summaries(registry, "AffectedPage", Summed((_TYPE, _LOCALE, reason)))
    add_connection(registry, "AffectedPage", **added)


def change_fields(site: Site) -> Mapping[str, Declared]:
    """Return the root fields ``position``, ``sync`` and ``affectedPaths``."""
    return {
        "position": seen_value(
            "int",
            lambda _, call: _last_position(call),
            "Position of the last publication in the view; with `@view(asOf: …)`, the one before "
            "the first publication of a later time. Use `@view(position: …)` to read the whole "
            "site at a position.",
        ),
        "sync": connection(
            "SyncChange",
            _changes,
            "Changes since a position, by position. All pages of the list are of the moment of the "
            "first page.",
            where="SyncWhere",
            arguments=(_SINCE,),
            view=_view_of_changes,
            extent=Extent(),
        ),
        "affected_paths": _affected_paths(site),
    }
