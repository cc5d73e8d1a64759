"""Declarations as data: a site's content types as one version of the database knows them.

A declaration gives every content type, block, field and choice its stored name, given the
declaration before: the same as before, also under a new name that says ``was=``; the former one
again, if a field of the same kind comes back; else a new one. A field of another kind is another
field, so the values of the old kind are never read as the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Generic, Protocol, TypeAlias, TypeVar, cast

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    JsonValue,
    SerializerFunctionWrapHandler,
    WrapSerializer,
)

from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import (
    AnyBlock,
    Block,
    Choice,
    Field,
    List,
    Markdown,
    Object,
    Reference,
    References,
    Section,
)
from cms.content.fields.base import all_fields
from cms.content.fields.computed import shown_as
from cms.content.renderer import RENDERER
from cms.errors import SiteError
from cms.site import Site
from cms.type_versions.kinds import kind_of_field, reads, settings_of
from cms.type_versions.renames import renamed_in

V = TypeVar("V")


def _as_pairs(value: object, serialize: SerializerFunctionWrapHandler) -> object:
    return [[name, each] for name, each in serialize(value).items()]


# A mapping whose order counts, as a list of pairs in JSON: databases sort the keys of objects.
Ordered: TypeAlias = Annotated[
    dict[str, V],
    BeforeValidator(lambda value: dict(value) if isinstance(value, list) else value),
    WrapSerializer(_as_pairs, when_used="json"),
]


class Model(BaseModel):
    """A part of a declaration."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclaredField(Model):
    """A field as it is declared.

    Attributes:
        stored: the name under which its values are stored.
        kind: the kind of its values.
        label: what editors see.
        required: whether published content has a value.
        absent: the value in place of a missing one, for readers of the past.
        is_indexed: whether it has an index.
        settings: the settings that its values depend on.
        choices: for a choice, the stored words by the declared ones.
        fields: for an object, its fields by their names.
        item: for a list, the field of its items.
        blocks: for blocks and for text with directives, the stored names of their classes.
    """

    stored: str
    kind: str
    label: str = ""
    required: bool = False
    absent: JsonValue = None
    is_indexed: bool = False
    settings: dict[str, JsonValue] = {}
    choices: Ordered[str] = {}
    fields: Ordered[DeclaredField] = {}
    item: DeclaredField | None = None
    blocks: tuple[str, ...] = ()


class DeclaredBlock(Model):
    """A class of blocks as it is declared."""

    stored: str
    fields: Ordered[DeclaredField]


class DeclaredType(Model):
    """A content type as it is declared.

    Attributes:
        stored: the name under which its entries are stored.
        path: the pattern of its paths; ``None`` for no pages.
        is_singleton: whether it has one entry.
        stages: the stages of its policy.
        valid_days: the days for which a sign-off is valid.
        fields: its fields by their names.
    """

    stored: str
    path: str | None
    is_singleton: bool
    stages: list[dict[str, JsonValue]]
    valid_days: float
    fields: Ordered[DeclaredField]


class Retired(Model):
    """A name that is declared no more; its stored name can be in use under another.

    Attributes:
        place: where: ``""`` for content types, ``blocks``, or the place of a field's or a choice's
            owner: ``Article``, ``Article/plan``, with stored names.
        name: the name.
        stored: the stored name.
        item: the last declaration under this name; ``None`` for a choice.
    """

    place: str
    name: str
    stored: str
    item: DeclaredType | DeclaredBlock | DeclaredField | None = None


class DeclaredSite(Model):
    """A site's content types, with their stored names.

    Attributes:
        types: the content types by their names.
        blocks: the classes of blocks by their names.
        locales: the locales; the first is the default.
        fallbacks: the fallbacks of locales.
        renderer: the version of what derives HTML and searchable text.
        retired: the names that were declared before.
    """

    types: Ordered[DeclaredType]
    blocks: Ordered[DeclaredBlock] = {}
    locales: tuple[str, ...]
    fallbacks: dict[str, tuple[str, ...]] = {}
    renderer: str = RENDERER
    retired: tuple[Retired, ...] = ()

    def retired_types(self) -> tuple[str, ...]:
        """Return the stored names of content types that are no longer declared."""
        declared = {each.stored for each in self.types.values()}
        former = (each.stored for each in self.retired if each.place == "")
        return tuple(dict.fromkeys(each for each in former if each not in declared))

    def to_json(self) -> JsonObject:
        """Return the declaration as JSON."""
        return self.model_dump(mode="json")


class _Stored(Protocol):
    """An object with a stored name."""

    @property
    def stored(self) -> str:
        """The stored name."""


D = TypeVar("D", bound=_Stored)


def declaration_in(stored: JsonObject) -> DeclaredSite:
    """Return the declaration in a row of ``type_version``."""
    return DeclaredSite.model_validate_json(orjson.dumps(stored))


def declare(site: Site, before: DeclaredSite | None = None, number: int = 1) -> DeclaredSite:
    """Return a site's declaration, with the stored names that follow from the one before.

    Args:
        site: the site as it is declared in code.
        before: the declaration of the version before; ``None`` for a new site.
        number: the number of the version, which new stored names have if they need one.

    Raises:
        SiteError: if two names are each said to have been the other.
    """
    return _Naming(before, number).declaration_of(site)


