"""Three-way merge of a page that was changed on two sides: a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cms.comparison.list_merge import Item, Lists, lists_of
from cms.comparison.text_merge import merge_texts
from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import Computed, Links, List, Object
from cms.content.fields.base import ValuePath
from cms.content.places import TAGS_LABEL, Place, is_empty, places_in, tags_in
from cms.content.snapshot import Draft

Outcome = Literal["THEIRS", "YOURS", "BOTH", "CONFLICT"]


@dataclass(frozen=True, kw_only=True)
class FieldMerge:
    """The merge of one changed value.

    Attributes:
        path: its path in the draft, or in the common ancestor if it is not in the draft.
        label: the path as editors see it; see :attr:`cms.content.places.Place.label`.
        base: the value of the common ancestor, or ``None``.
        theirs: the value of the other side.
        yours: the value of this side.
        merged: the value in the draft; in a conflict, yours.
        outcome: the side of the change. ``BOTH`` is the same or a compatible change on both
            sides; ``CONFLICT`` must be decided by an editor.
    """

    path: ValuePath
    label: str
    base: Json
    theirs: Json
    yours: Json
    merged: Json
    outcome: Outcome

    def to_json(self) -> JsonObject:
        """Return it as JSON for an API."""
        return {
            "path": list(self.path),
            "label": self.label,
            "base": self.base,
            "theirs": self.theirs,
            "yours": self.yours,
            "merged": self.merged,
            "outcome": self.outcome,
        }


@dataclass(frozen=True)
class Merge:
    """A merge proposal.

    Attributes:
        fields: all changed values.
        draft: the proposal as a draft that can be saved.
        content_type: the name of its content type.
    """

    fields: tuple[FieldMerge, ...]
    draft: Draft
    content_type: str

    @property
    def has_conflicts(self) -> bool:
        """True if an editor must decide a value."""
        return any(each.outcome == "CONFLICT" for each in self.fields)

    def to_json(self) -> JsonObject:
        """Return it as JSON for an API."""
        draft = self.draft
        return {
            "contentType": self.content_type,
            "hasConflicts": self.has_conflicts,
            "fields": [each.to_json() for each in self.fields],
            "draft": {
                "title": draft.title,
                "slug": draft.slug,
                "summary": draft.summary,
                "category": draft.category,
                "tags": list(draft.tags),
                "fields": draft.fields,
            },
        }


def merge(
    content_type: type[ContentType], base: JsonObject, theirs: JsonObject, yours: JsonObject
) -> Merge:
    """Return the page with the changes of both sides.

    Changes on only one side are accepted. Texts are merged by line, tags as a set, lists by item.
    In a conflict, the draft has your value; otherwise, the result does not depend on which side is
    yours.

    Args:
        content_type: the content type of the contents.
        base: the content of the common ancestor.
        theirs: the content that the other side has saved.
        yours: the content that this side saves.
    """
    found: list[FieldMerge] = []
    places = zip(
        places_in(content_type, base),
        places_in(content_type, theirs),
        places_in(content_type, yours),
        strict=True,
    )
    merged = {
        before.path: _merged(_Sides(before, their.value, your.value), found)
        for before, their, your in places
    }
    category = merged["category",]
    draft = Draft(
        title=str(merged["title",] or ""),
        slug=str(merged["slug",] or ""),
        summary=str(merged["summary",] or ""),
        category=str(category) if category is not None else None,
        tags=_merged_tags(tags_in(base), tags_in(theirs), tags_in(yours), found),
        fields={name: merged["fields", name] for name in content_type.fields},
    )
    return Merge(tuple(found), draft, content_type.name)


@dataclass(frozen=True)
class _Sides:
    """The three versions of a value.

    Attributes:
        base: the value of the common ancestor, with its place in the draft.
        theirs: the value of the other side.
        yours: the value of this side.
    """

    base: Place
    theirs: Json
    yours: Json

    def decided(self, merged: Json, outcome: Outcome) -> FieldMerge:
        """Return the outcome as a :class:`FieldMerge`."""
        return FieldMerge(
            path=self.base.path,
            label=self.base.label,
            base=self.base.value,
            theirs=self.theirs,
            yours=self.yours,
            merged=merged,
            outcome=outcome,
        )


def _merged(sides: _Sides, found: list[FieldMerge]) -> Json:
    """Return the value for the draft; add the outcome to ``found``."""
    base, theirs, yours = sides.base.value, sides.theirs, sides.yours
    if isinstance(sides.base.field, Computed):  # it follows from the others when it is saved
        return None
    if theirs == base == yours:
        return base
    if (outcome := _one_sided(base, theirs, yours)) is not None:
        merged = theirs if outcome == "THEIRS" else yours
        found.append(sides.decided(merged, outcome))
        return merged
    field = sides.base.field
    if isinstance(field, Object) and isinstance(theirs, Mapping) and isinstance(yours, Mapping):
        return _merged_object(field, sides, theirs, yours, found)
    if isinstance(field, List | Links):
        return _merged_list(field, sides, found)
    return _merged_single(sides, found)


def _one_sided(base: Json, theirs: Json, yours: Json) -> Outcome | None:
    """Return the side of a value that needs no merge."""
    if theirs == base:
        return "YOURS"
    if yours == base:
        return "THEIRS"
    return "BOTH" if theirs == yours else None


def _merged_single(sides: _Sides, found: list[FieldMerge]) -> Json:
    base, theirs, yours = sides.base.value, sides.theirs, sides.yours
    merged = None
    if sides.base.is_text and not any(map(is_empty, (base, theirs, yours))):
        text = merge_texts(str(base), str(theirs), str(yours))
        merged = sides.base.field.clean(text, sides.base.path, [])
    # Two edits can go together and leave nothing; then nobody has seen that coming.
    outcome: Outcome = "CONFLICT" if merged is None else "BOTH"
    found.append(sides.decided(yours if merged is None else merged, outcome))
    return yours if merged is None else merged


def _merged_object(
    field: Object,
    sides: _Sides,
    theirs: JsonObject,
    yours: JsonObject,
    found: list[FieldMerge],
) -> JsonObject:
    blank = field.blank(yours)
    base = sides.base if isinstance(sides.base.value, Mapping) else replace(sides.base, value=blank)
    parts = zip(field.fields_of(yours), base.parts(), strict=True)
    merged = {
        name: _merged(_Sides(part, theirs.get(name), yours.get(name)), found)
        for name, part in parts
    }
    return {**blank, **merged}


def _merged_list(field: List | Links, sides: _Sides, found: list[FieldMerge]) -> Json:
    lists = lists_of(field, sides.base.value, sides.theirs, sides.yours)
    merged_list = lists.merged()
    merged = [
        _merged_item(_item_sides(lists, item, index, sides), item, found)
        for index, item in enumerate(merged_list.items)
    ]
    for item in merged_list.dropped:
        dropped = _item_sides(lists, item, item.base or 0, sides)
        found.append(dropped.decided(None, _removal_outcome(lists, item)))
    if merged_list.order != "UNCHANGED":
        found.append(sides.decided(merged, merged_list.order))
    return merged


def _item_sides(lists: Lists, item: Item, index: int, sides: _Sides) -> _Sides:
    """Return the values of an item, with its place in the draft."""
    base = lists.base[item.base] if item.base is not None else None
    theirs = lists.theirs[item.theirs] if item.theirs is not None else None
    yours = lists.yours[item.yours] if item.yours is not None else None
    named = next(value for value in (yours, theirs, base) if value is not None)
    place = replace(sides.base.item(lists.item, index, named), value=base)
    return _Sides(place, theirs, yours)


def _merged_item(sides: _Sides, item: Item, found: list[FieldMerge]) -> Json:
    if item.is_common:
        return _merged(sides, found)
    merged = sides.theirs if item.yours is None else sides.yours
    if item.base is not None:  # they removed what you edited
        found.append(sides.decided(merged, "CONFLICT"))
    else:
        found.append(sides.decided(merged, "THEIRS" if item.yours is None else "YOURS"))
    return merged


def _removal_outcome(lists: Lists, item: Item) -> Outcome:
    """Return the outcome of a removal; removing an item that the other side edited conflicts."""
    if item.theirs is None and item.yours is None:
        return "BOTH"
    if lists.is_edited(item):
        return "CONFLICT"
    return "THEIRS" if item.theirs is None else "YOURS"


def _merged_tags(
    base: tuple[str, ...],
    theirs: tuple[str, ...],
    yours: tuple[str, ...],
    found: list[FieldMerge],
) -> tuple[str, ...]:
    """Return the tags with the additions and removals of both sides, which never conflict."""
    if theirs == base == yours:
        return base
    outcome = _one_sided(base, theirs, yours) or "BOTH"
    both = set(theirs) & set(yours)
    merged = tuple(sorted(both | ((set(theirs) | set(yours)) - set(base))))
    merged = {"THEIRS": theirs, "YOURS": yours}.get(outcome, merged)
    found.append(
        FieldMerge(
            path=("tags",),
            label=TAGS_LABEL,
            base=list(base),
            theirs=list(theirs),
            yours=list(yours),
            merged=list(merged),
            outcome=outcome,
        )
    )
    return merged
