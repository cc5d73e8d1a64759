"""Categories and people are entries of built-in types, which a site can extend."""

from __future__ import annotations

from typing import Any

import cms
from cms.authorization.actor import Grant
from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown, Reference
from cms.drafts.loading import look_at
from cms.drafts.people import create_person
from cms.drafts.saving import update_entry
from cms.publishing.publishing import publish_together
from cms.publishing.unpublishing import unpublish_entry
from cms.site import Site
from cms.tables import Revision
from cms.taxonomy.categories import create_category, move_category
from cms.work.work import Work
from graphql_api.delivery import Visitor
from graphql_api.site_files.addresses import Addresses
from graphql_api.site_files.sitemap import sitemap
from tests.builders import Newsroom, Topic, changes_of
from tests.graphql_api.conftest import Api, api_of
from tests.rewording import reword, translate_words
from tests.sites import SITE


class Category(cms.Category, path="/topics/{category}/{slug}"):
    """A topic with a page of its own."""

    introduction = Markdown()


class Person(cms.Person, path="/people/{slug}"):
    """Someone with a page."""

    motto = cms.Text()


class Page(ContentType, path="/{category}/{slug}"):
    """A page."""

    body = Markdown(required=True)
    see = Links("See")
    about = Reference(to=("Category",), reverse="pages_about")


TOPICS = Site(
    "Topics",
    content_types=(Page, Category, Person),
    locales=("en", "de"),
    url={"en": "https://example.org", "de": "https://example.de"},
)


def ask(newsroom: Newsroom) -> Api:
    newsroom.site = TOPICS
    return api_of(TOPICS, newsroom)


async def topics(newsroom: Newsroom) -> tuple[Topic, Topic]:
    animals = await newsroom.category("Animals")
    return animals, await newsroom.category("Birds", animals)


async def test_a_site_adds_fields_and_pages(newsroom: Newsroom) -> None:
    api = ask(newsroom)
    animals, birds = await topics(newsroom)
    await reword(newsroom, birds.id, introduction="About *birds*.")
    page = await newsroom.published("Page", title="Owl", category=birds, about=birds.id)
    data = await api.data(
        """{ page(by: {path: "/animals/birds/owl"}) {
          about { name treePath }
          category { name path introduction { html } parent { path }
            pagesAbout { nodes { title } } }
          jsonLd } }"""
    )
    assert data["page"]["about"] == {"name": "Birds", "treePath": "animals/birds"}
    assert data["page"]["category"] == {
        "name": "Birds",
        "path": "/topics/animals/birds",
        "introduction": {"html": "<p>About <em>birds</em>.</p>"},
        "parent": {"path": "/topics/animals"},
        "pagesAbout": {"nodes": [{"title": "Owl"}]},
    }
    steps = data["page"]["jsonLd"][1]["itemListElement"]
    assert [(each["name"], each.get("item")) for each in steps] == [
        ("Animals", "https://example.org/topics/animals"),
        ("Birds", "https://example.org/topics/animals/birds"),
        ("Owl", None),
    ]
    await newsroom.unpublish(page)
    await newsroom.do(newsroom.publisher, move_category, birds.id, parent_id="")
    route = 'route(path: "/topics/animals/birds") { __typename ... on RedirectRoute { to } }'
    assert (await api.data(f"{{ {route} }}"))["route"] == {
        "__typename": "RedirectRoute",
        "to": "/topics/birds",
    }
    crumbs = await api.data('{ category(by: {path: "/topics/birds"}) { jsonLd } }')
    (only,) = crumbs["category"]["jsonLd"][1]["itemListElement"]
    assert only == {"@type": "ListItem", "position": 1, "name": "Birds"}
    assert animals.slug == "animals"


