"""Every operator on every kind of field, at every depth, against plain Python."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import orjson
import pytest

from cms.storage.database import Database
from graphql_api.delivery import Delivery
from graphql_api.http.request import GraphQLRequest
from tests.builders import Newsroom
from tests.conftest import KINDS, Templates
from tests.schemas import delivery_schema_of
from tests.sites import SITE

Test: TypeAlias = Callable[["Written"], bool]


@dataclass(eq=False)
class Written:
    """An article as it was written, and where it leads."""

    slug: str
    title: str
    summary: str = ""
    category: str | None = None
    tags: Sequence[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    source: Written | None = None
    related: Sequence[Written] = ()

    @property
    def body(self) -> str:
        """The words of the article."""
        return str(self.fields.get("body", "Some text."))


def _articles() -> list[Written]:
    alpha = Written(
        "alpha",
        "Alpha",
        "First of all",
        "Topics",
        ["Basics", "Rare"],
        {
            "subtitle": "Übergröße",
            "rating": 4.25,
            "pages": 12,
            "is_free": True,
            "issued_on": "2026-02-28",
            "level": "HARD",
            "aliases": ["a", "Zwei", "Ünï"],
            "scores": [3, 12, 3],
            "answers": [True, False],
            "byline": {"name": "Somebody", "year": 1999},
            "steps": [{"title": "Do"}, {"title": "Do more", "body": "Text"}],
            "sections": [{"heading": "One", "body": "first"}, {"heading": "Two", "body": "last"}],
            "body": "All about alpha.",
        },
    )
    beta = Written(
        "beta",
        "beta",
        "",
        "Below",
        ["Basics"],
        {
            "subtitle": "alpha",
            "rating": 0.5,
            "pages": 0,
            "is_free": False,
            "issued_on": "1999-12-31",
            "level": "EASY",
            "aliases": ["a"],
            "scores": [12],
            "answers": [True],
            "byline": {"name": "nobody"},
            "steps": [{"title": "Do"}],
        },
        source=alpha,
        related=[alpha],
    )
    gamma = Written(
        "gamma",
        "Gamma 100%",
        "50% off_",
        "Topics",
        [],
        {"subtitle": "ALPHA", "rating": 4.25, "pages": 300, "level": "HARD", "aliases": []},
        source=beta,
        related=[alpha, beta, alpha],
    )
    delta = Written(
        "delta",
        "Delta",
        fields={"rating": 3, "is_free": True, "aliases": ["ÀÉÎ", "İzmir", "ΛΌΓΟΣ", "Straße"]},
        source=beta,
    )
    empty = Written("empty", "Übrig", related=[gamma])
    return [alpha, beta, gamma, delta, empty]


ARTICLES = _articles()


@dataclass
class Library:
    """The articles in a database, and the API over them."""

    runner: asyncio.Runner
    delivery: Delivery

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of an answer without errors."""
        request = GraphQLRequest(query, None, variables)
        response = orjson.loads(self.runner.run(self.delivery.answer(request)).body)
        assert "errors" not in response, response
        return response["data"]

    def found(self, where: Any) -> set[str]:
        """Return the slugs of the articles that fit."""
        data = self.ask(FOUND, where=where)["articles"]
        slugs = {node["slug"] for node in data["nodes"]}
        assert data["totalCount"] == len(data["nodes"]) == len(slugs)
        return slugs


FOUND = """query($where: ArticleWhere) {
  articles(where: $where, first: 100) { totalCount nodes { slug } }
}"""


@pytest.fixture(scope="module", params=KINDS)
def library(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Library]:
    """The articles, published in a database of each kind."""
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        database = templates.open(url)
        runner.run(_publish(database))
        yield Library(runner, Delivery(SITE, delivery_schema_of(SITE), database.reader))
        runner.run(database.close())
        runner.run(templates.drop(url))


