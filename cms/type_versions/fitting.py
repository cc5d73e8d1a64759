"""Comparison of stored content with another declaration: misfits.

Content fits if editors and readers can continue with it: a head can be saved as it is, and a public
page has all that its type requires. A value of another kind, a removed choice or block, a text
that is too long now: they do not fit, since a save would be refused, or would lose them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, or_, select

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import is_empty
from cms.content.fields import Field, Links, Reference
from cms.content.fields.base import all_fields
from cms.content.fields.computed import Computed
from cms.content.links import Edge
from cms.content.slug import SLUG_FORM
from cms.content.snapshot import derive, fields_in, missing_anchors_in
from cms.errors import UserError
from cms.ledger.progress import Watch
from cms.reading.periods import is_public_now
from cms.site import Site
from cms.storage.database import ReadSession
from cms.storage.dialects import is_among
from cms.tables import Edition, Entry, Publication, Revision
from cms.type_versions.changes import TEXTS, fields_that_derive_otherwise, pair
from cms.type_versions.declaration import DeclaredField, DeclaredSite, DeclaredType
from cms.type_versions.lost_directives import lost_directives
from cms.type_versions.misfits import KeptContent, Left, Misfit

# The number of contents that are in memory at once.
_BATCH = 500
# The beginning of an address of an anchor, in Markdown and in HTML.
_ANCHOR_LINK = re.compile(r"[(<:\"'=]\s*#[^\s#]")


class Fitting:
    """Compares the contents of one content type with what it becomes.

    Args:
        before: the type as it was declared.
        after: the type as it becomes.
        content_type: the same as a class, with its stored names.
        declarations: both declarations, for the blocks.
    """

    def __init__(
        self,
        before: DeclaredType,
        after: DeclaredType,
        content_type: type[ContentType],
        declarations: tuple[DeclaredSite, DeclaredSite],
    ) -> None:
        self._before = before
        self._after = after
        self._type = content_type
        self._blocks = tuple(
            {each.stored: each.fields for each in one.blocks.values()} for one in declarations
        )
        self._former, _ = declarations
        self._changed = [name for name in after.fields if self._is_changed(name)]
        self._newly_required = frozenset(self._required_since((), before.fields, after.fields))
        self._loses_slashes = before.path != after.path and not content_type.has_path_slugs()
        self._loses_text = bool(
            fields_that_derive_otherwise(*declarations, before.fields, after.fields)
        )

    @property
    def is_needed(self) -> bool:
        """True if there is content that could not fit."""
        return bool(
            self._changed or self._loses_text or self._newly_required or self._loses_slashes
        )

    @property
    def needs_past(self) -> bool:
        """True if content that was public before has to be looked at as well."""
        return bool(self._newly_required)

    def misfits(self, stored: KeptContent) -> Iterator[Misfit | Left]:
        """Yield why a content does not fit, and what it has of removed fields, each once.

        Targets of links are left out, see ``edges``.
        """
        found = chain(self._misfits_now(stored), self._misfits_then(stored))
        yield from {each.group: each for each in found}.values()

    def _misfits_now(self, stored: KeptContent) -> Iterator[Misfit | Left]:
        """Yield what is in the way of editors, and of today's readers."""
        if not (stored.is_head or stored.is_public):
            return
        fields = stored.content.get("fields")
        kept = fields if isinstance(fields, Mapping) else {}
        yield from self._lost(
            self._type.name, self._before.fields, self._after.fields, stored, kept
        )
        values = fields_in(self._type, stored.content)
        for name in self._changed:
            field, value = self._type.fields[name], values.get(name)
            yield from _refused(self._type.name, field, value, stored)
            for error in field.missing(value, (name,)) if stored.is_public else ():
                remedy = _FILL.format(place=f"{self._type.name}.{name}")
                yield Misfit(_place(self._type.name, error), error.message, remedy, stored)
        yield from self._lost_anchors(stored, values)
        slug = stored.content.get("slug")
        if self._loses_slashes and slug and not self._type.accepts_slug(str(slug)):
            yield Misfit(f"{self._type.name}.slug", f"expected {SLUG_FORM}", _SLASHES, stored)

    def _misfits_then(self, stored: KeptContent) -> Iterator[Misfit]:
        """Yield what readers of the past would miss."""
        if not stored.was_public:
            return
        values = fields_in(self._type, stored.content)
        for name in {path[0] for path in self._newly_required}:
            for error in self._type.fields[name].missing(values.get(name), (name,)):
                if _names_in(error) in self._newly_required:
                    place = _place(self._type.name, error)
                    yield Misfit(place, _MISSING_BEFORE, _ABSENT.format(place=place), stored)

    def _lost_anchors(self, stored: KeptContent, values: JsonObject) -> Iterator[Misfit]:
        """Yield the links within a public page that would lead to nothing."""
        if not (self._loses_text and stored.is_public and _has_anchor_link(values)):
            return
        anchors = derive(self._type, stored.content).anchors
        for href in missing_anchors_in(self._type, values, anchors):
            reason = f"a text links to {href}, which its page would not have any more"
            yield Misfit(self._type.name, reason, _SAVE, stored)

    def edges(self, stored: KeptContent) -> Iterator[tuple[str, Edge]]:
        """Yield the links of a content that lead only to certain types, with their fields."""
        values = fields_in(self._type, stored.content)
        for name in self._changed:
            for edge in self._type.fields[name].edges(values.get(name), (name,), {}):
                if edge.accepts and edge.target is not None:
                    yield f"{self._type.name}.{name}", edge

    @property
    def has_targets(self) -> bool:
        """True if a changed field leads to entries of certain types."""
        changed = (self._type.fields[name] for name in self._changed)
        return any(isinstance(each, Links | Reference) and each.to for each in all_fields(changed))

    def _is_changed(self, name: str) -> bool:
        former = pair(self._before.fields, self._after.fields).same.get(name)
        if former is None:
            return True
        return not self._is_same(self._before.fields[former], self._after.fields[name])

    def _required_since(
        self,
        path: tuple[str, ...],
        before: Mapping[str, DeclaredField],
        after: Mapping[str, DeclaredField],
    ) -> Iterator[tuple[str, ...]]:
        """Yield the names that lead to each field that readers of the past can miss by now."""
        former_names = pair(before, after).same
        for name, field in after.items():
            former = before[former_names[name]] if name in former_names else None
            if _is_always_there(field) and not (former and _is_always_there(former)):
                yield (*path, name)
            yield from self._required_within((*path, name), former, field)

    def _required_within(
        self, path: tuple[str, ...], before: DeclaredField | None, after: DeclaredField
    ) -> Iterator[tuple[str, ...]]:
        former, present = self._blocks
        if after.item is not None:
            yield from self._required_within(path, before.item if before else None, after.item)
        yield from self._required_since(path, before.fields if before else {}, after.fields)
        for block in after.blocks:
            yield from self._required_since(path, former.get(block, {}), present[block])

    def _is_same(self, before: DeclaredField, after: DeclaredField) -> bool:
        """Return whether all values of a field stay as they are."""
        left, right = (
            each.model_dump(exclude={"label", "is_indexed", "absent", "fields", "item"})
            for each in (before, after)
        )
        # A text with an index can have fewer characters.
        if left != right or (after.is_indexed and not before.is_indexed):
            return False
        if not self._are_same(_by_name(before.item), _by_name(after.item)):
            return False
        old, new = self._blocks
        return self._are_same(before.fields, after.fields) and all(
            self._are_same(old.get(name, {}), new.get(name, {})) for name in before.blocks
        )

    def _are_same(
        self, before: Mapping[str, DeclaredField], after: Mapping[str, DeclaredField]
    ) -> bool:
        return before.keys() == after.keys() and all(
            self._is_same(before[name], after[name]) for name in before
        )

    def _lost(
        self,
        owner: str,
        before: Mapping[str, DeclaredField],
        after: Mapping[str, DeclaredField],
        stored: KeptContent,
        values: JsonObject,
    ) -> Iterator[Misfit | Left]:
        """Yield the values of fields that are removed, or become fields of another kind."""
        pairs = pair(before, after)
        for name in pairs.removed:
            if is_empty(values.get(before[name].stored)):
                continue
            place = f"{owner}.{name}"
            if name not in after:
                yield Left(place, stored)
            else:
                reason = f"has a {before[name].kind}, and the field becomes a {after[name].kind}"
                yield Misfit(place, reason, _OTHER_KIND.format(name=name, place=place), stored)
        for name, former in pairs.same.items():
            value = values.get(after[name].stored)
            yield from self._lost_within(
                f"{owner}.{name}", before[former], after[name], stored, value
            )

    def _lost_within(
        self,
        place: str,
        before: DeclaredField,
        after: DeclaredField,
        stored: KeptContent,
        value: Json,
    ) -> Iterator[Misfit | Left]:
        if before.kind == "Links" and not is_empty(value):
            old, new = _kind_of_links(before), _kind_of_links(after)
            if old != new:
                reason = f"has links of the kind {old!r}, which are signed, and not of {new!r}"
                yield Misfit(place, reason, _LINK_KIND.format(kind=old), stored)
        elif before.kind in TEXTS and before.blocks != after.blocks:
            for name in lost_directives(self._former, before, after, value):
                reason = f"a text has the directive {name!r}, and readers would see its source"
                yield Misfit(place, reason, _SAVE, stored)
        elif before.item is not None and after.item is not None:
            for item in value if isinstance(value, list | tuple) else ():
                yield from self._lost_within(place, before.item, after.item, stored, item)
        elif isinstance(value, Mapping):
            former, present = self._blocks
            block = str(value.get("type")) if before.blocks else ""
            if before.fields or (block in former and block in present):
                fields = (before.fields or former[block], after.fields or present[block])
                yield from self._lost(place, *fields, stored, value)


