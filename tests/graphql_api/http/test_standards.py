"""What other sites read of a site keeps the rules of their standards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import new_class
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cms.content.content_type import ContentType
from cms.content.fields import Choice, Date, Decimal, Field, Integer, List, Markdown, Text, Url
from cms.errors import SiteError
from cms.site import Seo, Site
from cms.storage.database import Database
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from graphql_api.site_files.endpoint import SiteFiles
from tests import standards
from tests.builders import Newsroom
from tests.schemas import delivery_schema_of

HOME, BRAZIL = "https://example.com", "https://example.com.br"
PAGES = """{ entries(first: 100, where: {path: {isNull: false}}) { nodes { localeName jsonLd seo {
  canonical hreflang { language url } openGraph { property content } } } } }"""


class Story(ContentType, path="/stories/{slug}", schema_org="TechArticle"):
    """A page."""

    body = Markdown(required=True)
    words = Integer(schema_org="wordCount")
    picture = Url(seo="image")


class Gadget(ContentType, path="/gadgets/{slug}", schema_org="Product"):
    """A thing with a price."""

    body = Markdown(required=True)
    maker = Text(schema_org="brand")
    makers = List(of=Text(), schema_org="manufacturer")
    price = Decimal(unit="EUR", least="0", schema_org="price")
    valid_until = Date(schema_org="priceValidUntil")
    stock = Choice(choices=("IN_STOCK", "SOLD_OUT"), schema_org="availability")
    condition = Choice(choices=("NEW", "USED_CONDITION"), schema_org="itemCondition")


class Tool(ContentType, path="/tools/{slug}", schema_org="SoftwareApplication"):
    """A program with a price in any currency."""

    body = Markdown(required=True)
    price = Decimal(schema_org="price")
    currency = Text(schema_org="priceCurrency")
    platforms = List(of=Text(), schema_org="operatingSystem")


SITE = Site(
    "Shop & more",
    content_types=[Story, Gadget, Tool],
    locales=("en", "pt-BR"),
    url={"en": HOME, "pt-BR": BRAZIL},
    seo=Seo(image="/images/shop.png"),
)
GADGET: dict[str, Any] = {
    "maker": "Acme",
    "makers": ["Acme Works", "Others & sons"],
    "price": "19.9",
    "valid_until": "2027-01-31",
    "stock": "IN_STOCK",
    "condition": "USED_CONDITION",
}


@pytest.fixture
async def desk(database: Database) -> Newsroom:
    """A newsroom with pages of every type, in one and two languages."""
    newsroom = Newsroom(database, SITE)
    await newsroom.hire()
    await newsroom.published("Gadget", title="Whole", slug="whole", **GADGET)
    await newsroom.published("Gadget", title="Bare", slug="bare")
    await newsroom.published("Gadget", title="No price", slug="no-price", stock="SOLD_OUT")
    await newsroom.published("Tool", title="Free", slug="free", price="0", currency="USD")
    await newsroom.published("Tool", title="Tool", slug="tool", platforms=["Linux"])
    own = {"picture": "https://cdn.example.com/a.png", "words": 7}
    await newsroom.published("Story", title="Alone </script>", slug="größe", summary="S", **own)
    head = await newsroom.draft("Story", title="Both", slug="both", tags=["A & B"])
    await newsroom.publish(head)
    other = await newsroom.translate(head, "pt-BR", title="Ambos", slug="ambos")
    await newsroom.publish(other, locale="pt-BR")
    return newsroom


@pytest.fixture
def client(desk: Newsroom) -> Iterator[TestClient]:
    """The files of the site."""
    database = Database(desk.database.engine.url.render_as_string(hide_password=False))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await database.close()

    files = SiteFiles(SITE, Delivery(SITE, delivery_schema_of(SITE), database.reader))
    with TestClient(Starlette(routes=files.routes(), lifespan=lifespan)) as served:
        yield served


async def pages(desk: Newsroom, locale: str) -> Sequence[Any]:
    """Return what is read of all pages in a language."""
    delivery = Delivery(SITE, delivery_schema_of(SITE), desk.database.reader)
    query = f"query @view(locale: {locale}) {PAGES}"
    response = orjson.loads((await delivery.answer(GraphQLRequest(query))).body)
    nodes: Sequence[Any] = response["data"]["entries"]["nodes"]
    return nodes


async def test_pages_keep_the_rules_and_agree_with_the_sitemap(
    desk: Newsroom, client: TestClient
) -> None:
    alternates: dict[str, list[tuple[str, str]]] = {}
    for locale, home in (("EN", HOME), ("PT_BR", BRAZIL)):
        found = await pages(desk, locale)
        assert len(found) == (7 if locale == "EN" else 1)
        for page in found:
            seo = page["seo"]
            assert standards.schema_org_faults(page["jsonLd"]) == []
            tags = [(each["property"], each["content"]) for each in seo["openGraph"]]
            assert standards.open_graph_faults(tags) == []
            if seo["canonical"] != f"{HOME}/stories/gr%C3%B6%C3%9Fe":
                assert ("og:image", f"{home}/images/shop.png") in tags
            alternates[seo["canonical"]] = [
                (each["language"], each["url"]) for each in seo["hreflang"]
            ]
    assert standards.hreflang_faults(alternates) == []
    sitemap = client.get("/sitemap.xml").content
    assert standards.sitemap_faults(sitemap) == []
    assert standards.alternates_in_sitemap(sitemap) == alternates
    both = [
        ("en", f"{HOME}/stories/both"),
        ("pt-BR", f"{BRAZIL}/stories/ambos"),
        ("x-default", f"{HOME}/stories/both"),
    ]
    assert {url: each for url, each in alternates.items() if each} == {
        f"{HOME}/stories/both": both,
        f"{BRAZIL}/stories/ambos": both,
    }


async def test_a_price_is_that_of_an_offer_and_a_brand_is_a_thing(desk: Newsroom) -> None:
    things = {
        page["jsonLd"][0]["name"]: page["jsonLd"][0]["mainEntity"]
        for page in await pages(desk, "EN")
    }
    assert things["Whole"] == {
        "@type": "Product",
        "name": "Whole",
        "url": f"{HOME}/gadgets/whole",
        "brand": {"@type": "Brand", "name": "Acme"},
        "manufacturer": [
            {"@type": "Organization", "name": "Acme Works"},
            {"@type": "Organization", "name": "Others & sons"},
        ],
        "offers": {
            "@type": "Offer",
            "url": f"{HOME}/gadgets/whole",
            "price": "19.90",
            "priceValidUntil": "2027-01-31",
            "availability": "https://schema.org/InStock",
            "itemCondition": "https://schema.org/UsedCondition",
            "priceCurrency": "EUR",
        },
    }
    assert not {"brand", "manufacturer", "offers"} & things["Bare"].keys()
    assert "offers" not in things["No price"]
    assert things["Free"]["offers"]["price"] == "0.00"
    assert things["Free"]["offers"]["priceCurrency"] == "USD"
    assert "offers" not in things["Tool"]


def test_feeds_keep_the_rules_and_name_each_edition(client: TestClient) -> None:
    ids: list[str] = []
    for locale in ("en", "pt-BR"):
        document = client.get(f"/feeds/all.atom?locale={locale}").content
        assert standards.atom_faults(document) == []
        feed = client.get(f"/feeds/all.json?locale={locale}").json()
        assert standards.json_feed_faults(feed) == []
        assert all(f"<id>{each['id']}</id>" in document.decode() for each in feed["items"])
        assert feed["items"][0]["_review"] == {"reviewers": [{"name": "Rita Reviewer"}]}
        ids += [each["id"] for each in feed["items"]]
    assert len(ids) == len(set(ids)) == 8


WRONG: Mapping[str, tuple[dict[str, Field], str]] = {
    "no currency": ({"price": Decimal(schema_org="price")}, "requires a currency"),
    "no code": ({"price": Decimal(unit="Euro", schema_org="price")}, "requires a currency"),
    "a word": (
        {"stock": Choice(choices=("SOME",), schema_org="availability")},
        "'SOME' is no availability of schema.org",
    ),
    "a list": (
        {"prices": List(of=Decimal(unit="EUR"), schema_org="price")},
        "must have one value and no list",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_property_that_breaks_the_rules_is_refused(name: str) -> None:
    fields, message = WRONG[name]
    values = {"__doc__": "Is wrong.", **fields}
    arguments = {"path": "/wrong/{slug}", "schema_org": "Product"}
    with pytest.raises(SiteError, match=message):
        new_class("Wrong", (ContentType,), arguments, lambda made: made.update(values))


@pytest.mark.parametrize("image", ["shop.png", "//example.com/shop.png", "/a b.png", "ftp://a/b"])
def test_a_picture_without_an_address_is_refused(image: str) -> None:
    with pytest.raises(SiteError, match=r"seo\.image must be a URL"):
        Site("Shop", content_types=[Story], seo=Seo(image=image))


# For each rule, what breaks it, and the fault.
PERSON = {"@type": "Person", "name": "Ada"}
OFFER = {"@type": "Offer", "price": "1.00", "priceCurrency": "EUR"}
FAULTS: Sequence[tuple[Mapping[str, Any], str]] = [
    ({"@type": "Gizmo", "name": "G"}, "there is no type Gizmo"),
    ({"@type": "Product"}, "Product has no name"),
    ({"@type": "Product", "name": "P", "price": 1}, "Product has no property price"),
    ({"@type": "Product", "name": "P", "brand": "B"}, "Product.brand is 'B'"),
    ({"@type": "Product", "name": "P", "brand": PERSON}, "Product.brand is a Person"),
    ({"@type": "Product", "name": "P", "offers": {**OFFER, "price": "1 €"}}, "Offer.price is"),
    ({"@type": "Product", "name": "P", "offers": {"@type": "Offer"}}, "Offer has no price"),
    ({"@type": "WebPage", "name": "W", "url": "/a"}, "WebPage.url is '/a'"),
    ({"@type": "WebPage", "name": "W", "lastReviewed": "now"}, "WebPage.lastReviewed is"),
    ({"@type": "WebPage", "name": "W", "reviewedBy": []}, "WebPage.reviewedBy is empty"),
    (
        {
            "@type": "BreadcrumbList",
            "itemListElement": [{"@type": "ListItem", "position": 2, "name": "A"}],
        },
        "BreadcrumbList has the positions [2]",
    ),
]


@pytest.mark.parametrize(("thing", "fault"), FAULTS)
def test_the_rules_of_structured_data_find_faults(thing: Mapping[str, Any], fault: str) -> None:
    found = standards.schema_org_faults([{"@context": "https://schema.org", **thing}])
    assert [each for each in found if each.startswith(fault)]
    assert standards.schema_org_faults([{"@type": "WebPage", "name": "W"}])


def test_the_other_rules_find_faults() -> None:
    tags = [("og:title", "T"), ("og:type", "article"), ("og:url", "/a"), ("og:image", "/i.png")]
    assert standards.open_graph_faults(tags) == ["og:url is '/a'", "og:image is '/i.png'"]
    assert standards.open_graph_faults([("og:image:alt", "A"), ("x", "y"), *tags[:2], *tags[:1]])
    one, two = f"{HOME}/a", f"{HOME}/b"
    for alternates in (
        [("en", one)],
        [("en", one), ("de", two)],
        [("en", two), ("de", two), ("x-default", two)],
        [("en", one), ("english", two), ("x-default", one)],
        [("en", one), ("de", "/b"), ("x-default", one)],
    ):
        assert standards.hreflang_faults({one: alternates})
    item = {"id": "1", "content_text": ""}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [item]}
    assert standards.json_feed_faults(feed) == []
    faulty: Sequence[Mapping[str, Any]] = [
        {"_reviewers": []},
        {"url": "/a"},
        {"tag": "a"},
        {"date_published": "now"},
    ]
    for wrong in faulty:
        assert standards.json_feed_faults({**feed, "items": [{**item, **wrong}]})
    assert standards.json_feed_faults({**feed, "items": [item, item]}) == ["an id is repeated"]
    atom = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><updated>now</updated></entry></feed>'
    assert len(standards.atom_faults(atom)) >= 9
    urls = b"<url><lastmod>now</lastmod><loc>/a</loc></url>"
    namespace = b'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    assert standards.sitemap_faults(b"<urlset " + namespace + b">" + urls + b"</urlset>")
