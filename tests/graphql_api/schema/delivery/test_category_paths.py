"""Paths that name categories: a page that goes to another category leaves a redirect."""

from __future__ import annotations

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Draft
from cms.errors import Refused
from cms.site import Site
from cms.taxonomy.categories import create_category, move_category
from tests.builders import Newsroom
from tests.graphql_api.conftest import Api, api_of
from tests.rewording import translate_words


class Recipe(ContentType, path="/{locale}/{category}/{slug}"):
    """Stands where its category says."""

    body = Markdown(required=True)


RECIPES = Site("Recipes", content_types=(Recipe,))
ROUTE = """query($path: String!) { route(path: $path) {
  __typename
  ... on PageRoute { entry { title } }
  ... on RedirectRoute { status to }
} }"""


async def test_a_change_of_category_leaves_a_redirect(newsroom: Newsroom) -> None:
    newsroom.site = RECIPES
    api = api_of(RECIPES, newsroom)
    soups = await newsroom.category("Soups")
    cold = await newsroom.category("Cold", soups)
    head = await newsroom.draft("Recipe", title="Borscht", slug="borscht", category=soups)
    await newsroom.publish(head)
    assert await newsroom.path(head) == "/en/soups/borscht"
    head = await newsroom.save(head, title="Borscht", slug="borscht", category=cold)
    await newsroom.publish(head)
    assert await api.data(ROUTE, path="/en/soups/cold/borscht") == {
        "route": {"__typename": "PageRoute", "entry": {"title": "Borscht"}}
    }
    redirect = {"__typename": "RedirectRoute", "status": 301, "to": "/en/soups/cold/borscht"}
    assert await api.data(ROUTE, path="/en/soups/borscht") == {"route": redirect}

    head = await newsroom.save(head, title="Borscht", slug="borscht")
    (publication,) = await newsroom.publish(head)
    assert await newsroom.path(publication) == "/en/borscht"


async def test_a_category_that_is_called_otherwise_moves_its_pages(newsroom: Newsroom) -> None:
    newsroom.site = RECIPES
    api = api_of(RECIPES, newsroom)
    soups = await newsroom.category("Soups")
    head = await newsroom.draft("Recipe", title="Borscht", slug="borscht", category=soups)
    await newsroom.publish(head)
    renamed = await newsroom.update(soups.revision, title="Broths", slug="broths")
    # Readers see the new word once it is reviewed and published.
    assert await newsroom.path(head) == "/en/soups/borscht"
    await newsroom.publish(renamed)
    found = await api.data("{ recipes { nodes { path } } }")
    assert found["recipes"]["nodes"] == [{"path": "/en/broths/borscht"}]
    redirect = {"__typename": "RedirectRoute", "status": 301, "to": "/en/broths/borscht"}
    assert await api.data(ROUTE, path="/en/soups/borscht") == {"route": redirect}


async def test_a_category_that_moves_takes_its_pages_along(newsroom: Newsroom) -> None:
    newsroom.site = RECIPES
    api = api_of(RECIPES, newsroom)
    meals = await newsroom.category("Meals")
    soups = await newsroom.category("Soups")
    cold = await newsroom.category("Cold", soups)
    await newsroom.published("Recipe", title="Borscht", slug="borscht", category=cold)
    (move,) = await newsroom.do(newsroom.administrator, move_category, soups.id, parent_id=meals.id)
    assert (move.old_path, move.path) == (
        "/en/soups/cold/borscht",
        "/en/meals/soups/cold/borscht",
    )
    found = await api.data("{ recipes { nodes { path category { treePath } } } }")
    assert found["recipes"]["nodes"] == [
        {"path": move.path, "category": {"treePath": "meals/soups/cold"}}
    ]
    redirect = {"__typename": "RedirectRoute", "status": 301, "to": move.path}
    assert await api.data(ROUTE, path="/en/soups/cold/borscht") == {"route": redirect}


