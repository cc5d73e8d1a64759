"""The values of links that tell where they stand, and what is behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cms.content.addresses import SiteAddress, path_key, read_address
from cms.content.links import parts_of
from graphql_api.planner.arguments import ANSWER_ONLY
from tests.references.thing import Row, Thing

if TYPE_CHECKING:
    from tests.reference import Reference


class LinkFacts:
    """What a view shows of links.

    Args:
        reference: the rows.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._own = reference.site.addresses
        self._kinds = reference.site.link_kinds
        self._revisions = {row.id: row for row in reference.tables["revision"]}
        self._editions = {row.id: row for row in reference.tables["edition"]}
        self._types = {row.id: row.content_type for row in reference.tables["entry"]}

    def values(self, row: Row, target: Thing | None) -> dict[str, Any]:
        """Return the values of a link beside its own columns.

        Args:
            row: the link.
            target: its target, as the view shows it.
        """
        at = self._place_of(row)
        layer = "NAVIGATION" if self._is_of_singleton(row) else "CONTENT"
        section = {"text": row.section, "anchor": row.section_anchor}
        is_elsewhere = row.url is not None and at is None
        return {
            "anchorText": row.label if row.origin == "inline" else None,
            "section": Thing("LinkSection", section) if row.section is not None else None,
            "@section": row.section,
            "pagePosition": row.page_position,
            "layer": layer.lower(),
            "place": _place(row, layer),
            "host": row.host if is_elsewhere else None,
            "status": self._status(row, target, at).lower(),
            "since": lambda: self._since(row),
            "until": lambda: self._until(row),
        }

    def kind(self, row: Row) -> Any:
        """Return the kind of a link; a reference has the name of its field, which is none."""
        return row.kind if row.kind in self._kinds else ANSWER_ONLY

    def category_pair(self, source: Thing | None, target: Thing | None) -> str | None:
        """Return the tree paths of the categories of both ends."""
        categories = [each.values["category"]() for each in (source, target) if each is not None]
        paths = [each.values["treePath"] for each in categories if each is not None]
        return " > ".join(paths) if len(paths) == 2 else None

    def _pages(self, row: Row) -> tuple[Sequence[Row], int] | None:
        """Return the publications of the edition with a link, and the index of the one shown."""
        edition_id = self._revisions[row.revision_id].edition_id
        tables, look = self._reference.tables, self._reference.look
        pages = [each for each in tables["publication"] if each.edition_id == edition_id]
        pages.sort(key=lambda each: int(each.position))
        for at, page in enumerate(pages):
            if page.revision_id == row.revision_id and look.is_open(page):
                return pages, at
        return None

    def _has(self, page: Row, row: Row) -> bool:
        return any(
            (each.kind, each.target_id, each.url) == (row.kind, row.target_id, row.url)
            for each in self._reference.tables["link"]
            if each.revision_id == page.revision_id
        )

    def _since(self, row: Row) -> Thing | None:
        if (found := self._pages(row)) is None:
            return None
        pages, at = found
        while at and pages[at - 1].ended_position == pages[at].position:
            if not self._has(pages[at - 1], row):
                break
            at -= 1
        return self._moment(pages[at].published_at, pages[at].position)

    def _until(self, row: Row) -> Thing | None:
        if (found := self._pages(row)) is None:
            return None
        pages, at = found
        while at + 1 < len(pages) and pages[at].ended_position == pages[at + 1].position:
            if not self._has(pages[at + 1], row):
                break
            at += 1
        if pages[at].ended_position is None:
            return None
        return self._moment(pages[at].ended_at, pages[at].ended_position)

    def _moment(self, time: datetime, number: int) -> Thing:
        (position,) = (each for each in self._reference.tables["position"] if each.number == number)
        token = f"{number}.{position.nonce}"
        return Thing("LinkPeriodEnd", {"time": time, "position": token})

    def _place_of(self, row: Row) -> SiteAddress | None:
        """Return the place on the site that the address of a link means, as written."""
        revision = self._revisions[row.revision_id]
        written = row.url
        for link in revision.content["links"]:
            if (link["fieldPath"], link["ordinal"]) == (row.field_path, row.ordinal):
                written = link["url"] or link["href"]
        return (
            None
            if written is None
            else read_address(parts_of(written)[0], self._own, revision.path)
        )

    def _is_of_singleton(self, row: Row) -> bool:
        edition = self._editions[self._revisions[row.revision_id].edition_id]
        return self._reference.site.content_types[self._types[edition.entry_id]].singleton

    def _status(self, row: Row, target: Thing | None, at: SiteAddress | None) -> str:
        here = self._addresses_at(row, at)
        has_page = any(each.edition_id is not None and self._is_open(each) for each in here)
        if row.url is not None:
            if at is None:
                return "EXTERNAL"
            if self._own.is_route(at.path):
                return "INTERNAL"
            leads = any(each.url is not None and self._is_open(each) for each in here)
            return "REDIRECTING" if leads and not has_page else "BROKEN"
        if target is None:  # an incoming link is shown by its source alone
            return "BROKEN" if row.origin == "inline" or row.fragment else "INTERNAL"
        anchors = self._reference.renditions[target.values["revision_id"]].anchors
        if row.origin == "inline" and target.values["path"] is None:
            return "BROKEN"
        if row.fragment and row.fragment not in anchors:
            return "BROKEN"
        left = any(
            self._is_open(each) if each.edition_id is None else self._reference.look.is_over(each)
            for each in here
        )
        return "REDIRECTING" if left and not has_page else "INTERNAL"

    def _addresses_at(self, row: Row, at: SiteAddress | None) -> list[Row]:
        if at is None:
            return []
        edition = self._editions[self._revisions[row.revision_id].edition_id]
        beside = self._own.locales_beside(at.locale or edition.locale)
        return [
            each
            for each in self._reference.tables["address"]
            if each.path is not None and path_key(each.path) == at.path and each.locale in beside
        ]

    def _is_open(self, address: Row) -> bool:
        return self._reference.look.is_open(address)


def _place(row: Row, layer: str) -> str:
    if layer == "NAVIGATION":
        return "navigation"
    if row.in_block:
        return "block"
    return {"inline": "text", "field": "link_field", "reference": "reference"}[row.origin]
