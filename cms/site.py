"""The site: everything that is declared in code, checked when it is built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cms.content.content_type import COMMON_NAMES, ContentType
from cms.content.fields import Blocks, Field, Links, Reference, References
from cms.content.fields.base import all_fields
from cms.content.fields.names import api_name, check_names, is_field_name, lower_first
from cms.errors import SiteError, UserError


@dataclass(frozen=True, kw_only=True)
class Seo:
    """What search engines are told of pages that do not say it themselves.

    A field with ``seo="title"``, ``"description"`` or ``"image"`` says it for its entry.

    Attributes:
        title: the title element; ``{title}`` stands for the entry's.
        description: for pages without a summary.
        image: the address of a picture for previews.
        category_path: where a category has a page of its own, if it has; ``{path}`` stands for
            the category's.
    """

    title: str = "{title}"
    description: str = ""
    image: str = ""
    category_path: str = ""


@dataclass(frozen=True)
class Reverse:
    """What is derived from references that have a reverse side.

    Attributes:
        target: the name of the content type that is pointed at.
        name: what those that point there are called at it.
        sources: for each reference, the name of its content type, and its own.
    """

    target: str
    name: str
    sources: tuple[tuple[str, str], ...]


class Site:
    """A site's declaration.

    Args:
        name: what people call it.
        content_types: the content types, in the order in which editors see them.
        locales: language tags (BCP 47); the first is the default.
        fallbacks: for a locale, the others that are shown where it has no edition, the best
            first.
        url: where the site is, without a slash at the end: ``https://example.org``.
        seo: what search engines are told of pages that do not say it themselves.
        gates: what else has to be true before something is published, beside
            :data:`cms.publishing.gates.GATES`: functions of a
            :class:`~cms.publishing.gates.Candidate` that yield what is wrong with it.

    Raises:
        SiteError: when parts of the declaration contradict each other.
    """

    def __init__(
        self,
        name: str,
        *,
        content_types: Sequence[type[ContentType]],
        locales: Sequence[str] = ("en",),
        fallbacks: Mapping[str, Sequence[str]] = MappingProxyType({}),
        url: str = "",
        seo: Seo = Seo(),  # it is frozen
        gates: Sequence[Callable[[Any], Iterator[UserError]]] = (),
    ) -> None:
        self.name = name
        self.gates = tuple(gates)
        self.url = url.rstrip("/")
        self.seo = seo
        self.locales = tuple(locales)
        self.fallbacks = {locale: tuple(others) for locale, others in fallbacks.items()}
        self.content_types: Mapping[str, type[ContentType]] = {
            content_type.name: content_type for content_type in content_types
        }
        self._check(content_types)

    @property
    def default_locale(self) -> str:
        """The locale of a request that names none."""
        return self.locales[0]

    def locales_for(self, locale: str) -> tuple[str, ...]:
        """Return a locale, and those that are shown where it has no edition."""
        return (locale, *self.fallbacks.get(locale, ()))

    def content_type(self, name: str) -> type[ContentType]:
        """Return the content type of this name.

        Raises:
            SiteError: if the site declares none.
        """
        try:
            return self.content_types[name]
        except KeyError:
            known = ", ".join(self.content_types)
            raise SiteError(f"the site declares no content type {name!r}; known: {known}") from None

    def _check(self, content_types: Sequence[type[ContentType]]) -> None:
        if not content_types:
            raise SiteError(f"{self.name}: a site has at least one content type")
        if not self.locales:
            raise SiteError(f"{self.name}: a site has at least one locale")
        for locale, others in self.fallbacks.items():
            for unknown in {locale, *others} - {*self.locales}:
                raise SiteError(f"{self.name}: falls back from or to {unknown!r}, no locale of it")
        names = [name for each in content_types for name in (each.name, each.plural)]
        _refuse_repeated("content types and plurals", [_root_name(name) for name in names])
        _refuse_repeated("content types and blocks", [*names, *_block_names(content_types)])
        _refuse_repeated("paths", [each.path for each in content_types if each.path is not None])
        for content_type in content_types:
            for field in all_fields(content_type.fields.values()):
                self._check_targets(content_type, field)
            _check_references(content_type)
        for reverse in self.reverses():
            self._check_reverse(reverse)
        for name, content_type in self.content_types.items():
            back = (each.name for each in self.reverses() if each.target == name)
            check_names(name, [*content_type.fields, *back])

    def reverses(self) -> Sequence[Reverse]:
        """Return every reverse side of a reference, at each content type that has it."""
        sources: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
        for content_type in self.content_types.values():
            for field in _references_of(content_type):
                for target in field.to or self.content_types:
                    if field.reverse:
                        named = sources.setdefault((target, field.reverse), {})
                        named[content_type.name, field.name] = None
        return [Reverse(*key, tuple(named)) for key, named in sources.items()]

    def _check_reverse(self, reverse: Reverse) -> None:
        taken = COMMON_NAMES | self.content_types[reverse.target].fields.keys()
        if reverse.name in taken or not is_field_name(reverse.name):
            raise SiteError(
                f"{reverse.target} cannot call what points to it {reverse.name!r}: "
                "take a name in lower_case_with_underscores that it does not have yet"
            )

    def _check_targets(self, content_type: type[ContentType], field: Field) -> None:
        if isinstance(field, Links | Reference | References):
            for target in field.to:
                if target not in self.content_types:
                    raise SiteError(
                        f"{content_type.name}.{field.name} points to {target!r}, "
                        "which the site does not declare"
                    )


def _root_name(name: str) -> str:
    """Return a type's name, or its plural, as the field of the API that finds entries of it."""
    return api_name(lower_first(name))


def _refuse_repeated(what: str, names: Sequence[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise SiteError(f"{what} have to be different: {', '.join(repeated)} comes twice")


def _references_of(content_type: type[ContentType]) -> Iterator[Reference | References]:
    """Yield a type's references; those that a list is made of have no name."""
    for field in all_fields(content_type.fields.values()):
        if isinstance(field, Reference | References) and field.name:
            yield field


def _check_references(content_type: type[ContentType]) -> None:
    """Check that what points back can be told by a reference's name."""
    reverses: dict[str, str] = {}
    for field in _references_of(content_type):
        if reverses.setdefault(field.name, field.reverse) != field.reverse:
            raise SiteError(
                f"{content_type.name}: two references are called {field.name!r}, with different "
                "reverse sides; give one of them another name"
            )


def _block_names(content_types: Sequence[type[ContentType]]) -> Iterator[str]:
    """Yield the name of each class of blocks that is used."""
    used = {
        block
        for content_type in content_types
        for field in all_fields(content_type.fields.values())
        if isinstance(field, Blocks)
        for block in field.blocks.values()
    }
    yield from (block.name for block in used)