@dataclass(frozen=True)
class _Match(Generic[D]):
    """The stored name of what is declared, and its former declaration, if there was one."""

    stored: str
    former: D | None


@dataclass(frozen=True)
class _Word:
    """A choice of the declaration before."""

    stored: str


def with_revived(before: DeclaredSite, after: DeclaredSite) -> DeclaredSite:
    """Return a declaration with the types and blocks that come back, as they were at last.

    Their contents are stored still, so they are compared like those that never went.

    Args:
        before: the declaration before.
        after: the new declaration.
    """
    types, blocks = dict(before.types), dict(before.blocks)
    new_types = {each.stored for each in after.types.values()}
    new_types -= {each.stored for each in types.values()}
    new_blocks = {each.stored for each in after.blocks.values()}
    new_blocks -= {each.stored for each in blocks.values()}
    for each in before.retired:
        name = f"~{each.stored}"  # which is no declared name
        if isinstance(each.item, DeclaredType) and each.stored in new_types:
            types[name] = each.item
        elif isinstance(each.item, DeclaredBlock) and each.stored in new_blocks:
            blocks[name] = each.item
    return before.model_copy(update={"types": types, "blocks": blocks})


class _Naming:
    """Gives stored names."""

    def __init__(self, before: DeclaredSite | None, number: int) -> None:
        self._types = before.types if before is not None else {}
        self._blocks = before.blocks if before is not None else {}
        self._number = number
        self._retired = list(before.retired) if before is not None else []
        self._block_names: dict[str, str] = {}
        self._references = _names_of_references(before) if before is not None else frozenset()

    def declaration_of(self, site: Site) -> DeclaredSite:
        blocks, types = blocks_of(site), site.content_types
        block_names = {name: each.was for name, each in blocks.items()}
        matched_blocks = self._match("blocks", self._blocks, block_names)
        self._block_names = {name: each.stored for name, each in matched_blocks.items()}
        matched_types = self._match("", self._types, {n: each.was for n, each in types.items()})
        return DeclaredSite(
            blocks={name: self._block(each, matched_blocks[name]) for name, each in blocks.items()},
            types={name: self._type(each, matched_types[name]) for name, each in types.items()},
            locales=site.locales,
            fallbacks=site.fallbacks,
            retired=tuple(self._retired),
        )

    def _type(self, content_type: type[ContentType], match: _Match[DeclaredType]) -> DeclaredType:
        before = match.former.fields if match.former is not None else {}
        policy = content_type.policy
        return DeclaredType(
            stored=match.stored,
            path=content_type.path,
            is_singleton=content_type.singleton,
            stages=[
                {"name": each.name, "role": each.role, "approvals": each.approvals}
                for each in policy.stages
            ],
            valid_days=policy.valid_for / timedelta(days=1),
            fields=self._fields(match.stored, content_type.fields, before),
        )

    def _block(self, block: type[Block], match: _Match[DeclaredBlock]) -> DeclaredBlock:
        before = match.former.fields if match.former is not None else {}
        fields = self._fields(f"blocks/{match.stored}", block.fields, before)
        return DeclaredBlock(stored=match.stored, fields=fields)

    def _fields(
        self, place: str, fields: Mapping[str, Field], before: Mapping[str, DeclaredField]
    ) -> dict[str, DeclaredField]:
        names = {name: each.was for name, each in fields.items()}
        for name, former_name in self._renamed(place, before, names).items():
            _check_kind(place, name, fields[name], before[former_name])
        matched = self._match(
            place,
            before,
            names,
            lambda name, former: reads(kind_of_field(fields[name]), former.kind),
            {
                name
                for name, each in fields.items()
                if name in self._references and isinstance(each, Reference | References)
            },
        )
        return {
            name: self._field(f"{place}/{matched[name].stored}", each, matched[name])
            for name, each in fields.items()
        }

    def _field(self, place: str, field: Field, match: _Match[DeclaredField]) -> DeclaredField:
        shown, former = shown_as(field), match.former
        item = shown.item if isinstance(shown, List) else None
        return DeclaredField(
            stored=match.stored,
            kind=kind_of_field(field),
            label=field.label,
            required=field.required,
            absent=cast("JsonValue", field.absent),
            is_indexed=field.indexed,
            settings=settings_of(shown, match.stored),
            choices=self._choices(place, shown, former) if isinstance(shown, Choice) else {},
            fields=self._fields(place, shown.fields, former.fields if former else {})
            if isinstance(shown, Object) and not isinstance(shown, AnyBlock | Section)
            else {},
            item=self._field(
                place, item, _Match(match.stored, former.item if former is not None else None)
            )
            if item is not None
            else None,
            blocks=tuple(self._block_names[name] for name in _blocks_of(shown)),
        )

    def _choices(self, place: str, field: Choice, former: DeclaredField | None) -> dict[str, str]:
        before = {name: _Word(stored) for name, stored in former.choices.items()} if former else {}
        names = {name: field.renamed.get(name, "") for name in field.choices}
        matched = self._match(f"{place}/choices", before, names)
        return {name: matched[name].stored for name in field.choices}

    def _match(
        self,
        place: str,
        before: Mapping[str, D],
        names: Mapping[str, str],
        fits: Callable[[str, D], bool] = lambda _name, _former: True,
        avoided: Collection[str] = (),
    ) -> dict[str, _Match[D]]:
        """Return the stored name of each name, and retire those that are declared no more.

        Args:
            place: where the names are, with stored names.
            before: what was declared there before.
            names: what is declared now, with the former name of each that says so.
            fits: whether what is declared now can be what was declared before.
            avoided: names that cannot be new stored names.
        """
        renamed = self._renamed(place, before, names)
        gone = {*renamed, *renamed.values()}
        kept = {name: name for name in names if name in before and name not in gone}
        formers = {
            name: before[former]
            for name, former in {**kept, **renamed}.items()
            if fits(name, before[former])
        }
        in_use = {each.stored for each in formers.values()}
        self._retired += [
            Retired(
                place=place,
                name=name,
                stored=each.stored,
                item=each
                if isinstance(each, DeclaredType | DeclaredBlock | DeclaredField)
                else None,
            )
            for name, each in before.items()
            if formers.get(name) is not each
        ]
        matched = {name: _Match(each.stored, each) for name, each in formers.items()}
        for name in [each for each in names if each not in formers]:
            match = self._revived(place, name, fits, before, in_use)
            matched[name] = match or _Match(self._new_name(place, name, {*in_use, *avoided}), None)
            in_use.add(matched[name].stored)
        return matched

    def _renamed(
        self, place: str, before: Mapping[str, D], names: Mapping[str, str]
    ) -> Mapping[str, str]:
        former = {(each.name, each.stored) for each in self._retired if each.place == place}
        return renamed_in(
            place, before, names, lambda name, was: (was, before[name].stored) in former
        )

    def _revived(
        self,
        place: str,
        name: str,
        fits: Callable[[str, D], bool],
        before: Mapping[str, D],
        in_use: Collection[str],
    ) -> _Match[D] | None:
        """Return the match with what had the name in an earlier version, if it comes back."""
        newest = {each.stored: each for each in before.values()}
        for each in reversed(self._retired):
            former = newest.get(each.stored, cast("D | None", each.item))
            is_free = (each.place, each.name) == (place, name) and each.stored not in in_use
            if is_free and (former is None or fits(name, former)):
                self._retired.remove(each)
                return _Match(each.stored, former)
        return None

    def _new_name(self, place: str, name: str, in_use: Collection[str]) -> str:
        taken = {*in_use, *(each.stored for each in self._retired if each.place == place)}
        return name if name not in taken else f"{name}~{self._number}"