async def _publish(database: Database) -> None:
    newsroom = Newsroom(database, SITE)
    await newsroom.hire()
    topics = await newsroom.category("Topics")
    categories = {"Topics": topics, "Below": await newsroom.category("Below", topics), None: None}
    for each in ARTICLES:
        references = {
            "translated_from": f"/articles/{each.source.slug}" if each.source else None,
            "related": [f"/articles/{other.slug}" for other in each.related],
        }
        await newsroom.published(
            title=each.title,
            slug=each.slug,
            summary=each.summary,
            category=categories[each.category],
            tags=each.tags,
            **{"body": each.body, **each.fields, **references},
        )
    # Drafts of the same words are in nobody's way.
    await newsroom.draft(title="Alpha", slug="alpha-2", rating=4.25, subtitle="alpha")


# --- What operators mean ---


def compare(operator: str, value: Any, other: Any) -> bool:
    """Say what an operator says of a value, in plain Python."""
    if operator == "isNull":
        return (value is None) is other
    if operator in {"ne", "notIn"}:
        return value != other if operator == "ne" else value not in other
    return value is not None and bool(_HOLDS[operator](value, other))


_HOLDS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": lambda value, other: value == other,
    "in": lambda value, other: value in other,
    "lt": lambda value, other: value < other,
    "lte": lambda value, other: value <= other,
    "gt": lambda value, other: value > other,
    "gte": lambda value, other: value >= other,
    "contains": lambda value, other: other in value,
    "startsWith": lambda value, other: value.startswith(other),
    "endsWith": lambda value, other: value.endswith(other),
}
_EQUALITY = ("eq", "ne", "in", "notIn", "isNull")
_RANGE = (*_EQUALITY, "lt", "lte", "gt", "gte")
_TEXT = (*_RANGE, "contains", "startsWith", "endsWith")
_WORDS = ["Alpha", "alpha", "Ü", "100%", "_", "%", "", "'", "a", "Do", "last", "Somebody", "🦊"]


@dataclass(frozen=True)
class Asked:
    """A field that can be filtered by.

    Attributes:
        where: the filter on it, given what is asked of the value.
        value: its value in an article.
        operators: what can be asked.
        operands: what it is compared with.
        is_there: whether an article has what the value is a part of.
    """

    where: Callable[[Any], Any]
    value: Callable[[Written], Any]
    operators: Sequence[str]
    operands: Sequence[Any]
    is_there: Test = lambda _: True


def of(name: str, key: str, operators: Sequence[str], operands: Sequence[Any]) -> Asked:
    """Return a field of the articles themselves."""
    return Asked(lambda asked: {name: asked}, lambda a: a.fields.get(key), operators, operands)


FIELDS: Mapping[str, Asked] = {
    "title": Asked(lambda asked: {"title": asked}, lambda a: a.title, _TEXT, _WORDS),
    "slug": Asked(lambda asked: {"slug": asked}, lambda a: a.slug, _TEXT, _WORDS),
    "summary": Asked(lambda asked: {"summary": asked}, lambda a: a.summary, _TEXT, _WORDS),
    "path": Asked(
        lambda asked: {"path": asked},
        lambda a: f"/articles/{a.slug}",
        _TEXT,
        ["/articles/alpha", "/art", "b"],
    ),
    "type": Asked(
        lambda asked: {"type": asked}, lambda _: "Article", _EQUALITY, ["Article", "Note"]
    ),
    "subtitle": of("subtitle", "subtitle", _TEXT, _WORDS),
    "rating": of("rating", "rating", _RANGE, [4.25, 3, 0, -1.5, 1e30]),
    "pages": of("pages", "pages", _RANGE, [0, 12, 300, -1, 2**31 - 1]),
    "isFree": of("isFree", "is_free", ("eq", "ne", "isNull"), [True, False]),
    "issuedOn": of("issuedOn", "issued_on", _RANGE, ["2026-02-28", "1999-12-31", "2000-01-01"]),
    "level": of("level", "level", _EQUALITY, ["HARD", "EASY"]),
    "body": Asked(
        lambda asked: {"body": asked}, lambda a: a.body, _TEXT, ["All", "Some text.", ""]
    ),
    "byline.name": Asked(
        lambda asked: {"byline": {"name": asked}},
        lambda a: a.fields["byline"].get("name"),
        _TEXT,
        _WORDS,
        lambda a: "byline" in a.fields,
    ),
    "byline.year": Asked(
        lambda asked: {"byline": {"year": asked}},
        lambda a: a.fields["byline"].get("year"),
        _RANGE,
        [1999, 0],
        lambda a: "byline" in a.fields,
    ),
}


