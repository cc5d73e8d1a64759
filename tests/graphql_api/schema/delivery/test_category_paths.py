"""Paths that name categories: a page that goes to another category leaves a redirect."""

from __future__ import annotations

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.site import Site
from cms.taxonomy.categories import change_category
from tests.builders import Newsroom
from tests.graphql_api.conftest import api_of


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
    await newsroom.do(newsroom.administrator, change_category, soups.id, slug="broths")
    found = await api.data("{ recipes { nodes { path } } }")
    assert found["recipes"]["nodes"] == [{"path": "/en/broths/borscht"}]
    redirect = {"__typename": "RedirectRoute", "status": 301, "to": "/en/broths/borscht"}
    assert await api.data(ROUTE, path="/en/soups/borscht") == {"route": redirect}


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
