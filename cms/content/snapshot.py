"""Drafts and snapshots: the content of a revision, and the values derived from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from cms.content.canonical_json import Json, JsonObject, digest_of
from cms.content.collation import sort_key
from cms.content.content_type import ContentType
from cms.content.fields import Text
from cms.content.fields.base import named_values, stored_values
from cms.content.link_groups import headings_of
from cms.content.link_places import TextPlace, TextPlaces
from cms.content.links import Edge, Origin, Targets, entry_of, is_same_page, parts_of
from cms.content.rendering import HeadingAbove, Rendering
from cms.content.slug import PATH_SLUG_FORM, SLUG_FORM, Anchors, slug_of_title
from cms.content.strict_json import in_doubles
from cms.content.tags import clean_tags
from cms.content.words import is_filled
from cms.errors import InvalidValue, MissingField, UserError

_TITLE = Text("Title", longest=300)
_SUMMARY = Text("Summary", longest=1_000)
LONGEST_SLUG = 200
_SLUG = Text("Slug", longest=LONGEST_SLUG)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The input of an editor: a whole page, never a part of one.

    Attributes:
        title: title of the page.
        slug: URL slug. If it is empty, an edition keeps its own, and that of a new one is made
            from the title.
        summary: one or two sentences for lists.
        category: id of the category, or ``None``.
        tags: words by which readers find the page; see :mod:`cms.content.tags`.
        fields: values of the content type's fields; a missing field is empty.
    """

    title: str = ""
    slug: str = ""
    summary: str = ""
    category: str | None = None
    tags: tuple[str, ...] = ()
    fields: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes to a draft; ``None`` leaves a value unchanged.

    Attributes:
        title: title of the page.
        slug: URL slug; derived from the title if empty.
        summary: one or two sentences for lists.
        category: id of the category; empty for no category.
        tags: all tags.
        fields: values of the fields to change; ``None`` empties a field.
    """

    title: str | None = None
    slug: str | None = None
    summary: str | None = None
    category: str | None = None
    tags: tuple[str, ...] | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Derived:
    """The values that derive from a content; see :func:`derive`.

    Attributes:
        title_key: sort key of the title.
        anchors: anchors that a ``#fragment`` can lead to.
        rendered: rendered values by the names of their fields.
        places: the places of links within the values.
    """

    title_key: str
    anchors: tuple[str, ...]
    rendered: JsonObject
    places: TextPlaces


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A draft in its stored form.

    Attributes:
        content: the content that the digest covers.
        edges: links and references.
        digest: SHA-256 of the canonical JSON of ``content``.
    """

    content: JsonObject
    edges: tuple[Edge, ...]
    digest: str


@dataclass(frozen=True, kw_only=True)
class Rendered(Snapshot):
    """A draft whose texts have been rendered.

    Attributes:
        derived: the values that derive from ``content``.
    """

    derived: Derived


def clean_draft(content_type: type[ContentType], draft: Draft) -> tuple[Draft, list[UserError]]:
    """Return the draft with every value in its stored form, and all errors in it."""
    problems: list[UserError] = []
    title = str(_TITLE.clean(draft.title, ("title",), problems) or "")
    slug = str(_SLUG.clean(draft.slug, ("slug",), problems) or "")
    if slug and not content_type.accepts_slug(slug):
        message = f"expected {PATH_SLUG_FORM if content_type.has_path_slugs() else SLUG_FORM}"
        problems.append(InvalidValue(message=message, path=("slug",)))
    for name in draft.fields.keys() - content_type.fields.keys():
        known = ", ".join(content_type.fields)
        message = f"{content_type.name} has no field {name!r}; use one of {known}"
        problems.append(InvalidValue(message=message, path=("fields", name)))
    if content_type.is_built_in():
        problems += _problems_of_built_in(content_type, draft, title)
    values = {
        name: each.clean(draft.fields.get(name), ("fields", name), problems)
        for name, each in content_type.fields.items()
    }
    fallback = content_type.default_slug() if content_type.singleton else slug_of_title(title)
    cleaned = replace(
        draft,
        title=title,
        slug=slug or fallback,
        summary=str(_SUMMARY.clean(draft.summary, ("summary",), problems) or ""),
        tags=clean_tags(draft.tags, problems),
        fields=values,
    )
    return cleaned, problems


def render_ahead(content_type: type[ContentType], fields: Mapping[str, Json]) -> None:
    """Render the texts in values of fields, so that a save that comes soon finds them rendered.

    A save renders what it needs in its transaction; who saves one draft can do so before.

    Args:
        content_type: content type of the draft.
        fields: some values of a draft.
    """
    problems: list[UserError] = []  # which the save will tell
    for name in fields.keys() & content_type.fields.keys():
        each = content_type.fields[name]
        cleaned = each.clean(fields[name], ("fields", name), problems)
        tuple(each.edges(cleaned, (), {}))


