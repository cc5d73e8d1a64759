"""Parts of a page of different kinds, in any order."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import (
    Field,
    Problems,
    ValuePath,
    as_mapping,
    former_name,
    name_of,
    named_values,
    stored_values,
)
from cms.content.fields.inheritance import collect_fields
from cms.content.fields.list import List
from cms.content.fields.names import check_names, check_type_name
from cms.content.fields.object import Object
from cms.content.keywords import check_keywords
from cms.content.links import Edge, Targets
from cms.content.rendering import Rendering
from cms.errors import InvalidValue, SiteError

TYPE = "type"


class Block:
    """The base class of all kinds of block.

    A site declares each as a class, and lists them where they may stand::

        class Quote(Block):
            \"""A quotation with its speaker.\"""

            text = Text(required=True)
            source = Text()


        class Article(ContentType, path="/articles/{slug}"):
            parts = Blocks(Quote, Gallery)

    The docstring describes it in the schema, where its class name is the name of a type. A class
    inherits the fields of its base classes.

    Class arguments:
        abstract: it is no kind of block itself, but the base class of some.
        was: the former name of a class that is renamed; it can be left out once the site has been
            migrated.

    Attributes:
        former_names: the names that it had in the versions of the database, under which it can be
            in texts.

    Raises:
        SiteError: when the declaration contradicts itself.
    """

    name: ClassVar[str]
    stored_name: ClassVar[str]
    was: ClassVar[str]
    former_names: ClassVar[tuple[str, ...]] = ()
    description: ClassVar[str]
    fields: ClassVar[Mapping[str, Field]]
    abstract: ClassVar[bool]

    def __init_subclass__(cls, *, abstract: bool = False, was: str = "", **unknown: object) -> None:
        super().__init_subclass__()
        check_keywords(f"the block {cls.__name__}", unknown, ("abstract", "was"))
        cls.fields = collect_fields(cls)
        cls.name = cls.stored_name = cls.__name__
        cls.was = was
        cls.description = inspect.cleandoc(cls.__doc__ or "")
        cls.abstract = abstract
        if not cls.fields and not abstract:
            raise SiteError(f"{cls.name}: a block must have at least one field")
        if TYPE in cls.fields:
            raise SiteError(
                f"{cls.name}.{TYPE}: {TYPE!r} is the class of a block; use another name"
            )
        check_type_name(cls.name)
        check_names(cls.name, cls.fields)


class AnyBlock(Object):
    """An object with a variant for each of several classes: ``{"type": "Quote", "text": …}``.

    Args:
        blocks: the classes.
    """

    def __init__(self, *blocks: type[Block]) -> None:
        super().__init__("Block")
        self.blocks = {block.name: block for block in blocks}

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Clean the values of the block; one in which nothing is filled in is still there."""
        block = self._block_of(value)
        if block is None:
            problems.append(InvalidValue(message=self._unknown(value), path=path))
            return None
        values = as_mapping(value, (TYPE, *block.fields), path, problems)
        cleaned = {
            name: field.clean(values.get(name), (*path, name), problems)
            for name, field in block.fields.items()
        }
        return {TYPE: block.name, **cleaned}

    def resolve(self, value: Json, targets: Targets) -> Json:
        """Resolve every value."""
        return self._with_type(value, super().resolve(value, targets))

    def compute(self, value: Json, beside: JsonObject) -> Json:
        """Fill in every value."""
        return self._with_type(value, super().compute(value, beside))

    def render(self, value: Json, page: Rendering) -> Json:
        """Render every value, and say which block it is."""
        return self._with_type(value, super().render(value, page))

    def edges(self, value: Json, path: ValuePath, targets: Targets) -> Iterator[Edge]:
        """Yield the edges of every value."""
        for edge in super().edges(value, path, targets):
            yield replace(edge, is_in_block=True)

    def inner_fields(self) -> Iterator[Field]:
        """Yield the fields of all the blocks."""
        for block in self.blocks.values():
            yield from block.fields.values()

    def fields_of(self, value: JsonObject) -> Mapping[str, Field]:
        """Return the fields of the block that the value is."""
        block = self._block_of(value)
        return block.fields if block is not None else {}

    def variant_of(self, value: Json) -> str:
        """Return the name of the block's class."""
        return str(value.get(TYPE, "")) if isinstance(value, Mapping) else ""

    def to_stored(self, value: Json) -> Json:
        """Convert every value of the block, and the name of its class."""
        block = self._block_of(value)
        if block is None or not isinstance(value, Mapping):
            return value
        return {**stored_values(block.fields, value), TYPE: block.stored_name}

    def to_named(self, value: Json, *, is_draft: bool = False) -> Json:
        """Convert every value of the block.

        A block of a class that is no longer declared stays, under the name of
        :func:`~cms.content.fields.base.former_name`.
        """
        if not isinstance(value, Mapping):
            return None if is_draft else value
        block = self.block_stored_as(value)
        if block is None:
            former = {**value, TYPE: former_name(self.variant_of(value), self.blocks)}
            return None if is_draft else former
        return {TYPE: block.name, **named_values(block.fields, value, is_draft=is_draft)}

    def block_stored_as(self, value: Json) -> type[Block] | None:
        """Return the class of a stored block; ``None`` if it is not declared any more."""
        names = {block.stored_name: block for block in self.blocks.values()}
        return names.get(self.variant_of(value))

    def blank(self, like: JsonObject) -> JsonObject:
        """Return a block of the same class in which nothing is filled in."""
        return {TYPE: like[TYPE]}

    def _with_type(self, value: Json, made: Json) -> Json:
        return {TYPE: self.variant_of(value), **made} if isinstance(made, Mapping) else None

    def _block_of(self, value: Json) -> type[Block] | None:
        return self.blocks.get(self.variant_of(value))

    def _unknown(self, value: Json) -> str:
        known = ", ".join(self.blocks)
        if not isinstance(value, Mapping):
            return f"expected a mapping with a {TYPE!r} and its values, not {name_of(value)}"
        return f"unknown block {self.variant_of(value)!r}; use one of {known}"


class Blocks(List):
    """Blocks of these classes, in the order in which readers see them.

    Attributes:
        most: the largest number of blocks in the list.
    """

    def __init__(
        self,
        *blocks: type[Block],
        label: str = "",
        required: bool = False,
        description: str = "",
        deprecated: str = "",
        most: int = 200,
        was: str = "",
    ) -> None:
        for block in blocks:
            check_block(block, "Blocks")
        self.any_block = AnyBlock(*blocks)
        super().__init__(
            label,
            required=required,
            description=description,
            deprecated=deprecated,
            of=self.any_block,
            most=most,
            was=was,
        )
        if not blocks or len(self.blocks) != len(blocks):
            raise SiteError("Blocks must have one or more different classes of blocks")

    @property
    def blocks(self) -> Mapping[str, type[Block]]:
        """The classes, by name."""
        return self.any_block.blocks


def check_block(block: object, owner: str) -> None:
    """Check that what is declared as a class of blocks is one.

    Args:
        block: what is declared.
        owner: what it is declared in, for the message.

    Raises:
        SiteError: if it is no class of blocks, or an abstract one.
    """
    if not (isinstance(block, type) and issubclass(block, Block) and block is not Block):
        raise SiteError(f"{block!r} in {owner} is not a class of blocks")
    if block.abstract:
        raise SiteError(f"the block {block.name} is abstract; use the classes that inherit from it")