def questions(asked: Asked) -> Iterator[tuple[Any, Test]]:
    """Yield every operator with every operand, and what it means."""
    for operator in asked.operators:
        if operator == "isNull":
            operands: list[Any] = [True, False]
        elif operator in {"in", "notIn"}:
            operands = [[], asked.operands[:1], asked.operands[-2:]]
        else:
            operands = list(asked.operands)
        for operand in operands:
            yield asked.where({operator: operand}), _test(asked, operator, operand)


def _test(asked: Asked, operator: str, operand: Any) -> Test:
    return lambda article: (
        asked.is_there(article) and compare(operator, asked.value(article), operand)
    )


# --- How questions are nested ---


def _source(where: Any, test: Test) -> tuple[Any, Test]:
    return (
        {"translatedFrom": where},
        lambda article: article.source is not None and test(article.source),
    )


def _negated(where: Any, test: Test) -> tuple[Any, Test]:
    return {"NOT": where}, lambda article: not test(article)


def _combined(where: Any, test: Test) -> tuple[Any, Test]:
    free = {"isFree": {"eq": True}}
    both = {"AND": [where, free]}
    either = {"OR": [both, {"slug": {"eq": "empty"}}]}
    return (
        either,
        lambda article: (
            (test(article) and article.fields.get("is_free") is True) or article.slug == "empty"
        ),
    )


NESTINGS: Mapping[str, Callable[[Any, Test], tuple[Any, Test]]] = {
    "itself": lambda where, test: (where, test),
    "not": _negated,
    "combined": _combined,
    "source": _source,
    "not of source": lambda where, test: _negated(*_source(where, test)),
    "source, not of source": lambda where, test: _source(*_negated(*_source(where, test))),
}


@pytest.mark.parametrize("name", FIELDS)
def test_every_operator_means_what_it_means_in_python(library: Library, name: str) -> None:
    asked = FIELDS[name]
    # Every operand is tried once; what goes wrong further in does so with any of them.
    few = replace(asked, operands=asked.operands[:2])
    for nesting, nest in NESTINGS.items():
        for where, test in questions(asked if nesting == "itself" else few):
            nested, expected = nest(where, test)
            slugs = {article.slug for article in ARTICLES if expected(article)}
            assert library.found(nested) == slugs, (nesting, nested)


# --- What belongs to an article ---

QUANTIFIERS: Mapping[str, Callable[[list[bool]], bool]] = {
    "some": any,
    "every": all,
    "none": lambda fits: not any(fits),
}


@dataclass(frozen=True)
class Belonging:
    """What an article has several of.

    Attributes:
        name: the filter.
        items: what an article has.
        inner: what is asked of one of them, and what that means.
    """

    name: str
    items: Callable[[Written], Sequence[Any]]
    inner: Sequence[tuple[Any, Callable[[Any], bool]]]


def _leaves(
    path: Callable[[Any], Any], value: Callable[[Any], Any], operands: Sequence[Any]
) -> Any:
    return [
        (
            path({operator: operand}),
            lambda item, operator=operator, operand=operand: compare(
                operator, value(item), operand
            ),
        )
        for operator in ("eq", "ne", "contains", "startsWith", "endsWith", "lt", "gte")
        for operand in operands
    ]


