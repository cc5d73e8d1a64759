"""The questions that are asked on sites of all sizes."""

# ruff: noqa: E501  # a question is easier to read in one line

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.growth_plan import FIRST_LEAF, Plan, categories
from bench.growth_rows import (
    NONCE,
    category_id,
    entry_id,
    person_id,
    revision_id,
    tree_path,
)
from bench.growth_text import COMMON, PHRASE, RARE, reads, source, vocabulary
from cms.storage.dialects import as_text

# Nodes of a list as sites show them.
_CARD = "nodes { id title path publishedAt }"
_LINKS = "nodes { url label }"


@dataclass(frozen=True)
class Question:
    """A question.

    Attributes:
        name: what is asked for.
        query: the GraphQL document.
        variables: the values of its variables.
        is_management: whether it is asked at the management API.
        sees_all: whether the answer depends on every row, however few are shown.
    """

    name: str
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    is_management: bool = False
    sees_all: bool = False


def questions(entries: int) -> Iterator[Question]:
    """Yield all questions for a site of a size."""
    plan = Plan(entries)
    yield from _single(entries)
    yield from _lists()
    yield from _of_few()
    yield from _filters(plan)
    yield from _of_categories_and_tags()
    yield from _of_people()
    yield from _of_links(entries)
    yield from _past(plan)
    yield from _sync(plan)
    yield from _files()
    yield from _whole()
    yield from _search(entries)
    yield from _desk(entries)


def _single(entries: int) -> Iterator[Question]:
    middle = entries // 2 // 10 * 10 + 1
    kind = "terms" if middle % 2 else "guides"
    yield Question(
        "page by path",
        """query($path: String!) { entry(by: {path: $path}) {
          title summary category { name ancestors { name } } review { reviewers { name } }
          tags { name } links(first: 20) { nodes { url label } } } }""",
        {"path": f"/en/{kind}/entry-{middle}"},
    )
    yield Question("term by slug", f'{{ term(by: {{slug: "entry-{middle}"}}) {{ title }} }}')
    yield Question(
        "route of a path", f'{{ route(path: "/en/{kind}/entry-{middle}") {{ __typename }} }}'
    )
    yield Question("node by id", f'{{ node(id: "{entry_id(middle)}") {{ id }} }}')
    yield Question(
        "two hops",
        """{ terms(first: 20) { nodes { title links(first: 10) { nodes { target { ... on Entry { title
           links(first: 5) { nodes { url label } } } } } } } } }""",
    )


def _lists() -> Iterator[Question]:
    for name, arguments in (
        ("newest of all types", ""),
        ("oldest of all types", "orderBy: publishedAt_ASC, "),
        ("newest first published", "orderBy: firstPublishedAt_DESC, "),
        ("last updated", "orderBy: updatedAt_DESC, "),
        ("all by title", "orderBy: title_ASC, "),
        ("all by title, last", "orderBy: title_DESC, "),
        ("all by slug", "orderBy: slug_ASC, "),
        ("all by path", "orderBy: path_ASC, "),
        ("all by category", "orderBy: categoryName_ASC, "),
        ("all by tree path and title", "orderBy: [categoryTreePath_ASC, title_ASC], "),
    ):
        yield Question(name, f"{{ entries({arguments}first: 20) {{ {_CARD} }} }}")
    yield Question("newest of a type", f"{{ terms(first: 20) {{ {_CARD} }} }}")
    yield Question("type by title", f"{{ terms(orderBy: title_ASC, first: 20) {{ {_CARD} }} }}")
    yield Question("type by field", f"{{ terms(orderBy: reads_DESC, first: 20) {{ {_CARD} }} }}")
    yield Question(
        "type by text field", f"{{ terms(orderBy: source_ASC, first: 20) {{ {_CARD} }} }}"
    )
    yield Question(
        "two types",
        f"{{ entries(where: {{type: {{in: [Term, Guide]}}}}, first: 20) {{ {_CARD} }} }}",
    )
    yield Question(
        "with page info",
        f"{{ entries(first: 20) {{ {_CARD} pageInfo {{ hasNextPage endCursor }} }} }}",
    )
    yield Question(
        "last page", f"{{ terms(last: 20) {{ {_CARD} pageInfo {{ hasPreviousPage }} }} }}"
    )
    yield Question(
        "in German, else English",
        f"query @view(locale: DE, fallbackLocales: [EN]) {{ entries(first: 20) {{ {_CARD} }} }}",
    )
    yield Question("in German", f"query @view(locale: DE) {{ entries(first: 20) {{ {_CARD} }} }}")


