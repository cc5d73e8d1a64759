"""Declarations → Strawberry types → the schema that the planner reads."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from keyword import iskeyword
from types import CodeType, MappingProxyType
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInputField,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directives import OneOf
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryObjectDefinition, StrawberryType
from strawberry.types.field import StrawberryField
from strawberry.types.union import StrawberryUnion

from cms.content.fields import Field
from cms.content.fields.names import api_name
from cms.errors import SiteError
from cms.reading.view import Perspective
from graphql_api.planner.declarations import PLANNED, SeenValue, Value
from graphql_api.schema.declaring.fields import THIS_FIELD, THIS_TYPE, Argument, Declared
from graphql_api.schema.declaring.scalars import CONFIG, JSON, Date, DateTime, Decimal, SitePosition
from graphql_api.schema.declaring.words import Word, Words, members_of


class _TypeExpression(StrawberryAnnotation):
    """A type expression: ``list[Article] | None``.

    Strawberry would parse it several times for each field of each schema, until all names in it
    are known; there are few different expressions.
    """

    __slots__ = ()

    def evaluate(self) -> type:
        """Return the type.

        Raises:
            NameError: if a type is not known yet.
        """
        made: type = eval(_code_of(str(self.raw_annotation)), self.namespace)  # noqa: S307  # ours
        return made


class _Field(StrawberryField):
    """A field with a type expression, which has no parameters and is resolved once."""

    def resolve_type(
        self, *, type_definition: StrawberryObjectDefinition | None = None
    ) -> StrawberryType | type:
        """Return the type of the expression."""
        if not isinstance(self.type_annotation, _TypeExpression):
            raise TypeError(f"{self.python_name} has no type expression")
        return self.type_annotation.resolve(type_definition=type_definition)


@cache
def _code_of(expression: str) -> CodeType:
    """Return the compiled expression."""
    return compile(expression, "<type>", "eval")


class TypeRegistry:
    """The types of one schema, by name.

    Names in type expressions are looked up when the schema is built, so types can refer to
    each other in any order.

    Args:
        perspective: the perspective of the API; drafts may lack required values.
    """

    def __init__(self, perspective: Perspective = Perspective.PUBLISHED) -> None:
        self._perspective = perspective
        self._types: dict[str, Any] = {}
        self._words: dict[str, Mapping[str, str]] = {}
        self._expressions: dict[str, _TypeExpression] = {}
        self._plans: dict[tuple[Word | Words, str], Value | SeenValue] = {}
        self._types.update(ID=strawberry.ID, DateTime=DateTime, Date=Date, JSON=JSON)
        self._types.update(Decimal=Decimal, SitePosition=SitePosition)

    def promises(self, field: Field) -> bool:
        """Return whether a field of a content type is never null."""
        return field.required and self._perspective is Perspective.PUBLISHED

    def add_object(self, declared: type, /, **more: Declared) -> None:
        """Add an object type with the fields of a class, and those that depend on the site."""
        self._add_class(declared, more)

    def add_interface(self, declared: type, /, **more: Declared) -> None:
        """Add an interface; types whose classes inherit from it implement it."""
        self._add_class(declared, more, is_interface=True)

    def add_input(
        self, name: str, description: str, fields: Mapping[str, Declared], *, one_of: bool = False
    ) -> None:
        """Add an input type."""
        body = {
            key: self._field(name, key, declared, default=strawberry.UNSET)
            for key, declared in fields.items()
        }
        self._define(name, description, body, is_input=True, one_of=one_of)

    def add_enum(
        self,
        name: str,
        description: str,
        members: Mapping[str, object],
        deprecated: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Add an enum.

        Args:
            name: its name.
            description: for the schema's readers.
            members: the objects that its values stand for, by name.
            deprecated: the reasons why values are deprecated, by name; empty for others.
        """
        values = {
            key: strawberry.enum_value(member, deprecation_reason=deprecated.get(key) or None)
            for key, member in members.items()
        }
        made = Enum(name, values)  # type: ignore[misc]  # the members are not literal
        self._add(name, strawberry.enum(made, name=name, description=description))

    def add_words(self, name: str, description: str, words: Mapping[str, str]) -> None:
        """Add the enum of a vocabulary, given the words by the names of the enum's values."""
        self._words[name] = words
        self.add_enum(name, description, members_of(words))

    def add_fixed_words(self, name: str, description: str, words: Mapping[str, str]) -> None:
        """Add the enum of a vocabulary of the product, whose words are always declared."""
        self._words[name] = words
        self.add_enum(name, description, words)

    def words(self, name: str) -> Mapping[str, str]:
        """Return the words of a vocabulary by the names of the enum's values."""
        return self._words[name]

    def add_union(self, name: str, description: str, types: Sequence[str]) -> None:
        """Add a union."""
        annotations = (self._expression(each) for each in types)
        union = StrawberryUnion(
            name=name, description=description, type_annotations=tuple(annotations)
        )
        self._add(name, union)

    def has(self, name: str) -> bool:
        """Return whether a type of this name was added."""
        return name in self._types

    def _add(self, name: str, made: Any) -> None:
        if self.has(name):
            raise SiteError(f"the schema already has a type {name!r}; rename yours")
        self._types[name] = made

    def build(
        self,
        types: Sequence[str],
        *,
        mutation: str = "",
        subscription: str = "",
    ) -> GraphQLSchema:
        """Return the schema with these root types beside ``Query``; ends the registry.

        Args:
            types: the types that no field names, since they implement interfaces.
            mutation: the name of the mutation type, if there is one.
            subscription: the name of the subscription type, if there is one.
        """
        schema = strawberry.Schema(
            query=self._types["Query"],
            mutation=self._types.get(mutation),
            subscription=self._types.get(subscription),
            types=[self._types[name] for name in types],
            config=CONFIG,
        )
        # Strawberry has no public access to the graphql-core schema that the planner needs.
        built = schema._schema  # noqa: SLF001
        for type_ in built.type_map.values():
            self._attach_plans(type_)
        return built

    def _add_class(
        self, declared: type, more: Mapping[str, Declared], *, is_interface: bool = False
    ) -> None:
        own = {name: each for name, each in vars(declared).items() if isinstance(each, Declared)}
        name = declared.__name__
        bases = tuple(
            self._types[base.__name__]
            for base in declared.__bases__
            if base.__name__ in self._types
        )
        description = inspect.cleandoc(declared.__doc__ or "")
        fields = {key: self._output_field(name, key, each) for key, each in {**own, **more}.items()}
        self._define(name, description, fields, bases=bases, is_interface=is_interface)

    def _define(
        self,
        name: str,
        description: str,
        fields: Mapping[str, StrawberryField],
        *,
        bases: tuple[type, ...] = (),
        is_input: bool = False,
        is_interface: bool = False,
        one_of: bool = False,
    ) -> None:
        """Add the type of a class, with the definition that Strawberry's decorators would make.

        They make a dataclass, whose methods take most of the time; these have no instances.
        """
        made: Any = type(name, bases, {})
        inherited = [base.__strawberry_definition__ for base in made.__mro__[1:-1]]
        all_fields = {
            field.python_name: field
            for definition in reversed(inherited)
            for field in definition.fields
        }
        for field in fields.values():
            field.origin = made
            all_fields[field.python_name] = field
        made.__strawberry_definition__ = StrawberryObjectDefinition(
            name=name,
            is_input=is_input,
            is_interface=is_interface,
            origin=made,
            description=description,
            interfaces=inherited,
            extend=False,
            directives=(OneOf(),) if one_of else (),
            is_type_of=None,
            resolve_type=None,
            fields=[],
        )
        # It would look for their types at once, some of which are not known yet.
        made.__strawberry_definition__.fields = [*all_fields.values()]
        self._add(name, made)

    def _output_field(self, owner: str, key: str, declared: Declared) -> StrawberryField:
        field = self._field(owner, key, declared)
        field.arguments = [
            self._argument(declared.name or api_name(key), each) for each in declared.arguments
        ]
        return field

    def _field(self, owner: str, key: str, declared: Declared, **more: Any) -> StrawberryField:
        """Return a field of an object type or of an input type."""
        return _Field(
            python_name=key,
            graphql_name=declared.name or _keyword(key),
            type_annotation=self._expression(declared.type),
            description=_with_type(declared.description, owner),
            deprecation_reason=declared.deprecated or None,
            metadata={PLANNED: declared.plan},
            **more,
        )

    def _argument(self, field: str, argument: Argument) -> StrawberryArgument:
        is_optional = argument.type.endswith("| None")
        return StrawberryArgument(
            python_name=argument.name,
            graphql_name=None,
            type_annotation=self._expression(argument.type),
            description=argument.description.replace(THIS_FIELD, field),
            **({"default": strawberry.UNSET} if is_optional else {}),
        )

    def _expression(self, expression: str) -> _TypeExpression:
        """Return a type expression: one object for all fields with it, resolved once."""
        if expression not in self._expressions:
            self._expressions[expression] = _TypeExpression(expression, namespace=self._types)
        return self._expressions[expression]

    def _attach_plans(self, type_: GraphQLNamedType) -> None:
        """Copy each field's plan, and ``@oneOf``, from Strawberry's types to graphql-core's."""
        if is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_):
            fields: Mapping[str, GraphQLField | GraphQLInputField] = type_.fields
            for field in fields.values():
                definition = field.extensions.get("strawberry-definition")
                if definition is not None:
                    plan = definition.metadata.get(PLANNED)
                    field.extensions[PLANNED] = (
                        self._plan_of(plan, get_named_type(field.type).name)
                        if isinstance(plan, Word | Words)
                        else plan
                    )
        if is_input_object_type(type_):
            # Strawberry checks @oneOf itself; graphql-core validates and prints it.
            type_.is_one_of = type_.extensions["strawberry-definition"].is_one_of

    def _plan_of(self, plan: Word | Words, enum: str) -> Value | SeenValue:
        """Return a plan with the words of its enum: the same for all types that share the field."""
        key = (plan, enum)
        if key not in self._plans:
            self._plans[key] = plan.among(self._words[enum])
        return self._plans[key]


def _with_type(description: str, owner: str) -> str:
    """Return a description with the name of its type in place of ``THIS_TYPE``."""
    return description.replace(THIS_TYPE, owner.removesuffix("Where"))


def _keyword(key: str) -> str | None:
    """Return the name of a field that is a keyword of Python, such as ``class``."""
    return key if iskeyword(key) else None
