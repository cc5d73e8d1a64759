"""Random content types, and random changes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from cms.errors import SiteError
from cms.site import Site
from tests.properties.changing_types import (
    POLICIES,
    BlockPlan,
    FieldPlan,
    Named,
    Plan,
    TypePlan,
    site_of,
)

FIELD_NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota")
TYPE_NAMES = ("Story", "Guide", "Essay", "Memo", "Recipe")
BLOCK_NAMES = ("Quote", "Aside", "Figure", "Callout", "Banner")
WORDS = ("RED", "GREEN", "BLUE", "GREY", "PINK", "TEAL")
LOCALES = ("en", "de", "fr")
# The kinds of fields, by where they can be.
LEAVES = ("Text", "Integer", "Number", "Decimal", "Boolean", "Choice", "Date", "Markdown")
LISTS = ("Texts", "Integers", "Choices", "Sections", "Links", "Reference", "References")
INNER = (*LEAVES, *LISTS)
# Those that a content type can have an index of.
INDEXABLE = ({*LEAVES} - {"Markdown"}) | {"Computed", "Reference"}
KINDS = (*INNER, "Choice", "Object", "Object", "Objects", "Objects", *("Blocks",) * 4, "Computed")


def first_plan(lot: Random) -> Plan:
    """Return a random site."""
    while True:
        plan = _first_plan(lot)
        with suppress(SiteError):
            site_of(plan)
            return plan


def _first_plan(lot: Random) -> Plan:
    plan = Plan(locales=list(LOCALES[: lot.choice((1, 2, 2))]))
    plan.types = [TypePlan(plan.new_key(), TYPE_NAMES[0], word="story")]
    plan.blocks = [BlockPlan(plan.new_key(), name) for name in BLOCK_NAMES[:2]]
    for block in plan.blocks:
        block.fields = _new_fields(lot, plan, block, 2)
    plan.types[0].fields = _new_fields(lot, plan, plan.types[0], 6)
    for _ in range(lot.randint(1, 2)):
        _add_type(lot, plan)
    plan.known |= {each.name for each in plan.named()}
    return plan


def _new_fields(
    lot: Random, plan: Plan, owner: TypePlan | BlockPlan | FieldPlan, most: int
) -> list[FieldPlan]:
    count = lot.randint(1, most)
    names = lot.sample(FIELD_NAMES, count)
    return [_new_field(lot, plan, owner, name) for name in names]


def _kinds_in(owner: TypePlan | BlockPlan | FieldPlan) -> Sequence[str]:
    match owner:
        case TypePlan():
            return KINDS
        case BlockPlan():
            return (*INNER, "Object", "Objects")
        case _:
            return INNER


def _new_field(
    lot: Random, plan: Plan, owner: TypePlan | BlockPlan | FieldPlan, name: str
) -> FieldPlan:
    made = FieldPlan(plan.new_key(), name)
    _make_kind(lot, plan, made, lot.choice(_kinds_in(owner)))
    is_indexable = isinstance(owner, TypePlan) and made.kind in INDEXABLE
    made.is_indexed = is_indexable and lot.random() < 0.4
    return made


def _make_kind(lot: Random, plan: Plan, made: FieldPlan, kind: str) -> None:
    """Make a field one of this kind."""
    made.kind, made.required, made.has_absent, made.is_indexed = kind, False, False, False
    made.to, made.choices, made.fields, made.blocks, made.reverse = [], [], [], [], ""
    if kind in ("Choice", "Choices"):
        words = lot.sample(WORDS, lot.randint(1, 3))
        made.choices = [Named(plan.new_key(), word) for word in words]
    if kind in ("Object", "Objects"):
        made.fields = _new_fields(lot, plan, made, 3)
    if kind == "Blocks":
        chosen = lot.sample(plan.blocks, lot.randint(1, len(plan.blocks)))
        made.blocks = [each.key for each in chosen]
    if kind in ("Links", "Reference", "References") and lot.random() < 0.6:
        made.to = [each.key for each in lot.sample(plan.types, lot.randint(1, len(plan.types)))]
    if kind in ("Reference", "References") and lot.random() < 0.5:
        made.reverse = f"back_{made.key}"


def _add_type(lot: Random, plan: Plan) -> bool:
    free = [each for each in TYPE_NAMES if each not in {one.name for one in plan.types}]
    if not free:
        return False
    name = lot.choice(free)
    made = TypePlan(plan.new_key(), name, policy=lot.randrange(len(POLICIES)))
    made.word = f"{name.lower()}{made.key}" if lot.random() < 0.8 else ""
    made.is_singleton = lot.random() < 0.1
    made.fields = _new_fields(lot, plan, made, 5)
    plan.types.append(made)
    return name not in plan.known


# Changes. Each returns whether it fits all that can be stored; ``None`` if it is not possible.

Change: TypeAlias = Callable[[Random, Plan], bool | None]


def _field_of(lot: Random, plan: Plan, *kinds: str) -> FieldPlan | None:
    chosen = [each for each in plan.all_fields() if not kinds or each.kind in kinds]
    return lot.choice(chosen) if chosen else None


def _free_name(lot: Random, plan: Plan, names: Sequence[str], taken: Sequence[Named]) -> str:
    """Return a name that is free, more often one that was never in use."""
    free = [each for each in names if each not in {one.name for one in taken}]
    unknown = [each for each in free if each not in plan.known]
    return lot.choice(unknown if unknown and lot.random() < 0.5 else free or [""])


def _rename(
    lot: Random, plan: Plan, one: Named, names: Sequence[str], all_: Sequence[Named]
) -> bool | None:
    name = _free_name(lot, plan, names, all_)
    if not name:
        return None
    one.name = name
    return True


def _rename_field(lot: Random, plan: Plan) -> bool | None:
    owner = lot.choice(list(plan.owners()))
    return _rename(lot, plan, lot.choice(owner.fields), FIELD_NAMES, owner.fields)


def _rename_type(lot: Random, plan: Plan) -> bool | None:
    return _rename(lot, plan, lot.choice(plan.types), TYPE_NAMES, plan.types)


def _rename_block(lot: Random, plan: Plan) -> bool | None:
    return _rename(lot, plan, lot.choice(plan.blocks), BLOCK_NAMES, plan.blocks)


def _rename_choice(lot: Random, plan: Plan) -> bool | None:
    one = _field_of(lot, plan, "Choice", "Choices")
    if one is None:
        return None
    return _rename(lot, plan, lot.choice(one.choices), WORDS, one.choices)


def _remove_field(lot: Random, plan: Plan) -> bool | None:
    owner = lot.choice(list(plan.owners()))
    if len(owner.fields) < 2:
        return None
    owner.fields.remove(lot.choice(owner.fields))
    return False


def _add_field(lot: Random, plan: Plan) -> bool | None:
    owner = lot.choice(list(plan.owners()))
    name = _free_name(lot, plan, FIELD_NAMES, owner.fields)
    if not name:
        return None
    owner.fields.insert(lot.randint(0, len(owner.fields)), _new_field(lot, plan, owner, name))
    return name not in plan.known


def _reorder_fields(lot: Random, plan: Plan) -> bool | None:
    lot.shuffle(lot.choice(list(plan.owners())).fields)
    return True


def _change_kind(lot: Random, plan: Plan) -> bool | None:
    owner = lot.choice(list(plan.owners()))
    _make_kind(lot, plan, lot.choice(owner.fields), lot.choice(_kinds_in(owner)))
    return False


def _require(lot: Random, plan: Plan) -> bool | None:
    one = _field_of(lot, plan)
    if one is None or one.required:
        return None
    one.required, one.has_absent = True, lot.random() < 0.6
    return False


def _unrequire(lot: Random, plan: Plan) -> bool | None:
    required = [each for each in plan.all_fields() if each.required]
    if not required:
        return None
    one = lot.choice(required)
    one.required, one.has_absent = False, False
    return True


def _index(lot: Random, plan: Plan) -> bool | None:
    fields = [each for one in plan.types for each in one.fields if each.kind in INDEXABLE]
    if not fields:
        return None
    one = lot.choice(fields)
    one.is_indexed = not one.is_indexed
    return True


def _deprecate(lot: Random, plan: Plan) -> bool | None:
    one = _field_of(lot, plan)
    if one is not None:
        one.deprecated = "" if one.deprecated else "use another"
    return True


def _add_choice(lot: Random, plan: Plan) -> bool | None:
    one = _field_of(lot, plan, "Choice", "Choices")
    if one is None:
        return None
    name = _free_name(lot, plan, WORDS, one.choices)
    if not name:
        return None
    one.choices.insert(lot.randint(0, len(one.choices)), Named(plan.new_key(), name))
    return True


def _remove_choice(lot: Random, plan: Plan) -> bool | None:
    one = _field_of(lot, plan, "Choice", "Choices")
    if one is None or len(one.choices) < 2:
        return None
    one.choices.remove(lot.choice(one.choices))
    return False


def _add_block(lot: Random, plan: Plan) -> bool | None:
    one = _field_of(lot, plan, "Blocks")
    name = _free_name(lot, plan, BLOCK_NAMES, plan.blocks)
    if one is None:
        return None
    unused = [each.key for each in plan.blocks if each.key not in one.blocks]
    if unused and (not name or lot.random() < 0.5):
        one.blocks.append(lot.choice(unused))
        return False  # it may be one that was there before, with other values
    if not name:
        return None
    block = BlockPlan(plan.new_key(), name)
    block.fields = _new_fields(lot, plan, block, 3)
    plan.blocks.append(block)
    one.blocks.append(block.key)
    return name not in plan.known


def _remove_block(lot: Random, plan: Plan) -> bool | None:
    one = _field_of(lot, plan, "Blocks")
    if one is None or len(one.blocks) < 2:
        return None
    one.blocks.remove(lot.choice(one.blocks))
    return False


def _narrow_text(lot: Random, plan: Plan) -> bool | None:
    one = _field_of(lot, plan, "Text")
    if one is None:
        return None
    before, one.longest = one.longest, lot.choice((5, 10, 50, 200))
    return one.longest >= before


def _change_targets(lot: Random, plan: Plan) -> bool | None:
    one = _field_of(lot, plan, "Links", "Reference", "References")
    if one is None:
        return None
    before = {*one.to}
    one.to = [each.key for each in lot.sample(plan.types, lot.randint(0, len(plan.types)))]
    return not one.to or (bool(before) and before <= {*one.to})


def _remove_type(lot: Random, plan: Plan) -> bool | None:
    if len(plan.types) < 2:
        return None
    gone = lot.choice(plan.types)
    plan.types.remove(gone)
    for each in plan.all_fields():
        each.to = [key for key in each.to if key != gone.key]
    return False


def _change_path(lot: Random, plan: Plan) -> bool | None:
    one = lot.choice(plan.types)
    one.word = lot.choice(("", f"moved{one.key}", f"other{one.key}"))
    return False


def _change_singleton(lot: Random, plan: Plan) -> bool | None:
    one = lot.choice(plan.types)
    one.is_singleton = not one.is_singleton
    return False


def _change_policy(lot: Random, plan: Plan) -> bool | None:
    lot.choice(plan.types).policy = lot.randrange(len(POLICIES))
    return True


def _add_locale(lot: Random, plan: Plan) -> bool | None:
    free = [each for each in LOCALES if each not in plan.locales]
    if not free:
        return None
    plan.locales.append(lot.choice(free))
    return True


def _remove_locale(lot: Random, plan: Plan) -> bool | None:
    if len(plan.locales) < 2:
        return None
    plan.locales.remove(lot.choice(plan.locales[1:]))
    return False


def _change_default_locale(lot: Random, plan: Plan) -> bool | None:
    lot.shuffle(plan.locales)
    plan.has_fallbacks = lot.random() < 0.7
    return False


def _forget_former_names(_lot: Random, plan: Plan) -> bool | None:
    for each in plan.named():
        each.was = ""
    return True


CHANGES: Mapping[str, Change] = {
    "rename a field": _rename_field,
    "rename a content type": _rename_type,
    "rename a block": _rename_block,
    "rename a choice": _rename_choice,
    "remove a field": _remove_field,
    "add a field": _add_field,
    "reorder fields": _reorder_fields,
    "change a kind": _change_kind,
    "require a field": _require,
    "make a field optional": _unrequire,
    "index a field": _index,
    "deprecate a field": _deprecate,
    "add a choice": _add_choice,
    "remove a choice": _remove_choice,
    "add a block": _add_block,
    "remove a block": _remove_block,
    "narrow a text": _narrow_text,
    "change targets": _change_targets,
    "add a content type": lambda lot, plan: _add_type(lot, plan) or None,
    "remove a content type": _remove_type,
    "change a path": _change_path,
    "change a singleton": _change_singleton,
    "change a policy": _change_policy,
    "add a locale": _add_locale,
    "remove a locale": _remove_locale,
    "change the default locale": _change_default_locale,
    "forget former names": _forget_former_names,
}


@dataclass(frozen=True)
class Changed:
    """A changed plan.

    Attributes:
        plan: the plan.
        site: the site.
        names: the changes.
        fits: whether it fits all that can be stored.
    """

    plan: Plan
    site: Site
    names: tuple[str, ...]
    fits: bool


def changed_plan(lot: Random, before: Plan) -> Changed:
    """Return a plan after one or a few random changes that are a site."""
    while True:
        plan = deepcopy(before)
        names = tuple(lot.choice([*CHANGES]) for _ in range(lot.choice((1, 1, 2, 3))))
        done = [(name, CHANGES[name](lot, plan)) for name in names]
        _say_former_names(before, plan)
        plan.known |= {each.name for each in plan.named()}
        try:
            site = site_of(plan)
        except SiteError:
            continue
        possible = tuple(name for name, fits in done if fits is not None)
        if possible:
            # Together they can be more than each by itself: a field that is required and renamed.
            fits = all(each for _, each in done if each is not None)
            return Changed(plan, site, possible, fits)


def _say_former_names(before: Plan, after: Plan) -> None:
    """Have the code say the former names of what is renamed."""
    former = {each.key: each.name for each in before.named()}
    for each in after.named():
        if former.get(each.key, each.name) != each.name:
            each.was = former[each.key]
