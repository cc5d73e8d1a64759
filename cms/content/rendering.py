"""The shared state of rendering a page's values."""

from __future__ import annotations

from dataclasses import dataclass

from cms.content.links import Targets
from cms.content.slug import Anchors


@dataclass(frozen=True)
class Rendering:
    """The state that is shared by a page's values, which are rendered one after the other.

    Attributes:
        anchors: anchors of the page, so that they are unique among its values.
        targets: ids of the entries that the addresses in its values lead to.
    """

    anchors: Anchors
    targets: Targets
