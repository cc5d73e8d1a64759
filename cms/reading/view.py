"""What a reader looks through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Perspective(Enum):
    """Which revision of an edition is seen."""

    PUBLISHED = "published"  # the one that is public, if one is
    DRAFT = "draft"  # the newest


@dataclass(frozen=True)
class ContentScope:
    """A part of the content. What is ``None`` does not limit it.

    Attributes:
        content_type: only entries of this type.
        category_id: only entries in this category or below it.
    """

    content_type: str | None = None
    category_id: str | None = None


EVERYTHING = (ContentScope(),)


@dataclass(frozen=True)
class View:
    """Which revision of each edition is seen.

    Attributes:
        locale: the editions that are seen.
        perspective: which of their revisions.
        scopes: for drafts, the parts of the content that are seen.
    """

    locale: str
    perspective: Perspective = Perspective.PUBLISHED
    scopes: tuple[ContentScope, ...] = EVERYTHING