BELONGINGS: Mapping[str, Belonging] = {
    "aliases": Belonging(
        "aliases",
        lambda a: a.fields.get("aliases") or [],
        _leaves(lambda asked: asked, lambda item: item, ["a", "Zwei", "Ü", ""]),
    ),
    "steps": Belonging(
        "steps",
        lambda a: a.fields.get("steps") or [],
        [
            *_leaves(lambda asked: {"title": asked}, lambda step: step["title"], ["Do", "more"]),
            *_leaves(lambda asked: {"body": asked}, lambda step: step.get("body"), ["Text"]),
        ],
    ),
    "sections": Belonging(
        "sections",
        lambda a: a.fields.get("sections") or [],
        [
            *_leaves(lambda asked: {"heading": asked}, lambda each: each["heading"], ["One"]),
            *_leaves(lambda asked: {"body": asked}, lambda each: each["body"], ["last", "f"]),
        ],
    ),
    "tags": Belonging(
        "tags",
        lambda a: a.tags,
        _leaves(lambda asked: {"name": asked}, lambda tag: tag, ["Basics", "R"]),
    ),
    "related": Belonging(
        "related",
        lambda a: a.related,
        [
            *_leaves(
                lambda asked: {"target": {"title": asked}}, lambda to: to.title, ["Alpha", "beta"]
            ),
            ({"kind": {"eq": "RELATED"}}, lambda _: True),
            ({"target": {"links": {"count": {"eq": 0}}}}, lambda to: not to.related),
            (
                {"target": {"incomingLinks": {"some": {"source": {"slug": {"eq": "gamma"}}}}}},
                lambda to: any(to in other.related and other.slug == "gamma" for other in ARTICLES),
            ),
        ],
    ),
    "links": Belonging(
        "links",
        lambda a: a.related,
        _leaves(
            lambda asked: {"url": asked}, lambda to: f"/articles/{to.slug}", ["/articles/beta"]
        ),
    ),
    "incomingLinks": Belonging(
        "incomingLinks",
        lambda a: [other for other in ARTICLES for to in other.related if to is a],
        _leaves(
            lambda asked: {"source": {"title": asked}}, lambda source: source.title, ["beta", "Ü"]
        ),
    ),
}


@pytest.mark.parametrize("name", BELONGINGS)
def test_every_quantifier_means_what_it_means_in_python(library: Library, name: str) -> None:
    belonging = BELONGINGS[name]
    for quantifier, holds in QUANTIFIERS.items():
        for inner, fits in belonging.inner:
            where = {belonging.name: {quantifier: inner}}

            def test(article: Written, fits: Any = fits, holds: Any = holds) -> bool:
                return bool(holds([fits(item) for item in belonging.items(article)]))

            for nest in (NESTINGS["itself"], NESTINGS["not"], NESTINGS["source"]):
                nested, expected = nest(where, test)
                slugs = {article.slug for article in ARTICLES if expected(article)}
                assert library.found(nested) == slugs, nested


@pytest.mark.parametrize("name", BELONGINGS)
def test_what_belongs_to_an_article_is_counted(library: Library, name: str) -> None:
    belonging = BELONGINGS[name]
    for operator in ("eq", "ne", "gt", "lte"):
        for number in (0, 1, 2, 3):
            slugs = {
                article.slug
                for article in ARTICLES
                if compare(operator, len(belonging.items(article)), number)
            }
            found = library.found({belonging.name: {"count": {operator: number}}})
            assert found == slugs, (operator, number)


EMPTY: Sequence[Any] = [
    None,
    {},
    {"AND": []},
    {"OR": []},
    {"NOT": {}},
    {"NOT": None},
    {"AND": [{}], "OR": [{}, {"OR": []}], "NOT": {"NOT": {}}},
    {"title": {}, "subtitle": None, "byline": None, "category": None},
    {"title": {"eq": None}},
    {"title": {"ne": None, "in": None, "isNull": None}},
    {"title": {"mode": "INSENSITIVE"}},
    {"OR": [{"title": {"mode": "INSENSITIVE"}}, {"pages": {"gt": None}}]},
    {"aliases": {}, "related": {"some": None}, "tags": {"every": {}}},
    {"tags": {"some": {}}},
    {"tags": {"none": {"slug": {"eq": None}}}},
    {"aliases": {"count": {}}, "steps": {"count": {"eq": None}}},
    {"translatedFrom": {}},
    {"NOT": {"translatedFrom": {"translatedFrom": {}}}},
    {"category": {"within": None}},
    {"category": {"isNull": None}},
    {"byline": {"name": {"eq": None}}},
    {"parts": {"some": {"quote": {}}}},
    {"chart": {"isNull": None}},
    {"reviewedAt": {"lt": None}, "reviewers": {"some": {"name": {}}}},
]


