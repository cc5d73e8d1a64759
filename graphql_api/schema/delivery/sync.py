"""Changes since a position, for incremental builds of a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import BigInteger, case, literal_column

from cms.publishing import relations
from cms.publishing.relations import AffectedRow, ChangeRow
from cms.reading.positions import PositionToken, newest_position, parse_position, position_token
from cms.reading.site_size import SiteSize
from cms.reading.view import AsOf, Past, Perspective, View
from cms.reading.visibility import is_of_site
from cms.site import Site
from graphql_api.planner.arguments import Arguments, Given, Variables, bad_input
from graphql_api.planner.declarations import Call, Extent, OrderKey, Row, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.page import Page
from graphql_api.planner.paging import key_of
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.aggregates import Summed, summaries
from graphql_api.schema.declaring.connection import add_connection, connection
from graphql_api.schema.declaring.facet_counts import Facet
from graphql_api.schema.declaring.fields import Argument, Declared, of_row, one, seen_value, value
from graphql_api.schema.declaring.inputs import add_order, add_where, order_terms
from graphql_api.schema.declaring.positions import bind_position
from graphql_api.schema.declaring.row_sources import asks_for_types, public_row
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.words import type_text, word, word_text
from graphql_api.schema.delivery.filters import comparison

# The order of changes.
_KEYS_OF_CHANGES = ("position", "edition_id")
# What cursors have: these keys, and the position up to which changes are listed.
_VALUES_OF_CURSOR = 3
# That position, for a list of all that there is.
_NEWEST = newest_position()

_SINCE = Argument(
    "since",
    "SitePosition | None",
    "Position up to which the client has all changes; null for none.",
)
# The share of all pages that a change affects, until all are; the work for a change and for a page.
_AFFECTED_BY_CHANGE, _CHANGE, _AFFECTED = 1 / 300, 40, 25
_BEGINNING: Sql = literal_column("0", BigInteger())


def _since(call: Call) -> Sql:
    given = call.arguments.get("since")
    return bind_position(call, given) if isinstance(given, Given) else _BEGINNING


def _last_position(call: Call) -> Sql:
    past = call.view.past
    if past is None:
        return _NEWEST
    return relations.position_at(past.at) if past.named is AsOf.TIME else past.at


def _until(call: Call) -> Sql:
    past = call.view.past
    if past is not None and past.named is AsOf.TIME:
        message = (
            "Changes are counted in positions: query position with @view(asOf: …), "
            "then use @view(position: …)."
        )
        raise bad_input(message, None)
    return _last_position(call)


def _changes(_: Row, call: Call) -> Rows:
    until = _until(call)
    end = None if until is _NEWEST else until
    found = relations.changes(_since(call), until, start=_start(call), end=end)
    changes = Chosen(found)
    return Rows(
        changes,
        () if asks_for_types(call) else (lambda change: is_of_site(change.content_type),),
        order=lambda change: (
            *(OrderKey(change[name]) for name in _KEYS_OF_CHANGES),
            # By it a cursor identifies its list.
            OrderKey(change.until, is_same=True),
        ),
    )


def _start(call: Call) -> Sql | None:
    """Return the position from which on a page has changes, if it is not the first."""
    given = call.arguments.get("after")
    if not isinstance(given, Given):
        return None
    first = key_of(given, _VALUES_OF_CURSOR, 0, OrderKey(_BEGINNING))
    return call.bind(first, BigInteger())


def _view_of_changes(call: Call) -> View:
    """Return the view of public content at the position up to which changes are listed.

    A cursor carries the position, so that all pages of a list are of one moment.
    """
    until = _until(call)
    cursors = [
        bind_position(call, _position_in(given))
        for name in ("after", "before")
        if isinstance(given := call.arguments.get(name), Given)
    ]
    if cursors and call.view.past is None:
        until = cursors[0]
    past = Past(AsOf.POSITION, until)
    return replace(call.view, perspective=Perspective.PUBLISHED, preview=None, past=past)


def _position_in(cursor: Given) -> Given:
    """Return what reads the position up to which the changes of a cursor are listed."""
    last_key = key_of(cursor, _VALUES_OF_CURSOR, _VALUES_OF_CURSOR - 1, OrderKey(text("")))

    def read_position(variables: Variables) -> PositionToken:
        token = parse_position(last_key.read(variables))
        if token is None:
            raise bad_input("The cursor has a value that is no position.", None)
        return token

    return Given(read_position)


def _public_entry(change: ChangeRow, call: Call) -> Rows:
    return public_row(call.view, change.revision_id)


def _kind(change: ChangeRow) -> Sql:
    return case(
        (change.is_purged, text("PURGE")),
        (change.revision_id.is_(None), text("DELETE")),
        else_=text("UPSERT"),
    )


def _position_of_change(change: ChangeRow, _: Call) -> Sql:
    return position_token(change.position)


class SyncChange:
    """Edition that was published, changed, unpublished or purged."""

    kind = value(
        "SyncKind",
        _kind,
        "`UPSERT` for a public edition, `DELETE` for one that is no longer public, `PURGE` for one "
        "whose words are to be deleted from everything that is kept of it.",
    )
    # Not `id`: clients that cache objects by id would take the change for the entry.
    entry_id = value("ID", ChangeRow.entry_id, "Id of the changed entry.")
    type = word("EntryType", ChangeRow.content_type, "Content type of the changed edition.")
    type_name = type_text("str", "type", ChangeRow.content_type)
    locale = word("Locale", ChangeRow.locale, "Locale of the changed edition.")
    locale_name = word_text("str", "locale", ChangeRow.locale)
    path = value(
        "str | None",
        ChangeRow.path,
        "URL path of the edition, or its last one; null for an entry without a page, or a purge.",
    )
    position = seen_value(
        "SitePosition",
        _position_of_change,
        "Position of the last change of the edition.",
        parts=2,
    )
    digest = value(
        "str | None", ChangeRow.digest, "Digest of the public revision; null if there is none."
    )
    entry = one("Entry | None", _public_entry, "Changed entry; null if it is no longer public.")


def _affected_paths(site: Site) -> Declared:
    singletons = [each.stored_name for each in site.content_types.values() if each.singleton]

    def rows(_: Row, call: Call) -> Rows:
        return Rows(
            Chosen(relations.affected_pages(_since(call), _until(call), singletons)),
            order=lambda page: (OrderKey(page.path), OrderKey(page.locale), OrderKey(page.id)),
        )

    return connection(
        "AffectedPage",
        rows,
        "Pages whose rendering can have changed since a position, and paths that no longer have "
        "a page, by path.",
        order="AffectedPageOrder",
        arguments=(_SINCE,),
        work=_work_of_affected,
    )


def _work_of_affected(arguments: Arguments, variables: Variables, size: SiteSize) -> float:
    """Return the work of finding affected pages, which soon are all pages."""
    given = arguments.get("since")
    since = given.read(variables).number if isinstance(given, Given) else 0
    changes = max(0, size.position - since)
    pages = size.editions * min(1.0, changes * _AFFECTED_BY_CHANGE)
    return changes * _CHANGE + pages * _AFFECTED


class AffectedPage:
    """Page whose rendering can have changed, or path that has no page, such as a redirect."""

    path = value(
        "str",
        AffectedRow.path,
        "URL path of the page, the path that it has left, or that of a redirect.",
    )
    type = word(
        "EntryType | None",
        AffectedRow.content_type,
        "Content type of the affected page; null for a redirect to another site.",
    )
    type_name = type_text("str | None", "type", AffectedRow.content_type)
    locale = word("Locale", AffectedRow.locale, "Locale of the affected page.")
    locale_name = word_text("str", "locale", AffectedRow.locale)
    reason = value(
        "AffectedReason", AffectedRow.reason, "Most direct reason why the page is listed."
    )
    entry = one("Entry | None", _public_entry, "Entry of the page; null if it has left the path.")


def _until_of_page(page: Page, _: Call) -> Sql:
    return position_token(_until(page.call))


_UNTIL = seen_value(
    "SitePosition",
    _until_of_page,
    "Position up to which changes are listed: the `since` of the next request.",
)
_TYPE = Facet("type", ChangeRow.content_type, enum="EntryType")
_LOCALE = Facet("locale", ChangeRow.locale, enum="Locale")


def add_change_types(registry: TypeRegistry) -> None:
    """Add the types of changes and affected pages."""
    registry.add_object(SyncChange)
    registry.add_object(AffectedPage)
    kinds = ("UPSERT", "DELETE", "PURGE")
    registry.add_enum(
        "SyncKind",
        "Kind of a change: the edition is public, no longer, or was purged.",
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
            "SitePosition",
            lambda _, call: position_token(_last_position(call)),
            "Position of the last change in the view; with `@view(asOf: …)`, the one before the "
            "first change of a later time. Use `@view(position: …)` to read the whole site at a "
            "position.",
        ),
        "sync": connection(
            "SyncChange",
            _changes,
            "Changes since a position, by position. All pages of the list are of the moment of the "
            "first page. Categories and people are among them only if `where` asks for types by "
            "`eq` or `in`.",
            where="SyncWhere",
            arguments=(_SINCE,),
            view=_view_of_changes,
            extent=Extent(is_ordered=True),
        ),
        "affected_paths": _affected_paths(site),
    }
