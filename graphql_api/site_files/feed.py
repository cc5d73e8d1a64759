"""The contents of a feed: the newest pages of a site, a content type or a category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.fields.names import api_name
from cms.content.markup.markdown import with_absolute_links
from cms.identifiers import edition_urn
from cms.site import Site
from graphql_api.delivery import Delivery
from graphql_api.site_files.addresses import Addresses, NoSuchFile
from graphql_api.site_files.queries import query

# The name of the feed of all content types.
ALL = "all"
_SIZE = 50


@dataclass(frozen=True)
class FeedSelection:
    """The choice of a feed among those of a site.

    Attributes:
        name: the name of a content type, or :data:`ALL`.
        category: the tree path of a category, whose subtree is included; empty for all.
        locale: the locale; empty for the site's first.
    """

    name: str
    category: str = ""
    locale: str = ""


@dataclass(frozen=True)
class FeedItem:
    """A page in a feed.

    Attributes:
        id: a URN of the edition, which never changes, even if the page or the site moves.
        url: the URL of the page.
        title: the title.
        summary: the summary; may be empty.
        html: the content, with absolute URLs; ``None`` if the item has only a summary.
        locale: the locale.
        author: the byline of the author, if there is one.
        reviewers: the bylines of the reviewers who signed off.
        tags: the names of the tags.
        published: when the page was first published, in ISO 8601.
        updated: when its present revision was published, in ISO 8601.
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
        title: the title of the feed.
        site: the name of the site.
        home: the URL of the site in the locale.
        url: the URL of the feed.
        locale: the locale.
        items: the pages, the newest first.
    """

    title: str
    site: str
    home: str
    url: str
    locale: str
    items: Sequence[FeedItem]


async def read_feed(
    delivery: Delivery, addresses: Addresses, selection: FeedSelection, suffix: str
) -> Feed:
    """Return a feed.

    Args:
        delivery: the delivery API of the site.
        addresses: the URLs of the site and its files.
        selection: the choice of the feed.
        suffix: the suffix of the feed's URL.

    Raises:
        NoSuchFile: if there is none.
        RequestFailed: if it takes too long.
    """
    site = addresses.site
    _check(site, selection)
    data = await _newest(delivery, site, selection)
    topics = [each["name"] for each in data["categories"]["nodes"]]
    if selection.category and not topics:
        raise NoSuchFile(f"There is no category {selection.category}.")
    bodies = _bodies(site)
    locale = selection.locale or site.default_locale
    return Feed(
        title=": ".join([site.name, *_kind(site, selection), *topics]),
        site=site.name,
        home=site.url_in(locale),
        url=_url(addresses, selection, suffix),
        locale=locale,
        items=[_item(addresses, bodies, node) for node in data["entries"]["nodes"]],
    )


def _check(site: Site, selection: FeedSelection) -> None:
    pages = [each.name for each in site.content_types.values() if each.path is not None]
    if selection.name not in {ALL, *pages}:
        message = f"There is no feed {selection.name}; use one of {', '.join([ALL, *pages])}."
        raise NoSuchFile(message)
    if selection.locale not in {"", *site.locales}:
        known = ", ".join(site.locales)
        message = f"The site has no locale {selection.locale}; use one of {known}."
        raise NoSuchFile(message)


async def _newest(delivery: Delivery, site: Site, selection: FeedSelection) -> Any:
    """Return the newest pages; without their contents if one of those is missing."""
    document, variables = _document(site), _variables(site, selection)
    response = await query(delivery, document, {**variables, "whole": True})
    if response["data"] is None:  # a field became required after the publication of a page
        response = await query(delivery, document, {**variables, "whole": False})
    return response["data"]


def _document(site: Site) -> str:
    bodies = "\n".join(
        f"... on {name} @include(if: $whole) {{ {field} {{ html }} }}"
        for name, field in _bodies(site).items()
    )
    return f"""query Feed(
      $where: EntryWhere!, $first: Int!, $category: String!, $locale: Locale!, $whole: Boolean!
    ) @view(locale: $locale) {{
      categories(where: {{treePath: {{eq: $category}}}}, first: 1) {{ nodes {{ name }} }}
      entries(where: $where, first: $first) {{
        nodes {{
          __typename id path title summary localeName firstPublishedAt publishedAt
          tags {{ name }} revision {{ author {{ name }} }} review {{ reviewers {{ name }} }}
          {bodies}
        }}
      }}
    }}"""


def _variables(site: Site, selection: FeedSelection) -> dict[str, Any]:
    where: dict[str, Any] = {"path": {"isNull": False}}
    if selection.name != ALL:
        where["type"] = {"eq": selection.name}
    if selection.category:
        where["category"] = {"within": selection.category}
    locale = selection.locale or site.default_locale
    return {
        "where": where,
        "first": _SIZE,
        "category": selection.category,
        "locale": locale.replace("-", "_").upper(),
    }


def _bodies(site: Site) -> Mapping[str, str]:
    """Return the GraphQL name of each type's content: its first required Markdown field."""
    found = ((each.name, _body(each)) for each in site.content_types.values())
    return {name: field for name, field in found if field is not None}


def _body(content_type: type[ContentType]) -> str | None:
    names = (
        api_name(field.name)
        for field in content_type.fields.values()
        if isinstance(field, Markdown) and field.required
    )
    return next(names, None)


def _kind(site: Site, selection: FeedSelection) -> list[str]:
    if selection.name == ALL:
        return []
    return [site.content_type(selection.name).plural]


def _url(addresses: Addresses, selection: FeedSelection, suffix: str) -> str:
    given = {"category": selection.category, "locale": selection.locale}
    filters = urlencode({name: value for name, value in given.items() if value}, safe="/")
    return f"{addresses.files}/feeds/{selection.name}{suffix}{'?' + filters if filters else ''}"


def _item(addresses: Addresses, bodies: Mapping[str, str], node: Any) -> FeedItem:
    url = addresses.page(node["path"], node["localeName"])
    body = node.get(bodies.get(node["__typename"], ""))
    author = node["revision"]["author"]
    review = node["review"] or {"reviewers": []}
    return FeedItem(
        id=edition_urn(node["id"], node["localeName"]),
        url=url,
        title=node["title"],
        summary=node["summary"],
        html=with_absolute_links(body["html"], url) if body is not None else None,
        locale=node["localeName"],
        author=author["name"] if author is not None else None,
        reviewers=[each["name"] for each in review["reviewers"]],
        tags=[each["name"] for each in node["tags"]],
        published=node["firstPublishedAt"],
        updated=node["publishedAt"],
    )
