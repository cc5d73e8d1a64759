"""Closed vocabularies: what is stored and not declared any more, and what arguments take."""

from __future__ import annotations

from typing import Any

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Choice, Links, List, Object, Text
from cms.content.fields.names import text_name
from cms.errors import SiteError
from cms.site import Site
from graphql_api.schema.declaring.words import words_by_name
from tests.builders import Newsroom
from tests.graphql_api.conftest import Api, api_of

QUERY = """query @view(fallbackLocales: [DE]) { books {
  nodes {
    locale localeName availableLocales level levelName shelf shelfName formats formatNames
    print { paper paperName } links { nodes { kind kindName origin } }
  }
  facets(fields: [level, formats, locale, type]) { field value count }
} }"""


def site_with(choices: tuple[str, ...], kind: str, locales: tuple[str, ...] = ("en", "de")) -> Site:
    """Return a site of books whose choices have these words, and its links this kind."""

    class Book(ContentType, path="/{locale}/books/{slug}"):
        """A book."""

        level = Choice(choices=choices)
        shelf = Choice(choices=choices, required=True)
        formats = List(of=Choice(choices=choices))
        print = Object("Print", paper=Choice(choices=choices))
        shops = Links("Shops", kind=kind)
        body = Text()

    return Site("Books", content_types=[Book], locales=locales)


async def published(newsroom: Newsroom) -> Api:
    """Publish a book under the first declaration, and return the API of the second."""
    before, after = site_with(("OLD", "OTHER", "NEW"), "sold-at"), site_with(("NEW",), "lent-by")
    newsroom.site = before
    head = await newsroom.draft(
        "Book",
        title="Book",
        slug="book",
        level="OLD",
        shelf="OLD",
        formats=["NEW", "OLD", "OTHER"],
        print={"paper": "OTHER"},
        shops=["https://example.org/"],
    )
    await newsroom.publish(head)
    return api_of(after, newsroom)


async def test_a_word_that_is_not_declared_any_more_is_unknown_beside_its_text(
    newsroom: Newsroom,
) -> None:
    api = await published(newsroom)
    books = (await api.data(QUERY))["books"]
    assert books["nodes"] == [
        {
            "locale": "EN",
            "localeName": "en",
            "availableLocales": ["EN"],
            "level": "UNKNOWN",
            "levelName": "OLD",
            "shelf": "UNKNOWN",
            "shelfName": "OLD",
            "formats": ["NEW", "UNKNOWN", "UNKNOWN"],
            "formatNames": ["NEW", "OLD", "OTHER"],
            "print": {"paper": "UNKNOWN", "paperName": "OTHER"},
            "links": {"nodes": [{"kind": "UNKNOWN", "kindName": "sold-at", "origin": "FIELD"}]},
        }
    ]
    assert books["facets"] == [
        {"field": "level", "value": "UNKNOWN", "count": 1},
        # Two words that are not declared are one value, which the book has once.
        {"field": "formats", "value": "NEW", "count": 1},
        {"field": "formats", "value": "UNKNOWN", "count": 1},
        {"field": "locale", "value": "EN", "count": 1},
        {"field": "type", "value": "Book", "count": 1},
    ]


async def test_what_is_not_set_is_null_and_no_unknown_word(newsroom: Newsroom) -> None:
    newsroom.site = site_with(("NEW",), "sold-at")
    head = await newsroom.draft("Book", title="Book", slug="book", shelf="NEW")
    await newsroom.publish(head)
    (book,) = (await api_of(newsroom.site, newsroom).data(QUERY))["books"]["nodes"]
    assert (book["level"], book["levelName"]) == (None, None)
    assert (book["formats"], book["formatNames"]) == ([], [])
    assert (book["shelf"], book["shelfName"]) == ("NEW", "NEW")


async def test_an_edition_in_a_locale_that_is_not_declared_any_more(api: Api) -> None:
    head = await api.newsroom.draft(title="English", slug="one")
    await api.newsroom.publish(head)
    german = await api.newsroom.translate(head, "de", title="Deutsch", slug="eins")
    await api.newsroom.publish(german, locale="de")
    types = tuple(api.newsroom.site.content_types.values())
    without = api_of(Site("Test site", content_types=types), api.newsroom)
    data = await without.data(
        """{ entries { nodes { availableLocales translations { locale localeName title } } }
        sitemap(orderBy: [path_DESC]) { nodes { locale localeName path } } }"""
    )
    german_page = {"locale": "UNKNOWN", "localeName": "de"}
    assert data["entries"]["nodes"] == [
        {"availableLocales": ["EN"], "translations": [{**german_page, "title": "Deutsch"}]}
    ]
    assert data["sitemap"]["nodes"] == [
        {"locale": "EN", "localeName": "en", "path": "/articles/one"},
        {**german_page, "path": "/articles/eins"},
    ]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ articles(where: {level: {eq: UNKNOWN}}) { totalCount } }", {}),
        ("{ articles(where: {level: {in: [EASY, UNKNOWN]}}) { totalCount } }", {}),
        ("query @view(locale: UNKNOWN) { articles { totalCount } }", {}),
        (
            "query($w: ArticleWhere) { articles(where: $w) { totalCount } }",
            {"level": {"eq": "UNKNOWN"}},
        ),
        (
            "query($w: ArticleWhere) { articles(where: $w) { totalCount } }",
            {"locale": {"in": ["UNKNOWN"]}},
        ),
    ],
)
async def test_no_argument_takes_unknown(api: Api, query: str, variables: dict[str, Any]) -> None:
    (error,) = await api.refused(query, {"w": variables})
    assert error.message.startswith("UNKNOWN is only an answer")
    assert error.extensions == {"code": "BAD_USER_INPUT"}


def test_words_have_names_in_capitals_and_no_two_the_same() -> None:
    assert words_by_name("Locale", ["en", "pt-BR"]) == {"EN": "en", "PT_BR": "pt-BR"}
    assert words_by_name("LinkKind", ["2nd hand"]) == {"_2ND_HAND": "2nd hand"}
    with pytest.raises(SiteError, match="'sold-at' and 'sold_at' are both SOLD_AT"):
        words_by_name("LinkKind", ["sold_at", "sold-at"])
    with pytest.raises(SiteError, match="UNKNOWN"):
        words_by_name("LinkKind", ["unknown"])
    assert text_name("level", is_list=False) == "levelName"
    assert text_name("formats", is_list=True) == "formatNames"


def test_no_choice_is_called_unknown_and_no_field_like_its_text() -> None:
    with pytest.raises(SiteError, match="UNKNOWN"):
        Choice(choices=("UNKNOWN",))

    class Film(ContentType):
        """A film."""

        genre = Choice(choices=("WESTERN",))
        genre_name = Text()

    with pytest.raises(SiteError, match=r"Film: genreName is the stored text .* 'genre_name'"):
        Site("Films", content_types=[Film])
