"""The conventions of both schemas, kept by walking them; each exception has its reason."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
)

from cms.authorization.actions import ROLE_ACTIONS, Action
from cms.content.builtin import BUILT_IN
from cms.content.fields.choice import UNKNOWN
from cms.content.fields.names import text_name
from cms.content.links import Origin
from cms.content.type_names import types_of as type_names_of
from cms.publishing.gates import GATES
from cms.review.relations import REVIEW_OUTCOMES
from cms.review.standing import STATES
from graphql_api.schema.management.errors import error_types
from seeds.site import site
from tests.schemas import delivery_schema_of, management_schema_of
from tests.sites import SITE

SCHEMAS = {"delivery": delivery_schema_of(site), "management": management_schema_of(site)}
OTHERS = {"delivery": delivery_schema_of(SITE), "management": management_schema_of(SITE)}
NAMES = pytest.mark.parametrize("name", list(SCHEMAS))


@dataclass(frozen=True)
class Place:
    """A field, or an argument of one.

    Attributes:
        owner: the type that it is of, or the field.
        name: its name.
        type: its type.
    """

    owner: str
    name: str
    type: GraphQLType

    @property
    def named(self) -> GraphQLNamedType:
        """The type without what says that there are several or that it is never null."""
        return get_named_type(self.type)

    @property
    def is_list(self) -> bool:
        """Whether there are several."""
        return str(self.type).startswith("[")

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}"


def types_of(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    """Yield the types of a schema; an entry's are left out, since `Entry` has the common fields."""
    entries = {each.name for each in schema.get_possible_types(schema.type_map["Entry"])}  # type: ignore[arg-type]  # an interface
    for key, type_ in schema.type_map.items():
        if not key.startswith("__") and key not in entries:
            yield type_


def own_types(name: str) -> Iterator[GraphQLNamedType]:
    """Yield the types that two sites have in common, but for those of categories and people."""
    built_in = {each for each, _ in type_names_of(BUILT_IN)}
    common = (each for each in types_of(SCHEMAS[name]) if each.name in OTHERS[name].type_map)
    return (each for each in common if each.name not in built_in)


def fields_of(type_: GraphQLNamedType) -> Mapping[str, GraphQLField]:
    """Return the fields of an object type or an interface; none of any other."""
    return type_.fields if is_object_type(type_) or is_interface_type(type_) else {}


def outputs(types: Iterable[GraphQLNamedType]) -> Iterator[Place]:
    """Yield the fields of object types and interfaces."""
    for type_ in types:
        for key, field in fields_of(type_).items():
            yield Place(type_.name, key, field.type)


def inputs(types: Iterable[GraphQLNamedType]) -> Iterator[Place]:
    """Yield the arguments of fields, and the fields of inputs."""
    for type_ in types:
        if is_input_object_type(type_):
            for key, field in type_.fields.items():
                yield Place(type_.name, key, field.type)
        for key, field in fields_of(type_).items():
            for argument, each in field.args.items():
                yield Place(f"{type_.name}.{key}", argument, each.type)


def connections(schema: GraphQLSchema) -> Iterator[tuple[Place, Mapping[str, GraphQLArgument]]]:
    """Yield the fields that are connections, with their arguments."""
    for type_ in types_of(schema):
        for key, field in fields_of(type_).items():
            if get_named_type(field.type).name.endswith("Connection"):
                yield Place(type_.name, key, field.type), field.args


def values_of(name: str, enum: str) -> set[str]:
    """Return the values of an enum."""
    type_ = SCHEMAS[name].type_map[enum]
    assert isinstance(type_, GraphQLEnumType)
    return set(type_.values)


def check(name: str, found: set[str], reasons: Mapping[str, str]) -> None:
    """Check that there is nothing without a reason, and no reason without anything."""
    assert found <= reasons.keys()
    if name == "management":  # it has all that delivery has
        assert found == reasons.keys()


# --- Closed vocabularies are enums, and built from the product and the site ---


def test_vocabularies_are_built_from_what_declares_them() -> None:
    assert values_of("management", "Role") == {each.upper() for each in ROLE_ACTIONS} | {UNKNOWN}
    assert values_of("management", "Action") == {each.name for each in Action} | {UNKNOWN}
    codes = {kind.code for kind in error_types()} | {UNKNOWN}
    assert values_of("management", "ErrorCode") == codes
    rules = {each.name.upper().replace(":", "_") for each in site.link_rules}
    assert values_of("management", "PublishGate") == {e.name.upper() for e in GATES} | rules
    assert values_of("delivery", "LinkSet") == {"ALL", *map(str.upper, site.link_sets)}
    assert values_of("management", "EntryState") == {*STATES}
    assert values_of("management", "ReviewOutcome") == {each.upper() for each in REVIEW_OUTCOMES}
    assert values_of("delivery", "LinkOrigin") == {each.name for each in Origin}
    assert values_of("delivery", "Locale") == {"EN", UNKNOWN}
    assert values_of("delivery", "EntryType") == {*site.content_types, UNKNOWN}
    assert {"RELATED_TERM", "INLINE", UNKNOWN} < values_of("delivery", "LinkKind")


