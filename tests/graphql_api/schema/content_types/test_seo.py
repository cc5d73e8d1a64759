"""What search engines and other sites read of a page."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from cms.content.builtin import Category as BuiltInCategory
from cms.content.content_type import ContentType
from cms.content.fields import (
    Computed,
    Field,
    Integer,
    Json,
    Links,
    List,
    Markdown,
    Object,
    Text,
    Url,
)
from cms.errors import SiteError
from cms.publishing.publishing import break_glass_publish, publish_entry
from cms.site import Seo, Site
from tests.builders import Newsroom, entry_id_of
from tests.graphql_api.conftest import Api, api_of
from tests.rewording import translate_words
from tests.sites import SITE

HOME = "https://example.com"


class Article(ContentType, path="/articles/{slug}", schema_org="TechArticle"):
    """The test site's article, as search engines know it."""

    body = Markdown(required=True)
    pages = Integer(schema_org="wordCount")
    aliases = List(of=Text(), schema_org="alternateName")
    related = Links("Related reading", to=("Article",))
    search_title = Text(seo="title")
    search_words = Text(seo="description")
    picture = Url(seo="image")


class Category(BuiltInCategory, path="/topics/{category}/{slug}"):
    """A category with a page of its own."""


OTHERS = [each for name, each in SITE.content_types.items() if name not in {"Article", "Category"}]
SEEN = Site(
    "O'Reilly & site",
    content_types=[Article, Category, *OTHERS],
    locales=("en", "pt-BR"),
    url={"en": f"{HOME}/", "pt-BR": f"{HOME}/br"},
    seo=Seo(
        title="{title} | It's",
        description="By default",
        image=f"{HOME}/i.png",
    ),
)
QUERY = """query($slug: String!, $locale: Locale) @view(locale: $locale) {
  article(by: {slug: $slug}) {
    seo {
      title description canonical hreflang { language locale url } openGraph { property content }
    }
    jsonLd jsonLdScript
  }
}"""


@pytest.fixture
def seen(newsroom: Newsroom) -> Api:
    """The API of a site that search engines know."""
    newsroom.site = SEEN
    return api_of(SEEN, newsroom)


