"""The sitemap and the feeds, as search engines and readers of feeds fetch them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from cms.content.content_type import ContentType
from cms.content.fields import Markdown, Text
from cms.copydesk import Copydesk
from cms.identifiers import edition_urn
from cms.settings import Settings
from cms.site import Site
from cms.storage.database import Database
from graphql_api.app import create_app
from graphql_api.delivery import Delivery
from graphql_api.http.limits import Limits
from graphql_api.http.security_headers import SECURITY_HEADERS
from graphql_api.site_files.endpoint import SiteFiles
from tests.builders import Newsroom
from tests.schemas import delivery_schema_of
from tests.sites import SITE, URLS

HOME = "https://example.com"
LOCATED = Site(
    "Test & site",
    content_types=list(SITE.content_types.values()),
    locales=SITE.locales,
    url={"en": f"{HOME}/", "de": URLS["de"]},
)
HOSTILE = "</title> ]]> <![CDATA[ & \"quoted\" 'too' 🦊"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


@dataclass
class Served:
    """A site with its files, and who writes for it."""

    newsroom: Newsroom
    client: TestClient

    def xml(self, path: str) -> ET.Element:
        """Return a document that is well formed."""
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        return ET.fromstring(response.content)  # noqa: S314  # our own

    def items(self, path: str) -> Any:
        """Return the items of a JSON Feed."""
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()["items"]

    def titles(self, path: str) -> list[str]:
        """Return the titles in a JSON Feed."""
        return [each["title"] for each in self.items(path)]


@pytest.fixture
def served(newsroom: Newsroom) -> Iterator[Served]:
    """The app of a site that says where it is."""
    url = newsroom.database.engine.url.render_as_string(hide_password=False)
    with TestClient(create_app(Copydesk(LOCATED, Settings(database_url=url)))) as client:
        yield Served(newsroom, client)


@contextmanager
def serving(
    newsroom: Newsroom, site: Site, mounted_at: str = "", **options: Any
) -> Iterator[TestClient]:
    """Serve nothing but a site's files, from a database connection of their own."""
    database = Database(newsroom.database.engine.url.render_as_string(hide_password=False))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await database.close()

    limits = options.pop("limits", None)
    delivery = Delivery(site, delivery_schema_of(site), database.reader, limits)
    files = SiteFiles(site, delivery, **options)
    routes = [Mount(mounted_at, routes=files.routes())] if mounted_at else files.routes()
    with TestClient(Starlette(routes=routes, lifespan=lifespan)) as client:
        yield client


def text(element: ET.Element, *path: str) -> str:
    found = element.find("/".join(f"{ATOM}{name}" for name in path))
    assert found is not None
    return found.text or ""


async def test_a_feed_has_the_newest_pages_first_and_nothing_else(served: Served) -> None:
    room = served.newsroom
    await room.published(title="First", slug="first")
    second = await room.published("Note", title="Second", slug="second", text="Words")
    await room.published("Snippet", title="No page", text="Words")
    await room.draft(title="Draft", slug="draft")
    await room.unpublish(await room.published(title="Withdrawn", slug="withdrawn"))
    assert served.titles("/feeds/all.json") == ["Second", "First"]
    assert served.titles("/feeds/Note.json") == ["Second"]
    assert served.titles("/feeds/Article.json") == ["First"]
    await room.unpublish(second)
    assert served.titles("/feeds/Note.json") == []
    entries = served.xml("/feeds/all.atom").findall(f"{ATOM}entry")
    assert [text(each, "title") for each in entries] == ["First"]


async def test_a_feed_has_fifty_entries_at_most(served: Served) -> None:
    heads = [await served.newsroom.draft(title=f"T{n}", slug=f"t{n}") for n in range(52)]
    await served.newsroom.publish(*heads)
    assert len(served.titles("/feeds/all.json")) == 50


async def test_a_feed_of_a_category_has_what_is_below_it_too(served: Served) -> None:
    room = served.newsroom
    root = await room.category("Topics")
    below, beside = await room.category("Below", root), await room.category("Topics beside")
    for name, category in (("root", root), ("below", below), ("beside", beside), ("none", None)):
        await room.published(title=name, slug=name, category=category)
    assert served.titles("/feeds/all.json?category=topics") == ["below", "root"]
    assert served.titles("/feeds/all.json?category=topics/below") == ["below"]
    assert served.titles("/feeds/Note.json?category=topics") == []
    feed = served.client.get("/feeds/Article.json?category=topics").json()
    assert feed["title"] == "Test & site: Articles: Topics"
    assert feed["feed_url"] == f"{HOME}/feeds/Article.json?category=topics"
    missing = served.client.get("/feeds/all.atom?category=nowhere")
    assert missing.status_code == 404
    assert missing.text == "There is no category nowhere.\n"