def _of_few() -> Iterator[Question]:
    """Yield the questions about types with few entries among many."""
    for word, name, list_ in (
        ("rare", "Rare7", "rares7"),
        ("unused", "Rare46", "rares46"),
        ("small", "Review", "reviews"),
    ):
        for order in ("", "title_ASC", "path_ASC", "reads_DESC", "source_ASC", "updatedAt_DESC"):
            sorted_ = f"orderBy: {order}, " if order else ""
            of = order.partition("_")[0]
            by = f", by {of}" if of else ""
            yield Question(f"{word} type{by}", f"{{ {list_}({sorted_}first: 20) {{ {_CARD} }} }}")
            if of not in {"reads", "source"}:
                where = f"where: {{type: {{eq: {name}}}}}, "
                query = f"{{ entries({where}{sorted_}first: 20) {{ {_CARD} }} }}"
                yield Question(f"entries of a {word} type{by}", query)
        for field_, condition in (
            ("title", 'contains: "no such title"'),
            ("summary", 'contains: "no such text"'),
            ("source", 'eq: "source 81"'),
            ("reads", "gt: 999000"),
        ):
            where = f"where: {{{field_}: {{{condition}}}}}, "
            query = f"{{ {list_}({where}first: 20) {{ {_CARD} }} }}"
            yield Question(f"{word} type, filtered by {field_}", query)
        yield Question(f"{word} type: number", f"{{ {list_} {{ totalCount }} }}")
        query = f"{{ {list_} {{ facets(fields: [source]) {{ value count }} }} }}"
        yield Question(f"{word} type: facet", query)
        query = f'{{ {list_}(search: "{COMMON}", first: 10) {{ {_CARD} }} }}'
        yield Question(f"{word} type: search", query, sees_all=True)
    for field_, text in (("title", "no such title"), ("summary", "no such text")):
        where = f'where: {{{field_}: {{contains: "{text}"}}}}, '
        query = f"{{ entries({where}first: 20) {{ {_CARD} }} }}"
        yield Question(f"{field_} contains nothing", query, sees_all=True)


