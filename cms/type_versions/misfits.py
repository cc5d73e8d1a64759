"""Stored contents that do not fit a declaration, and what is to be done."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cms.content.canonical_json import JsonObject

_NUMBER = re.compile(r"\d[\d,.]*")


@dataclass(frozen=True)
class KeptContent:
    """A stored content: a head, or what is or was public.

    Attributes:
        entry_id: its entry.
        locale: its locale.
        title: its title.
        is_head: whether it is the newest of an entry that is not archived.
        is_public: whether readers see it.
        was_public: whether readers saw it in the past, and see it no more.
        content: the content.
    """

    entry_id: str
    locale: str
    title: str
    is_head: bool
    is_public: bool
    was_public: bool
    content: JsonObject


@dataclass(frozen=True)
class Misfit:
    """A stored content that does not fit.

    Attributes:
        place: the content type, with the field if it is one: ``Article.plan``.
        reason: why.
        remedy: what to do.
        stored: the content.
    """

    place: str
    reason: str
    remedy: str
    stored: KeptContent

    @property
    def group(self) -> tuple[str, str, str]:
        """The key that it shares with others for which the same is to be done."""
        return self.place, _NUMBER.sub("#", self.reason), self.remedy


@dataclass(frozen=True)
class Left:
    """A value of a removed field in a stored content, which the next draft lacks.

    Attributes:
        place: the field: ``Article.subtitle``.
        stored: the content.
    """

    place: str
    stored: KeptContent

    @property
    def group(self) -> tuple[str]:
        """The key that it shares with other values of the field."""
        return (self.place,)
