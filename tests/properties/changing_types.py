"""The code of sites as data, so that it can be changed.

A plan is the code of a site. A change gives another plan; everything in it keeps its key when it
is renamed, so a test knows which is which without asking for stored names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType, new_class
from typing import Any

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import (
    Block,
    Blocks,
    Boolean,
    Choice,
    Computed,
    Date,
    Decimal,
    Field,
    Integer,
    Links,
    List,
    Markdown,
    Number,
    Object,
    Reference,
    References,
    Sections,
    Text,
)
from cms.content.policy import DEFAULT_POLICY, SignOffPolicy, Stage
from cms.site import Site

POLICIES: Sequence[SignOffPolicy] = (
    DEFAULT_POLICY,
    SignOffPolicy(stages=(Stage("technical"), Stage("editorial"))),
    SignOffPolicy(stages=(Stage("editorial", approvals=2),), valid_for=timedelta(days=30)),
)
# Values that readers of the past get in place of missing ones.
ABSENT: Mapping[str, Json] = MappingProxyType(
    {
        "Text": "Absent",
        "Integer": 7_777,
        "Number": 7.5,
        "Decimal": "7.50",
        "Boolean": False,
        "Date": "1999-09-09",
        "Markdown": "Absent.",
    }
)


@dataclass
class Named:
    """A part of a plan that has a name.

    Attributes:
        key: what it is, whatever its name.
        name: the name.
        was: the former name that the code has.
    """

    key: int
    name: str
    was: str = ""


@dataclass
class FieldPlan(Named):
    """A field.

    Attributes:
        kind: one of ``KINDS``.
        required: whether it is required.
        has_absent: whether a required one has ``absent``.
        is_indexed: whether it is indexed.
        deprecated: the reason why it is no longer used.
        longest: the most characters of a text.
        to: the keys of the content types that it leads to; empty for all.
        reverse: the name of the reverse side of a reference.
        choices: the choices.
        fields: the fields of an object.
        blocks: the keys of the classes of blocks.
    """

    kind: str = "Text"
    required: bool = False
    has_absent: bool = False
    is_indexed: bool = False
    deprecated: str = ""
    longest: int = 50
    to: list[int] = field(default_factory=list)
    reverse: str = ""
    choices: list[Named] = field(default_factory=list)
    fields: list[FieldPlan] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)


@dataclass
class BlockPlan(Named):
    """A class of blocks."""

    fields: list[FieldPlan] = field(default_factory=list)


@dataclass
class TypePlan(Named):
    """A content type.

    Attributes:
        word: the word in its path; empty if it has no pages.
        policy: the number of its policy.
        is_singleton: whether it has one entry.
    """

    fields: list[FieldPlan] = field(default_factory=list)
    word: str = ""
    policy: int = 0
    is_singleton: bool = False


@dataclass
class Plan:
    """The code of a site.

    Attributes:
        types: the content types.
        blocks: the classes of blocks.
        locales: the locales.
        has_fallbacks: whether each locale falls back to all the others.
        count: the number of keys that were given.
        known: all names that were in use, so that others are new ones.
    """

    types: list[TypePlan] = field(default_factory=list)
    blocks: list[BlockPlan] = field(default_factory=list)
    locales: list[str] = field(default_factory=lambda: ["en"])
    has_fallbacks: bool = False
    count: int = 0
    known: set[str] = field(default_factory=set)

    def new_key(self) -> int:
        """Return a key that nothing has."""
        self.count += 1
        return self.count

    def owners(self) -> Iterator[TypePlan | BlockPlan | FieldPlan]:
        """Yield all that have fields of their own."""
        own: Sequence[TypePlan | BlockPlan] = [*self.types, *self.blocks]
        for each in own:
            yield each
            yield from (inner for inner in each.fields if inner.fields)

    def named(self) -> Iterator[Named]:
        """Yield all that have names."""
        yield from self.types
        yield from self.blocks
        for owner in self.owners():
            for each in owner.fields:
                yield each
                yield from each.choices

    def all_fields(self) -> Sequence[FieldPlan]:
        """Return all fields."""
        return [each for owner in self.owners() for each in owner.fields]


def site_of(plan: Plan) -> Site:
    """Return the site of a plan.

    Raises:
        SiteError: if its declaration contradicts itself.
    """
    return _Making(plan).site()


class _Making:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._types = {each.key: each.name for each in plan.types}
        self._blocks: dict[int, type[Block]] = {}

    def site(self) -> Site:
        for block in self._plan.blocks:
            self._blocks[block.key] = self._class(Block, block, {"was": block.was})
        locales = self._plan.locales
        fallbacks = {each: [other for other in locales if other != each] for each in locales}
        return Site(
            "Changing",
            content_types=[self._type(each) for each in self._plan.types],
            locales=locales,
            fallbacks=fallbacks if self._plan.has_fallbacks else {},
        )

    def _type(self, plan: TypePlan) -> type[ContentType]:
        arguments = {
            "was": plan.was,
            "path": f"/{{locale}}/{plan.word}/{{slug}}" if plan.word else None,
            "policy": POLICIES[plan.policy],
            "singleton": plan.is_singleton,
        }
        made: type[ContentType] = self._class(ContentType, plan, arguments)
        return made

    def _class(self, base: type[Any], plan: TypePlan | BlockPlan, arguments: dict[str, Any]) -> Any:
        fields = {each.name: self._field(each) for each in plan.fields}
        return new_class(plan.name, (base,), arguments, lambda names: names.update(fields))

    def _field(self, plan: FieldPlan) -> Field:
        own: dict[str, Any] = {
            "required": plan.required,
            "deprecated": plan.deprecated,
            "was": plan.was,
            "indexed": plan.is_indexed,
        }
        if plan.required and plan.has_absent and plan.kind in ABSENT:
            own["absent"] = ABSENT[plan.kind]
        to = tuple(self._types[key] for key in plan.to)
        match plan.kind:
            case "Object":
                return Object(**own, **self._fields(plan))
            case "Objects":
                return List(of=Object(**self._fields(plan)), **own)
            case "Blocks":
                return Blocks(*(self._blocks[key] for key in plan.blocks), **own)
            case "Text":
                return Text(longest=plan.longest, **own)
            case "Choice":
                return self._choice(plan, own)
            case "Choices":
                return List(of=self._choice(plan, {}), **own)
            case "Links":
                return Links(to=to, **own)
            case "Reference":
                return Reference(to=to, reverse=plan.reverse, **own)
            case "References":
                return References(to=to, reverse=plan.reverse, **own)
            case "Computed":
                return Computed(of=Text(), from_=computed, **own)
        return _PLAIN[plan.kind](own)

    def _fields(self, plan: FieldPlan) -> dict[str, Any]:
        return {each.name: self._field(each) for each in plan.fields}

    @staticmethod
    def _choice(plan: FieldPlan, own: dict[str, Any]) -> Choice:
        renamed = {each.name: each.was for each in plan.choices if each.was}
        return Choice(choices=tuple(each.name for each in plan.choices), renamed=renamed, **own)


def computed(values: JsonObject) -> str:
    """Return the value of the computed fields."""
    return f"{values['title']}!"


_PLAIN: Mapping[str, Callable[[dict[str, Any]], Field]] = {
    "Integer": lambda own: Integer(**own),
    "Number": lambda own: Number(**own),
    "Decimal": lambda own: Decimal(**own),
    "Boolean": lambda own: Boolean(**own),
    "Date": lambda own: Date(**own),
    "Markdown": lambda own: Markdown(**own),
    "Texts": lambda own: List(of=Text(), **own),
    "Integers": lambda own: List(of=Integer(), **own),
    "Sections": lambda own: Sections(**own),
}