def _problems_of_built_in(
    content_type: type[ContentType], draft: Draft, title: str
) -> Iterator[UserError]:
    """Yield the reasons why a draft cannot be a category or a person."""
    if not (draft.slug or slug_of_title(title)):
        yield InvalidValue(message="expected a name, from which the slug is made", path=("title",))
    if draft.category is not None:
        message = f"a {content_type.name} is in no category; leave it out"
        yield InvalidValue(message=message, path=("category",))


def addresses_in(content_type: type[ContentType], draft: Draft) -> frozenset[str]:
    """Return the addresses in a clean draft's fields, as written, without queries and fragments.

    Ids of entries are left out.
    """
    found = hrefs_in(content_type, draft.fields)
    return frozenset(
        parts_of(each)[0] for each in found if not is_same_page(each) and entry_of(each) is None
    )


def hrefs_in(content_type: type[ContentType], values: Json) -> Iterator[str]:
    """Yield the addresses in the links of a page's fields, as written, given values by names."""
    if isinstance(values, Mapping):
        for name, each in content_type.fields.items():
            yield from each.hrefs(values.get(name))


def missing_anchors_in(
    content_type: type[ContentType], values: Json, anchors: Collection[str]
) -> Iterator[str]:
    """Yield the addresses in a page's texts that lead to an anchor of the page that it lacks.

    Args:
        content_type: content type of the page.
        values: values of the fields by their names.
        anchors: the anchors of the page.
    """
    for href in hrefs_in(content_type, values):
        if href.startswith("#") and unquote(href[1:]) not in {"", *anchors}:
            yield href


def edges_in(content_type: type[ContentType], values: Json, targets: Targets) -> Iterator[Edge]:
    """Yield the edges in the values of a page's fields.

    Args:
        content_type: content type of the page.
        values: values of the fields by their names; the paths of edges have the stored names.
        targets: ids of the entries that the addresses in them lead to.
    """
    if isinstance(values, Mapping):
        for name, each in content_type.fields.items():
            yield from each.edges(values.get(name), (each.stored_name,), targets)


def take_snapshot(
    content_type: type[ContentType], locale: str, draft: Draft, targets: Targets
) -> Rendered:
    """Return the stored form of a clean draft.

    Args:
        content_type: content type of the draft.
        locale: locale of the edition.
        draft: a draft returned by :func:`clean_draft`.
        targets: ids of the entries that the addresses of :func:`addresses_in` lead to.
    """
    values = values_of(content_type, draft, targets)
    edges = tuple(edges_in(content_type, values, targets))
    content: JsonObject = {
        "type": content_type.stored_name,
        "locale": locale,
        **values_beside_fields(draft),
        "fields": stored_values(content_type.fields, values),
        "links": [edge.to_json() for edge in edges],
        "headings": headings_of(content_type, edges),
    }
    return Rendered(
        content=content,
        edges=edges,
        digest=digest_of(content),
        derived=_derive(content_type, draft.title, values, edges, edges),
    )


def values_beside_fields(draft: Draft) -> JsonObject:
    """Return the values of a clean draft that every content has."""
    return {
        "title": draft.title,
        "slug": draft.slug,
        "summary": draft.summary,
        "category": draft.category,
        "tags": list(draft.tags),
    }


def values_of(content_type: type[ContentType], draft: Draft, targets: Targets) -> JsonObject:
    """Return the values of the fields of a clean draft, those included that are computed."""
    fields = content_type.fields
    resolved = {name: each.resolve(draft.fields[name], targets) for name, each in fields.items()}
    around: JsonObject = {"title": draft.title, "slug": draft.slug, "summary": draft.summary}
    return {
        name: each.compute(resolved[name], {**resolved, **around}) for name, each in fields.items()
    }


def missing_of(content_type: type[ContentType], draft: Draft) -> Iterator[MissingField]:
    """Yield an error for each required value that a clean draft lacks."""
    values = values_of(content_type, draft, {})
    return missing_in(content_type, {"title": draft.title, "slug": draft.slug, "fields": values})


def snapshot_of(content_type: type[ContentType], content: JsonObject, digest: str) -> Rendered:
    """Return the snapshot of a stored content, with the same content, links and digest.

    Nothing is cleaned, resolved or computed again.

    Args:
        content_type: the content type as it is declared now.
        content: the content.
        digest: its digest.
    """
    return Rendered(
        content=content,
        edges=tuple(links_of(content)),
        digest=digest,
        derived=derive(content_type, content),
    )


def derive(content_type: type[ContentType], content: JsonObject) -> Derived:
    """Return the values that derive from a content, and from nothing else.

    Addresses in texts lead to the entries that the content's links name, whatever has these
    addresses by now. Fields that the content type does not declare are left out.

    Args:
        content_type: content type of the content.
        content: a content, as :class:`Snapshot` has it.
    """
    values = fields_in(content_type, content)
    return _derive(
        content_type,
        str(content["title"]),
        values,
        links_of(content),
        edges_in(content_type, values, {}),
    )