def _filters(plan: Plan) -> Iterator[Question]:
    term = f"query($where: TermWhere!) {{ terms(where: $where, first: 20) {{ {_CARD} }} }}"
    entry = f"query($where: EntryWhere!) {{ entries(where: $where, first: 20) {{ {_CARD} }} }}"
    middle = as_text(plan.at(plan.last_position // 2))
    for name, query, where in (
        ("field equals", term, {"source": {"eq": source(81)}}),
        ("field is one of", term, {"source": {"in": [source(81), source(83)]}}),
        ("number equals", term, {"reads": {"eq": reads(81)}}),
        ("number is greater", term, {"reads": {"gt": 1_000}}),
        ("number is among the greatest", term, {"reads": {"gt": 999_000}}),
        ("slug equals", entry, {"slug": {"eq": "entry-78"}}),
        ("title equals", entry, {"title": {"eq": _title(78)}}),
        ("title starts with", entry, {"title": {"startsWith": _title(78)[:4]}}),
        ("title contains", entry, {"title": {"contains": _title(78)[2:7]}}),
        ("published before", entry, {"publishedAt": {"lt": middle}}),
        ("first published before", entry, {"firstPublishedAt": {"lt": middle}}),
        ("updated after", entry, {"updatedAt": {"gt": middle}}),
        ("has a path", entry, {"path": {"isNull": False}}),
        ("not in a category", entry, {"NOT": {"category": {"treePath": {"eq": tree_path((0,))}}}}),
        ("review expires after", entry, {"reviewExpiresAt": {"gt": middle}}),
        ("is outdated", entry, {"isOutdated": {"eq": False}}),
    ):
        yield Question(name, query, {"where": where})
    yield Question(
        "field equals, by title",
        f"query($where: TermWhere!) {{ terms(where: $where, orderBy: title_ASC, first: 20) {{ {_CARD} }} }}",
        {"where": {"source": {"eq": source(81)}}},
    )


def _of_categories_and_tags() -> Iterator[Question]:
    places = categories()
    root, big, small = (0,), places[FIRST_LEAF], places[-1]
    entry = f"query($where: EntryWhere!) {{ entries(where: $where, first: 20) {{ {_CARD} }} }}"
    by_title = entry.replace("first:", "orderBy: title_ASC, first:")
    for name, query, where in (
        ("of a category", entry, {"treePath": {"eq": tree_path(big)}}),
        ("of a small category", entry, {"treePath": {"eq": tree_path(small)}}),
        ("of a category's id", entry, {"id": {"eq": category_id(FIRST_LEAF)}}),
        ("of a category and below", entry, {"within": tree_path(root)}),
        ("of a category and below, by title", by_title, {"within": tree_path(root)}),
        ("of a category, by title", by_title, {"treePath": {"eq": tree_path(big)}}),
    ):
        yield Question(name, query, {"where": {"category": where}})
    yield Question(
        "terms of a category and below",
        f"query($in: String!) {{ terms(where: {{category: {{within: $in}}}}, first: 20) {{ {_CARD} }} }}",
        {"in": tree_path(root)},
    )
    yield Question(
        "entries of a category",
        f"query($path: String!) {{ category(by: {{treePath: $path}}) {{ name entries(first: 20) {{ {_CARD} }} }} }}",
        {"path": tree_path(big)},
    )
    yield Question("tree of categories", "{ categories(first: 100) { nodes { treePath name } } }")
    for name, tag in (("of a tag", "tag-0"), ("of a rare tag", "tag-999")):
        yield Question(name, entry, {"where": {"tags": {"some": {"slug": {"eq": tag}}}}})
    yield Question(
        "entries of a tag",
        f'{{ tag(by: {{slug: "tag-0"}}) {{ name entries(first: 20) {{ {_CARD} }} }} }}',
    )
    yield Question("without tags", entry, {"where": {"tags": {"none": {}}}})
    yield Question("tags by name", "{ tags(first: 20) { nodes { slug name } } }", sees_all=True)


def _of_people() -> Iterator[Question]:
    entry = f"query($where: EntryWhere!) {{ entries(where: $where, first: 20) {{ {_CARD} }} }}"
    by = f"query($id: ID!) {{ node(id: $id) {{ ... on Person {{ name FIELD(first: 20) {{ {_CARD} }} }} }} }}"
    for name, number in (("a busy person", 0), ("a person", 150)):
        some = {"id": {"eq": person_id(number)}}
        yield Question(f"written by {name}", entry, {"where": {"author": some}})
        yield Question(f"reviewed by {name}", entry, {"where": {"reviewers": {"some": some}}})
    for field_ in ("authored", "reviewed"):
        yield Question(
            f"{field_} entries of a busy person",
            by.replace("FIELD", field_),
            {"id": person_id(0)},
        )
    yield Question("people", "{ people(first: 20) { nodes { name } } }")


def _of_links(entries: int) -> Iterator[Question]:
    entry = f"query($where: EntryWhere!) {{ entries(where: $where, first: 20) {{ {_CARD} }} }}"
    for name, number in (("a hub", 0), ("a page", entries // 2 + 2)):
        yield Question(
            f"incoming links of {name}",
            f"query($id: ID!) {{ node(id: $id) {{ ... on Entry {{ incomingLinks(first: 20) {{ {_LINKS} }} }} }} }}",
            {"id": entry_id(number)},
        )
        to = {"target": {"id": {"eq": entry_id(number)}}}
        yield Question(f"pages that link to {name}", entry, {"where": {"links": {"some": to}}})
    yield Question(
        "count of a hub's links",
        "query($id: ID!) { node(id: $id) { ... on Entry { incomingLinks { totalCount } } } }",
        {"id": entry_id(0)},
        sees_all=True,
    )
    yield Question(
        "pages with more than 9 links",
        entry,
        {"where": {"links": {"count": {"gt": 9}}}},
    )
    yield Question(
        "pages with more than 1,000 incoming links",
        entry,
        {"where": {"incomingLinks": {"count": {"gt": 1_000}}}},
        sees_all=True,
    )
    yield Question(
        "pages without incoming links", entry, {"where": {"incomingLinks": {"none": {}}}}
    )
    to_category = {"target": {"category": {"treePath": {"eq": tree_path(categories()[-1])}}}}
    yield Question(
        "pages that link into a category", entry, {"where": {"links": {"some": to_category}}}
    )


def _past(plan: Plan) -> Iterator[Question]:
    middle = plan.last_position // 2
    times = {
        "late": plan.last_position - 5,
        "middle": middle,
        "early": max(plan.last_position // 50, 100),
    }
    big = tree_path(categories()[FIRST_LEAF])
    in_category = f'(where: {{category: {{treePath: {{eq: "{big}"}}}}}}, first: 20)'
    for name, position in times.items():
        view = f'@view(position: "{position}.{NONCE}")'
        yield Question(
            f"past ({name}): of a type", f"query {view} {{ terms(first: 20) {{ {_CARD} }} }}"
        )
        yield Question(
            f"past ({name}): of a category",
            f"query {view} {{ entries{in_category} {{ {_CARD} }} }}",
        )
        yield Question(
            f"past ({name}): of all types", f"query {view} {{ entries(first: 20) {{ {_CARD} }} }}"
        )
    at = as_text(plan.at(middle))
    yield Question(
        "past (time): of a type", f'query @view(asOf: "{at}") {{ terms(first: 20) {{ {_CARD} }} }}'
    )
    yield Question(
        "past (time): by title",
        f'query @view(asOf: "{at}") {{ terms(orderBy: title_ASC, first: 20) {{ {_CARD} }} }}',
    )
    yield Question(
        "past (time): incoming links of a hub",
        f'query($id: ID!) @view(asOf: "{at}") {{ node(id: $id) {{ ... on Entry {{ incomingLinks(first: 20) {{ {_LINKS} }} }} }} }}',
        {"id": entry_id(0)},
    )


def _sync(plan: Plan) -> Iterator[Question]:
    changes = "nodes { kind entryId path position digest } until"
    last = plan.last_position
    for name, since in (("0", 0), ("the middle", last // 2), ("the end", last - 30)):
        variables = {"since": f"{since}.{NONCE}" if since else "0"}
        yield Question(
            f"sync from {name}",
            f"query($since: SitePosition) {{ sync(since: $since, first: 100) {{ {changes} }} }}",
            variables,
        )
    yield Question(
        "sync of a type from 0",
        f"{{ sync(where: {{type: {{eq: Term}}}}, first: 100) {{ {changes} }} }}",
    )
    for name, since in (
        ("the end", last - 1),
        ("30 changes", last - 30),
        ("the middle", last // 2),
    ):
        yield Question(
            f"affected paths since {name}",
            "query($since: SitePosition) { affectedPaths(since: $since, first: 20) { nodes { path reason } } }",
            {"since": f"{since}.{NONCE}"},
            sees_all=name == "the middle",
        )
    yield Question("position", "{ position }")


def _files() -> Iterator[Question]:
    yield Question(
        "sitemap", "{ sitemap(first: 100) { nodes { path lastModified alternates { path } } } }"
    )
    yield Question(
        "sitemap by last change",
        "{ sitemap(orderBy: lastModified_DESC, first: 100) { nodes { path } } }",
    )
    yield Question("size of the sitemap", "{ sitemap { totalCount } }", sees_all=True)
    feed = """query($where: EntryWhere!) { entries(where: $where, first: 50) { nodes {
      __typename id path title summary firstPublishedAt publishedAt tags { name }
      revision { author { name } } review { reviewers { name } } ... on Term { body { html } } } } }"""
    path = {"path": {"isNull": False}}
    yield Question("feed of all types", feed, {"where": path})
    yield Question("feed of a type", feed, {"where": {**path, "type": {"eq": "Term"}}})
    within = {"category": {"within": tree_path((0,))}}
    yield Question("feed of a category", feed, {"where": {**path, **within}})


def _whole() -> Iterator[Question]:
    for name, query in (
        ("number of all", "{ entries { totalCount } }"),
        ("number of a type", "{ terms { totalCount } }"),
        (
            "number of a category and below",
            f'{{ entries(where: {{category: {{within: "{tree_path((0,))}"}}}}) {{ totalCount }} }}',
        ),
        (
            "number of a tag",
            '{ entries(where: {tags: {some: {slug: {eq: "tag-0"}}}}) { totalCount } }',
        ),
        ("facet: type", "{ entries { facets(fields: [type]) { value count } } }"),
        ("facet: category", "{ entries { facets(fields: [category]) { value count } } }"),
        ("facet: tags", "{ entries { facets(fields: [tags]) { value count } } }"),
        ("facet: author", "{ entries { facets(fields: [author]) { value count } } }"),
        ("facet: reviewers", "{ entries { facets(fields: [reviewers]) { value count } } }"),
        ("facet: field", "{ terms { facets(fields: [source]) { value count } } }"),
        (
            "facet: category of a tag",
            '{ entries(where: {tags: {some: {slug: {eq: "tag-0"}}}}) { facets(fields: [category]) { value count } } }',
        ),
        (
            "facet: tags of a category",
            f'{{ entries(where: {{category: {{within: "{tree_path((0,))}"}}}}) {{ facets(fields: [tags]) {{ value count }} }} }}',
        ),
        (
            "histogram by month",
            "{ entries { histogram(field: publishedAt, by: MONTH) { start count } } }",
        ),
        (
            "histogram by day",
            "{ terms { histogram(field: firstPublishedAt, by: DAY) { start count } } }",
        ),
        (
            "aggregate of a field",
            "{ terms { aggregate { min { reads } max { reads } avg { reads } } } }",
        ),
    ):
        yield Question(name, query, sees_all=True)


def _search(entries: int) -> Iterator[Question]:
    words = vocabulary()
    ranked = f"query($search: String!) {{ entries(search: $search, first: 10) {{ {_CARD} }} }}"
    for name, search in (
        ("a word of few", RARE),
        ("a common word", COMMON),
        ("a phrase", f'"{PHRASE}"'),
        ("two words", f"{words[3]} {words[40]}"),
        ("a beginning", f"{words[1990][:3]}*"),
        ("a number", str(entries // 2)),
    ):
        yield Question(
            f"search: {name}", ranked, {"search": search}, sees_all=name != "a word of few"
        )
    yield Question(
        "search: a common word, newest",
        f"query($search: String!) {{ entries(search: $search, orderBy: publishedAt_DESC, first: 10) {{ {_CARD} }} }}",
        {"search": COMMON},
        sees_all=True,
    )
    yield Question(
        "search: count", f'{{ entries(search: "{COMMON}") {{ totalCount }} }}', sees_all=True
    )
    yield Question("suggestions", f'{{ suggest(search: "{words[1990][:4]}") {{ word }} }}')


def _desk(entries: int) -> Iterator[Question]:
    draft = "query($where: EntryWhere) @view(perspective: DRAFT)"
    card = "nodes { id title state updatedAt }"
    lists = f"{draft} {{ entries(where: $where, first: 20) {{ {card} }} }}"
    by_title = lists.replace("first:", "orderBy: title_ASC, first:")
    some = entries // 2 // 100 * 100 + 3
    for name, query, variables in (
        ("list of drafts", lists, {}),
        ("drafts by title", by_title, {}),
        ("drafts of a state", lists, {"where": {"state": {"eq": "IN_REVIEW"}}}),
        ("unpublished drafts", lists, {"where": {"state": {"eq": "DRAFT"}}}),
        ("drafts of a category", lists, {"where": {"category": {"treePath": {"eq": tree_path(categories()[FIRST_LEAF])}}}}),
        ("drafts of a tag", lists, {"where": {"tags": {"some": {"slug": {"eq": "tag-0"}}}}}),
        ("drafts of an author", lists, {"where": {"author": {"id": {"eq": person_id(0)}}}}),
        ("drafts that link to a hub", lists, {"where": {"links": {"some": {"target": {"id": {"eq": entry_id(0)}}}}}}),
        ("my queue", "{ myQueue { entry { title } isAssignedToMe } }", {}),
        ("waiting for others", "{ waitingForOthers { entry { title } } }", {}),
        ("reviews due", "{ reviewDue(withinDays: 10) { expiresAt } }", {}),
        ("stale reviews", "{ staleReviews { reason } }", {}),
        ("my stale reviews", "{ staleReviews(mine: true) { reason } }", {}),
        ("audit, newest", "{ audit(first: 20) { nodes { sequence actionName } } }", {}),
        ("audit of an entry", "query($id: ID!) { audit(where: {entry: {eq: $id}}, first: 20) { nodes { sequence } } }", {"id": entry_id(some)}),
        ("audit of an actor", "query($id: String!) { audit(where: {actor: {eq: $id}}, first: 20) { nodes { sequence } } }", {"id": person_id(0).replace("person", "account")}),
        ("audit of an action", "{ audit(where: {action: {eq: ENTRY_UNPUBLISH}}, first: 20) { nodes { sequence } } }", {}),
        ("revisions of an entry", "query($id: ID!) @view(perspective: DRAFT) { node(id: $id) { ... on Entry { revisions(first: 20) { nodes { number } } publications(first: 20) { nodes { id } } } } }", {"id": entry_id(some)}),
        ("comments of an entry", "query($id: ID!) { commentThreads(entryId: $id) { comment { body } } }", {"id": entry_id(some // 50 * 50 + 1)}),
        ("checks before publishing", "query($id: ID!) { checkPublish(entryId: $id) { gate } }", {"id": entry_id(some)}),
        ("difference of revisions", "query($a: ID!, $b: ID!) { compareRevisions(fromRevisionId: $a, toRevisionId: $b) { __typename } }", {"a": revision_id(some, 1), "b": revision_id(some, 2)}),
        ("redirects", "{ redirects(first: 20) { nodes { path } } }", {}),
        ("accounts", "{ accounts(first: 20) { nodes { email } } }", {}),
        ("number of drafts", "query @view(perspective: DRAFT) { entries { totalCount } }", {}),
        ("drafts by state", "query @view(perspective: DRAFT) { entries { facets(fields: [state]) { value count } } }", {}),
    ):  # fmt: skip
        whole = name in {"number of drafts", "drafts by state"}
        yield Question(f"desk: {name}", query, variables, is_management=True, sees_all=whole)


def _title(number: int) -> str:
    words = vocabulary()
    return f"{words[number * 7 % len(words)]} {words[number * 31 % len(words)]} {number}"
