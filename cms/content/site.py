"""The site: everything that is declared in code, checked when it is built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cms.content.content_type import ContentType
from cms.content.fields import Field, Links, List, Object, Reference
from cms.errors import SiteError, UserError


@dataclass(frozen=True, kw_only=True)
class Seo:
    """What search engines are told of pages that do not say it themselves.

    Attributes:
        title: the title element; ``{title}`` stands for the page's own.
        description: for pages without a summary.
        image: the address of a picture for previews.
    """

    title: str = "{title}"
    description: str = ""
    image: str = ""


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
            :data:`cms.editorial.gates.GATES`: functions of a
            :class:`~cms.editorial.gates.Candidate` that yield what is wrong with it.

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
        if not self.locales:
            raise SiteError(f"{self.name}: a site has at least one locale")
        for locale, others in self.fallbacks.items():
            for unknown in {locale, *others} - {*self.locales}:
                raise SiteError(f"{self.name}: falls back from or to {unknown!r}, no locale of it")
        names = [name for each in content_types for name in (each.name, each.plural)]
        _refuse_repeated("content types and plurals", names)
        _refuse_repeated("paths", [each.path for each in content_types if each.path is not None])
        for content_type in content_types:
            for field in all_fields(content_type.fields.values()):
                self._check_targets(content_type, field)

    def _check_targets(self, content_type: type[ContentType], field: Field) -> None:
        if isinstance(field, Links | Reference):
            for target in field.to:
                if target not in self.content_types:
                    raise SiteError(
                        f"{content_type.name}.{field.name} points to {target!r}, "
                        "which the site does not declare"
                    )


def _refuse_repeated(what: str, names: Sequence[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise SiteError(f"{what} have to be different: {', '.join(repeated)} comes twice")


def all_fields(fields: Iterable[Field]) -> Iterator[Field]:
    """Yield the fields, and those within objects and lists."""
    for field in fields:
        yield field
        if isinstance(field, Object):
            yield from all_fields(field.fields.values())
        if isinstance(field, List):
            yield from all_fields([field.item])