def _names_of_references(site: DeclaredSite) -> frozenset[str]:
    """Return the stored names of all references of a site.

    A stored name alone identifies a reference, wherever it is in a content, so a new one has
    another.
    """
    found: set[str] = set()
    owners: list[DeclaredType | DeclaredBlock] = [*site.types.values(), *site.blocks.values()]
    groups = [each.fields for each in owners]
    while groups:
        for field in groups.pop().values():
            if field.kind.removeprefix("List of ") == "Reference":
                found.add(field.stored)
            groups.append((field.item or field).fields)
    return frozenset(found)


def _check_kind(place: str, name: str, field: Field, former: DeclaredField) -> None:
    if reads(kind_of_field(field), former.kind):
        return
    raise SiteError(
        f"{place}.{name} has was={field.was!r}, which is a field of kind {former.kind} and not "
        f"{kind_of_field(field)}; a field of another kind is a new field: give it a name of its "
        f"own, fill it, and remove {field.was!r} later"
    )


def former_names(site: DeclaredSite, place: str, stored: str) -> Iterator[str]:
    """Yield the names that a declaration had in former versions.

    Args:
        site: the declared site.
        place: the place of the name; see :class:`Retired`.
        stored: the stored name.
    """
    for each in site.retired:
        if (each.place, each.stored) == (place, stored):
            yield each.name


def _blocks_of(field: Field) -> Sequence[str]:
    """Return the names of the classes of blocks that a value of a field can contain."""
    held = all_fields([field]) if isinstance(field, Markdown | Section) else [field]
    return [name for each in held if isinstance(each, AnyBlock) for name in each.blocks]


def blocks_of(site: Site) -> Mapping[str, type[Block]]:
    """Return the classes of blocks that a site's content types use, by name."""
    return {
        name: block
        for content_type in site.content_types.values()
        for field in all_fields(content_type.fields.values())
        if isinstance(field, AnyBlock)
        for name, block in field.blocks.items()
    }


def indexed_fields(site: DeclaredSite) -> Mapping[tuple[str, str], DeclaredField]:
    """Return the fields that are indexed, by the stored names of their types and their own."""
    return {
        (content_type.stored, field.stored): field
        for content_type in site.types.values()
        for field in content_type.fields.values()
        if field.is_indexed
    }
