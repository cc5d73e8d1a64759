"""What a feed holds: the newest pages of a site, of a content type or of a category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.fields.names import api_name
from cms.content.markup.markdown import with_absolute_links
from cms.identifiers import made_at
from cms.site import Site
from graphql_api.operation import Delivery
from graphql_api.site_files.asking import NoSuchFile, address_of, ask, url_of

# How a feed of all content types is called.
ALL = "all"
_SIZE = 50


@dataclass(frozen=True)
class Wanted:
    """Which feed is wanted.

    Attributes:
        name: a content type, or :data:`ALL`.
        category: the path of a category; with all that is below it. Empty for all.
        locale: the language; empty for the site's first.
    """

    name: str
    category: str = ""
    locale: str = ""


@dataclass(frozen=True)
class Item:
    """A page in a feed.

    Attributes:
        id: a tag URI, which never changes, also if the page moves.
        url: where the page stands.
        title: what it is called.
        summary: what it is about; may be empty.
        html: what stands on it, with absolute addresses; ``None`` if only its summary is told.
        locale: its language.
        author: who wrote it, if they have a byline.
        reviewers: who signed it off.
        tags: its tags.
        published: when it first became public, in ISO 8601.
        updated: when it became public as it is.
    """

    id: str
    url: str
    title: str
    summary: str
    html: str | None
    locale: str
    author: str | None
    reviewers: Sequence[str]
    tags: Sequence[str]
    published: str
    updated: str


@dataclass(frozen=True)
class Feed:
    """A feed.

    Attributes:
        title: what it is called.
        site: what the site is called.
        home: where the site is.
        url: where the feed itself is.
        locale: its language.
        items: its pages, the newest first.
    """

    title: str
    site: str
    home: str
    url: str
    locale: str
    items: Sequence[Item]


async def read_feed(delivery: Delivery, site: Site, wanted: Wanted, suffix: str) -> Feed:
    """Return a feed.

    Args:
        delivery: what answers.
        site: the site's declaration.
        wanted: which feed.
        suffix: what its address ends with.

    Raises:
        NoSuchFile: if there is none, or the site's declaration does not say where it is.
        RequestFailed: if it takes too long.
    """
    home = address_of(site)
    _check(site, wanted)
    data = await _newest(delivery, site, wanted)
    topics = [each["name"] for each in data["categories"]["nodes"]]
    if wanted.category and not topics:
        raise NoSuchFile(f"There is no category {wanted.category}.")
    bodies = _bodies(site)
    return Feed(
        title=": ".join([site.name, *_kind(site, wanted), *topics]),
        site=site.name,
        home=home,
        url=_url(home, wanted, suffix),
        locale=wanted.locale or site.default_locale,
        items=[_item(home, bodies, node) for node in data["entries"]["nodes"]],
    )


def _check(site: Site, wanted: Wanted) -> None:
    pages = [each.name for each in site.content_types.values() if each.path is not None]
    if wanted.name not in {ALL, *pages}:
        message = f"There is no feed {wanted.name}; use one of {', '.join([ALL, *pages])}."
        raise NoSuchFile(message)
    if wanted.locale not in {"", *site.locales}:
        message = f"The site has no locale {wanted.locale}; use one of {', '.join(site.locales)}."
        raise NoSuchFile(message)


async def _newest(delivery: Delivery, site: Site, wanted: Wanted) -> Any:
    """Return what the delivery API says; without the contents if one of them is missing."""
    document, variables = _document(site), _variables(site, wanted)
    response = await ask(delivery, document, {**variables, "whole": True})
    if response["data"] is None:  # a field was made required after something was published
        response = await ask(delivery, document, {**variables, "whole": False})
    return response["data"]


def _document(site: Site) -> str:
    bodies = "\n".join(
        f"... on {name} @include(if: $whole) {{ {field} {{ html }} }}"
        for name, field in _bodies(site).items()
    )
    return f"""query Feed(
      $where: EntryWhere!, $first: Int!, $category: String!, $locale: Locale!, $whole: Boolean!
    ) @view(locale: $locale) {{
      categories(where: {{path: {{eq: $category}}}}, first: 1) {{ nodes {{ name }} }}
      entries(where: $where, first: $first) {{
        nodes {{
          __typename id path title summary locale firstPublishedAt publishedAt
          tags {{ name }} revision {{ author {{ name }} }} review {{ reviewers {{ name }} }}
          {bodies}
        }}
      }}
    }}"""


def _variables(site: Site, wanted: Wanted) -> dict[str, Any]:
    where: dict[str, Any] = {"path": {"isNull": False}}
    if wanted.name != ALL:
        where["type"] = {"eq": wanted.name}
    if wanted.category:
        where["category"] = {"within": wanted.category}
    locale = wanted.locale or site.default_locale
    return {
        "where": where,
        "first": _SIZE,
        "category": wanted.category,
        "locale": locale.replace("-", "_"),
    }


def _bodies(site: Site) -> Mapping[str, str]:
    """Return which field is the content of each type, as GraphQL calls it.

    It is the first Markdown that is required.
    """
    found = ((each.name, _body(each)) for each in site.content_types.values())
    return {name: field for name, field in found if field is not None}


def _body(content_type: type[ContentType]) -> str | None:
    names = (
        api_name(field.name)
        for field in content_type.fields.values()
        if isinstance(field, Markdown) and field.required
    )
    return next(names, None)


def _kind(site: Site, wanted: Wanted) -> list[str]:
    if wanted.name == ALL:
        return []
    return [site.content_type(wanted.name).plural]


def _url(home: str, wanted: Wanted, suffix: str) -> str:
    given = {"category": wanted.category, "locale": wanted.locale}
    query = urlencode({name: value for name, value in given.items() if value}, safe="/")
    return f"{home}/feeds/{wanted.name}{suffix}{'?' + query if query else ''}"


def _item(home: str, bodies: Mapping[str, str], node: Any) -> Item:
    url = url_of(home, node["path"])
    body = node.get(bodies.get(node["__typename"], ""))
    author = node["revision"]["author"]
    review = node["review"] or {"reviewers": []}
    return Item(
        id=_tag(home, node["id"]),
        url=url,
        title=node["title"],
        summary=node["summary"],
        html=with_absolute_links(body["html"], url) if body is not None else None,
        locale=node["locale"],
        author=author["name"] if author is not None else None,
        reviewers=[each["name"] for each in review["reviewers"]],
        tags=[each["name"] for each in node["tags"]],
        published=node["firstPublishedAt"],
        updated=node["publishedAt"],
    )


def _tag(home: str, entry_id: str) -> str:
    """Return a tag URI (RFC 4151): a name that the site gave at a time when it was the site's."""
    return f"tag:{urlsplit(home).hostname},{made_at(entry_id):%Y-%m-%d}:{entry_id}"
