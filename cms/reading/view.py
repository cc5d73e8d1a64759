"""Views: which revisions of which editions a reader sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement

from cms.site import ALL_LINKS, Site


class Perspective(Enum):
    """The revision of an edition that is seen."""

    PUBLISHED = "published"  # the one that is public, if one is
    DRAFT = "draft"  # the newest


@dataclass(frozen=True)
class ContentScope:
    """A part of the content. What is ``None`` does not limit it.

    Attributes:
        content_type: only entries of this type.
        category_id: only entries in this category or below it.
        locale: only editions in this locale.
    """

    content_type: str | None = None
    category_id: str | None = None
    locale: str | None = None


EVERYTHING = (ContentScope(),)


class AsOf(Enum):
    """The kind of a point in the past."""

    TIME = "time"
    POSITION = "position"  # of the publications, which tells two of one moment apart


@dataclass(frozen=True)
class Past:
    """A point in the past.

    Attributes:
        named: how it is named.
        at: the time or the position, as an expression.
    """

    named: AsOf
    at: ColumnElement[Any] = field(compare=False)


@dataclass(frozen=True)
class Preview:
    """One revision that is shown as if it were public.

    Attributes:
        revision_id: the revision, as an expression.
    """

    revision_id: ColumnElement[Any] = field(compare=False)


@dataclass(frozen=True)
class View:
    """The revision of each edition that is seen.

    Attributes:
        locales: the languages that are wanted, the best first: of each entry, the first
            edition that there is.
        perspective: which of an edition's revisions.
        scopes: for drafts, the parts of the content that are seen.
        past: when readers are to have seen it; ``None`` for now. Drafts have no past.
        preview: what is shown beside what is public, in place of the entry as it is.
        built_in_locales: the locales in which the site shows categories and people to readers of
            the first locale, the best first: its fallbacks, and the default locale.
        renamed_types: the stored and the declared name of each content type that was renamed.
        retired_types: the stored names of content types that are no longer declared, whose
            entries are not seen.
        link_set: the name of the set of links whose metrics entries have.
    """

    locales: tuple[str, ...]
    perspective: Perspective = Perspective.PUBLISHED
    scopes: tuple[ContentScope, ...] = EVERYTHING
    past: Past | None = None
    preview: Preview | None = None
    built_in_locales: tuple[str, ...] = ()
    renamed_types: tuple[tuple[str, str], ...] = ()
    retired_types: tuple[str, ...] = ()
    link_set: str = ALL_LINKS

    @property
    def is_plain(self) -> bool:
        """True if it shows only what is public now, in one locale: what is counted ahead."""
        is_of_now = self.past is None and self.preview is None
        return self.perspective is Perspective.PUBLISHED and is_of_now and len(self.locales) == 1

    def stored_type(self, name: str) -> str:
        """Return the stored name of a content type."""
        return next((stored for stored, each in self.renamed_types if each == name), name)


def view_of(site: Site, locale: str | None = None) -> View:
    """Return the view of what is public on a site in a locale, by default its first one."""
    wanted = locale or site.default_locale
    return View(
        site.locales_for(wanted),
        scopes=(),
        built_in_locales=site.locales_for_built_in(wanted),
        renamed_types=tuple(
            (each.stored_name, name)
            for name, each in site.content_types.items()
            if each.stored_name != name
        ),
        retired_types=site.retired_types,
    )