def _derive(
    content_type: type[ContentType],
    title: str,
    values: JsonObject,
    links: Iterable[Edge],
    edges: Iterable[Edge],
) -> Derived:
    """Return the values that derive from a content.

    Args:
        content_type: content type of the content.
        title: its title.
        values: values of its fields, by their names.
        links: its links, with the entries that they lead to.
        edges: the edges in the values, whatever they lead to.
    """
    page = Rendering(Anchors(), targets_of_links(links))
    rendered = {
        name: each.render(values.get(name), page) for name, each in content_type.fields.items()
    }
    return Derived(
        title_key=sort_key(title),
        anchors=tuple(page.anchors.taken),
        rendered={name: value for name, value in rendered.items() if value is not None},
        places=_places(edges, page.sections),
    )


def _places(edges: Iterable[Edge], sections: Iterable[HeadingAbove | None]) -> TextPlaces:
    """Return the places of links that are in a section or in a block.

    Args:
        edges: the edges in the values of a page.
        sections: the sections of the links in texts, in the order of the fields.
    """
    rest = iter(sections)
    places = {
        edge.place: TextPlace(
            next(rest, None) if edge.origin is Origin.INLINE else None, edge.is_in_block
        )
        for edge in edges
    }
    return {each: place for each, place in places.items() if place != TextPlace()}


def derive_from_draft(content_type: type[ContentType], draft: Draft) -> Derived:
    """Return what derives from a clean draft, none of whose links leads to an entry."""
    values = stored_values(content_type.fields, values_of(content_type, draft, {}))
    return derive(content_type, {"title": draft.title, "fields": values, "links": []})


def targets_of_links(links: Iterable[Edge]) -> Targets:
    """Return the ids of the entries that the addresses in a content's texts lead to."""
    return {
        parts_of(edge.href)[0]: edge.target
        for edge in links
        if edge.href is not None and edge.target is not None
    }


def links_of(content: JsonObject) -> Iterator[Edge]:
    """Yield the links and references of a content."""
    yield from map(Edge.from_json, stored_links(content))


def unresolved_links_of(content: JsonObject) -> Iterator[Edge]:
    """Yield the links of a content that lead to no entry: to other sites, or to nothing."""
    yield from (Edge.from_json(link) for link in stored_links(content) if link["url"] is not None)


def stored_links(content: JsonObject) -> Iterator[JsonObject]:
    """Yield the links and references of a content as they are stored; see :meth:`Edge.to_json`."""
    links = content["links"]
    if isinstance(links, list | tuple):
        yield from (link for link in links if isinstance(link, Mapping))


def missing_in(content_type: type[ContentType], content: JsonObject) -> Iterator[MissingField]:
    """Yield an error for each required value that is empty and prevents publication.

    Args:
        content_type: the content type as it is declared now.
        content: the content, by :func:`cms.content.stored_names.named_content`.
    """
    if not is_filled(str(content["title"])):
        yield MissingField(message="Title is required", path=("title",))
    if not content["slug"]:
        yield MissingField(message="Slug is required", path=("slug",))
    values = content["fields"]
    for name, each in content_type.fields.items():
        value = values.get(name) if isinstance(values, Mapping) else None
        yield from each.missing(value, ("fields", name))


def fields_in(
    content_type: type[ContentType], content: JsonObject, *, is_draft: bool = False
) -> JsonObject:
    """Return the values of a content's fields, by their names.

    Args:
        content_type: the content type as it is declared now.
        content: the content, in which values have the stored names of their fields; those of
            fields that are no longer declared are left out.
        is_draft: whether to leave out choices and blocks as well that are no longer declared.
    """
    stored = content.get("fields")
    if not isinstance(stored, Mapping):
        return {}
    return named_values(content_type.fields, stored, is_draft=is_draft)


def draft_of(content_type: type[ContentType], content: JsonObject) -> Draft:
    """Return the draft of a content, which has this content when it is stored again.

    It lacks what the content type no longer declares.
    """
    tags, category = content["tags"], content["category"]
    # A database returns a large float as an integer, which no draft has.
    fields = in_doubles(content.get("fields"))
    return Draft(
        title=str(content["title"]),
        slug=str(content["slug"]),
        summary=str(content["summary"]),
        category=str(category) if category is not None else None,
        tags=tuple(map(str, tags)) if isinstance(tags, list | tuple) else (),
        fields=fields_in(content_type, {"fields": fields}, is_draft=True),
    )


def apply_changes(draft: Draft, changes: Changes) -> Draft:
    """Return the draft with the changes."""
    return Draft(
        title=draft.title if changes.title is None else changes.title,
        slug=draft.slug if changes.slug is None else changes.slug,
        summary=draft.summary if changes.summary is None else changes.summary,
        category=draft.category if changes.category is None else changes.category or None,
        tags=draft.tags if changes.tags is None else changes.tags,
        fields={**draft.fields, **changes.fields},
    )
