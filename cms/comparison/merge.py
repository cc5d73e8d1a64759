"""What a page could be that two people have changed at the same time: a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cms.comparison.list_merge import ListItem, Lists, lists_of
from cms.comparison.text_merge import merge_texts
from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import TAGS_LABEL, ContentValue, is_empty, tags_in, values_in
from cms.content.fields import Computed, Links, List, Object
from cms.content.fields.base import ValuePath
from cms.content.snapshot import Draft

Outcome = Literal["THEIRS", "YOURS", "BOTH", "CONFLICT"]


@dataclass(frozen=True, kw_only=True)
class FieldMerge:
    """What was decided for one value that somebody changed.

    Attributes:
        path: where it stands in the draft; in the common ancestor if it is in no draft.
        label: the path in an editor's words; see ``ContentValue.label``.
        base: what stood in the common ancestor, or ``None``.
        theirs: what the other side has made of it.
        yours: what this side has made of it.
        merged: what stands in the draft; in a conflict, what is yours.
        outcome: whose change it is. ``BOTH`` is a change on both sides, the same or one that
            goes together with the other's; ``CONFLICT`` is one that a person has to decide.
    """

    path: ValuePath
    label: str
    base: Json
    theirs: Json
    yours: Json
    merged: Json
    outcome: Outcome

    def to_json(self) -> JsonObject:
        """Return what an API shows."""
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
    """A proposal, and how it came about.

    Attributes:
        fields: every value that somebody changed.
        draft: the proposal as a draft that can be saved.
        content_type: the name of what it is a draft of.
    """

    fields: tuple[FieldMerge, ...]
    draft: Draft
    content_type: str

    @property
    def has_conflicts(self) -> bool:
        """Whether a person has to decide something."""
        return any(each.outcome == "CONFLICT" for each in self.fields)

    def to_json(self) -> JsonObject:
        """Return what an API shows."""
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

    What only one side changed is taken as it is. Texts are merged line by line, tags as a set,
    lists item by item. Where the two sides contradict each other the draft has what is yours,
    and elsewhere it is the same whichever side is called yours.

    Args:
        content_type: what all three contents are contents of.
        base: the content that both sides started from.
        theirs: what the other side has saved in the meantime.
        yours: what this side wants to save.
    """
    found: list[FieldMerge] = []
    values = zip(
        values_in(content_type, base),
        values_in(content_type, theirs),
        values_in(content_type, yours),
        strict=True,
    )
    merged = {
        before.path: _merge_value(_Sides(before, their.value, your.value), found)
        for before, their, your in values
    }
    category = merged["category",]
    draft = Draft(
        title=str(merged["title",] or ""),
        slug=str(merged["slug",] or ""),
        summary=str(merged["summary",] or ""),
        category=str(category) if category is not None else None,
        tags=_merge_tags(tags_in(base), tags_in(theirs), tags_in(yours), found),
        fields={name: merged["fields", name] for name in content_type.fields},
    )
    return Merge(tuple(found), draft, content_type.name)


@dataclass(frozen=True)
class _Sides:
    """One value three times.

    Attributes:
        base: the value of the common ancestor, at the place where the draft has it.
        theirs: the other side's value.
        yours: this side's value.
    """

    base: ContentValue
    theirs: Json
    yours: Json

    def field_merge(self, merged: Json, outcome: Outcome) -> FieldMerge:
        """Return what was decided."""
        return FieldMerge(
            path=self.base.path,
            label=self.base.label,
            base=self.base.value,
            theirs=self.theirs,
            yours=self.yours,
            merged=merged,
            outcome=outcome,
        )