def _is_always_there(field: DeclaredField) -> bool:
    """Return whether readers, those of the past too, expect a stored value."""
    return field.required and field.absent is None


def _kind_of_links(field: DeclaredField) -> str:
    """Return the kind that new links of a link field have."""
    return str(field.settings.get("kind", field.stored))


def _by_name(item: DeclaredField | None) -> Mapping[str, DeclaredField]:
    return {"item": item} if item is not None else {}


_FILL = (
    "fill it, sign off and publish these pages: copydesk fill {place} --with module:function; "
    "declare required=True afterwards"
)
_ABSENT = "declare absent=… at {place}: what readers of the past get in its place"
_OTHER_KIND = (
    "keep the field; declare one of the new kind under another name, fill it (copydesk fill), "
    "publish, and remove {place} then"
)
_LINK_KIND = (
    "keep kind={kind!r}, or save these entries without the links, sign off and publish them"
)
_SAVE = "save these entries with another value, sign off and publish them, or keep the declaration"
_SLASHES = "save these entries with another slug, sign off and publish them, or keep {slug:path}"
_MISSING_BEFORE = "was public without a value, which readers of the past would miss"


def _refused(owner: str, field: Field, value: Json, stored: KeptContent) -> Iterator[Misfit]:
    """Yield why an editor could not save a value again."""
    if isinstance(field, Computed):
        return
    problems: list[UserError] = []
    field.clean(value, (field.name,), problems)
    for problem in problems:
        yield Misfit(_place(owner, problem), problem.message, _SAVE, stored)


