"""The shared state of rendering a page's values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cms.content.links import Targets
from cms.content.slug import Anchors


@dataclass(frozen=True)
class HeadingAbove:
    """A heading that a link is in or under, and the anchor that leads there."""

    heading: str
    anchor: str


@dataclass(frozen=True)
class Rendering:
    """The state that is shared by a page's values, which are rendered one after the other.

    Attributes:
        anchors: anchors of the page, so that they are unique among its values.
        targets: ids of the entries that the addresses in its values lead to.
        section: the section above the value that is rendered; ``None`` if there is none.
        sections: the section of each link in the texts, in order.
    """

    anchors: Anchors
    targets: Targets
    section: HeadingAbove | None = None
    sections: list[HeadingAbove | None] = field(default_factory=list)

    def below(self, section: HeadingAbove) -> Rendering:
        """Return the rendering of values under a heading, with the same state."""
        return replace(self, section=section)

    def note_links(self, headings: Sequence[HeadingAbove], places: Iterable[int | None]) -> None:
        """Note the sections of the links of a text.

        Args:
            headings: the headings of the text.
            places: for each link, the index of its heading, or ``None``.
        """
        self.sections.extend(
            self.section if each is None or each >= len(headings) else headings[each]
            for each in places
        )