@pytest.mark.parametrize("where", EMPTY, ids=str)
def test_a_filter_that_asks_for_nothing_finds_everything(library: Library, where: Any) -> None:
    assert library.found(where) == {article.slug for article in ARTICLES}
    found = library.found({"slug": {"eq": "beta"}})
    if where is not None:
        assert library.found({"AND": [where, {"slug": {"eq": "beta"}}]}) == found
        assert library.found({"OR": [where, {"slug": {"eq": "beta"}}]}) == found


def test_any_part_of_a_filter_can_be_a_variable_that_is_left_out(library: Library) -> None:
    query = """query($title: String, $words: [String!], $category: String, $tag: TagWhere,
                     $pages: IntFilter, $not: ArticleWhere, $either: [ArticleWhere!]) {
      articles(where: {
        title: {eq: $title, in: $words}, category: {within: $category}, tags: {some: $tag},
        pages: $pages, NOT: $not, OR: $either,
        AND: [{translatedFrom: {title: {startsWith: $title}}}]
      }) { totalCount }
    }"""
    nothing = dict.fromkeys(("title", "words", "category", "tag", "pages", "not", "either"))
    assert library.ask(query) == library.ask(query, **nothing)
    assert library.ask(query)["articles"]["totalCount"] == len(ARTICLES)
    empty: dict[str, Any] = {"tag": {}, "pages": {}, "not": {}, "either": []}
    assert library.ask(query, **empty)["articles"]["totalCount"] == len(ARTICLES)
    assert library.ask(query, tag={"slug": {"eq": "rare"}})["articles"]["totalCount"] == 1


def test_nothing_is_in_an_empty_list_and_everything_is_outside(library: Library) -> None:
    for name in ("title", "level", "rating"):
        assert library.found({name: {"in": []}}) == set()
        assert library.found({name: {"notIn": []}}) == {article.slug for article in ARTICLES}


THERE: Mapping[str, Test] = {
    "category": lambda a: a.category is not None,
    "author": lambda _: True,
    "translatedFrom": lambda a: a.source is not None,
    "about": lambda _: False,
    "byline": lambda a: "byline" in a.fields,
}


@pytest.mark.parametrize("name", THERE)
def test_an_object_can_be_asked_to_be_there_or_not(library: Library, name: str) -> None:
    is_there = THERE[name]
    everything = {article.slug for article in ARTICLES}
    there = {article.slug for article in ARTICLES if is_there(article)}
    absent = everything - there
    assert library.found({name: {"isNull": False}}) == there
    assert library.found({name: {"isNull": True}}) == absent
    assert library.found({"NOT": {name: {"isNull": True}}}) == there
    assert library.found({"NOT": {name: {"isNull": False}}}) == absent
    assert library.found({name: {"NOT": {"isNull": True}}}) == there
    assert library.found({name: {"NOT": {"isNull": False}}}) == absent
    assert library.found({name: {"AND": [{"isNull": True}, {"isNull": False}]}}) == set()
    assert library.found({name: {"OR": [{"isNull": True}, {"isNull": False}]}}) == everything
    assert library.found({"translatedFrom": {name: {"isNull": True}}}) == {
        article.slug for article in ARTICLES if article.source and not is_there(article.source)
    }


def test_what_is_asked_of_an_object_can_be_or_that_there_is_none(library: Library) -> None:
    either = {"OR": [{"isNull": True}, {"title": {"eq": "Alpha"}}]}
    assert library.found({"translatedFrom": either}) == {"alpha", "beta", "empty"}
    other = {"title": {"ne": "Alpha"}}
    assert library.found({"translatedFrom": other}) == {"gamma", "delta"}
    assert library.found({"translatedFrom": {"NOT": {"title": {"eq": "Alpha"}}}}) == {
        "gamma",
        "delta",
    }
    both = {"isNull": True, "title": {"eq": "Alpha"}}
    assert library.found({"translatedFrom": both}) == set()


