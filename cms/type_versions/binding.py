"""Sites with the stored names of a declaration."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from types import new_class
from typing import Any

from cms.content.content_type import ContentType
from cms.content.fields import (
    AnyBlock,
    Block,
    Blocks,
    Choice,
    Computed,
    Field,
    Links,
    List,
    Markdown,
    Object,
    Section,
)
from cms.content.fields.directives import DeclaredDirectives
from cms.site import Site
from cms.type_versions.declaration import (
    DeclaredBlock,
    DeclaredField,
    DeclaredSite,
    DeclaredType,
    blocks_of,
    former_names,
    indexed_fields,
)


def bound_site(site: Site, declaration: DeclaredSite, known: DeclaredSite | None = None) -> Site:
    """Return a site whose content types have the stored names of a declaration.

    The classes of the site stay as they are, since another database can have other names.

    Args:
        site: the site as it is declared in code.
        declaration: its declaration, by :func:`cms.type_versions.declaration.declare`.
        known: the newest declaration that the database knows; indexed fields that it does not
            index wait for their indexes.
    """
    unindexed = _not_indexed_yet(declaration, known) if known is not None else frozenset()
    if _is_plain(declaration) and not unindexed:
        return site
    binding = _Binding(site, declaration, unindexed)
    types = binding.types()
    bound = copy(site)
    bound.content_types = types
    bound.stored_types = {each.stored_name: each for each in types.values()}
    bound.link_sets = {
        name: tuple(dict.fromkeys(each for kind in kinds for each in binding.stored_kinds(kind)))
        for name, kinds in site.link_sets.items()
    }
    bound.retired_types = declaration.retired_types()
    return bound


def _not_indexed_yet(declaration: DeclaredSite, known: DeclaredSite) -> frozenset[tuple[str, str]]:
    """Return the indexed fields of which the known types have no index, with their types."""
    indexed = indexed_fields(known)

    def has_index(content_type: DeclaredType, field: DeclaredField) -> bool:
        found = indexed.get((content_type.stored, field.stored))
        return found is not None and found.kind == field.kind

    return frozenset(
        (type_name, name)
        for type_name, content_type in declaration.types.items()
        for name, field in content_type.fields.items()
        if field.is_indexed and not has_index(content_type, field)
    )


def _is_plain(declaration: DeclaredSite) -> bool:
    """Return whether all is stored under its declared name."""
    named: list[tuple[str, DeclaredType | DeclaredBlock | DeclaredField]] = [
        *declaration.types.items(),
        *declaration.blocks.items(),
    ]
    while named:
        name, each = named.pop()
        if each.stored != name:
            return False
        named += each.fields.items()
        if isinstance(each, DeclaredField):
            named += [(name, each.item)] if each.item is not None else []
            if any(choice != stored for choice, stored in each.choices.items()):
                return False
    return not declaration.retired_types()


class _Binding:
    """Makes copies of classes and fields with their stored names."""

    def __init__(
        self, site: Site, declaration: DeclaredSite, unindexed: Collection[tuple[str, str]]
    ) -> None:
        self._site = site
        self._declaration = declaration
        self._unindexed = unindexed
        self._blocks: dict[str, type[Block]] = {}
        self._declared_blocks = blocks_of(site)
        self._stored_kinds: dict[str, list[str]] = {}

    def types(self) -> dict[str, type[ContentType]]:
        """Return the content types by their names."""
        return {name: self._type(each) for name, each in self._site.content_types.items()}

    def stored_kinds(self, kind: str) -> Sequence[str]:
        """Return the kinds with which links of a declared kind are stored."""
        return self._stored_kinds.get(kind, [kind])

    def _type(self, content_type: type[ContentType]) -> type[ContentType]:
        arguments = {
            "path": content_type.path,
            "policy": content_type.policy,
            "singleton": content_type.singleton,
            "plural": content_type.plural,
            "schema_org": content_type.schema_org,
            "was": content_type.was,
        }
        bound: type[ContentType] = _subclass(content_type, arguments)
        declared = self._declaration.types[content_type.name]
        bound.stored_name, bound.declared = declared.stored, content_type.declared
        bound.fields = self._fields(content_type.fields, declared.fields)
        for name, field in bound.fields.items():
            field.awaits_index = (content_type.name, name) in self._unindexed
        return bound

    def _block(self, name: str) -> type[Block]:
        if name not in self._blocks:
            block = self._declared_blocks[name]
            bound: type[Block] = _subclass(block, {"was": block.was})
            self._blocks[name] = bound
            declared = self._declaration.blocks[name]
            bound.stored_name = declared.stored
            bound.former_names = tuple(former_names(self._declaration, "blocks", declared.stored))
            bound.fields = self._fields(block.fields, declared.fields)
        return self._blocks[name]

    def _fields(
        self, fields: Mapping[str, Field], declared: Mapping[str, DeclaredField]
    ) -> dict[str, Field]:
        return {name: self._field(each, declared[name]) for name, each in fields.items()}

    def _field(self, field: Field, declared: DeclaredField) -> Field:
        bound = copy(field)
        bound.stored_name = declared.stored
        match bound:
            case Computed():
                bound.of = self._field(bound.of, declared)
            case Markdown():
                bound = self._text(bound)
            case Section():
                texts = {
                    n: self._text(f) for n, f in bound.fields.items() if isinstance(f, Markdown)
                }
                bound.fields = {**bound.fields, **texts}
            case AnyBlock():
                bound.blocks = {name: self._block(name) for name in bound.blocks}
            case Object() if declared.fields:
                bound.fields = self._fields(bound.fields, declared.fields)
            case List() if declared.item is not None:
                bound.of = self._field(bound.item, declared.item)
                if isinstance(bound, Blocks) and isinstance(bound.of, AnyBlock):
                    bound.any_block = bound.of
            case Choice():
                bound.stored_words = declared.choices
            case Links():
                stored = self._stored_kinds.setdefault(bound.kind, [])
                if not bound.has_own_kind:
                    bound.kind = declared.stored  # the word that the links have from their field
                stored.append(bound.kind)
        return bound

    def _text(self, field: Markdown) -> Markdown:
        """Return a copy of a text whose directives have their stored names."""
        bound = copy(field)
        if isinstance(field.reader, DeclaredDirectives):
            any_block = copy(field.reader.any_block)
            any_block.blocks = {name: self._block(name) for name in any_block.blocks}
            bound.reader = DeclaredDirectives(any_block)
        return bound


def _subclass(base: type[Any], arguments: Mapping[str, object]) -> type[Any]:
    def fill(namespace: dict[str, object]) -> None:
        namespace.update(__doc__=base.__doc__, __module__=base.__module__)

    return new_class(base.__name__, (base,), dict(arguments), fill)
