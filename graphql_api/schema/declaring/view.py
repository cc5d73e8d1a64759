"""The view of a query, or of a part of one: ``@view`` and the root field ``view``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
)

from cms.reading.view import AsOf, Past, Perspective, View, view_of
from cms.site import Site
from cms.storage.dialects import Moment
from graphql_api.planner.arguments import Argument as PlannedArgument
from graphql_api.planner.arguments import Given, Known, bad_input
from graphql_api.planner.declarations import PLANNED, Call, Through
from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.positions import bind_position
from graphql_api.schema.declaring.type_registry import TypeRegistry

_ARGUMENTS = (
    Argument(
        "perspective",
        "Perspective | None",
        "`PUBLISHED`, or `DRAFT` with a token for drafts. Without `asOf` or `position` beside it, "
        "content as of now, even inside an `@view` of the past.",
    ),
    Argument("as_of", "DateTime | None", "Time in the past: content as readers saw it then."),
    Argument(
        "position",
        "SitePosition | None",
        "Position in the past: content as readers saw it there.",
    ),
    Argument(
        "locale", "Locale | None", "Locale of the content; by default the first one of the site."
    ),
    Argument(
        "fallback_locales",
        "list[Locale] | None",
        "Locales to fall back to, in this order, where an entry has no edition in `locale`; by "
        "default those that the site declares.",
    ),
    Argument(
        "link_set",
        "LinkSet | None",
        "Links that count for `linkMetrics`, for filters and orders by metrics, and for questions "
        "about the link graph; by default all.",
    ),
)


def add_view(registry: TypeRegistry, site: Site) -> Declared:
    """Add the types of the arguments of a view, and return the root field ``view``."""
    registry.add_enum(
        "Perspective",
        "Revision to read: the public one, or the newest.",
        {each.name: each for each in Perspective},
    )
    return Declared(
        "Query",
        Through(_view_for(site)),
        "All root fields in another view, for comparisons.",
        _ARGUMENTS,
    )


def add_directive(schema: GraphQLSchema) -> None:
    """Add ``@view``, with the arguments of the root field ``view``, to a schema."""
    query = schema.query_type
    if query is None:
        raise TypeError("a schema has queries")
    field: GraphQLField = query.fields["view"]
    directive = GraphQLDirective(
        name="view",
        locations=[DirectiveLocation.QUERY],
        args={
            name: GraphQLArgument(each.type, description=each.description)
            for name, each in field.args.items()
        },
        description="View of the whole query.",
        extensions={PLANNED: field.extensions[PLANNED]},
    )
    schema.directives = (*schema.directives, directive)


def _view_for(site: Site) -> Callable[[Call], View]:
    def view(call: Call) -> View:
        perspective = _value_of(call.arguments.get("perspective"))
        chosen = perspective if isinstance(perspective, Perspective) else call.view.perspective
        # A view with a perspective is of the present, unless it has a time or a position.
        past = _past(call) or (call.view.past if perspective is None else None)
        if chosen is Perspective.DRAFT and not call.view.scopes:
            message = "Drafts require a token that can read them."
            raise GraphQLError(message, extensions={"code": "NOT_ALLOWED"})
        if chosen is Perspective.DRAFT and past is not None:
            raise bad_input(
                "Drafts cannot be combined with asOf or position; query an entry's revisions.", None
            )
        preview = call.view.preview if chosen is Perspective.PUBLISHED else None
        locales, links = _locales(site, call), _value_of(call.arguments.get("linkSet"))
        return replace(
            view_of(site, locales[0]),
            locales=locales,
            perspective=chosen,
            scopes=call.view.scopes,
            past=past,
            preview=preview,
            link_set=call.view.link_set if links is None else str(links),
        )

    return view


def _locales(site: Site, call: Call) -> tuple[str, ...]:
    wanted = _value_of(call.arguments.get("locale"))
    own = site.locales_for(str(wanted)) if wanted is not None else call.view.locales
    others = call.arguments.get("fallbackLocales")
    if not isinstance(others, tuple):
        return own
    return tuple(dict.fromkeys([own[0], *(str(_value_of(each)) for each in others)]))


def _past(call: Call) -> Past | None:
    moment, position = call.arguments.get("asOf"), call.arguments.get("position")
    if isinstance(moment, Given) and isinstance(position, Given):
        raise bad_input("Give either asOf or position, not both.", None)
    if isinstance(moment, Given):
        return Past(AsOf.TIME, call.bind(moment, Moment()))
    if isinstance(position, Given):
        return Past(AsOf.POSITION, bind_position(call, position))
    return None


def _value_of(argument: PlannedArgument) -> object:
    value = argument.value if isinstance(argument, Known) else None
    return value.value if isinstance(value, Enum) else value
