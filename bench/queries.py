"""What is asked, and with which variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.data import NONCE, SOURCES, tree_path

PAGE = """
query Page($path: String!) {
  entry(by: {path: $path}) {
    __typename title path summary publishedAt
    ... on Term { body { html } }
    ... on Guide { body { html } }
    category { name treePath parent { name treePath } }
    review { reviewers { name slug } signedAt }
    linkGroups { kind label links { label url target { ... on Entry { title path } } } }
  }
}
"""

LIST = """
query List($category: String!) {
  terms(where: {category: {treePath: {eq: $category}}}, first: 50) {
    nodes { id title path summary publishedAt }
  }
}
"""

FILTER = """
query Filter($source: String!) {
  terms(where: {source: {eq: $source}}, first: 50) { nodes { title path source } }
}
"""

# The same list through a view: as it was when half of everything was public.
PAST = """
query Past($position: SitePosition!) {
  view(position: $position) {
    terms(where: {category: {treePath: {eq: "b-1/c-1"}}}, first: 50) { nodes { title path } }
  }
}
"""

SEARCH = """
query Search($search: String!) {
  terms(search: $search, first: 10) { totalCount nodes { title path } }
}
"""

TWO_HOPS = """
query TwoHops($skip: Int!) {
  terms(first: 20, skip: $skip) {
    nodes {
      title path
      links(first: 20) {
        nodes {
          target {
            ... on Entry {
              title path
              links(first: 20) { nodes { target { ... on Entry { title path } } } }
            }
          }
        }
      }
    }
  }
}
"""


@dataclass(frozen=True)
class Question:
    """A query, and the variables of many runs of it.

    Attributes:
        name: how the table calls it.
        query: the document.
        variables: one mapping for each run; they come in turn.
    """

    name: str
    query: str
    variables: tuple[Mapping[str, Any], ...]


def questions(entries: int, categories: int) -> Iterator[Question]:
    """Yield what is measured, for data of this size."""
    steps = range(0, entries, max(1, entries // 500))
    paths = tuple({"path": f"/{_folder(i)}/entry-{i}"} for i in steps)
    yield Question("page", PAGE, paths)
    yield Question("list", LIST, tuple({"category": tree_path(i)} for i in range(categories)))
    sources = tuple({"source": f"Source {number}"} for number in range(SOURCES))
    yield Question("filter", FILTER, sources)
    phrases = tuple({"search": f'"Source {number}"'} for number in range(SOURCES))
    yield Question("search", SEARCH, phrases)
    past = tuple({"position": f"{entries // 2 + i}.{NONCE}"} for i in range(100))
    yield Question("past", PAST, past)
    yield Question("two hops", TWO_HOPS, tuple({"skip": 20 * i} for i in range(20)))


def _folder(number: int) -> str:
    return "terms" if number % 2 else "guides"
