"""The blocks that a text can contain as directives; see ``docs/markdown.md``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

from cms.content.canonical_json import Json
from cms.content.fields.base import Field, Problems, Scalar
from cms.content.fields.blocks import AnyBlock, Block, check_block
from cms.content.fields.boolean import Boolean
from cms.content.fields.choice import Choice
from cms.content.fields.names import api_name
from cms.content.fields.number import Integer, Number
from cms.content.markup.attributes import Attribute
from cms.content.markup.directive_values import Call, CallFault, DirectiveValues
from cms.errors import SiteError

_Read: TypeAlias = Callable[[Field, str], Json]

_WORDS: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
# Names that the HTML of a directive has for itself.
_RESERVED = frozenset({"directive", "directive_label"})


class DeclaredDirectives:
    """The directives of a field: classes of blocks whose values are attributes in a text.

    Args:
        any_block: the classes.

    Attributes:
        any_block: the classes.
        names: the names of the directives.
    """

    def __init__(self, any_block: AnyBlock) -> None:
        self.any_block = any_block
        blocks = any_block.blocks.values()
        former = {
            directive_name(name): block
            for block in blocks
            for name in (*block.former_names, block.was)
            if name
        }
        self._blocks = {**former, **{directive_name(each.name): each for each in blocks}}
        self.names = frozenset(self._blocks)

    def read(self, call: Call) -> DirectiveValues:
        """Return the values of a directive, with all errors in its attributes."""
        block = self._blocks[call.name]
        given, faults = _given(call, block)
        values: dict[str, Json] = {}
        missing: list[str] = []
        for name, field in block.fields.items():
            problems: Problems = []
            attribute = given.get(name)
            value = _value_of(field, attribute) if attribute is not None else None
            cleaned = field.clean(value, (name,), problems)
            # A value with an error can be in a stored text, when a declaration has changed since.
            values[name] = None if problems else cleaned
            start = attribute.start if attribute is not None else 0
            faults += [CallFault(f"{name}: {each.message}", start) for each in problems]
            missing += [field.label for _ in field.missing(values[name], (name,))]
        present = {name: value for name, value in values.items() if value is not None}
        texts = [text for name in present for text in block.fields[name].texts(present[name])]
        return DirectiveValues(
            block=block.name,
            fields={api_name(name): value for name, value in present.items()},
            attributes={name.replace("_", "-"): _text_of(each) for name, each in present.items()},
            texts=texts,
            faults=sorted(faults, key=lambda fault: fault.start),
            missing=missing,
        )


def declared_directives(blocks: Sequence[type[Block]]) -> DeclaredDirectives:
    """Return the directives that classes of blocks are.

    Raises:
        SiteError: if a class cannot be a directive.
    """
    taken: dict[str, type[Block]] = {}
    for block in blocks:
        check_block(block, "directives")
        _check_fields(block)
        other = taken.setdefault(directive_name(block.name), block)
        if other is not block:
            raise SiteError(
                f"{other.name} and {block.name} would both be the directive "
                f"{directive_name(block.name)!r}; rename one of them"
            )
    if len(taken) != len(blocks):
        raise SiteError("directives must be different classes of blocks")
    return DeclaredDirectives(AnyBlock(*blocks))


def directive_name(class_name: str) -> str:
    """Return the name of a directive: ``PriceBox`` becomes ``price-box``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", class_name).lower()


def _check_fields(block: type[Block]) -> None:
    for name, field in block.fields.items():
        if not isinstance(field, Scalar):
            raise SiteError(
                f"{block.name}.{name}: a {type(field).__name__} cannot be an attribute of a "
                "directive; use a field with a plain value"
            )
        if name in _RESERVED:
            raise SiteError(f"{block.name}.{name}: directives have this name; use another one")


def _given(call: Call, block: type[Block]) -> tuple[Mapping[str, Attribute], list[CallFault]]:
    """Return the attributes by the names of their fields, and errors about the others."""
    names = {
        spelling: name
        for name, field in block.fields.items()
        for spelling in (field.stored_name, field.was, api_name(name), name)
    }
    given: dict[str, Attribute] = {}
    faults: list[CallFault] = []
    for each in call.attributes:
        key = each.name if each.kind == "key" else each.kind
        name = names.get(key.replace("-", "_"))
        if name is None:
            known = ", ".join(block.fields)
            message = f"{call.name} has no attribute {key!r}; use one of {known}"
            faults.append(CallFault(message, each.start))
        elif name in given:
            faults.append(CallFault(f"{key} is repeated; remove one", each.start))
        else:
            given[name] = each
    return given, faults


def _value_of(field: Field, attribute: Attribute) -> Json:
    """Return the value that an attribute is for a field, or its text if it is none."""
    text = attribute.name if attribute.kind != "key" else attribute.value
    if text is None:
        return True if isinstance(field, Boolean) else ""
    for kind, read in _KINDS:
        if isinstance(field, kind):
            return read(field, text)
    return text


def _boolean(_: Field, text: str) -> Json:
    return _WORDS.get(text.lower(), text)


def _integer(_: Field, text: str) -> Json:
    with suppress(ValueError):
        return int(text)
    return _number(_, text)


def _number(_: Field, text: str) -> Json:
    with suppress(ValueError):
        return float(text)
    return text


def _choice(field: Field, text: str) -> Json:
    word = text.upper().replace("-", "_")
    named = field.to_named(word)
    return word if named is None else named


_KINDS: Sequence[tuple[type[Field], _Read]] = (
    (Boolean, _boolean),
    (Integer, _integer),
    (Number, _number),
    (Choice, _choice),
)


def _text_of(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
