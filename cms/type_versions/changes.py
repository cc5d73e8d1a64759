"""Changes between two declarations of a site, as sentences with stable codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, TypeVar

from cms.type_versions.declaration import (
    DeclaredBlock,
    DeclaredField,
    DeclaredSite,
    DeclaredType,
)

ChangeCode: TypeAlias = Literal[
    "TYPE_ADDED",
    "TYPE_RENAMED",
    "TYPE_REMOVED",
    "BLOCK_ADDED",
    "BLOCK_RENAMED",
    "BLOCK_REMOVED",
    "FIELD_ADDED",
    "FIELD_RENAMED",
    "FIELD_REMOVED",
    "FIELD_KIND_CHANGED",
    "FIELD_REQUIRED",
    "FIELD_OPTIONAL",
    "FIELD_SETTING_CHANGED",
    "FIELDS_REORDERED",
    "CHOICE_ADDED",
    "CHOICE_RENAMED",
    "CHOICE_REMOVED",
    "PATH_CHANGED",
    "SINGLETON_CHANGED",
    "POLICY_CHANGED",
    "LOCALE_ADDED",
    "LOCALE_REMOVED",
    "DEFAULT_LOCALE_CHANGED",
    "FALLBACKS_CHANGED",
    "RENDERER_CHANGED",
]

# The kinds of fields whose values can contain blocks as directives.
TEXTS = frozenset({"Markdown", "Section"})


@dataclass(frozen=True)
class TypeChange:
    """A change of a declaration.

    Attributes:
        code: the kind of the change.
        place: where it is, with today's names: ``Article.dek``; the former ones for what is gone.
        message: a sentence about it.
    """

    code: ChangeCode
    place: str
    message: str


class _Stored(Protocol):
    @property
    def stored(self) -> str: ...


S = TypeVar("S", bound=_Stored)


@dataclass(frozen=True)
class Pairs:
    """The parts of two declarations that have the same stored names, and the others.

    Attributes:
        same: for each name of today, the former name, what was declared and what is.
        added: names that are new.
        removed: names that are gone.
    """

    same: Mapping[str, str]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def pair(before: Mapping[str, S], after: Mapping[str, S]) -> Pairs:
    """Return which names of two declarations mean the same: those with the same stored names."""
    former = {each.stored: name for name, each in before.items()}
    same = {name: former[each.stored] for name, each in after.items() if each.stored in former}
    kept = set(same.values())
    return Pairs(
        same=same,
        added=tuple(name for name in after if name not in same),
        removed=tuple(name for name in before if name not in kept),
    )


def changes_between(before: DeclaredSite, after: DeclaredSite) -> list[TypeChange]:
    """Return the changes from one declaration to another; none if content is stored alike.

    Labels and descriptions are no changes of the types.
    """
    return [
        *_site_changes(before, after),
        *_named_changes("TYPE", "content type", before.types, after.types),
        *_type_changes(before, after),
        *_named_changes("BLOCK", "block", before.blocks, after.blocks),
        *_block_changes(before, after),
    ]


def _site_changes(before: DeclaredSite, after: DeclaredSite) -> Iterator[TypeChange]:
    for locale in after.locales:
        if locale not in before.locales:
            yield TypeChange("LOCALE_ADDED", locale, f"The locale {locale} is new.")
    for locale in before.locales:
        if locale not in after.locales:
            yield TypeChange("LOCALE_REMOVED", locale, f"The locale {locale} is gone.")
    if before.locales[0] != after.locales[0]:
        yield TypeChange(
            "DEFAULT_LOCALE_CHANGED",
            after.locales[0],
            f"The default locale is {after.locales[0]} and no longer {before.locales[0]}.",
        )
    if before.fallbacks != after.fallbacks:
        yield TypeChange("FALLBACKS_CHANGED", "fallbacks", "The fallbacks of locales changed.")
    if before.renderer != after.renderer:
        yield TypeChange(
            "RENDERER_CHANGED", "renderer", "HTML and searchable text are derived again."
        )


def _named_changes(
    code: Literal["TYPE", "BLOCK"], noun: str, before: Mapping[str, S], after: Mapping[str, S]
) -> Iterator[TypeChange]:
    pairs = pair(before, after)
    codes: dict[str, tuple[ChangeCode, ChangeCode, ChangeCode]] = {
        "TYPE": ("TYPE_ADDED", "TYPE_RENAMED", "TYPE_REMOVED"),
        "BLOCK": ("BLOCK_ADDED", "BLOCK_RENAMED", "BLOCK_REMOVED"),
    }
    added, renamed, removed = codes[code]
    for name in pairs.added:
        yield TypeChange(added, name, f"The {noun} {name} is new.")
    for name, former in pairs.same.items():
        if name != former:
            yield TypeChange(renamed, name, f"The {noun} {former} is called {name}.")
    for name in pairs.removed:
        yield TypeChange(removed, name, f"The {noun} {name} is gone.")


def _type_changes(before: DeclaredSite, after: DeclaredSite) -> Iterator[TypeChange]:
    for name, former in pair(before.types, after.types).same.items():
        old, new = before.types[former], after.types[name]
        if old.path != new.path:
            message = f"Pages of {name} have the path {new.path} and no longer {old.path}."
            yield TypeChange("PATH_CHANGED", name, message)
        if old.is_singleton != new.is_singleton:
            message = f"{name} is {'a singleton' if new.is_singleton else 'no singleton any more'}."
            yield TypeChange("SINGLETON_CHANGED", name, message)
        if (old.stages, old.valid_days) != (new.stages, new.valid_days):
            message = f"The policy of {name} is {_policy(new)} and no longer {_policy(old)}."
            yield TypeChange("POLICY_CHANGED", name, message)
        yield from field_changes(name, old.fields, new.fields)


def _policy(content_type: DeclaredType) -> str:
    stages = [
        f"{each['name']} ({each['approvals']} {each['role']})" for each in content_type.stages
    ]
    return f"{', '.join(stages)}, valid for {content_type.valid_days:g} days"


def _block_changes(before: DeclaredSite, after: DeclaredSite) -> Iterator[TypeChange]:
    for name, former in pair(before.blocks, after.blocks).same.items():
        yield from field_changes(name, before.blocks[former].fields, after.blocks[name].fields)


def field_changes(
    owner: str, before: Mapping[str, DeclaredField], after: Mapping[str, DeclaredField]
) -> Iterator[TypeChange]:
    """Yield the changes of the fields of a content type, a block or an object.

    Args:
        owner: the name of what has the fields.
        before: the former fields by their names.
        after: the fields by their names.
    """
    pairs = pair(before, after)
    for name in pairs.added:
        place, new = f"{owner}.{name}", after[name]
        if name in pairs.removed:
            message = f"{place} is a {new.kind} and no longer a {before[name].kind}."
            yield TypeChange("FIELD_KIND_CHANGED", place, message)
            continue
        required = " and required" if new.required else ""
        yield TypeChange("FIELD_ADDED", place, f"{place} is new{required}: {new.kind}.")
    for name in pairs.removed:
        if name not in pairs.added:
            yield TypeChange("FIELD_REMOVED", f"{owner}.{name}", f"{owner}.{name} is gone.")
    if _is_reordered(pairs, before):
        message = f"The fields of {owner} have another order."
        yield TypeChange("FIELDS_REORDERED", owner, message)
    for name, former in pairs.same.items():
        place = f"{owner}.{name}"
        if name != former:
            yield TypeChange("FIELD_RENAMED", place, f"{owner}.{former} is called {name}.")
        yield from _one_field_changes(place, before[former], after[name])


def _is_reordered(pairs: Pairs, before: Mapping[str, DeclaredField]) -> bool:
    """Return whether the fields that stay changed places."""
    kept = set(pairs.same.values())
    return [name for name in before if name in kept] != [*pairs.same.values()]


def _one_field_changes(
    place: str, before: DeclaredField, after: DeclaredField
) -> Iterator[TypeChange]:
    if after.kind != before.kind:
        message = f"{place} is a {after.kind} and no longer a {before.kind}."
        yield TypeChange("FIELD_SETTING_CHANGED", place, message)
    if after.required and not before.required:
        yield TypeChange("FIELD_REQUIRED", place, f"{place} is required.")
    if before.required and not after.required:
        yield TypeChange("FIELD_OPTIONAL", place, f"{place} is no longer required.")
    if before.absent != after.absent:
        message = f"{place} has absent={after.absent!r} and no longer {before.absent!r}."
        yield TypeChange("FIELD_SETTING_CHANGED", place, message)
    yield from _setting_changes(place, before, after)
    for name in after.choices:
        former = _former_choice(name, before, after)
        if former is None:
            yield TypeChange("CHOICE_ADDED", place, f"{place} has the new choice {name}.")
        elif former != name:
            message = f"The choice {former} of {place} is called {name}."
            yield TypeChange("CHOICE_RENAMED", place, message)
    for name, stored in before.choices.items():
        if stored not in after.choices.values():
            message = f"{place} has no choice {name} any more."
            yield TypeChange("CHOICE_REMOVED", place, message)
    for name in before.blocks:
        if name not in after.blocks:
            message = f"{place} has no blocks {name} any more."
            yield TypeChange("FIELD_SETTING_CHANGED", place, message)
    yield from field_changes(place, before.fields, after.fields)
    if before.item is not None and after.item is not None:
        yield from _one_field_changes(place, before.item, after.item)


def _former_choice(name: str, before: DeclaredField, after: DeclaredField) -> str | None:
    stored = after.choices[name]
    return next((former for former, each in before.choices.items() if each == stored), None)


def _setting_changes(
    place: str, before: DeclaredField, after: DeclaredField
) -> Iterator[TypeChange]:
    if before.is_indexed != after.is_indexed:
        has_index = "an index" if after.is_indexed else "no index any more"
        yield TypeChange("FIELD_SETTING_CHANGED", place, f"{place} has {has_index}.")
    for setting in sorted(before.settings.keys() | after.settings.keys()):
        old, new = before.settings.get(setting), after.settings.get(setting)
        if old != new:
            message = f"{place} has {setting}={new!r} and no longer {old!r}."
            yield TypeChange("FIELD_SETTING_CHANGED", place, message)


def removed_fields(
    before: DeclaredSite, after: DeclaredSite
) -> Iterator[tuple[str, DeclaredField]]:
    """Yield the fields of content types, blocks and objects that are gone, with their places.

    A field that becomes one of another kind is none of them.

    Args:
        before: the declaration before.
        after: the new declaration.
    """
    for name, former in pair(before.types, after.types).same.items():
        yield from _removed_of(name, before.types[former].fields, after.types[name].fields)
    for name, former in pair(before.blocks, after.blocks).same.items():
        yield from _removed_of(name, before.blocks[former].fields, after.blocks[name].fields)


def _removed_of(
    owner: str, before: Mapping[str, DeclaredField], after: Mapping[str, DeclaredField]
) -> Iterator[tuple[str, DeclaredField]]:
    pairs = pair(before, after)
    for name in pairs.removed:
        if name not in after:
            yield f"{owner}.{name}", before[name]
    for name, former in pairs.same.items():
        old, new = before[former], after[name]
        while old.item is not None and new.item is not None:
            old, new = old.item, new.item
        yield from _removed_of(f"{owner}.{name}", old.fields, new.fields)


def types_that_derive_otherwise(
    before: DeclaredSite, after: DeclaredSite
) -> Mapping[str, Sequence[str]]:
    """Return the content types from whose stored contents other things derive than before.

    Args:
        before: the declaration before.
        after: the new declaration.

    Returns:
        The stored names of the fields that are the reason, by the names of the types.
    """
    found = {
        name: fields_that_derive_otherwise(
            before, after, before.types[former].fields, after.types[name].fields
        )
        for name, former in pair(before.types, after.types).same.items()
    }
    return {name: fields for name, fields in found.items() if fields}


def fields_that_derive_otherwise(
    before: DeclaredSite,
    after: DeclaredSite,
    old: Mapping[str, DeclaredField],
    new: Mapping[str, DeclaredField],
) -> Sequence[str]:
    """Return the stored names of fields from whose values other things derive than before.

    They do if a field went, came back or reads its values as another kind, if decimals have another
    number of digits after the point, or if fields changed places, since the searchable text has
    them in order. A new field has no stored values.

    Args:
        before: the declaration before.
        after: the new declaration.
        old: the former fields by their names.
        new: the fields by their names.
    """
    pairs = pair(old, new)
    if _is_reordered(pairs, old):
        return [each.stored for each in (*old.values(), *new.values())]
    retired = {each.stored for each in before.retired}
    return [
        *(old[name].stored for name in pairs.removed),
        *(new[name].stored for name in pairs.added if new[name].stored in retired),
        *(
            new[name].stored
            for name, former in pairs.same.items()
            if _field_derives_otherwise(before, after, old[former], new[name])
        ),
    ]


def _field_derives_otherwise(
    before: DeclaredSite, after: DeclaredSite, old: DeclaredField, new: DeclaredField
) -> bool:
    # One that reads the same values, or decimals that have other texts.
    if old.kind != new.kind or old.settings.get("places") != new.settings.get("places"):
        return True
    if old.item is not None and new.item is not None:
        return _field_derives_otherwise(before, after, old.item, new.item)
    if old.blocks != new.blocks or _has_other_words(before, old, new):
        return True
    if new.kind in TEXTS and _blocks_in(before, old) != _blocks_in(after, new):
        return True
    former = {each.stored: each.fields for each in before.blocks.values()}
    present = {each.stored: each.fields for each in after.blocks.values()}
    inner = [(old.fields, new.fields), *((former[name], present[name]) for name in new.blocks)]
    return any(fields_that_derive_otherwise(before, after, *fields) for fields in inner)


def _blocks_in(site: DeclaredSite, field: DeclaredField) -> Mapping[str, DeclaredBlock]:
    """Return the blocks that a field can contain, by their names, which readers of texts get."""
    return {name: each for name, each in site.blocks.items() if each.stored in field.blocks}


def _has_other_words(before: DeclaredSite, old: DeclaredField, new: DeclaredField) -> bool:
    """Return whether a removed word is a choice's name of one declaration alone.

    A word that is no longer declared is rendered as it is, unless another choice has it as its
    name by now.
    """
    left, right = (
        {name for name, stored in each.choices.items() if name != stored} for each in (old, new)
    )
    return any(
        each.name in left ^ right and each.place.endswith("/choices") for each in before.retired
    )