async def test_both_forms_say_all_there_is_to_say(served: Served) -> None:
    room = served.newsroom
    await room.published(title="Target", slug="target", body="# Top")
    head = await room.draft(
        title=HOSTILE,
        slug="hostile",
        summary="1 < 2 & 3",
        tags=["Basics"],
        body='See [it](/articles/target#top), `href="/x"`, ![p](i.png) and ]]> 🦊.',
    )
    (first,) = await room.publish(head)
    again = await room.save(head, title=HOSTILE, slug="moved", tags=["Basics"], summary="1 < 2 & 3")
    html = (
        f'<p>See <a href="{HOME}/articles/target#top">it</a>, <code>href="/x"</code>, '
        f'<img src="{HOME}/articles/i.png" alt="p"> and ]]&gt; 🦊.</p>'
    )
    (item,) = [each for each in served.items("/feeds/all.json") if each["title"] != "Target"]
    assert item["content_html"] == html
    (publication,) = await room.publish(again)
    (moved,) = [each for each in served.items("/feeds/all.json") if each["title"] != "Target"]
    assert moved["id"] == item["id"] == edition_urn(first.entry_id, "en")
    assert moved["url"] == f"{HOME}/articles/moved"
    assert moved["date_published"] == item["date_published"]
    assert moved["date_modified"] > moved["date_published"]
    assert moved["authors"] == [{"name": "Ada Author"}]
    assert moved["_review"] == {"reviewers": [{"name": "Rita Reviewer"}]}
    assert moved["tags"] == ["Basics"]
    assert moved["title"] == HOSTILE
    assert moved["summary"] == "1 < 2 & 3"
    feed = served.xml("/feeds/all.atom")
    entry = feed.findall(f"{ATOM}entry")[0]
    assert text(entry, "id") == moved["id"]
    assert text(entry, "title") == HOSTILE
    assert text(entry, "summary") == "1 < 2 & 3"
    assert text(entry, "content") == "<p>Some <em>text</em>.</p>"
    assert text(entry, "author", "name") == "Ada Author"
    assert text(entry, "contributor", "name") == "Rita Reviewer"
    assert text(entry, "published") == moved["date_published"]
    assert text(entry, "updated") == text(feed, "updated") == moved["date_modified"]
    assert publication.position > first.position


async def test_a_page_without_a_text_of_its_own_tells_its_summary(served: Served) -> None:
    note = await served.newsroom.published("Note", title="N", slug="n", text="x", summary="Short")
    (item,) = served.items("/feeds/all.json")
    assert item["content_text"] == item["summary"] == "Short"
    assert "content_html" not in item
    (entry,) = served.xml("/feeds/all.atom").findall(f"{ATOM}entry")
    assert text(entry, "summary") == "Short"
    assert entry.find(f"{ATOM}content") is None
    assert await served.newsroom.path(note) == "/notes/n"


class Note(ContentType, path="/notes/{slug}"):
    """The test site's note, after somebody has given it a text that it has to have."""

    body = Markdown(required=True)


async def test_what_lacks_its_text_does_not_take_the_others_away(served: Served) -> None:
    await served.newsroom.published("Note", title="Old", slug="old", text="x", summary="Short")
    await served.newsroom.published(title="Whole", slug="whole")
    types: list[type[ContentType]] = [
        Note,
        *(each for name, each in SITE.content_types.items() if name != "Note"),
    ]
    later = Site("Later", content_types=types, locales=SITE.locales, url={**URLS, "en": HOME})
    with serving(served.newsroom, later) as client:
        items = client.get("/feeds/all.json").json()["items"]
    assert [each["title"] for each in items] == ["Whole", "Old"]


async def test_a_feed_is_in_one_language(served: Served) -> None:
    head = await served.newsroom.draft(title="English", slug="english")
    await served.newsroom.publish(head)
    german = await served.newsroom.translate(head, "de", title="Deutsch", slug="deutsch")
    await served.newsroom.publish(german, locale="de")
    assert served.titles("/feeds/all.json") == ["English"]
    assert served.titles("/feeds/all.json?locale=de") == ["Deutsch"]
    assert served.client.get("/feeds/all.json?locale=xx").status_code == 404
    (english,) = served.items("/feeds/all.json?locale=en")
    (other,) = served.items("/feeds/all.json?locale=de")
    assert english["id"] != other["id"]
    assert (english["language"], other["language"]) == ("en", "de")