def test_categories_are_whole_branches_if_that_is_asked(library: Library) -> None:
    for where, expected in (
        ({"within": "topics"}, {"alpha", "beta", "gamma"}),
        ({"within": "topics/below"}, {"beta"}),
        ({"within": "topic"}, set()),
        ({"treePath": {"eq": "topics"}}, {"alpha", "gamma"}),
        ({"name": {"startsWith": "B"}}, {"beta"}),
        ({"isNull": False}, {"alpha", "beta", "gamma"}),
    ):
        assert library.found({"category": where}) == expected
        others = {article.slug for article in ARTICLES} - expected
        assert library.found({"NOT": {"category": where}}) == others


def test_the_people_behind_an_article(library: Library) -> None:
    everything = {article.slug for article in ARTICLES}
    for where, expected in (
        ({"author": {"name": {"eq": "Ada Author"}}}, everything),
        ({"author": {"slug": {"eq": "abe-author"}}}, set()),
        ({"reviewers": {"some": {"slug": {"eq": "rita-reviewer"}}}}, everything),
        ({"reviewers": {"some": {"slug": {"eq": "rolf-reviewer"}}}}, set()),
        ({"reviewers": {"count": {"eq": 1}}}, everything),
        ({"reviewedAt": {"gt": "2001-01-01T00:00:00Z"}}, everything),
        ({"reviewedAt": {"isNull": True}}, set()),
        ({"reviewExpiresAt": {"lt": "2001-01-01T00:00:00Z"}}, set()),
    ):
        assert library.found(where) == expected


# --- Upper and lower case ---


def folded(text: str | None) -> str | None:
    """Return text with each letter in lower case, by itself."""
    if text is None:
        return None
    return "".join({"İ": "i", "ς": "σ"}.get(each, each.lower()) for each in text)


_IN_EVERY_CASE = (
    *("ALPHA", "alpha", "ÜBERGRÖSSE", "übergröße", "ÜBERGRÖẞE", "STRASSE", "straße"),
    *("àéî", "É", "é", "izmir", "İZMIR", "i", "λόγος", "λόγοσ", "Σ", "ς"),
)


def test_letters_are_folded_in_every_script(library: Library) -> None:
    for word in ("àéî", "izmir", "λόγοσ", "STRAẞE"):
        where = {"aliases": {"some": {"eq": word, "mode": "INSENSITIVE"}}}
        assert library.found(where) == {"delta"}
    others: Any = {"in": ["strasse", "aei"], "mode": "INSENSITIVE"}
    assert library.found({"aliases": {"some": others}}) == set()


@pytest.mark.parametrize("operator", [each for each in _TEXT if each != "isNull"])
def test_case_can_be_left_out_of_account(library: Library, operator: str) -> None:
    for word in (*_IN_EVERY_CASE, "100%", ""):
        operand: Any = [word] if operator in {"in", "notIn"} else word
        other: Any = [folded(word)] if operator in {"in", "notIn"} else folded(word)
        for name in ("subtitle", "title"):
            value = FIELDS[name].value
            slugs = {a.slug for a in ARTICLES if compare(operator, folded(value(a)), other)}
            where = {name: {operator: operand, "mode": "INSENSITIVE"}}
            assert library.found(where) == slugs, where
        slugs = {
            a.slug
            for a in ARTICLES
            if any(compare(operator, folded(i), other) for i in a.fields.get("aliases") or [])
        }
        where = {"aliases": {"some": {operator: operand, "mode": "INSENSITIVE"}}}
        assert library.found(where) == slugs, where


def test_the_default_mode_minds_case(library: Library) -> None:
    where = {"subtitle": {"eq": "ALPHA", "mode": "DEFAULT"}}
    assert library.found(where) == library.found({"subtitle": {"eq": "ALPHA"}}) == {"gamma"}


# --- Facets, histograms and sums ---