async def test_lists_leave_built_in_types_out_unless_they_are_asked_for(
    newsroom: Newsroom,
) -> None:
    api = ask(newsroom)
    _, birds = await topics(newsroom)
    await newsroom.published("Page", title="Owl", category=birds)
    types = "nodes { typeName: __typename } totalCount"

    async def listed(where: str) -> set[str]:
        data = await api.data(f"{{ entries{where} {{ {types} }} }}")
        return {each["typeName"] for each in data["entries"]["nodes"]}

    assert await listed("") == {"Page"}
    assert await listed("(where: {type: {ne: Page}})") == set()
    assert await listed("(where: {title: {isNull: false}})") == {"Page"}
    assert await listed("(where: {type: {in: [Category, Page]}})") == {"Category", "Page"}
    nothing = "query($types: [EntryType!]) { entries(where: {type: {in: $types}}) "
    data = await api.data(nothing + "{ nodes { __typename } } }", types=None)
    assert data["entries"]["nodes"] == [{"__typename": "Page"}]
    assert await listed("(where: {OR: [{type: {eq: Person}}, {type: {eq: Page}}]})") == {
        "Person",
        "Page",
    }
    for name, fields in (("sync", "nodes { path }"), ("sitemap", "nodes { path }")):
        data = await api.data(f"{{ {name} {{ {fields} }} }}")
        assert data[name]["nodes"] == [{"path": "/animals/birds/owl"}]
        data = await api.data(f"{{ {name}(where: {{type: {{eq: Category}}}}) {{ {fields} }} }}")
        assert {each["path"] for each in data[name]["nodes"]} == {
            "/topics/animals",
            "/topics/animals/birds",
        }
    text = (await sitemap(api.delivery, Addresses(TOPICS, "https://example.org"))).decode()
    assert "https://example.org/topics/animals/birds" in text
    assert "https://example.org/people/ada-author" not in text  # published by another declaration


async def test_readers_see_no_person_and_no_category_before_it_is_public(
    newsroom: Newsroom,
) -> None:
    api = ask(newsroom)
    secret = await newsroom.do(newsroom.publisher, create_category, cms.Draft(title="Secret"))
    staff = await newsroom.do(newsroom.administrator, create_person, cms.Draft(title="Staff"))
    asked = """query($topic: ID!, $person: ID!) {
      categories { nodes { name } } category(by: {treePath: "secret"}) { name }
      person(by: {slug: "staff"}) { name } topic: node(id: $topic) { id }
      person_: node(id: $person) { id }
      people(where: {name: {contains: "Staff"}}) { nodes { name } }
      suggest(search: "Secr") { word } }"""
    hidden: Any = {
        "categories": {"nodes": []},
        "category": None,
        "person": None,
        "topic": None,
        "person_": None,
        "people": {"nodes": []},
        "suggest": [],
    }
    given = {"topic": secret.entry_id, "person": staff.entry_id}
    assert await api.data(asked, **given) == hidden
    await newsroom.publish(secret.revision)
    shown = await api.data(asked, **given)
    assert (shown["category"], shown["suggest"]) == ({"name": "Secret"}, [])
    assert shown["topic"] == {"id": secret.entry_id}
    await newsroom.do(newsroom.publisher, unpublish_entry, secret.entry_id)
    assert await api.data(asked, **given) == hidden


async def test_what_a_page_shows_beside_it_is_in_its_locale_or_the_default_one(
    newsroom: Newsroom,
) -> None:
    api = ask(newsroom)
    animals, birds = await topics(newsroom)
    english = await newsroom.draft("Page", title="Owl", category=birds)
    await newsroom.publish(english)
    german = await newsroom.translate(english, "de", title="Eule", slug="eule", category=birds)
    await newsroom.publish(german, locale="de")
    asked = """query @view(locale: DE) { pages { nodes { path category {
      name localeName treePath ancestors { name } } revision { author { name localeName } } } } }"""

    async def page() -> Any:
        (found,) = (await api.data(asked))["pages"]["nodes"]
        return found

    assert await page() == {
        "path": "/animals/birds/eule",
        "category": {
            "name": "Birds",
            "localeName": "en",
            "treePath": "animals/birds",
            "ancestors": [{"name": "Animals"}],
        },
        "revision": {"author": {"name": "Ada Author", "localeName": "en"}},
    }
    await translate_words(newsroom, animals.id, "de", title="Tiere", slug="tiere")
    found = await page()
    assert found["path"] == "/tiere/birds/eule"
    assert found["category"]["treePath"] == "tiere/birds"
    assert found["category"]["ancestors"] == [{"name": "Tiere"}]