async def test_a_feed_has_the_addresses_of_its_language(served: Served) -> None:
    head = await served.newsroom.draft(title="English", slug="a")
    await served.newsroom.publish(head)
    german = await served.newsroom.translate(head, "de", title="Deutsch", slug="größe")
    await served.newsroom.publish(german, locale="de")
    for locale, page in (("en", "/articles/a"), ("de", "/articles/gr%C3%B6%C3%9Fe")):
        feed = served.client.get(f"/feeds/all.json?locale={locale}").json()
        assert feed["home_page_url"] == URLS[locale]
        assert [each["url"] for each in feed["items"]] == [URLS[locale] + page]


def test_an_empty_feed_is_a_feed(served: Served) -> None:
    assert served.items("/feeds/all.json") == []
    assert text(served.xml("/feeds/Article.atom"), "updated") == "1970-01-01T00:00:00Z"


class Essay(ContentType, path="/essays/{slug}"):
    """Has a content of a longer name."""

    text = Text()
    body_text = Markdown(required=True)


async def test_a_content_of_two_words_is_part_of_a_feed(database: Database) -> None:
    site = Site("Essays", content_types=[Essay], url=HOME)
    newsroom = Newsroom(database, site)
    await newsroom.hire()
    await newsroom.published("Essay", title="Of words", slug="one", text="x", body_text="*Two*.")
    with serving(newsroom, site) as client:
        (item,) = client.get("/feeds/all.json").json()["items"]
    assert item["content_html"] == "<p><em>Two</em>.</p>"


@pytest.mark.parametrize("name", ["Nothing", "Snippet", "Settings", "article"])
def test_a_feed_that_there_is_not_says_which_there_are(served: Served, name: str) -> None:
    response = served.client.get(f"/feeds/{name}.atom")
    assert response.status_code == 404
    assert response.text == f"There is no feed {name}; use one of all, Article, Note.\n"


async def test_the_sitemap_has_every_page_in_every_language(served: Served) -> None:
    head = await served.newsroom.draft(title="Both", slug="größe")
    await served.newsroom.publish(head)
    await served.newsroom.published(title="One", slug="one")
    await served.newsroom.published("Snippet", title="No page", text="x")
    german = await served.newsroom.translate(head, "de", title="Beide", slug="beide")
    (publication,) = await served.newsroom.publish(german, locale="de")
    both = f"{URLS['de']}/articles/beide"
    pages = served.xml("/sitemap.xml").findall(f"{SITEMAP}url")
    found = {page.findtext(f"{SITEMAP}loc"): page for page in pages}
    english, one = f"{HOME}/articles/gr%C3%B6%C3%9Fe", f"{HOME}/articles/one"
    assert list(found) == [both, english, one]
    alternates = [
        {"rel": "alternate", "hreflang": "de", "href": both},
        {"rel": "alternate", "hreflang": "en", "href": english},
        {"rel": "alternate", "hreflang": "x-default", "href": english},
    ]
    for url in (both, english):
        assert [each.attrib for each in found[url].findall(f"{XHTML}link")] == alternates
    assert found[one].findall(f"{XHTML}link") == []
    modified = found[both].findtext(f"{SITEMAP}lastmod")
    assert modified == publication.published_at.isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )


