"""The links of a whole site, and the values of links that depend on its declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, case, select, true

from cms.content.links import Origin
from cms.reading import relations
from cms.reading.link_faults import LinkDeclarations, has_index
from cms.reading.link_status import LinkStatus, external_host, external_or_none, status_of
from cms.reading.links import category_pair, ends_of_pair
from cms.reading.narrowing import narrowed
from cms.reading.rows import LinkRow
from cms.reading.visibility import Relation
from cms.site import Site
from cms.storage.dialects import Folded, FoldedItems, Key
from graphql_api.planner.arguments import Argument, Input
from graphql_api.planner.declarations import Call, Extent, Row, Rows
from graphql_api.planner.filters import Bind, Condition, Operator, Reach
from graphql_api.planner.json_sql import IsOneOf, TypedList, text
from graphql_api.planner.ordering import ViewKind
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.aggregates import Summed
from graphql_api.schema.declaring.connection import connection
from graphql_api.schema.declaring.facet_counts import Facet
from graphql_api.schema.declaring.fields import FEW, Declared, of_call, of_row, seen_value, value
from graphql_api.schema.declaring.row_sources import site_link_rows, statuses_in, wanted_statuses
from graphql_api.schema.declaring.words import name_of, word

# The assumed number of links of an entry, for the cost of lists of all of them.
_LINKS_OF_ENTRY = 10
# The work of finding out whether a view shows a link: both of its ends are looked up.
_LINK = 6
# The work of finding out the status of a link, as one of many.
_CHECKED = 20
_BETWEEN_PATHS = " > "


@dataclass(frozen=True)
class SiteLinks:
    """The values of links that depend on the declaration of a site.

    Attributes:
        site: the site.
    """

    site: Site

    @property
    def singletons(self) -> list[str]:
        """The stored names of the content types of singletons."""
        stored = self.site.stored_types.items()
        return [name for name, each in stored if each.singleton]

    @property
    def _declarations(self) -> LinkDeclarations:
        stored = self.site.stored_types.items()
        pathless = [name for name, each in stored if each.path is None]
        return LinkDeclarations(self.site.addresses, pathless)

    def layer(self, link: LinkRow) -> Sql:
        """Return the stored word of the layer of the graph that a link is in."""
        content = text("content")
        if not self.singletons:
            return content
        names = [text(each) for each in self.singletons]
        return case((link.source_content_type.in_(names), text("navigation")), else_=content)

    def place(self, link: LinkRow) -> Sql:
        """Return the stored word of the kind of place where a link stands."""
        return case(
            (self.layer(link) == text("navigation"), text("navigation")),
            (link.in_block, text("block")),
            (link.origin == text(Origin.INLINE.value), text("text")),
            (link.origin == text(Origin.FIELD.value), text("link_field")),
            else_=text("reference"),
        )

    def host(self, link: LinkRow) -> Sql:
        """Return the host of a link to another site; null for any other link."""
        return external_host(link, self.site.addresses)

    def host_operators(self, link: LinkRow) -> Mapping[str, Operator]:
        """Return the operators by which an index over hosts finds links."""

        def equal(host: Sql, bind: Bind) -> Condition:
            if isinstance(host, Folded):
                return host == Folded(bind(Key))
            return and_(link.host == bind(Key), host == link.host)

        def among(host: Sql, bind: Bind) -> Condition:
            items = bind(TypedList(Key))
            if isinstance(host, Folded):
                return IsOneOf(host, FoldedItems(items))
            return and_(IsOneOf(link.host, items), host == link.host)

        return {"eq": equal, "in": among}

    def status(self, link: LinkRow, call: Call) -> Sql:
        """Return the stored word of the status of a link."""
        return status_of(link, call.view, self.site.addresses)

    def short_status(self, operators: Input) -> Callable[[Row], Sql] | None:
        """Return a status without look-ups, if a comparison is true for external links alone."""
        asks_for_one = operators.fields.keys() <= {"eq", "in"}
        if not asks_for_one or wanted_statuses(operators) != {LinkStatus.EXTERNAL}:
            return None
        return of_row(self._external_or_none)

    def _external_or_none(self, link: LinkRow) -> Sql:
        return external_or_none(link, self.site.addresses)

    def status_name(self, link: LinkRow, call: Call) -> Sql:
        """Return the name of the status of a link."""
        return name_of({each.name: each.value for each in LinkStatus}, self.status(link, call))

    def fields(self) -> dict[str, Declared]:
        """Return the fields of links with these values."""
        return {
            "layer": word("LinkLayer", self.layer, "Layer of the link graph that the link is in."),
            "place": word("LinkPlace", self.place, "Kind of place where the link stands."),
            "host": value(
                "str | None",
                self.host,
                "Host of a link to another site, in ASCII; null for any other link.",
            ),
            "status": seen_value("LinkStatus", self.status_name, "Result of following the link."),
        }

    def summed(self) -> Summed:
        """Return the values by which links are counted."""
        return Summed(
            (
                Facet("kind", LinkRow.kind, enum="LinkKind"),
                Facet("origin", LinkRow.origin, enum="LinkOrigin"),
                Facet("status", seen=of_call(self.status), enum="LinkStatus", work=_CHECKED),
                Facet("host", of_row(self.host), among=_with_host, share=1 / FEW),
                Facet("sourceType", LinkRow.source_content_type, enum="EntryType"),
                Facet("targetType", LinkRow.target_content_type, enum="EntryType"),
                Facet("categoryPair", of_row(category_pair), names=_paths_of_pair),
            )
        )

    def connection(self) -> Declared:
        """Return the root field with the links of all entries."""
        return connection(
            "EntryLink",
            lambda _, call: site_link_rows(call, self.singletons, self._declarations),
            "Links of all entries, by the revisions that contain them, oldest first. References "
            "are among them only if `where` asks for origins, and links of singletons only if it "
            "asks for layers, by `eq` or `in`. That an entry is in a category is no link.",
            where="EntryLinkWhere",
            order="EntryLinkOrder",
            extent=Extent(_LINKS_OF_ENTRY, is_ordered=True, work=_LINK),
        )


def _with_host(call: Call) -> Relation | None:
    """Return the links that can have a host, unless an index has those of a status."""
    is_found = has_index(statuses_in(call.arguments.get("where")))
    return None if is_found else relations.links_to_urls(call.view)


def reach_of_status(operators: Argument, kind: ViewKind) -> Reach:
    """Return how many links are read for a comparison of their status."""
    statuses = wanted_statuses(operators)
    if kind not in {"now", "past"} or not has_index(statuses):
        return Reach.ALL
    return Reach.PAGE if statuses == {LinkStatus.EXTERNAL} else Reach.FEW


def _paths_of_pair(pair: Sql, call: Call) -> Rows:
    """Return the tree paths of two categories in one text."""
    sources = narrowed(relations.categories(call.view), ("id", "tree_path")).subquery("source_of")
    targets = narrowed(relations.categories(call.view), ("id", "tree_path")).subquery("target_of")
    paths = sources.c.tree_path + text(_BETWEEN_PATHS) + targets.c.tree_path
    both = select(
        sources.c.id.label("id"), targets.c.id.label("other_id"), paths.label("name")
    ).join_from(sources, targets, true())
    first, second = ends_of_pair(pair)
    return Rows(
        Chosen(both),
        (lambda each: each.id == first, lambda each: each.other_id == second),
        row=lambda each: each.name,
    )