def shown(moment: datetime) -> str:
    """Return a time as the API shows it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def article(api: Api, slug: str, locale: str = "EN") -> Any:
    """Return what is said of an article; both forms of its structured data say the same."""
    found = (await api.data(QUERY, slug=slug, locale=locale))["article"]
    assert json.loads(found["jsonLdScript"]) == found["jsonLd"]
    assert "<" not in found["jsonLdScript"]
    return found


async def test_a_page_says_what_it_is(seen: Api) -> None:
    publication = await seen.newsroom.published(title="It", slug="it", summary="About it")
    seo = (await article(seen, "it"))["seo"]
    published = shown(publication.published_at)
    assert seo["title"] == "It | It's"
    assert seo["description"] == "About it"
    assert seo["canonical"] == f"{HOME}/articles/it"
    assert {each["property"]: each["content"] for each in seo["openGraph"]} == {
        "og:type": "article",
        "og:site_name": "O'Reilly & site",
        "og:title": "It",
        "og:description": "About it",
        "og:url": f"{HOME}/articles/it",
        "og:locale": "en",
        "og:image": f"{HOME}/i.png",
        "article:published_time": published,
        "article:modified_time": published,
    }


async def test_what_a_page_does_not_say_the_site_does(seen: Api) -> None:
    await seen.newsroom.published(title="{title}", slug="it")
    found = await article(seen, "it")
    assert found["seo"]["title"] == "{title} | It's"
    assert found["seo"]["description"] == "By default"
    assert found["jsonLd"][0]["description"] == "By default"


async def test_what_a_page_says_itself_comes_first(seen: Api) -> None:
    own = {"search_title": "Found", "search_words": "In words", "picture": f"{HOME}/own.png"}
    await seen.newsroom.published(title="It", slug="it", summary="About it", **own)
    found = await article(seen, "it")
    assert (found["seo"]["title"], found["seo"]["description"]) == ("Found", "In words")
    open_graph = {each["property"]: each["content"] for each in found["seo"]["openGraph"]}
    assert open_graph["og:title"] == "Found"
    assert open_graph["og:description"] == "In words"
    assert open_graph["og:image"] == f"{HOME}/own.png"
    assert found["jsonLd"][0]["description"] == "In words"
    assert found["jsonLd"][0]["name"] == "It"


@pytest.mark.parametrize(
    "fields",
    [
        {"one": Integer(seo="title")},
        {"one": Text(seo="image")},
        {"one": Url(seo="title")},
        {"one": Text(seo="keywords")},  # type: ignore[arg-type]
        {"one": Computed(of=Json(), from_=dict, seo="title")},
        {"one": Text(seo="title"), "two": Text(seo="title")},
        {"one": Object("Inner", words=Text(seo="title"))},
    ],
)
def test_a_contradiction_is_refused(fields: dict[str, Field]) -> None:
    with pytest.raises(SiteError, match=r"Wrong\.(one|two): "):
        type("Wrong", (ContentType,), {**fields, "__doc__": "Is wrong."}, path="/{slug}")


async def test_what_neither_says_is_left_out(api: Api) -> None:
    await api.newsroom.published(title="It", slug="it")
    await api.newsroom.published("Snippet", title="No page", text="x")
    found = await article(api, "it")
    assert found["seo"]["description"] == ""
    properties = [each["property"] for each in found["seo"]["openGraph"]]
    assert properties == [
        *("og:type", "og:site_name", "og:title", "og:url", "og:locale"),
        *("article:published_time", "article:modified_time"),
    ]
    assert "description" not in found["jsonLd"][0]
    data = await api.data("{ snippets { nodes { seo { canonical hreflang { url } } jsonLd } } }")
    (snippet,) = data["snippets"]["nodes"]
    assert snippet["seo"] == {"canonical": None, "hreflang": []}
    assert "url" not in snippet["jsonLd"][0]


async def test_a_page_names_itself_in_all_its_languages(seen: Api) -> None:
    head = await seen.newsroom.draft(title="It", slug="it")
    await seen.newsroom.publish(head)
    await seen.newsroom.translate(head, "pt-BR", title="Rascunho", slug="rascunho")
    assert (await article(seen, "it"))["seo"]["hreflang"] == []
    other = await seen.newsroom.draft(title="Other", slug="other")
    await seen.newsroom.publish(other)
    brazilian = await seen.newsroom.translate(other, "pt-BR", title="Outro", slug="outro")
    await seen.newsroom.publish(brazilian, locale="pt-BR")
    both = [
        {"language": "en", "locale": "EN", "url": f"{HOME}/articles/other"},
        {"language": "pt-BR", "locale": "PT_BR", "url": f"{HOME}/br/articles/outro"},
        {"language": "x-default", "locale": "EN", "url": f"{HOME}/articles/other"},
    ]
    assert (await article(seen, "other"))["seo"]["hreflang"] == both
    found = await article(seen, "outro", "PT_BR")
    assert found["seo"]["hreflang"] == both
    assert {"property": "og:locale", "content": "pt_BR"} in found["seo"]["openGraph"]
    assert found["seo"]["openGraph"][-1] == {"property": "og:locale:alternate", "content": "en"}
    assert found["jsonLd"][0]["inLanguage"] == "pt-BR"


async def test_urls_are_encoded_and_those_of_the_locale(seen: Api) -> None:
    topic = await seen.newsroom.category("日")
    await translate_words(seen.newsroom, topic.id, "pt-BR", title="Dia", slug="日")
    head = await seen.newsroom.draft(title="It", slug="größe-日", category=topic)
    await seen.newsroom.publish(head)
    other = await seen.newsroom.translate(head, "pt-BR", title="Ã", slug="ã", category=topic)
    await seen.newsroom.publish(other, locale="pt-BR")
    for slug, locale, home, path in (
        ("größe-日", "EN", HOME, "/articles/gr%C3%B6%C3%9Fe-%E6%97%A5"),
        ("ã", "PT_BR", f"{HOME}/br", "/articles/%C3%A3"),
    ):
        found = await article(seen, slug, locale)
        page, crumbs = found["jsonLd"]
        topic_crumb, _ = crumbs["itemListElement"]
        assert found["seo"]["canonical"] == home + path
        assert {"property": "og:url", "content": home + path} in found["seo"]["openGraph"]
        assert page["url"] == page["mainEntity"]["url"] == home + path
        assert topic_crumb["item"] == f"{home}/topics/%E6%97%A5"
        urls = {each["locale"]: each["url"] for each in found["seo"]["hreflang"]}
        assert urls[locale] == home + path


async def test_structured_data_follow_the_content_type_and_the_tree(seen: Api) -> None:
    root = await seen.newsroom.category("Topics")
    below = await seen.newsroom.category("Deep & below", root)
    publication = await seen.newsroom.published(
        title="It", slug="it", category=below, pages=12, aliases=["That"]
    )
    page, crumbs = (await article(seen, "it"))["jsonLd"]
    published = shown(publication.published_at)
    said: dict[str, Any] = {
        "name": "It",
        "description": "By default",
        "url": f"{HOME}/articles/it",
        "datePublished": published,
        "dateModified": published,
        "author": {"@type": "Person", "name": "Ada Author"},
    }
    thing: dict[str, Any] = {
        "@type": "TechArticle",
        "headline": "It",
        "wordCount": 12,
        "alternateName": ["That"],
    }
    # Only of a page it can be said who has reviewed it.
    assert page == {
        "@context": "https://schema.org",
        "@type": "WebPage",
        **said,
        "inLanguage": "en",
        "reviewedBy": [{"@type": "Person", "name": "Rita Reviewer"}],
        "lastReviewed": published[:10],
        "mainEntity": {**said, **thing},
    }
    topics = f"{HOME}/topics/topics"
    assert crumbs == {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": 1, "name": "Topics", "item": topics},
            {
                "@type": "ListItem",
                "position": 2,
                "name": "Deep & below",
                "item": f"{topics}/deep-below",
            },
            {"@type": "ListItem", "position": 3, "name": "It"},
        ],
    }


async def test_a_crumb_leads_to_the_edition_that_stands_in_for_another(seen: Api) -> None:
    topic = await seen.newsroom.category("Topics")
    head = await seen.newsroom.draft(title="It", slug="it", category=topic)
    await seen.newsroom.publish(head)
    other = await seen.newsroom.translate(head, "pt-BR", title="Isto", slug="isto", category=topic)
    await seen.newsroom.publish(other, locale="pt-BR")
    _, crumbs = (await article(seen, "isto", "PT_BR"))["jsonLd"]
    assert [(each["name"], each.get("item")) for each in crumbs["itemListElement"]] == [
        ("Topics", f"{HOME}/topics/topics"),
        ("Isto", None),
    ]


async def test_a_crumb_has_no_address_where_categories_are_no_pages(api: Api) -> None:
    topic = await api.newsroom.category("Topics")
    await api.newsroom.published(title="It", slug="it", category=topic)
    _, crumbs = (await article(api, "it"))["jsonLd"]
    assert crumbs["itemListElement"] == [
        {"@type": "ListItem", "position": 1, "name": "Topics"},
        {"@type": "ListItem", "position": 2, "name": "It"},
    ]


async def test_a_category_and_a_person_say_what_they_are(seen: Api) -> None:
    root = await seen.newsroom.category("Topics")
    await seen.newsroom.category("Below", root)
    data = await seen.data("""{
      category(by: {treePath: "topics/below"}) { seo { canonical } jsonLd }
      person(by: {slug: "ada-author"}) { seo { canonical } jsonLd }
    }""")
    page, crumbs = data["category"]["jsonLd"]
    assert data["category"]["seo"]["canonical"] == page["url"] == f"{HOME}/topics/topics/below"
    assert page["@type"] == "CollectionPage"
    assert [(each["name"], each.get("item")) for each in crumbs["itemListElement"]] == [
        ("Topics", f"{HOME}/topics/topics"),
        ("Below", None),
    ]
    page, crumbs = data["person"]["jsonLd"]
    assert (page["@type"], page["name"]) == ("ProfilePage", "Ada Author")
    assert data["person"]["seo"]["canonical"] is None
    assert [each["name"] for each in crumbs["itemListElement"]] == ["Ada Author"]


async def test_a_property_without_a_value_is_left_out(seen: Api) -> None:
    await seen.newsroom.published(title="It", slug="it", aliases=[])
    page, _ = (await article(seen, "it"))["jsonLd"]
    assert not {"wordCount", "alternateName"} & page["mainEntity"].keys()


async def test_a_page_is_about_itself_where_its_type_says_nothing_else(seen: Api) -> None:
    await seen.newsroom.published("Note", title="Note", slug="note", text="x")
    page, crumbs = (await seen.data('{ note(by: {slug: "note"}) { jsonLd } }'))["note"]["jsonLd"]
    assert page["@type"] == "WebPage"
    assert "mainEntity" not in page
    assert [each["name"] for each in crumbs["itemListElement"]] == ["Note"]


async def test_a_title_cannot_end_a_script(seen: Api) -> None:
    title = "</script><script>alert('1')</script><!-- \"\\ & 🦊"
    await seen.newsroom.published(title=title, slug="it", summary=title)
    found = await article(seen, "it")
    assert found["jsonLd"][0]["name"] == title
    assert found["jsonLd"][1]["itemListElement"][0]["name"] == title
    assert "</" not in found["jsonLdScript"]
    assert found["seo"]["title"] == f"{title} | It's"


async def test_reviewers_come_from_sign_offs_on_these_bytes_and_nowhere_else(seen: Api) -> None:
    newsroom = seen.newsroom
    head = await newsroom.draft(title="It", slug="it")
    await newsroom.publish(head)
    assert "reviewedBy" in (await article(seen, "it"))["jsonLd"][0]
    edited = await newsroom.save(head, title="It, edited", slug="it")
    async with newsroom.as_(newsroom.administrator) as work:
        await break_glass_publish(
            work, await entry_id_of(work, edited), revision_id=edited.id, reason="It was wrong."
        )
    page = (await article(seen, "it"))["jsonLd"][0]
    assert page["name"] == "It, edited"
    assert not {"reviewedBy", "lastReviewed"} & page.keys()
    # The same words once more are what was signed off.
    restored = await newsroom.save(edited, title="It", slug="it")
    await newsroom.review(restored)
    async with newsroom.as_(newsroom.publisher) as work:
        await publish_entry(work, await entry_id_of(work, restored), revision_id=restored.id)
    page = (await article(seen, "it"))["jsonLd"][0]
    assert page["reviewedBy"] == [{"@type": "Person", "name": "Rita Reviewer"}]


async def test_everybody_who_signed_off_is_named_once(seen: Api) -> None:
    await seen.newsroom.published("Note", title="Note", slug="note", text="x")
    data = await seen.data('{ note(by: {slug: "note"}) { jsonLd } }')
    assert data["note"]["jsonLd"][0]["@type"] == "WebPage"
    reviewers = [each["name"] for each in data["note"]["jsonLd"][0]["reviewedBy"]]
    assert reviewers == ["Rita Reviewer", "Rolf Reviewer"]


async def test_many_pages_are_described_in_one_statement(seen: Api) -> None:
    for number in range(3):
        await seen.newsroom.published(title=f"T{number}", slug=f"t{number}")
    before = len(seen.reader.statements)
    data = await seen.data("{ entries { nodes { jsonLd seo { title hreflang { url } } } } }")
    assert [each["seo"]["title"] for each in data["entries"]["nodes"]] == [
        f"T{number} | It's" for number in (2, 1, 0)
    ]
    assert len(seen.reader.statements) == before + 1