async def test_a_large_sitemap_is_an_index_of_parts(served: Served) -> None:
    heads = [await served.newsroom.draft(title=f"T{n}", slug=f"t{n}") for n in range(5)]
    await served.newsroom.publish(*heads)
    with serving(served.newsroom, LOCATED, sitemap_size=2) as client:
        index = ET.fromstring(client.get("/sitemap.xml").content)  # noqa: S314  # our own
        parts = [str(each.text) for each in index.iter(f"{SITEMAP}loc")]
        assert parts == [f"{HOME}/sitemap-{number}.xml" for number in (1, 2, 3)]
        pages = [
            str(each.text)
            for part in parts
            for each in ET.fromstring(  # noqa: S314  # our own
                client.get(part.removeprefix(HOME)).content
            ).iter(f"{SITEMAP}loc")
        ]
        for beyond in ("/sitemap-0.xml", "/sitemap-4.xml"):
            assert client.get(beyond).status_code == 404
    assert pages == [f"{HOME}/articles/t{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("home", "mounted_at", "files"),
    [
        (HOME, "", HOME),
        (HOME, "/cms", f"{HOME}/cms"),
        (HOME, "/größe", f"{HOME}/gr%C3%B6%C3%9Fe"),
        (f"{HOME}/blog", "", f"{HOME}/blog"),
        (f"{HOME}/blog", "/cms", f"{HOME}/blog/cms"),
        (f"{HOME}/blog", "/blog", f"{HOME}/blog"),
        (f"{HOME}/blog", "/blog/cms", f"{HOME}/blog/cms"),
        (f"{HOME}/blog", "/blogs", f"{HOME}/blog/blogs"),
    ],
)
async def test_files_name_themselves_where_the_app_is_mounted(
    newsroom: Newsroom, home: str, mounted_at: str, files: str
) -> None:
    site = Site("Test site", content_types=[*SITE.content_types.values()], url=home)
    await newsroom.published(title="One", slug="one")
    await newsroom.published(title="Two", slug="two")
    with serving(newsroom, site, mounted_at, sitemap_size=1) as client:
        index = ET.fromstring(client.get(f"{mounted_at}/sitemap.xml").content)  # noqa: S314  # our own
        parts = [str(each.text) for each in index.iter(f"{SITEMAP}loc")]
        assert parts == [f"{files}/sitemap-1.xml", f"{files}/sitemap-2.xml"]
        part = ET.fromstring(client.get(f"{mounted_at}/sitemap-1.xml").content)  # noqa: S314  # our own
        feed = client.get(f"{mounted_at}/feeds/all.json?locale=en").json()
        atom = ET.fromstring(client.get(f"{mounted_at}/feeds/all.atom").content)  # noqa: S314  # our own
    assert feed["feed_url"] == f"{files}/feeds/all.json?locale=en"
    links = {each.attrib["rel"]: each.attrib["href"] for each in atom.findall(f"{ATOM}link")}
    assert links == {"self": f"{files}/feeds/all.atom", "alternate": home}
    assert text(atom, "id") == links["self"]
    # The pages are the frontend's, wherever the app is.
    assert feed["home_page_url"] == home
    urls = {str(each.text) for each in part.iter(f"{SITEMAP}loc")}
    assert urls | {each["url"] for each in feed["items"]} == {
        f"{home}/articles/one",
        f"{home}/articles/two",
    }


@pytest.mark.parametrize("path", ["/sitemap.xml", "/feeds/all.atom", "/feeds/all.json"])
def test_a_file_keeps_browsers_from_guessing_framing_and_telling(served: Served, path: str) -> None:
    response = served.client.get(path)
    assert response.status_code == 200
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


async def test_a_client_that_has_a_file_is_not_sent_it_again(served: Served) -> None:
    await served.newsroom.published(title="One", slug="one")
    types = {
        "/sitemap.xml": "application/xml",
        "/feeds/all.atom": "application/atom+xml; charset=utf-8",
        "/feeds/all.json": "application/feed+json",
    }
    tags = {}
    for path, media_type in types.items():
        response = served.client.get(path)
        assert response.headers["content-type"] == media_type
        tags[path] = response.headers["etag"]
        for known in (tags[path], f'"other", W/{tags[path]}', "*"):
            again = served.client.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tags[path]
    await served.newsroom.published(title="Two", slug="two")
    for path, tag in tags.items():
        changed = served.client.get(path, headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag


@pytest.mark.parametrize(
    "path", ["/sitemap.xml", "/sitemap-1.xml", "/feeds/all.atom", "/feeds/Article.json"]
)
def test_a_site_that_does_not_say_where_it_is_has_no_files(newsroom: Newsroom, path: str) -> None:
    url = newsroom.database.engine.url.render_as_string(hide_password=False)
    nowhere = Site("Nowhere", content_types=list(SITE.content_types.values()))
    with TestClient(create_app(Copydesk(nowhere, Settings(database_url=url)))) as client:
        response = client.get(path)
    assert response.status_code == 404
    assert response.text == (
        "The declaration of Nowhere has no url, so its pages have no absolute "
        'addresses; add url="https://…" to Site(…).\n'
    )


async def test_what_is_asked_keeps_within_the_limits_of_its_own(served: Served) -> None:
    # The documents grow with the site; a client's limits are not theirs.
    with serving(served.newsroom, LOCATED, limits=Limits(tokens=10)) as client:
        assert client.get("/sitemap.xml").status_code == 500
    assert served.client.get("/sitemap.xml").status_code == 200