def _place(owner: str, error: UserError) -> str:
    """Return the place of the field that an error is about, without the indexes of items."""
    return ".".join((owner, *_names_in(error)))


def _names_in(error: UserError) -> tuple[str, ...]:
    return tuple(step for step in error.path if isinstance(step, str))


def _has_anchor_link(value: Json) -> bool:
    """Return whether a text in a value can have a link to an anchor of its own page."""
    match value:
        case str():
            return _ANCHOR_LINK.search(value) is not None
        case Mapping():
            return any(map(_has_anchor_link, value.values()))
        case list() | tuple():
            return any(map(_has_anchor_link, value))
        case _:
            return False


def fittings_of(before: DeclaredSite, after: DeclaredSite, site: Site) -> Mapping[str, Fitting]:
    """Return what to compare, by the stored names of the content types that change.

    Args:
        before: the declaration of the version before.
        after: the new declaration.
        site: the site, with the stored names of the new declaration.
    """
    found: dict[str, Fitting] = {}
    for name, former in pair(before.types, after.types).same.items():
        declared = after.types[name]
        fitting = Fitting(before.types[former], declared, site.content_type(name), (before, after))
        if fitting.is_needed:
            found[declared.stored] = fitting
    return found


async def misfits_in(
    session: ReadSession,
    fittings: Mapping[str, Fitting],
    site: Site,
    watch: Watch,
) -> AsyncIterator[Misfit | Left]:
    """Yield the stored contents that do not fit, and those with values of removed fields.

    Args:
        session: a snapshot.
        fittings: what to compare, by stored names of content types.
        site: the site, with the stored names of the new declaration.
        watch: gives the function that is called with the number of contents after each batch.
    """
    chosen = [(each, _contents(name, has_past=each.needs_past)) for name, each in fittings.items()]
    if not (length := sum([await _count(session, contents) for _, contents in chosen])):
        return
    with watch("Contents", length) as progress:
        for fitting, contents in chosen:
            async for batch in _batches(session, contents):
                for stored in batch:
                    for misfit in fitting.misfits(stored):
                        yield misfit
                if fitting.has_targets:
                    for misfit in await _wrong_targets(session, fitting, site, batch):
                        yield misfit
                progress(len(batch))