# Words that are always declared, though their enum has a value for what is not.
ALWAYS_DECLARED = {
    "Entry.type": "an entry of a type that is not declared is no object of the schema",
    "Entry.availableLocales": "only those are listed in which the entry can be asked for",
}


@NAMES
def test_beside_a_word_that_may_not_be_declared_stands_its_text(name: str) -> None:
    schema = SCHEMAS[name]
    lacking = set()
    for each in outputs(types_of(schema)):
        if is_enum_type(each.named) and UNKNOWN in each.named.values:
            text = fields_of(schema.type_map[each.owner]).get(
                text_name(each.name, is_list=each.is_list)
            )
            wanted = str(each.type).replace(each.named.name, "String")
            if text is None or str(text.type) not in {wanted, f"{wanted}!"}:
                lacking.add(str(each))
    assert lacking == ALWAYS_DECLARED.keys()


# --- Enum values are in capitals ---

# Enums whose values are the names of types, or begin with the name of a field.
NAMING = re.compile(r"EntryType|\w+(Order|Facet|Moment)")


@NAMES
def test_the_values_of_enums_are_in_capitals(name: str) -> None:
    wrong = [
        f"{type_.name}.{value}"
        for type_ in types_of(SCHEMAS[name])
        if is_enum_type(type_) and not NAMING.fullmatch(type_.name)
        for value in type_.values
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", value)
    ]
    assert wrong == []


# --- One name has one type ---


@NAMES
def test_a_locale_is_of_the_enum_wherever_it_stands(name: str) -> None:
    types = list(types_of(SCHEMAS[name]))
    found = {
        each.named.name
        for each in (*outputs(types), *inputs(types))
        if re.search(r"[lL]ocales?$", each.name)
    }
    assert found == {"Locale", "LocaleFilter"}


# Names that stand for different things of one kind, by what says which.
BY_OWNER = {
    "edges": "of each connection its own; of answers about links",
    "entries": "all entries are a connection; an answer about links has few, wanted whole",
    "node": "of each edge its own; the root's is any node",
    "nodes": "of each connection its own; the root's are any nodes",
    "kind": "each thing that comes in kinds has an enum of its own",
    "code": "errors and warnings have enums of their own",
    "outcome": "each thing that has an outcome has an enum of its own",
    "reason": "a sentence where a person gives it, else an enum",
    "body": "plain text, and Markdown with its forms",
    "content": "all that a revision holds; what a meta tag says",
    "links": "all links of an entry are a connection; a group or a text has few, wanted whole",
    "status": "the result of following a link; the HTTP status of a route",
    "tags": "all tags are a connection; an entry has few, wanted whole",
    "since": "of a link, with its position; a time",
    "start": "of a span of time; of words in a text",
    "target": "a public page; an entry that may not be public yet",
    "position": "of a site in its history; of an item in its list",
    "publications": "of an entry over all its life; of one write",
    "orphans": "the number of them in a graph; the entries that one publication makes so",
    "results": "of each mutation of many entries its own",
    "until": "of a link, with its position; a time",
}


@NAMES
def test_a_name_of_a_field_has_one_type(name: str) -> None:
    types: dict[str, set[str]] = defaultdict(set)
    for each in outputs(own_types(name)):
        if each.owner not in {"Mutation", "Subscription"}:
            types[each.name].add(each.named.name)
    several = {key for key, each in types.items() if len(each) > 1}
    check(name, several, BY_OWNER)


# The same of arguments; filters, orders and inputs are of a type that they belong to.
ARGUMENTS_BY_OWNER = {
    "entries": "of each mutation of many entries its own",
    "by": "what names one thing is of its type; spans of time",
    "field": "of each connection its own",
    "fields": "of each connection its own",
    "input": "of each mutation its own",
    "orderBy": "of each connection its own",
    "position": "of a site in its history; of a category among its siblings",
    "since": "a position for what has changed; a time for sign-offs of an account",
    "to": "the end of links; the end of a time; the target of a redirect, as an address",
    "from": "the begin of a path of links, or of a time",
    "metric": "of one page; of a set of pages",
    "where": "of each connection its own",
}


@NAMES
def test_a_name_of_an_argument_has_one_type(name: str) -> None:
    types: dict[str, set[str]] = defaultdict(set)
    for each in inputs(own_types(name)):
        if not re.search(r"(Where|Filter|By|Values)$", each.owner):
            types[each.name].add(each.named.name)
    several = {key for key, each in types.items() if len(each) > 1}
    check(name, several, ARGUMENTS_BY_OWNER)


# --- What has an id is a node ---


