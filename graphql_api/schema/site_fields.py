"""What a whole site needs: routes, the list of its pages, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import BigInteger, case, literal_column

from cms.content.site import Site
from cms.dialects import Key
from cms.reading import routes, sync
from cms.reading.view import AsOf, Past, Perspective, View
from graphql_api.planner.arguments import Given, Variables
from graphql_api.planner.declarations import Call, OneOf, OrderKey, Row, Rows, Sql
from graphql_api.planner.json_sql import text
from graphql_api.planner.paging import bad_input, last_key_of
from graphql_api.planner.source import Chosen
from graphql_api.schema.connection import add_connection, connection
from graphql_api.schema.declare import Argument, Declared, many, one, seen_value, value
from graphql_api.schema.inputs import add_where
from graphql_api.schema.namespace import Namespace
from graphql_api.schema.rows import best_row, page_rows, translation_rows
from graphql_api.schema.summaries import Facet, Summed, summaries
from graphql_api.schema.where import compared, filtered

# How many pages a page of the sitemap has at most, since it is read as a whole.
LARGEST_SITEMAP = 10_000
# Changes are put in order by these. The last is the same for all: it lets a cursor say of which
# list it is.
_KEYS_OF_CHANGES = ("position", "edition_id", "until")

_PATH = Argument("path", "str", "A path on the site, without a query and a #fragment.")
_SINCE = Argument("since", "int", "The position up to which everything is known; 0 for nothing.")


def _given(call: Call, name: str) -> Given:
    given = call.arguments[name]
    if not isinstance(given, Given):
        raise TypeError(f"{name} is a required scalar")
    return given


def _published(call: Call, revision_id: Sql) -> Rows:
    """Return the edition that is public by this revision, whatever its language.

    What tells of publications shows what they made public, also to those who see more.
    """
    public = replace(call.view, perspective=Perspective.PUBLISHED, preview=None)
    return translation_rows(public, lambda entry: entry.revision_id == revision_id)


# --- Routes ---


def _route(_: Row, call: Call) -> tuple[Rows, ...]:
    path = call.bind(_given(call, "path"), Key)
    page = page_rows(call.view, lambda edition: edition.path == path)
    former = Rows(Chosen(routes.former_paths(call.view)), order=lambda row: (OrderKey(row.locale),))
    former = best_row(call.view, former)
    return (
        replace(page, typename="PageRoute"),
        replace(
            former,
            where=(lambda row: row.path == path, lambda row: row.new_path.is_not(None)),
            typename="RedirectRoute",
        ),
        replace(
            former,
            where=(lambda row: row.path == path, lambda row: row.new_path.is_(None)),
            typename="GoneRoute",
        ),
    )


def _page(entry: Row, call: Call) -> Rows:
    return translation_rows(call.view, lambda same: same.revision_id == entry.revision_id)


def _moved(route: Row, call: Call) -> Rows:
    return _published(call, route.revision_id)


class PageRoute:
    """A page stands here."""

    status = value("int", lambda _: literal_column("200"), "The HTTP status that says so.")
    entry = one("Entry", _page, "The page, in the language of the path.")


class RedirectRoute:
    """A page stood here that stands elsewhere now."""

    status = value("int", lambda _: literal_column("301"), "The HTTP status that says so.")
    to = value("str", lambda row: row.new_path, "Where it stands.")
    entry = one("Entry", _moved, "The page.")


class GoneRoute:
    """A page stood here that is not public any more."""

    status = value("int", lambda _: literal_column("410"), "The HTTP status that says so.")
    since = value("DateTime", lambda row: row.ended_at, "Since when it is gone.")


# --- The list of pages ---


def _pages(_: Row, call: Call) -> Rows:
    pages = translation_rows(call.view, lambda entry: entry.path.is_not(None))
    return replace(
        pages,
        order=lambda entry: (OrderKey(entry.path), OrderKey(entry.locale), OrderKey(entry.id)),
        typename=None,
    )


def _alternates(page: Row, call: Call) -> Rows:
    return replace(
        translation_rows(
            call.view,
            lambda other: other.id == page.id,
            lambda other: other.path.is_not(None),
        ),
        typename=None,
    )


class SitemapAlternate:
    """A page in a language."""

    locale = value("str", lambda page: page.locale, "The language (BCP 47).")
    path = value("str", lambda page: page.path, "Where it stands.")


class SitemapPage:
    """A page of the site, as a sitemap lists it."""

    path = value("str", lambda page: page.path, "Where it stands.")
    locale = value("str", lambda page: page.locale, "Its language.")
    type = value("EntryType", lambda page: page.content_type, "Its content type.")
    last_modified = value("DateTime", lambda page: page.published_at, "When it last changed.")
    alternates = many(
        "list[SitemapAlternate]", _alternates, "It in all its languages, this one included."
    )


# --- What has changed ---


def _since(call: Call) -> Sql:
    given = _given(call, "since")

    def read(variables: Variables) -> int:
        position: int = given.read(variables)
        if position < 0:
            raise bad_input(f"since is {position}; it cannot be negative", None)
        return position

    return call.bind(Given(read), BigInteger())


def _reached(call: Call) -> Sql:
    past = call.view.past
    if past is not None and past.named is AsOf.TIME:
        return sync.position_at(past.at)
    return sync.position().scalar_subquery()


def _until(call: Call) -> Sql:
    past = call.view.past
    if past is None:
        return _reached(call)
    if past.named is AsOf.TIME:
        message = (
            "Changes are counted in positions: ask for position through @view(asOf: …), "
            "and look through @view(position: …)."
        )
        raise bad_input(message, None)
    return past.at


def _changes(_: Row, call: Call) -> Rows:
    return Rows(
        Chosen(sync.changes(_since(call), _until(call))),
        order=lambda change: tuple(OrderKey(change[name]) for name in _KEYS_OF_CHANGES),
    )


def _pinned(call: Call) -> View:
    """Return what is public at the position up to which changes are told.

    A cursor carries it, so that all pages of a list are of one moment. A position that is not
    reached yet is not told of, so the last one that is stands for it.
    """
    asked, reached = _until(call), sync.position().scalar_subquery()
    cursors = (call.arguments.get(name) for name in ("after", "before"))
    cursor = next((each for each in cursors if isinstance(each, Given)), None)
    if cursor is not None and call.view.past is None:
        asked = call.bind(last_key_of(cursor, len(_KEYS_OF_CHANGES)), BigInteger())
    nothing: Sql = literal_column("0", BigInteger())
    until = case((asked > reached, reached), (asked < nothing, nothing), else_=asked)
    past = Past(AsOf.POSITION, until)
    return replace(call.view, perspective=Perspective.PUBLISHED, preview=None, past=past)


def _shown(change: Row, call: Call) -> Rows:
    return _published(call, change.revision_id)


def _kind(change: Row) -> Sql:
    return case((change.revision_id.is_(None), text("DELETE")), else_=text("UPSERT"))


class SyncChange:
    """An edition that was published, changed or taken back."""

    kind = value(
        "SyncKind",
        _kind,
        "UPSERT, or DELETE for what is not public any more.",
    )
    # Not its id: clients that keep objects by id would take the change for the entry.
    entry_id = value("ID", lambda change: change.entry_id, "The entry's id.")
    type = value("EntryType", lambda change: change.content_type, "Its content type.")
    locale = value("str", lambda change: change.locale, "The edition's language.")
    path = value("str | None", lambda change: change.path, "Where it stands, or stood.")
    position = value("int", lambda change: change.position, "The position of its last change.")
    digest = value("str | None", lambda change: change.digest, "The digest of what is shown.")
    entry = one("Entry | None", _shown, "The entry; null if it is not public any more.")


def _affected(site: Site) -> Declared:
    singletons = [each.name for each in site.content_types.values() if each.singleton]

    def rows(_: Row, call: Call) -> Rows:
        return Rows(
            Chosen(sync.affected(call.view, _since(call), _until(call), singletons)),
            order=lambda page: (OrderKey(page.path), OrderKey(page.locale), OrderKey(page.id)),
        )

    return connection(
        "AffectedPage",
        rows,
        "The pages whose rendering can have changed since a position, and the paths that have "
        "been left, by path.",
        arguments=(_SINCE,),
    )


class AffectedPage:
    """A page whose rendering can have changed, or a path at which none stands any more."""

    path = value("str", lambda page: page.path, "Where it stands, or stood.")
    type = value("EntryType", lambda page: page.content_type, "Its content type.")
    locale = value("str", lambda page: page.locale, "Its language.")
    reason = value("AffectedReason", lambda page: page.reason, "Why: the most direct reason.")
    entry = one("Entry | None", _shown, "The page; null if it has left the path.")


_UNTIL = seen_value(
    "int",
    lambda page, _: _until(page.call),
    "The position up to which changes are told: since, when asked the next time.",
)
_TYPE = Facet("type", lambda row: row.content_type)
_LOCALE = Facet("locale", lambda row: row.locale)
# What of the rows of each connection can be counted.
_SUMMED = {
    "SitemapPage": Summed((_TYPE, _LOCALE), {"lastModified": lambda page: page.published_at}),
    "SyncChange": Summed((Facet("kind", _kind), _TYPE, _LOCALE)),
    "AffectedPage": Summed((_TYPE, _LOCALE, Facet("reason", lambda page: page.reason))),
}

SITE_TYPES = (
    PageRoute,
    RedirectRoute,
    GoneRoute,
    SitemapAlternate,
    SitemapPage,
    SyncChange,
    AffectedPage,
)


def add_site_types(namespace: Namespace) -> None:
    """Add the types of the fields that a whole site needs."""
    for each in SITE_TYPES:
        namespace.add_object(each)
    routes_ = ["PageRoute", "RedirectRoute", "GoneRoute"]
    namespace.add_union("Route", "What a reader finds at a path.", routes_)
    kinds = ("UPSERT", "DELETE")
    namespace.add_enum("SyncKind", "What became of an edition.", {each: each for each in kinds})
    reasons = {each: each for each in sync.REASONS}
    namespace.add_enum("AffectedReason", "Why a page can look different.", reasons)
    add_where(
        namespace,
        "SyncWhere",
        "What is asked of a change.",
        {
            "type": filtered("EntryTypeFilter", lambda row: row.content_type, "Its type."),
            "locale": compared("str", lambda row: row.locale, "Its language."),
        },
    )
    for node, summed in _SUMMED.items():
        more = {"until": _UNTIL} if node == "SyncChange" else {}
        add_connection(namespace, node, **summaries(namespace, node, summed), **more)


def site_fields(site: Site) -> Mapping[str, Declared]:
    """Return the root fields that a whole site needs."""
    return {
        "route": Declared(
            "Route | None",
            OneOf(_route),
            "What a reader finds at a path, whatever its language; null if there never was "
            "anything.",
            (_PATH,),
        ),
        "sitemap": connection(
            "SitemapPage",
            _pages,
            "All pages in all languages, by path.",
            largest=LARGEST_SITEMAP,
        ),
        "position": seen_value(
            "int",
            lambda _, call: _reached(call),
            "The position of the last publication, of all or up to the time of @view(asOf: …); "
            "look through @view(position: …) to read all of a site as of then.",
        ),
        "sync": connection(
            "SyncChange",
            _changes,
            "What has changed since a position, in the order of positions; all pages of it are of "
            "the moment of the first.",
            where="SyncWhere",
            arguments=(_SINCE,),
            view=_pinned,
        ),
        "affected_paths": _affected(site),
    }