def _merge_value(sides: _Sides, found: list[FieldMerge]) -> Json:
    """Return the value for the draft; add to ``found`` what was decided."""
    base, theirs, yours = sides.base.value, sides.theirs, sides.yours
    if isinstance(sides.base.field, Computed):  # it follows from the others when it is saved
        return None
    if theirs == base == yours:
        return base
    if (outcome := _undisputed_outcome(base, theirs, yours)) is not None:
        merged = theirs if outcome == "THEIRS" else yours
        found.append(sides.field_merge(merged, outcome))
        return merged
    field = sides.base.field
    if isinstance(field, Object) and isinstance(theirs, Mapping) and isinstance(yours, Mapping):
        return _merge_object(field, sides, theirs, yours, found)
    if isinstance(field, List | Links):
        return _merge_list(field, sides, found)
    return _merge_single(sides, found)


def _undisputed_outcome(base: Json, theirs: Json, yours: Json) -> Outcome | None:
    """Return whose the value is where there is nothing to merge."""
    if theirs == base:
        return "YOURS"
    if yours == base:
        return "THEIRS"
    return "BOTH" if theirs == yours else None


def _merge_single(sides: _Sides, found: list[FieldMerge]) -> Json:
    base, theirs, yours = sides.base.value, sides.theirs, sides.yours
    merged = None
    if sides.base.is_text and not any(map(is_empty, (base, theirs, yours))):
        text = merge_texts(str(base), str(theirs), str(yours))
        merged = sides.base.field.clean(text, sides.base.path, [])
    # Two edits can go together and leave nothing; then nobody has seen that coming.
    outcome: Outcome = "CONFLICT" if merged is None else "BOTH"
    found.append(sides.field_merge(yours if merged is None else merged, outcome))
    return yours if merged is None else merged


def _merge_object(
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
        name: _merge_value(_Sides(part, theirs.get(name), yours.get(name)), found)
        for name, part in parts
    }
    return {**blank, **merged}


def _merge_list(field: List | Links, sides: _Sides, found: list[FieldMerge]) -> Json:
    lists = lists_of(field, sides.base.value, sides.theirs, sides.yours)
    merged_list = lists.merge()
    merged = [
        _merge_item(_item_sides(lists, item, index, sides), item, found)
        for index, item in enumerate(merged_list.items)
    ]
    for item in merged_list.dropped:
        dropped = _item_sides(lists, item, item.base or 0, sides)
        found.append(dropped.field_merge(None, _removal_outcome(lists, item)))
    if merged_list.order != "UNCHANGED":
        found.append(sides.field_merge(merged, merged_list.order))
    return merged


def _item_sides(lists: Lists, item: ListItem, index: int, sides: _Sides) -> _Sides:
    """Return an item's values, with the path that it has in the draft."""
    base = lists.base[item.base] if item.base is not None else None
    theirs = lists.theirs[item.theirs] if item.theirs is not None else None
    yours = lists.yours[item.yours] if item.yours is not None else None
    named = next(value for value in (yours, theirs, base) if value is not None)
    value = replace(sides.base.item(lists.item, index, named), value=base)
    return _Sides(value, theirs, yours)


def _merge_item(sides: _Sides, item: ListItem, found: list[FieldMerge]) -> Json:
    if item.is_common:
        return _merge_value(sides, found)
    merged = sides.theirs if item.yours is None else sides.yours
    if item.base is not None:  # they removed what you edited
        found.append(sides.field_merge(merged, "CONFLICT"))
    else:
        found.append(sides.field_merge(merged, "THEIRS" if item.yours is None else "YOURS"))
    return merged


def _removal_outcome(lists: Lists, item: ListItem) -> Outcome:
    """Return who removed an item: you cannot remove what they edited without being asked."""
    if item.theirs is None and item.yours is None:
        return "BOTH"
    if lists.is_edited(item):
        return "CONFLICT"
    return "THEIRS" if item.theirs is None else "YOURS"


def _merge_tags(
    base: tuple[str, ...],
    theirs: tuple[str, ...],
    yours: tuple[str, ...],
    found: list[FieldMerge],
) -> tuple[str, ...]:
    """Return the tags with the additions and removals of both sides; they never contradict."""
    if theirs == base == yours:
        return base
    outcome = _undisputed_outcome(base, theirs, yours) or "BOTH"
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