async def test_the_slugs_of_a_path_are_those_of_its_locale(newsroom: Newsroom) -> None:
    newsroom.site = site = Site("Recipes", content_types=(Recipe,), locales=("en", "de"))
    api = api_of(site, newsroom)
    soups = await newsroom.category("Soups")
    cold = await newsroom.category("Cold", soups)
    head = await newsroom.draft("Recipe", title="Borscht", slug="borscht", category=cold)
    await newsroom.publish(head)
    german = await newsroom.translate(
        head, "de", title="Borschtsch", slug="borschtsch", category=cold
    )
    await newsroom.publish(german, locale="de")
    before = await newest_position(api)
    assert await newsroom.path(german) == "/de/soups/cold/borschtsch"
    await translate_words(newsroom, soups.id, "de", title="Suppen", slug="suppen")
    # What has no translation has the word of the default locale.
    assert await newsroom.path(german) == "/de/suppen/cold/borschtsch"
    assert await newsroom.path(head) == "/en/soups/cold/borscht"
    query = """query($locale: Locale!, $position: SitePosition)
    @view(locale: $locale, position: $position) {
      categories { nodes { name treePath locale } }
      category(by: {treePath: "suppen/cold"}) { name ancestors { name } }
    }"""
    cold_words = {"name": "Cold", "locale": "EN"}
    english = [{"name": "Soups", "treePath": "soups", "locale": "EN"}]
    english += [{**cold_words, "treePath": "soups/cold"}]
    assert await api.data(query, locale="EN") == {
        "categories": {"nodes": english},
        "category": None,
    }
    suppen = {"name": "Suppen", "treePath": "suppen", "locale": "DE"}
    assert await api.data(query, locale="DE") == {
        "categories": {"nodes": [suppen, {**cold_words, "treePath": "suppen/cold"}]},
        "category": {"name": "Cold", "ancestors": [{"name": "Suppen"}]},
    }
    then = await api.data(query, locale="DE", position=before)
    assert then == {"categories": {"nodes": english}, "category": None}


async def test_a_tree_path_has_no_word_of_a_draft(newsroom: Newsroom) -> None:
    newsroom.site = site = Site("Recipes", content_types=(Recipe,), locales=("en", "de"))
    api = api_of(site, newsroom)
    made = await newsroom.do(newsroom.administrator, create_category, Draft(title="Secret"))
    # Nothing stands in for locales without an edition but what is public in the default one.
    with pytest.raises(Refused, match="its own edition in the default locale"):
        await translate_words(newsroom, made.entry_id, "de", title="Suppen", slug="suppen")
    soups = await newsroom.category("Soups")
    await translate_words(newsroom, soups.id, "de", title="Suppen", slug="suppen-2")
    query = """query($position: SitePosition)
    @view(locale: EN, fallbackLocales: [DE], position: $position) {
      categories { nodes { treePath } }
    }"""
    shown = {"categories": {"nodes": [{"treePath": "soups"}]}}
    assert await api.data(query) == shown
    assert await api.data(query, position=await newest_position(api)) == shown
    await newsroom.update(soups.revision, slug="more-of-it")
    assert await api.data(query) == shown


async def newest_position(api: Api) -> str:
    """Return the newest position."""
    return str((await api.data("{ position }"))["position"])


async def test_a_time_and_its_position_show_one_tree(newsroom: Newsroom) -> None:
    newsroom.site = RECIPES
    api = api_of(RECIPES, newsroom)
    meals = await newsroom.category("Meals")
    soups = await newsroom.category("Soups")
    page = await newsroom.published("Recipe", title="Borscht", slug="borscht", category=soups)
    at = await newest_position(api)
    await newsroom.do(newsroom.administrator, move_category, soups.id, parent_id=meals.id)
    query = """query($asOf: DateTime, $position: SitePosition)
    @view(asOf: $asOf, position: $position) {
      position recipes { nodes { path category { treePath parent { name } } } }
    }"""
    category = {"treePath": "soups", "parent": None}
    nodes = [{"path": "/en/soups/borscht", "category": category}]
    then = {"position": at, "recipes": {"nodes": nodes}}
    assert await api.data(query, position=at) == then
    assert await api.data(query, asOf=page.published_at.isoformat()) == then


async def test_a_move_without_pages_has_a_position_too(newsroom: Newsroom) -> None:
    newsroom.site = RECIPES
    api = api_of(RECIPES, newsroom)
    meals = await newsroom.category("Meals")
    soups = await newsroom.category("Soups")
    page = await newsroom.published("Recipe", title="Borscht", slug="borscht")
    at = await newest_position(api)
    await newsroom.do(newsroom.administrator, move_category, soups.id, parent_id=meals.id)
    assert await newest_position(api) != at
    query = "query($asOf: DateTime) @view(asOf: $asOf) { position }"
    assert await api.data(query, asOf=page.published_at.isoformat()) == {"position": at}
    # A category that is no more than a draft has changed nothing.
    await newsroom.do(newsroom.administrator, create_category, Draft(title="Draft"))
    assert await api.data(query, asOf=page.published_at.isoformat()) == {"position": at}


async def test_pages_in_two_categories_can_have_one_slug(newsroom: Newsroom) -> None:
    newsroom.site = RECIPES
    api = api_of(RECIPES, newsroom)
    for name in ("Soups", "Sauces"):
        category = await newsroom.category(name)
        await newsroom.published("Recipe", title=name, slug="green", category=category)
    found = await api.data("""{
      recipe(by: {slug: "green"}) { title }
      soup: recipe(by: {path: "/en/soups/green/"}) { title }
    }""")
    assert found["recipe"]["title"] in {"Soups", "Sauces"}
    assert found["soup"] == {"title": "Soups"}
