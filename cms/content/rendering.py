"""The shared state of rendering a page's values."""

from __future__ import annotations

from dataclasses import dataclass

from cms.content.links import EntriesByPath
from cms.content.slug import Anchors


@dataclass(frozen=True)
class Rendering:
    """The state that is shared by a page's values, which are rendered one after the other.

    Attributes:
        anchors: anchors of the page, so that they are unique among its values.
        entries: ids of the entries at the site paths in its values.
    """

    anchors: Anchors
    entries: EntriesByPath
