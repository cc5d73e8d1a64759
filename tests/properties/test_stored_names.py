"""Stored names follow what is declared, through any changes, and back again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import values_in
from cms.content.fields import AnyBlock, Field, List, Object, Reference
from cms.content.fields.base import ValuePath, named_values, stored_values
from cms.content.fields.computed import shown_as
from cms.content.snapshot import Draft, clean_draft, draft_of, take_snapshot
from cms.content.stored_names import named_content, named_path, stored_path
from cms.errors import SiteError
from cms.site import Site
from cms.type_versions.binding import bound_site
from cms.type_versions.changes import changes_between
from cms.type_versions.declaration import (
    DeclaredBlock,
    DeclaredField,
    DeclaredSite,
    DeclaredType,
    declaration_in,
    declare,
)
from cms.type_versions.kinds import reads
from tests.depth import EXAMPLES
from tests.properties.changing_types import FieldPlan, Plan, site_of
from tests.properties.random_types import changed_plan, first_plan
from tests.properties.random_values import Values

SETTINGS = settings(max_examples=EXAMPLES // 2)
LOTS = st.integers(0, 2**32).map(Random)


def declared(lot: Random, steps: int) -> Iterator[tuple[Plan, Plan, DeclaredSite, DeclaredSite]]:
    """Yield what is declared before and after each of some random changes, as plan and as data."""
    plan = first_plan(lot)
    before = declare(site_of(plan))
    number = 1
    for _ in range(steps):
        changed = changed_plan(lot, plan)
        number += 1
        try:
            after = declare(changed.site, before, number)
        except SiteError:
            continue
        yield plan, changed.plan, before, after
        plan, before = changed.plan, after


def places_in(site: DeclaredSite) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the things that are declared together, by their names, and where."""
    yield "types", site.types
    yield "blocks", site.blocks
    owners: Sequence[DeclaredType | DeclaredBlock] = [*site.types.values(), *site.blocks.values()]
    for owner in owners:
        yield from _groups(owner.stored, owner.fields)


def _groups(
    place: str, fields: Mapping[str, DeclaredField]
) -> Iterator[tuple[str, Mapping[str, DeclaredField]]]:
    yield place, fields
    for each in fields.values():
        item = each.item or each
        if item.fields:
            yield from _groups(f"{place}/{each.stored}", item.fields)


def fields_by_key(plan: Plan, site: DeclaredSite) -> Mapping[int, DeclaredField]:
    """Return the declared fields by the keys of the plan."""
    found: dict[int, DeclaredField] = {}
    for type_ in plan.types:
        _add(found, type_.fields, site.types[type_.name].fields)
    for block in plan.blocks:
        if block.name in site.blocks:
            _add(found, block.fields, site.blocks[block.name].fields)
    return found


def _add(
    found: dict[int, DeclaredField],
    plans: Sequence[FieldPlan],
    fields: Mapping[str, DeclaredField],
) -> None:
    for each in plans:
        field = found[each.key] = fields[each.name]
        _add(found, each.fields, (field.item or field).fields)


@SETTINGS
@given(LOTS)
def test_stored_names_are_unique_and_stay(lot: Random) -> None:
    for plan, changed, before, after in declared(lot, 8):
        for place, named in places_in(after):
            stored = [each.stored for each in named.values()]
            assert len({*stored}) == len(stored), place
        former, present = fields_by_key(plan, before), fields_by_key(changed, after)
        for key in former.keys() & present.keys():
            old, new = former[key], present[key]
            if reads(new.kind, old.kind):
                assert new.stored == old.stored
                _check_choices(_plan(plan, key), _plan(changed, key), old, new)
            else:
                assert new.stored != old.stored
        names = {each.key: each.name for each in plan.types}
        for type_ in changed.types:
            if type_.key in names:
                assert after.types[type_.name].stored == before.types[names[type_.key]].stored


def _check_choices(
    before: FieldPlan, after: FieldPlan, old: DeclaredField, new: DeclaredField
) -> None:
    former, present = ((one.item or one).choices for one in (old, new))
    names = {each.key: each.name for each in before.choices}
    for each in after.choices:
        if each.key in names:
            assert present[each.name] == former[names[each.key]]


def _plan(plan: Plan, key: int) -> FieldPlan:
    return next(each for each in plan.all_fields() if each.key == key)


@SETTINGS
@given(LOTS)
def test_a_stored_name_never_has_values_of_two_kinds(lot: Random) -> None:
    kinds: dict[tuple[str, str], str] = {}
    for _, _, before, after in declared(lot, 10):
        for site in (before, after):
            for place, named in places_in(site):
                for each in named.values():
                    if isinstance(each, DeclaredField):
                        known = kinds.setdefault((place, each.stored), each.kind)
                        assert reads(each.kind, known) or reads(known, each.kind), place