async def _wrong_targets(
    session: ReadSession, fitting: Fitting, site: Site, batch: Sequence[KeptContent]
) -> list[Misfit]:
    found = [
        (stored, place, edge)
        for stored in batch
        if stored.is_head or stored.is_public
        for place, edge in fitting.edges(stored)
    ]
    types = await types_of(session, site, {str(edge.target) for *_, edge in found})
    misfits = [
        Misfit(
            place,
            f"leads to a {types.get(str(edge.target), 'nothing')}, and not to a "
            f"{' or a '.join(edge.accepts)}",
            _SAVE,
            stored,
        )
        for stored, place, edge in found
        if types.get(str(edge.target)) not in edge.accepts
    ]
    return [*{(id(each.stored), each.group): each for each in misfits}.values()]


async def types_of(session: ReadSession, site: Site, entry_ids: set[str]) -> Mapping[str, str]:
    """Return the names of the content types of entries, by their ids."""
    rows = await session.execute(
        select(Entry.id, Entry.content_type).where(is_among(Entry.id, entry_ids))
    )
    names = {stored: each.name for stored, each in site.stored_types.items()}
    return {entry_id: names.get(stored, stored) for entry_id, stored in rows}


def _contents(stored_name: str, *, has_past: bool) -> Select[Any]:
    """Return the statement for the heads and the public contents of a type.

    Args:
        stored_name: the stored name of the content type.
        has_past: whether to select what was public before as well.
    """
    is_head = and_(Edition.head_id == Revision.id, Entry.archived_at.is_(None))
    published = exists().where(Publication.revision_id == Revision.id)
    is_public = published.where(is_public_now(Publication))
    return (
        select(
            *(Revision.id, Edition.entry_id, Edition.locale, Revision.title),
            case((is_head, True), else_=False).label("is_head"),
            case((is_public, True), else_=False).label("is_public"),
            case((published, True), else_=False).label("was_public"),
            Revision.content,
        )
        .select_from(Revision)
        .join(Edition, Edition.id == Revision.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .where(
            Entry.content_type == stored_name,
            Revision.purged_at.is_(None),
            or_(is_head, published if has_past else is_public),
        )
    )


async def _count(session: ReadSession, chosen: Select[Any]) -> int:
    return await session.scalar(chosen.with_only_columns(func.count())) or 0


async def _batches(
    session: ReadSession, chosen: Select[Any]
) -> AsyncIterator[Sequence[KeptContent]]:
    some = chosen.order_by(Revision.id).limit(_BATCH)
    last = ""
    while rows := (await session.execute(some.where(Revision.id > last))).all():
        yield [_stored(row) for row in rows]
        last = rows[-1].id


def _stored(row: Any) -> KeptContent:
    return KeptContent(
        entry_id=row.entry_id,
        locale=row.locale,
        title=row.title,
        is_head=bool(row.is_head),
        is_public=bool(row.is_public),
        was_public=bool(row.was_public) and not row.is_public,
        content=row.content,
    )
