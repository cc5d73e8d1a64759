"""What contradicts itself in a site's declaration is refused when the site is built."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from types import new_class
from typing import Any

import pytest

from cms.content.builtin import Category, Person
from cms.content.content_type import ContentType
from cms.content.fields import (
    Block,
    Blocks,
    Choice,
    Computed,
    Links,
    List,
    Markdown,
    Object,
    Reference,
    References,
    Text,
)
from cms.content.policy import SignOffPolicy, Stage
from cms.errors import SiteError
from cms.site import Seo, Site


def content_type(class_name: str = "Page", /, fields: Any = None, **arguments: Any) -> Any:
    """Return a content type with these fields."""
    return new_class(
        class_name, (ContentType,), arguments, lambda body: body.update(fields or {"body": Text()})
    )


def block(class_name: str, /, **fields: Any) -> Any:
    return new_class(class_name, (Block,), {}, lambda body: body.update(fields or {"text": Text()}))


def site(*content_types: Any, **arguments: Any) -> Site:
    return Site("Docs", content_types=content_types or [content_type()], **arguments)


def fields_of(**fields: Any) -> Site:
    return site(content_type(fields=fields))


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    # Names that the API has, or that two parts of a declaration would have.
    **{
        f"content type {name}": (
            partial(lambda name: site(content_type(name)), name),
            f"content type {name}: the (type|query) .* is reserved for the API",
        )
        for name in (
            *("EntryReview", "EntryLink", "EntrySection", "EntryComment", "Presence"),
            *("Revision", "Checkpoint", "Sitemap", "Position", "View", "Me", "Account", "Audit"),
            *("Suggest", "Entries", "Query", "Int", "EntryConnection", "TagOrder", "Links"),
        )
    },
    "content type called like a built-in one": (
        lambda: site(content_type("Category")),
        r"Category: the name Category is for the subclass of cms.Category; write class Category\(",
    ),
    "content type called like a type of a built-in one": (
        lambda: site(content_type("PersonConnection")),
        "content type PersonConnection and content type Person would both be the type Person",
    ),
    "built-in type with another name": (
        lambda: site(new_class("Topic", (Category,))),
        r"Topic: the name Category is for the subclass of cms.Category; write class Category\(",
    ),
    "built-in type that is a singleton": (
        lambda: new_class("Category", (Category,), {"singleton": True}),
        "Category: a built-in type cannot be abstract or a singleton",
    ),
    "field of what a built-in type has": (
        lambda: new_class("Person", (Person,), {}, lambda body: body.update(biography=Text())),
        "Person.biography: every entry already has this field; use another name",
    ),
    "plural of a query": (
        lambda: site(content_type("Item", plural="Entries")),
        "the plural of Item: the query entries is reserved for the API; use another name",
    ),
    "block of the API": (
        lambda: fields_of(parts=Blocks(block("Markdown"))),
        "block Markdown: the type Markdown is reserved for the API",
    ),
    "field whose type is one of the API": (
        lambda: fields_of(info=Choice(choices=("A",))),
        "Page.info: the type PageInfo is reserved for the API",
    ),
    "content type called like a filter": (
        lambda: site(content_type("Article"), content_type("ArticleWhere")),
        "content type Article and content type ArticleWhere would both be the type ArticleWhere",
    ),
    "field whose type is its owner's filter": (
        lambda: fields_of(where=Choice(choices=("A",))),
        "content type Page and Page.where would both be the type PageWhere",
    ),
    "field of an object": (
        lambda: fields_of(a_b=Choice(choices=("A",)), a=List(of=Object(b=Object(c=Text())))),
        "Page.a_b and Page.a.b would both be the type PageAB of the API",
    ),
    "content type and block": (
        lambda: site(content_type("Quote", fields={"parts": Blocks(block("Quote"))})),
        "content type Quote and block Quote would both be the type Quote of the API",
    ),
    "plural and another name": (
        lambda: site(content_type(), content_type("Guide", plural="Page")),
        "content type Page and the plural of Guide would both be the query page",
    ),
    "two content types of one name": (
        lambda: site(content_type(), content_type()),
        "content types must be different: Page is repeated",
    ),
    "plural that is no word": (lambda: content_type(plural="two words"), "must be a word"),
    "keyword of Python that is no name": (lambda: content_type("None"), "must have a name such as"),
    "two orders of one name": (
        lambda: fields_of(pick=Reference(), pick_title=Text()),
        "would both have the order pickTitle_ASC; rename one of them",
    ),
    "method of a content type": (lambda: fields_of(path_for=Text()), "a method of this name"),
    "method of an enum": (
        lambda: fields_of(mro=Text()),
        "Page.mro: this name is reserved for Python",
    ),
    # Locales.
    "locale twice": (lambda: site(locales=("en", "en")), "the locale 'en' is repeated"),
    "locale in another case": (lambda: site(locales=("en", "EN")), "the locale 'EN' is repeated"),
    "locales as one text": (
        lambda: site(locales="en"),
        r"locales must be a list, not a text; write \['en'\]",
    ),
    "no locale": (lambda: site(locales=()), "at least one locale"),
    **{
        f"locale {tag!r}": (
            partial(lambda tag: site(locales=(tag,)), tag),
            "is not a BCP 47 language tag",
        )
        for tag in ("", " en", "en_GB", "english", "e", "en-", "en\n", "de--AT", "x-klingon", None)
    },
    "fallback to itself": (
        lambda: site(locales=("en", "de"), fallbacks={"de": ("en", "de")}),
        "'de' falls back to itself; remove it",
    ),
    "fallback to another's locale": (
        lambda: site(fallbacks={"en": ("de",)}),
        "'de' in fallbacks is not a locale of the site; use one of en",
    ),
    "fallback of another's locale": (
        lambda: site(fallbacks={"DE": ("en",)}),
        "'DE' in fallbacks is not a locale of the site; use one of en",
    ),
    "fallback twice": (
        lambda: site(locales=("en", "de"), fallbacks={"de": ("en", "en")}),
        "in the fallbacks of 'de', 'en' is repeated",
    ),
    # Addresses.
    **{
        f"url {url!r}": (
            partial(lambda url: site(url=url), url),
            "is not the absolute URL of a site; use one such as",
        )
        for url in (
            *("example.org", "/docs", "//example.org", "ftp://example.org", "https://"),
            *("https://example.org/?a", "https://exa mple.org", "https://example.org:port"),
            *("https://example.org/#a", "https://[::1"),
        )
    },
    **{
        f"path {path!r}": (
            partial(lambda path: content_type(path=path), path),
            f"Page: the path .* {words}",
        )
        for path, words in {
            "pages/{slug}": "must start with /",
            "/{slug": "no placeholders other than {slug}",
            "/{slug!r}": "no placeholders other than {slug}",
            "/pages/../{slug}": "is not a URL path",
            "/./{slug}": "is not a URL path",
            "/my pages/{slug}": "is not a URL path",
            "//pages/{slug}": "is not a URL path",
            "/pages//{slug}": "is not a URL path",
            "/pages?{slug}": "is not a URL path",
            "/pages#{slug}": "is not a URL path",
            "/pages\\\\{slug}": "is not a URL path",
        }.items()
    },
    # What is written wrongly.
    "a kind without ()": (
        lambda: fields_of(body=Text),
        r"Page.body: Text is a field kind; write body = Text\(\)",
    ),
    "a comma": (lambda: fields_of(body=(Text(),)), "Page.body is a tuple; remove the comma"),
    "a kind without () in an object": (
        lambda: Object(body=Text),  # type: ignore[arg-type]
        r"an object's body: Text is a field kind; write Text\(\)",
    ),
    "a list of a kind without ()": (lambda: List(of=Text), r"List\(of=Text\(\)\)"),  # type: ignore[arg-type]
    "computed without ()": (
        lambda: Computed(of=Text, from_=str),  # type: ignore[arg-type]
        r"Computed\(of=Text\(\)",
    ),
    "a misspelt keyword": (
        lambda: Text(requred=True),  # type: ignore[call-arg]
        "^Text has no parameter 'requred'; did you mean 'required'?",
    ),
    "a keyword like no other": (
        lambda: Stage("a", xyz=1),  # type: ignore[call-arg]
        "^Stage has no parameter 'xyz'; use one of name, role, approvals$",
    ),
    "a misspelt keyword of a site": (lambda: site(local=("en",)), "did you mean 'locales'?"),
    "a misspelt keyword of an object": (
        lambda: Object(requred=True),  # type: ignore[arg-type]
        "an object's requred is not a field; did you mean 'required'?",
    ),
    "a misspelt keyword of a class": (
        lambda: content_type(pth="/{slug}"),
        "the content type Page has no parameter 'pth'; did you mean 'path'?",
    ),
    "a misspelt keyword of a block": (
        lambda: new_class("Quote", (Block,), {"abstrct": True}),
        "the block Quote has no parameter 'abstrct'; did you mean 'abstract'?",
    ),
    "a misspelt keyword of a policy": (
        lambda: SignOffPolicy(stage=()),  # type: ignore[call-arg]
        "did you mean 'stages'?",
    ),
    "a misspelt keyword of search engines' words": (
        lambda: Seo(titel=""),  # type: ignore[call-arg]
        "did you mean 'title'?",
    ),
    "a stage in place of stages": (
        lambda: SignOffPolicy(stages=Stage("a")),  # type: ignore[arg-type]
        "must have stages",
    ),
    **{
        f"to one text, of {kind.__name__}": (
            partial(lambda kind: kind(to="Page"), kind),
            r'to="Page" is a text, not a list of names; write to=\("Page",\)',
        )
        for kind in (Links, Reference, References)
    },
    "to a class": (lambda: Links(to=(ContentType,)), "to must be a list of names"),  # type: ignore[arg-type]
    "an object's own label as a field": (
        lambda: Object(label=Text()),  # type: ignore[arg-type]
        "'label' is a parameter of Object; use another name",
    ),
    "what lists cannot hold": (
        lambda: fields_of(texts=List(of=Markdown())),
        "Page.texts: a Markdown cannot be the item of a list",
    ),
    "blocks of a text": (lambda: Blocks("Quote"), "'Quote' in Blocks is not a class of blocks"),  # type: ignore[arg-type]
    "a site of a class": (
        lambda: Site("Docs", content_types=content_type()),
        "content_types must be a list of classes",
    ),
    "a site of texts": (
        lambda: site("Page"),
        "'Page' in content_types is not a class of a content type",
    ),
    # Abstract classes.
    "a set of links of a kind that no link has": (
        lambda: site(content_type(), link_sets={"mine": ("inline", "missing")}),
        r"link_sets\['mine'\] has the kind 'missing', which no link has; use some of inline$",
    ),
    "a set of no links": (
        lambda: site(content_type(), link_sets={"mine": ()}),
        r"link_sets\['mine'\] has no kinds; use some of inline$",
    ),
    "a set of links with one kind as a text": (
        lambda: site(content_type(), link_sets={"mine": "inline"}),
        r"link_sets\['mine'\] must be a list, not a text; write \['inline'\]",
    ),
    **{
        f"a set of links with the name {name!r}": (
            partial(lambda name: site(content_type(), link_sets={name: ("inline",)}), name),
            f"link_sets cannot have the name {name!r}; use another one, in lower_case",
        )
        for name in ("all", "Texts", "two words")
    },
    "an abstract class in a site": (
        lambda: site(content_type(abstract=True)),
        "Page is abstract; list the content types that inherit from it",
    ),
    "an abstract class with a path": (
        lambda: content_type(abstract=True, path="/{slug}"),
        "has no entries and cannot have path, singleton, plural",
    ),
    "an abstract block": (
        lambda: Blocks(new_class("Quote", (Block,), {"abstract": True})),
        "the block Quote is abstract; use the classes that inherit from it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_one_sentence(case: str) -> None:
    declare, words = REFUSED[case]
    with pytest.raises(SiteError, match=words.replace("{slug}", r"\{slug\}")) as refused:
        declare()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "tag",
    ["en", "pt-BR", "zh-Hant-TW", "es-419", "ca-valencia", "de-1996", "zh-yue", "de-x-leicht"],
)
def test_language_tags_are_locales(tag: str) -> None:
    assert site(locales=(tag,)).default_locale == tag


def test_two_locales_can_be_shown_for_each_other() -> None:
    declared = site(
        locales=("de", "fr"),
        fallbacks={"de": ["fr"], "fr": ["de"]},
        url={"de": "https://example.de", "fr": "https://example.fr"},
    )
    assert declared.locales_for("de") == ("de", "fr")
    assert declared.locales_for("fr") == ("fr", "de")


@pytest.mark.parametrize("url", ["https://example.org", "http://localhost:8000/docs", ""])
def test_absolute_addresses_are_urls_of_sites(url: str) -> None:
    assert site(url=url).url == url


@pytest.mark.parametrize("path", ["/{slug}", "/a/{slug}/", "/{locale}/{category}/{slug}.html"])
def test_addresses_on_the_site_are_paths(path: str) -> None:
    assert content_type(path=path).path == path


def test_a_singleton_can_stand_at_the_root() -> None:
    assert content_type(path="/", singleton=True).path_for("page", "en") == "/"


def test_a_list_of_names_is_as_good_as_a_tuple() -> None:
    assert Reference(to=["Page"]).to == ("Page",)  # type: ignore[arg-type]


def test_a_field_can_be_called_like_an_attribute_of_its_class() -> None:
    fields = {"name": Text(), "description": Text()}
    page, testimonial = content_type(fields=fields), block("Testimonial", **fields)
    for declared in (page, testimonial):
        assert declared.fields == fields
    assert (page.name, testimonial.name) == ("Page", "Testimonial")


def test_fields_can_be_copied() -> None:
    computed = Computed(of=Text(), from_=lambda _: "x")
    assert copy.deepcopy(computed).compute(None, {}) == "x"


POLICY = SignOffPolicy(name="strict", stages=(Stage("legal"), Stage("editorial")))


class Noted:
    """A mixin that is no content type."""

    note = Text()


class Base(ContentType, abstract=True, policy=POLICY, schema_org="Product"):
    """What several content types share."""

    name = Text(schema_org="brand")  # type: ignore[assignment]
    subtitle = Text()
    left_out = Text()


class Lens(Base, Noted, path="/lenses/{slug}"):
    """A lens."""

    body = Markdown()
    subtitle = Text(required=True)
    left_out = None  # type: ignore[assignment]


class Numbered(ContentType, abstract=True):
    """Has a field whose name is that of another in the API."""

    a1 = Text()


class Zoom(Lens):
    """A lens that zooms."""

    range = Text()


class TestInheritance:
    """What a class has of its base classes."""

    def test_fields_come_in_order_the_base_first(self) -> None:
        assert list(Lens.fields) == ["note", "name", "subtitle", "body"]
        assert list(Zoom.fields) == ["note", "name", "subtitle", "body", "range"]

    def test_a_field_that_is_declared_again_replaces_the_inherited_one(self) -> None:
        assert Lens.fields["subtitle"].required
        assert not Base.fields["subtitle"].required
        assert Zoom.fields["subtitle"] is Lens.fields["subtitle"]

    def test_what_is_no_field_removes_one(self) -> None:
        assert "left_out" in Base.fields
        assert "left_out" not in Zoom.fields

    def test_the_policy_is_inherited_and_the_path_is_not(self) -> None:
        assert Zoom.policy is POLICY
        assert Zoom.schema_org == "Product"
        assert (Lens.path, Zoom.path) == ("/lenses/{slug}", None)

    def test_inherited_fields_are_checked(self) -> None:
        with pytest.raises(SiteError, match="Other: 'a1' and 'a_1' are both 'a1'"):
            new_class("Other", (Numbered,), {}, lambda body: body.update(a_1=Text()))

    def test_a_block_inherits_as_well(self) -> None:
        class Cited(Block, abstract=True):
            """Has a source."""

            source = Text()

        class Quote(Cited):
            """Somebody's words."""

            text = Text()

        class PullQuote(Quote):
            """The same, larger."""

        assert list(Quote.fields) == list(PullQuote.fields) == ["source", "text"]

    def test_content_types_that_share_fields_are_a_site(self) -> None:
        assert list(site(Lens, Zoom).content_types) == ["Lens", "Zoom", "Category", "Person"]

    def test_a_built_in_type_gets_fields_and_a_path_and_keeps_what_it_is(self) -> None:
        topic = new_class(
            "Category",
            (Category,),
            {"path": "/topics/{slug}"},
            lambda body: body.update(introduction=Text()),
        )
        declared = site(Lens, topic)
        assert list(declared.content_types) == ["Lens", "Category", "Person"]
        assert declared.content_type("Category") is topic
        assert list(topic.fields) == ["introduction"]
        assert (topic.plural, topic.schema_org) == (Category.plural, Category.schema_org)
        assert (topic.id_kind, topic.path) == ("cat", "/topics/{slug}")