async def test_affected_paths_name_what_pages_show_beside_them(newsroom: Newsroom) -> None:
    api = ask(newsroom)
    animals, birds = await topics(newsroom)
    await newsroom.published("Page", title="Owl", category=birds)
    other = await newsroom.published("Page", title="Other")
    position = (await api.data("{ position }"))["position"]
    asked = "query($since: SitePosition) { position affectedPaths(since: $since) { nodes {"
    asked += " path reason } } }"

    async def reasons(since: str) -> dict[str, str]:
        found = (await api.data(asked, since=since))["affectedPaths"]["nodes"]
        return {each["path"]: each["reason"] for each in found}

    await reword(newsroom, animals.id, title="Beasts")
    assert await reasons(position) == {
        "/topics/animals": "CHANGED",
        "/topics/animals/birds": "CATEGORY",
        "/animals/birds/owl": "CATEGORY",
    }
    position = (await api.data("{ position }"))["position"]
    saved = await newsroom.do(
        newsroom.second_author,
        _renamed,
        str(newsroom.author.person_id),
    )
    await newsroom.publish(saved)
    found = await reasons(position)
    assert found["/animals/birds/owl"] == "PERSON"
    assert found[str(await newsroom.path(other))] == "PERSON"
    position = (await api.data("{ position }"))["position"]
    await newsroom.do(newsroom.publisher, move_category, birds.id, ordinal=0, parent_id="")
    found = await reasons(position)
    assert found["/birds/owl"] == "CHANGED"
    assert found["/topics/birds"] == "CHANGED"


async def _renamed(work: Work, person_id: str) -> Revision:
    held = await look_at(work, person_id, None)
    changes = changes_of(title="Ada Renamed")
    return (await update_entry(work, person_id, changes, base_revision=held.head.id)).revision


async def test_categories_and_pages_that_need_each_other_come_together(
    newsroom: Newsroom,
) -> None:
    api = ask(newsroom)
    saved = await newsroom.do(newsroom.publisher, create_category, cms.Draft(title="New"))
    topic = Topic(saved.entry_id, saved.revision)
    page = await newsroom.draft("Page", title="Page", category=topic)
    for each in (page, topic.revision):
        await newsroom.review(each)
    chosen = {topic.id: topic.revision.id, await newsroom.entry_id(page): page.id}
    await newsroom.do(newsroom.publisher, publish_together, chosen)
    data = await api.data("{ pages { nodes { path category { name } } } }")
    assert data["pages"]["nodes"] == [{"path": "/new/page", "category": {"name": "New"}}]


async def test_sync_lists_categories_whose_tree_paths_changed(newsroom: Newsroom) -> None:
    newsroom.site = SITE
    api = api_of(SITE, newsroom)
    animals, birds = await topics(newsroom)
    asked = """query($since: SitePosition) { position
      sync(since: $since, where: {type: {eq: Category}}) { nodes { entryId kind } } }"""

    async def changed(since: str | None) -> tuple[set[str], str]:
        data = await api.data(asked, since=since)
        assert {each["kind"] for each in data["sync"]["nodes"]} <= {"UPSERT"}
        return {each["entryId"] for each in data["sync"]["nodes"]}, data["position"]

    found, position = await changed(None)
    assert found == {animals.id, birds.id}
    other = await newsroom.category("Other")
    found, position = await changed(position)
    assert found == {other.id}
    await newsroom.do(newsroom.publisher, move_category, animals.id, parent_id=other.id)
    found, position = await changed(position)
    assert found == {animals.id, birds.id}
    await reword(newsroom, other.id, slug="others")
    found, position = await changed(position)
    assert found == {other.id, animals.id, birds.id}
    assert await changed(position) == (set(), position)


async def test_a_preview_names_no_reviewer_who_is_not_public(newsroom: Newsroom) -> None:
    reviewer = await newsroom.person("Rob Recent", Grant(role="reviewer"))
    page = await newsroom.draft(title="Previewed")
    await newsroom.ask(page)
    await newsroom.sign(page, actor=reviewer)
    api = api_of(SITE, newsroom)
    visitor = Visitor(preview=page.id)
    found = await api.seen_by(
        visitor, "{ articles { nodes { review { signOffs { stage reviewer { name } } } } } }"
    )
    (article,) = found["articles"]["nodes"]
    assert article["review"] == {"signOffs": [{"stage": "editorial", "reviewer": None}]}
