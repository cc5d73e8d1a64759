"""Random values of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from cms.content.canonical_json import Json
from tests.properties.changing_types import FieldPlan, Plan


@dataclass(frozen=True)
class Values:
    """Random values of the fields of a plan.

    Attributes:
        lot: chance.
        plan: the plan.
        targets: the ids of entries, by the keys of their content types.
    """

    lot: Random
    plan: Plan
    targets: Mapping[int, Sequence[str]]

    def of(self, fields: Sequence[FieldPlan]) -> dict[str, Json]:
        """Return values for most of some fields."""
        return {
            each.name: self.one(each)
            for each in fields
            if each.kind != "Computed" and (each.required or self.lot.random() < 0.8)
        }

    def one(self, plan: FieldPlan) -> Json:
        """Return a value of a field, or an empty one."""
        lot = self.lot
        match plan.kind:
            case "Text":
                return lot.choice(("One", "a b", "A", "x" * min(plan.longest, 20)))
            case "Integer":
                return lot.choice((0, 1, -5, 101))
            case "Number":
                return lot.choice((0, 1, 2.5, -1.25))
            case "Decimal":
                return lot.choice(("0.00", "19.90", "-1.25"))
            case "Boolean":
                return lot.random() < 0.5
            case "Date":
                return lot.choice(("2020-02-29", "2026-01-01"))
            case "Markdown":
                return lot.choice(("Some *text*.", "# One\n\nText.", f"See [it]({self._any()})."))
            case "Texts":
                return lot.sample(("a", "b", "c c"), lot.randint(0, 3))
            case "Integers":
                return [lot.randint(-3, 3) for _ in range(lot.randint(0, 3))]
            case "Sections":
                return [{"heading": "H", "body": "Text."}] * lot.randint(0, 2)
            case "Choice":
                return lot.choice(plan.choices).name
            case "Choices":
                return [lot.choice(plan.choices).name for _ in range(lot.randint(0, 2))]
        return self._composed(plan)

    def _composed(self, plan: FieldPlan) -> Json:
        lot = self.lot
        match plan.kind:
            case "Object":
                return self.of(plan.fields)
            case "Objects":
                return [self.of(plan.fields) for _ in range(lot.randint(0, 2))]
            case "Blocks":
                return [self._block(plan) for _ in range(lot.randint(0, 3))]
            case "Reference":
                return self._target(plan)
        found = [self._target(plan) for _ in range(lot.randint(0, 2))]
        return [each for each in found if each is not None]

    def _block(self, plan: FieldPlan) -> Json:
        blocks = {each.key: each for each in self.plan.blocks}
        block = blocks[self.lot.choice(plan.blocks)]
        return {"type": block.name, **self.of(block.fields)}

    def _target(self, plan: FieldPlan) -> str | None:
        keys = plan.to or [*self.targets]
        found = [each for key in keys for each in self.targets.get(key, ())]
        return self.lot.choice(found) if found else None

    def _any(self) -> str:
        found = [each for ids in self.targets.values() for each in ids]
        return self.lot.choice(found) if found else "https://example.org"