@SETTINGS
@given(LOTS)
def test_a_declaration_is_the_same_after_storage(lot: Random) -> None:
    for _, _, _, declaration in declared(lot, 5):
        stored = orjson.dumps(declaration.to_json())
        assert declaration_in(orjson.loads(stored)) == declaration
        # PostgreSQL sorts the keys of objects.
        by_key = orjson.dumps(orjson.loads(stored), option=orjson.OPT_SORT_KEYS)
        again = declaration_in(orjson.loads(by_key))
        assert again == declaration
        assert again.to_json() == declaration.to_json()
        for (_, named), (_, other) in zip(places_in(declaration), places_in(again), strict=True):
            assert [*named] == [*other]
        assert changes_between(declaration, again) == []


@SETTINGS
@given(LOTS)
def test_the_same_declaration_changes_nothing(lot: Random) -> None:
    for _, changed, _, after in declared(lot, 5):
        again = declare(site_of(changed), after, 99)
        assert again == after
        forgotten = deepcopy(changed)
        for each in forgotten.named():
            each.was = ""
        assert declare(site_of(forgotten), after, 99) == after


@SETTINGS
@given(LOTS)
def test_the_code_of_before_gives_the_stored_names_of_before(lot: Random) -> None:
    for plan, _, before, after in declared(lot, 6):
        forgotten = deepcopy(plan)
        for each in forgotten.named():
            each.was = ""
        back = declare(site_of(forgotten), after, 99)
        former, present = dict(places_in(before)), dict(places_in(after))
        for place, named in places_in(back):
            if _can_go_back(former.get(place, {}), present.get(place, {})):
                stored = {name: each.stored for name, each in named.items()}
                assert stored == {name: each.stored for name, each in former[place].items()}


def _can_go_back(former: Mapping[str, Any], present: Mapping[str, Any]) -> bool:
    """Return whether names mean the same, and former fields read what present ones have stored."""
    by_stored = {each.stored: each for each in present.values()}
    return bool(former) and all(
        (name not in present or present[name].stored == each.stored)
        and (
            not isinstance(each, DeclaredField)
            or each.stored not in by_stored
            or reads(each.kind, by_stored[each.stored].kind)
        )
        for name, each in former.items()
    )


def bound(lot: Random, steps: int) -> tuple[Plan, Site]:
    """Return a site in which much is stored under other names."""
    plan = first_plan(lot)
    declaration = declare(site_of(plan))
    for _, changed, _, after in declared(lot, steps):
        plan, declaration = changed, after
    return plan, bound_site(site_of(plan), declaration)


def test_a_reference_is_not_stored_under_the_name_of_one_with_another_reverse() -> None:
    class Before(ContentType):
        alpha = Reference(reverse="ones")

    class After(ContentType, was="Before"):
        beta = Reference(reverse="ones", was="alpha")
        group = Object(alpha=Reference(reverse="others"))

    before = declare(Site("S", content_types=(Before,)))
    site = Site("S", content_types=(After,))
    after = bound_site(site, declare(site, before, 2))
    stored = {each.name: each.stored_sources for each in after.reverses()}
    assert stored == {"ones": (("Before", "alpha"),), "others": (("Before", "alpha~2"),)}


@SETTINGS
@given(LOTS)
def test_values_are_the_same_after_storage(lot: Random) -> None:
    plan, site = bound(lot, 8)
    for type_ in plan.types:
        content_type = site.content_type(type_.name)
        values = Values(lot, plan, {}).of(type_.fields)
        draft, problems = clean_draft(content_type, Draft(title="T", fields=values))
        assert problems == []
        stored = stored_values(content_type.fields, draft.fields)
        assert {*stored} == {each.stored_name for each in content_type.fields.values()}
        for is_draft in (False, True):
            named = named_values(content_type.fields, stored, is_draft=is_draft)
            assert stored_values(content_type.fields, named) == stored
            if not is_draft:
                assert named == draft.fields
        _check_stored(content_type.fields, stored)
        content = take_snapshot(content_type, "en", draft, {}).content
        again, problems = clean_draft(content_type, draft_of(content_type, content))
        assert problems == []
        assert take_snapshot(content_type, "en", again, {}).content == content
        _check_paths(content_type, content)


def _check_stored(fields: Mapping[str, Field], stored: Mapping[str, Any]) -> None:
    """Check that stored values have stored names alone, at every level."""
    for field in fields.values():
        shown, value = shown_as(field), stored[field.stored_name]
        item = shown.item if isinstance(shown, List) else shown
        for each in value if isinstance(value, list) else [value]:
            if isinstance(item, AnyBlock):
                block = next(one for one in item.blocks.values() if one.stored_name == each["type"])
                _check_stored(block.fields, each)
            elif isinstance(item, Object) and each is not None:
                _check_stored(item.fields, each)


def _check_paths(content_type: type[ContentType], content: JsonObject) -> None:
    """Check that the path of each value in a content leads to it in the stored content too."""
    named = named_content(content_type, content)
    for value in values_in(content_type, content):
        for leaf in value.leaves():
            path = stored_path(content_type, content, leaf.path)
            assert named_path(content_type, content, path) == leaf.path
            assert leaf.field.to_named(_at(content, path)) == _at(named, leaf.path)


def _at(content: Any, path: ValuePath) -> Any:
    for step in path:
        content = content[step]
    return content