_SUMMED_UP = """query($where: ArticleWhere, $fields: [ArticleFacet!]!, $first: Int) {
  articles(where: $where, first: 1) {
    totalCount
    facets(fields: $fields, first: $first) { field value count }
    years: histogram(field: issuedOn, by: YEAR) { start count }
    months: histogram(field: issuedOn, by: MONTH) { start count }
    days: histogram(field: issuedOn, by: DAY) { start count }
    aggregate {
      min { rating pages } max { rating pages } avg { rating pages } sum { rating pages }
    }
  }
}"""
FACETS: Mapping[str, Callable[[Written], Sequence[str]]] = {
    "type": lambda _: ["Article"],
    "locale": lambda _: ["EN"],
    "category": lambda a: {"Topics": ["topics"], "Below": ["topics/below"]}.get(
        a.category or "", []
    ),
    "tags": lambda a: [tag.lower() for tag in a.tags],
    "author": lambda _: ["ada-author"],
    "subtitle": lambda a: _shown(a.fields.get("subtitle")),
    "rating": lambda a: _shown(a.fields.get("rating")),
    "pages": lambda a: _shown(a.fields.get("pages")),
    "isFree": lambda a: [str(each).lower() for each in _given(a.fields.get("is_free"))],
    "issuedOn": lambda a: _shown(a.fields.get("issued_on")),
    "level": lambda a: _shown(a.fields.get("level")),
    "aliases": lambda a: a.fields.get("aliases") or [],
    "scores": lambda a: [str(each) for each in a.fields.get("scores") or []],
    "answers": lambda a: [str(each).lower() for each in a.fields.get("answers") or []],
}
NARROWED: Sequence[tuple[Any, Test]] = [
    (None, lambda _: True),
    ({"level": {"eq": "HARD"}}, lambda a: a.fields.get("level") == "HARD"),
    ({"isFree": {"ne": True}}, lambda a: a.fields.get("is_free") is not True),
    ({"title": {"eq": "nobody"}}, lambda _: False),
]


def _given(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _shown(value: Any) -> list[str]:
    return [str(each) for each in _given(value)]


@pytest.mark.parametrize("first", [None, 0, 1, 2])
def test_facets_count_what_the_filter_leaves(library: Library, first: int | None) -> None:
    for where, test in NARROWED:
        articles = [article for article in ARTICLES if test(article)]
        names = list(FACETS)
        found = library.ask(_SUMMED_UP, where=where, fields=names, first=first)["articles"]
        expected = []
        for name in names:
            counts = Counter(value for article in articles for value in set(FACETS[name](article)))
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            expected += [
                {"field": name, "value": value, "count": count}
                for value, count in ranked[: 20 if first is None else first]
            ]
        assert found["facets"] == expected
        assert found["totalCount"] == len(articles)
        none = library.ask(_SUMMED_UP, where=where, fields=[], first=first)
        assert none["articles"]["facets"] == []


def test_histograms_count_what_the_filter_leaves(library: Library) -> None:
    for where, test in NARROWED:
        dates = [a.fields["issued_on"] for a in ARTICLES if test(a) and "issued_on" in a.fields]
        found = library.ask(_SUMMED_UP, where=where, fields=[])["articles"]
        for name, length in (("years", 4), ("months", 7), ("days", 10)):
            counts = Counter(date[:length] for date in dates)
            assert found[name] == [
                {"start": start, "count": count} for start, count in sorted(counts.items())
            ]


def test_sums_are_over_what_the_filter_leaves(library: Library) -> None:
    for where, test in NARROWED:
        found = library.ask(_SUMMED_UP, where=where, fields=[])["articles"]["aggregate"]
        for name in ("rating", "pages"):
            values = [a.fields[name] for a in ARTICLES if test(a) and name in a.fields]
            expected = {
                "min": min(values, default=None),
                "max": max(values, default=None),
                "sum": sum(values) if values else None,
                "avg": sum(values) / len(values) if values else None,
            }
            assert {key: part[name] for key, part in found.items()} == pytest.approx(expected)


def test_what_is_summed_up_need_not_be_shown(library: Library) -> None:
    query = '{ entries(where: {slug: {ne: "x"}}) { facets(fields: [type]) { value count } } }'
    counted = {"value": "Article", "count": len(ARTICLES)}
    assert library.ask(query) == {"entries": {"facets": [counted]}}
    query = "{ categories { nodes { entries { facets(fields: [tags]) { value count } } } } }"
    topics, below = library.ask(query)["categories"]["nodes"]
    assert topics["entries"]["facets"] == [
        {"value": "basics", "count": 1},
        {"value": "rare", "count": 1},
    ]
    assert below["entries"]["facets"] == [{"value": "basics", "count": 1}]
