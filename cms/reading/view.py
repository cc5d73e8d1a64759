"""What a reader looks through."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """Which revision of each edition is seen: the public one, in one locale.

    Attributes:
        locale: the editions that are seen.
    """

    locale: str
