"""The documents that are asked, and their variables. All systems get the same requests."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.limit.content import SEED, Content, Item
from bench.limit.product import entry_id, revision_id
from cms.storage.dialects import as_text

PAGE = """
query Page($path: String!) {
  entry(by: {path: $path}) {
    title summary publishedAt
    ... on GlossaryTerm { body { markdown } }
    ... on BuyerGuide { body { markdown } }
    ... on ErrorFix { body { markdown } }
    ... on Hardware { body { markdown } }
    category { name slug parent { name slug } }
    review { reviewers { name } }
    links(first: 20) { nodes { kind target { ... on Entry { title slug } } } }
  }
}
"""

LIST = """
query List($category: String!, $type: EntryType!) {
  entries(where: {type: {eq: $type}, category: {treePath: {eq: $category}}}, first: 50) {
    nodes { title slug summary publishedAt category { name slug } }
  }
}
"""

TWO_HOPS = """
query TwoHops($category: String!, $before: DateTime!) {
  entries(
    where: {category: {treePath: {eq: $category}}, publishedAt: {lte: $before}}, first: 20
  ) {
    nodes {
      title slug category { name }
      links(first: 20) {
        nodes {
          target {
            ... on Entry {
              title slug category { name }
              links(first: 20) {
                nodes { target { ... on Entry { title slug category { name } } } }
              }
            }
          }
        }
      }
    }
  }
}
"""

SAVE = """
mutation Save($entry: ID!, $base: ID!, $title: String!, $summary: String!) {
  updateGlossaryTerm(
    input: {entryId: $entry, baseRevision: $base, values: {title: $title, summary: $summary}}
  ) {
    errors { message }
    revision { number }
    entry { title summary }
  }
}
"""

# Different requests of a query; they come in turn.
_REQUESTS = 2_000
_LIST, _TWO_HOPS = 50, 20
_MANAGEMENT = "/manage/graphql"


@dataclass(frozen=True)
class Question:
    """A query, and the bodies of many requests with it.

    Attributes:
        name: how the tables call it.
        path: path of the endpoint.
        bodies: the bodies of the requests.
    """

    name: str
    path: str
    bodies: Sequence[bytes]

    @property
    def is_save(self) -> bool:
        """Whether each request works only once."""
        return self.path == _MANAGEMENT


def questions(content: Content) -> Sequence[Question]:
    """Return the reads, and the save as the last."""
    chance = random.Random(SEED + 4)  # noqa: S311  # not for secrets
    items = [*content.items()]
    full, before = _lists(items)
    pages = [{"path": item.path} for item in chance.choices(items, k=_REQUESTS)]
    lists = [
        {"category": category, "type": content_type}
        for category, content_type in chance.choices(full, k=_REQUESTS)
    ]
    hops = [
        {"category": category, "before": chance.choice(before[category])}
        for category in chance.choices([*before], k=_REQUESTS)
    ]
    terms = [item for item in items if item.content_type == "GlossaryTerm"]
    saves = [
        {
            "entry": entry_id(item.number),
            "base": revision_id(item.number),
            "title": f"{item.title} v{number}",
            "summary": f"{item.summary[:190]} rev {number}",
        }
        for number, item in enumerate(chance.sample(terms, min(len(terms), 2 * _REQUESTS)))
    ]
    return [
        Question("page", "/graphql", _bodies(PAGE, pages)),
        Question("list", "/graphql", _bodies(LIST, lists)),
        Question("two hops", "/graphql", _bodies(TWO_HOPS, hops)),
        Question("save", _MANAGEMENT, _bodies(SAVE, saves)),
    ]


def _lists(items: Sequence[Item]) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Return the categories and types with a full list, and times with enough entries before.

    On a small site, those with the most entries are enough.
    """
    counts: dict[tuple[str, str], int] = defaultdict(int)
    moments: dict[str, list[str]] = defaultdict(list)
    for item in items:
        counts[item.category.path, item.content_type] += 1
        moments[item.category.path].append(as_text(item.published_at))
    least = min(_LIST, max(counts.values()))
    full = sorted(key for key, count in counts.items() if count >= least)
    fewest = min(_TWO_HOPS, max(map(len, moments.values())))
    before = {
        key: sorted(times)[fewest - 1 :]
        for key, times in sorted(moments.items())
        if len(times) >= fewest
    }
    return full, before


def _bodies(query: str, variables: Sequence[Mapping[str, Any]]) -> Sequence[bytes]:
    name = query.split()[1].partition("(")[0]
    return [
        json.dumps({"query": query, "operationName": name, "variables": each}).encode()
        for each in variables
    ]
