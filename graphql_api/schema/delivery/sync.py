"""What has changed since a position, for sites that are built step by step."""

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
from graphql_api.schema.declaring.type_registry import Namespace
from graphql_api.schema.declaring.words import word, word_text
from graphql_api.schema.delivery.filters import comparison

# Changes are put in order by these. The last is the same for all: it lets a cursor say of which
# list it is.
_KEYS_OF_CHANGES = ("position", "edition_id", "until")

_SINCE = Argument("since", "int", "The position up to which everything is known; 0 for nothing.")


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
    """Return a position, or the nearest that there is or was."""
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
    """Return what is public at the position up to which changes are told.

    A cursor carries it, so that all pages of a list are of one moment. A position that is not
    reached yet is not told of, so the last one that is stands for it.
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
    """An edition that was published, changed or taken back."""

    kind = value(
        "SyncKind",
        _kind,
        "UPSERT, or DELETE for what is not public any more.",
    )
    # Not its id: clients that keep objects by id would take the change for the entry.
    entry_id = value("ID", ChangeRow.entry_id, "The entry's id.")
    type = word("EntryType", ChangeRow.content_type, "Its content type.")
    type_name = word_text("str", "type", ChangeRow.content_type)
    locale = word("Locale", ChangeRow.locale, "The edition's language.")
    locale_name = word_text("str", "locale", ChangeRow.locale)
    path = value("str | None", ChangeRow.path, "Where it stands, or stood.")
    position = value("int", ChangeRow.position, "The position of its last change.")
    digest = value("str | None", ChangeRow.digest, "The digest of what is shown.")
    entry = one("Entry | None", _public_entry, "The entry; null if it is not public any more.")


def _affected_paths(site: Site) -> Declared:
    singletons = [each.name for each in site.content_types.values() if each.singleton]

    def rows(_: Row, call: Call) -> Rows:
        return Rows(
            Chosen(relations.affected(call.view, _since(call), _until(call), singletons)),
            order=lambda page: (OrderKey(page.path), OrderKey(page.locale), OrderKey(page.id)),
        )

    return connection(
        "AffectedPage",
        rows,
        "The pages whose rendering can have changed since a position, and the paths that have "
        "been left, by path.",
        order="AffectedPageOrder",
        arguments=(_SINCE,),
        extent=Extent(),
    )


class AffectedPage:
    """A page whose rendering can have changed, or a path at which none stands any more."""

    path = value("str", AffectedRow.path, "Where it stands, or stood.")
    type = word("EntryType", AffectedRow.content_type, "Its content type.")
    type_name = word_text("str", "type", AffectedRow.content_type)
    locale = word("Locale", AffectedRow.locale, "Its language.")
    locale_name = word_text("str", "locale", AffectedRow.locale)
    reason = value("AffectedReason", AffectedRow.reason, "Why: the most direct reason.")
    entry = one("Entry | None", _public_entry, "The page; null if it has left the path.")


def _until_of_page(page: Page, _: Call) -> Sql:
    return _until(page.call)


_UNTIL = seen_value(
    "int",
    _until_of_page,
    "The position up to which changes are told: since, when asked the next time.",
)
_TYPE = Facet("type", ChangeRow.content_type, enum="EntryType")
_LOCALE = Facet("locale", ChangeRow.locale, enum="Locale")


def add_change_types(namespace: Namespace) -> None:
    """Add the types of what has changed."""
    namespace.add_object(SyncChange)
    namespace.add_object(AffectedPage)
    kinds = ("UPSERT", "DELETE")
    namespace.add_enum("SyncKind", "What became of an edition.", {each: each for each in kinds})
    reasons = {each: each for each in relations.REASONS}
    namespace.add_enum("AffectedReason", "Why a page can look different.", reasons)
    add_where(
        namespace,
        "SyncWhere",
        "What is asked of a change.",
        {
            "type": comparison("EntryTypeFilter", ChangeRow.content_type, "Its type."),
            "locale": comparison("LocaleFilter", ChangeRow.locale, "Its language."),
        },
    )
    added = summaries(
        namespace, "SyncChange", Summed((Facet("kind", of_row(_kind)), _TYPE, _LOCALE))
    )
    add_connection(namespace, "SyncChange", **added, until=_UNTIL)
    add_order(namespace, "AffectedPageOrder", order_terms({"path": (AffectedRow.path, False)}))
    reason = Facet("reason", AffectedRow.reason)
    added = summaries(namespace, "AffectedPage", Summed((_TYPE, _LOCALE, reason)))
    add_connection(namespace, "AffectedPage", **added)


def change_fields(site: Site) -> Mapping[str, Declared]:
    """Return the root fields that tell what has changed."""
    return {
        "position": seen_value(
            "int",
            lambda _, call: _last_position(call),
            "The position of the last publication that is seen; through @view(asOf: …), the one "
            "before the first of a later time. Look through @view(position: …) to read all of a "
            "site as of then.",
        ),
        "sync": connection(
            "SyncChange",
            _changes,
            "What has changed since a position, in the order of positions; all pages of it are of "
            "the moment of the first.",
            where="SyncWhere",
            arguments=(_SINCE,),
            view=_view_of_changes,
            extent=Extent(),
        ),
        "affected_paths": _affected_paths(site),
    }
