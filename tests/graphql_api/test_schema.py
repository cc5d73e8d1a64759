"""The schemas of the demo site, as clients know them: a change of one is seen in review."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    print_schema,
    validate_schema,
)

from cms.content.content_type import ContentType
from cms.content.fields import Json, Links, List, Reference, References, Text
from cms.copydesk import Copydesk
from cms.errors import SiteError, UserError
from cms.hooks import Candidate, Gate
from cms.settings import Settings
from cms.site import Site
from graphql_api import create_app
from graphql_api.planner.declarations import PLANNED
from graphql_api.schema.build import build_delivery_schema
from graphql_api.schema.build_management import build_management_schema
from seeds.site import site
from tests.sites import SITE
from tests.snapshots import check_snapshot


def test_the_demo_sites_schema() -> None:
    check_snapshot(
        Path(__file__).parent / "schema.graphql", print_schema(build_delivery_schema(site)) + "\n"
    )


def test_the_demo_sites_management_schema() -> None:
    check_snapshot(
        Path(__file__).parent / "management.graphql",
        print_schema(build_management_schema(site)) + "\n",
    )


def test_the_schemas_are_valid(schema: GraphQLSchema, management_schema: GraphQLSchema) -> None:
    assert validate_schema(schema) == []
    assert validate_schema(management_schema) == []


def test_every_field_says_its_sql_and_what_it_means(
    schema: GraphQLSchema, management_schema: GraphQLSchema
) -> None:
    for type_ in (*schema.type_map.values(), *management_schema.type_map.values()):
        if type_.name.startswith("__") or not hasattr(type_, "fields"):
            continue
        for name, field in type_.fields.items():
            assert field.description, f"{type_.name}.{name} has no description"
            if hasattr(field, "args"):
                assert field.extensions[PLANNED], f"{type_.name}.{name} has no SQL"


def test_what_every_public_page_has_a_draft_may_lack(
    schema: GraphQLSchema, management_schema: GraphQLSchema
) -> None:
    public, editing = (print_schema(each) for each in (schema, management_schema))
    for line in ("  body: Markdown!\n", "  heading: String!\n"):
        assert line in public
        assert line not in editing
        assert line.replace("!", "") in editing


def test_every_type_of_delivery_is_one_of_management(
    schema: GraphQLSchema, management_schema: GraphQLSchema
) -> None:
    for name, type_ in schema.type_map.items():
        same = management_schema.type_map[name]
        assert set(getattr(type_, "fields", ())) <= set(getattr(same, "fields", ())), name


def test_a_field_without_a_graphql_type_is_refused_when_the_site_is_built() -> None:
    class Odd(ContentType):
        """Has a list of lists of links."""

        lists = List(of=Links())

    with pytest.raises(SiteError, match="a Links cannot be the item of a list"):
        build_delivery_schema(Site("Odd", content_types=[Odd]))


def test_a_singleton_can_be_referred_to_and_refer_to_others() -> None:
    class Story(ContentType, path="/stories/{slug}"):
        """Is told at a place."""

        place = Reference(to=("Place",))
        places = References(to=("Place",), reverse="told_here")

    class Place(ContentType, singleton=True, plural="Places"):
        """Is the only one."""

        story = Reference(to=("Story",), reverse="places_of")

    schema = build_delivery_schema(Site("Small", content_types=[Story, Place]))
    assert validate_schema(schema) == []
    printed = print_schema(schema)
    for line in ("  place: PlaceWhere\n", "  places: PlaceListWhere\n", "): PlaceConnection!\n"):
        assert line in printed


def test_a_site_needs_no_pages() -> None:
    class Wording(ContentType):
        """A text of an app."""

        text = Text()

    app = Site("App", content_types=[Wording])
    assert "  wordings(" in print_schema(build_delivery_schema(app))
    build_management_schema(app)


def test_lists_of_json_can_be_read_written_and_filtered_by_what_is_there() -> None:
    class Board(ContentType, path="/boards/{slug}"):
        """Shows charts."""

        charts = List(of=Json())

    boards = Site("Small", content_types=[Board])
    printed = print_schema(build_delivery_schema(boards))
    assert "  charts: [JSON!]!\n" in printed
    assert "  charts: JSONListFilter\n" in printed
    assert "  charts: [JSON!]\n" in print_schema(build_management_schema(boards))


def test_two_sites_live_side_by_side(schema: GraphQLSchema) -> None:
    other = build_delivery_schema(site)
    assert "GlossaryTerm" in other.type_map
    assert "GlossaryTerm" not in schema.type_map
    assert "Article" not in other.type_map


def test_words_for_editors_are_checked_before_their_schema_is_made(tmp_path: Path) -> None:
    def passes(_: Candidate) -> Iterable[UserError]:
        return ()

    gates = [Gate("site:my-gate", passes), Gate("site:my_gate", passes)]
    site = Site("Gates", content_types=tuple(SITE.content_types.values()), gates=gates)
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'gates.db'}")
    with pytest.raises(SiteError, match="SITE_MY_GATE"):
        create_app(Copydesk(site, settings))