@NAMES
def test_what_has_an_id_is_a_node(name: str) -> None:
    with_id = {
        type_.name
        for type_ in SCHEMAS[name].type_map.values()
        if is_object_type(type_) and "id" in type_.fields
    }
    nodes = SCHEMAS[name].get_possible_types(SCHEMAS[name].type_map["Node"])  # type: ignore[arg-type]  # an interface
    assert with_id == {each.name for each in nodes}


# --- Lists that grow are connections, and every connection orders ---

# Lists of objects that are wanted whole, and why they do not grow.
WHOLE = {
    **dict.fromkeys(("Entry.translations", "Entry.editions", "Seo.hreflang"), "one a locale"),
    "SitemapPage.alternates": "one a locale",
    "Entry.tags": "an entry has few",
    "Entry.linkGroups": "one a kind of link",
    "Entry.presence": "those who are there in this minute",
    **dict.fromkeys(("EntryReview.reviewers", "EntryReview.signOffs"), "on one digest"),
    **dict.fromkeys(("Revision.signOffs", "Revision.changeRequests"), "on one digest"),
    **dict.fromkeys(("ReviewRequest.signOffs", "ReviewRequest.changeRequests"), "in one review"),
    **dict.fromkeys(("ReviewRequest.stages", "ReviewRequest.assignees"), "in one review"),
    "Account.grants": "an account has few",
    **dict.fromkeys(("LinkGroup.links", "Markdown.links", "Markdown.toc"), "of one page"),
    "Seo.openGraph": "of one page",
    "MergeProposal.fields": "of one page",
    **dict.fromkeys(("Difference.changes", "Difference.links", "ValueChange.words"), "of one page"),
    **dict.fromkeys(("Query.blame", "Query.commentThreads", "Query.warnings"), "of one page"),
    "Query.checkPublish": "one a gate",
    "Query.suggest": "20 words at most",
    **dict.fromkeys(
        ("Query.myQueue", "Query.waitingForOthers", "Query.reviewDue", "Query.staleReviews"),
        "worked out before the statement runs, in pages of at most 100",
    ),
    **dict.fromkeys(
        (
            *("LinkNeighborhood.nodes", "LinkNeighborhood.edges", "LinkPaths.paths"),
            *("LinkPath.entries", "LinkPath.edges", "CommonLinks.entries", "SimilarEntries.nodes"),
            *("LinkClusters.nodes", "LinkCluster.members", "LinkMatrix.cells", "LinkPages.nodes"),
            *("LinkCycles.nodes", "LinkCycle.cycle", "LinkHubs.nodes", "LinkRuleOffenders.nodes"),
            *("AssumedPages.entries", "LinkWhatIf.changedPages", "LinkWhatIf.brokenLinks"),
            *("LinkAnchorTexts.nodes", "LinkAnchorGroup.uses", "LinkAnchorUse.sources"),
        ),
        "worked out before the statement runs, at most as many as the question says",
    ),
    **dict.fromkeys(
        (
            *("LinkGraphDiff.pageChanges", "LinkGraphDiff.linkChanges"),
            *("LinkMetricMoves.nodes", "LinkPeriods.nodes", "LinkBlame.nodes"),
        ),
        "100 at most, of an answer that is found as a whole",
    ),
    "LinkSeries.points": "400 at most",
    "EntryPublication.signOffs": "of one publication",
    "LinkGraph.degreeHistogram": "one for each number of links that pages have",
    "QueueItem.lacking": "one a stage",
    "StaleReview.causes": "links of one page",
    "Payload.errors": "of one write",
    "MoveCategoryPayload.moves": "100 at most",
    "PublishTogetherPayload.publications": "of one write",
    **dict.fromkeys(
        (
            f"{each}Payload.results"
            for each in (
                *("MoveEntries", "PublishEntries", "RequestReviews", "SignOffEntries"),
                *("TagEntries", "UnpublishEntries"),
            )
        ),
        "of one write",
    ),
    **dict.fromkeys(
        (f"PublishImpact.{each}" for each in ("linksAdded", "linksRemoved", "orphans", "stale")),
        "of one write",
    ),
}


@NAMES
def test_lists_that_grow_are_connections(name: str) -> None:
    lists = {
        str(each) if each.name != "errors" else "Payload.errors"
        for each in outputs(own_types(name))
        if each.is_list and not is_leaf_type(each.named) and not each.owner.endswith("Connection")
    }
    lists -= {"Query.nodes"}  # as many as are asked for
    check(name, lists, WHOLE)


# Connections with only one order, and why.
IN_ONE_ORDER = {"Query.sync": "changes are applied in the order of their positions"}


@NAMES
def test_every_connection_orders(name: str) -> None:
    unordered = {
        str(each) for each, arguments in connections(SCHEMAS[name]) if "orderBy" not in arguments
    }
    assert unordered == IN_ONE_ORDER.keys()
