"""What the values of a page are rendered with."""

from __future__ import annotations

from dataclasses import dataclass

from cms.content.links import EntriesByPath
from cms.content.slug import Anchors


@dataclass(frozen=True)
class Rendering:
    """What a page's values share while they are rendered, one after the other.

    Attributes:
        anchors: the page's anchors, which its values take in turn.
        entries: the ids of the entries at the site paths that its values mention.
    """

    anchors: Anchors
    entries: EntriesByPath
