"""Publications and links of a history, collected row by row into columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from cms.content.builtin import BUILT_IN_NAMES, CATEGORY, PERSON
from cms.links.graph import NONE, Indexes
from cms.links.history import HistoryNodes, Homes, LinkHistory, RevisionLinks
from cms.links.shown_periods import Publications, Spans, point_of, shown_in, visible_in
from cms.reading.locales import for_built_in
from cms.reading.view import AsOf, View
from cms.site import Site

# The columns of publications and links, with the codes of their types.
_CODES = {
    **dict.fromkeys(("nodes", "revisions", "categories"), "i"),
    **dict.fromkeys(("ranks", "purged"), "b"),
    **dict.fromkeys(("positions", "ended_positions", "times", "ended_times"), "q"),
    "sources": "i",
    "targets": "i",
    "kinds": "h",
}


class HistoryRows:
    """Publications and links, while they are read.

    Entries, revisions and URLs have numbers in the order in which they are found.

    Attributes:
        entries: the numbers of the entries that have publications, or to which links lead.
        revisions: the numbers of revisions.
        targets: the ids of the entries to which links lead.
    """

    def __init__(self, site: Site, view: View) -> None:
        self.entries: dict[str, int] = {}
        self.revisions: dict[str, int] = {}
        self.targets: set[str] = set()
        self._site = site
        self._names = {stored: each.name for stored, each in site.stored_types.items()}
        self._types: dict[str, str] = {}
        self._own = len(view.locales)
        self._ranks = {each: at for at, each in enumerate(for_built_in(view).locales)}
        self._ids: list[str] = []
        self._categories: dict[str, int] = {}
        self._urls: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._columns = {name: array(code) for name, code in _CODES.items()}

    @property
    def published(self) -> set[str]:
        """The ids of the entries that have publications."""
        return set(self._types)

    def add_publications(self, rows: Sequence[Any]) -> None:
        """Add publications, with the columns that are read of them."""
        columns = self._columns
        for row in rows:
            rank = self._rank(row.content_type, row.locale)
            if rank is None:
                continue
            self._ids.append(row.id)
            self._types[row.entry_id] = row.content_type
            columns["nodes"].append(self.entries.setdefault(row.entry_id, len(self.entries)))
            revision = self.revisions.setdefault(row.revision_id, len(self.revisions))
            columns["revisions"].append(revision)
            columns["ranks"].append(rank)
            category = NONE
            if row.category_id is not None:
                category = self._categories.setdefault(row.category_id, len(self._categories))
            columns["categories"].append(category)
            columns["positions"].append(row.position)
            columns["ended_positions"].append(point_of(row.ended_position))
            columns["times"].append(point_of(row.published_at))
            columns["ended_times"].append(point_of(row.ended_at))
            columns["purged"].append(row.purged_at is not None)

    def _rank(self, content_type: str, locale: str) -> int | None:
        """Return how good a locale is for the view; ``None`` for what is never shown in it."""
        rank = self._ranks.get(locale)
        is_node = content_type in self._names and content_type != PERSON
        if rank is None or not is_node:
            return None
        return rank if rank < self._own or content_type in BUILT_IN_NAMES else None

    def add_links(self, rows: Sequence[Any]) -> None:
        """Add links: the revision, the target or URL, and the kind."""
        columns = self._columns
        for row in rows:
            revision_id, target_id, url, kind = row[:4]
            columns["sources"].append(self.revisions.setdefault(revision_id, len(self.revisions)))
            if target_id is None:
                target = -1 - self._urls.setdefault(url, len(self._urls))
            else:
                self.targets.add(target_id)
                target = self.entries.setdefault(target_id, len(self.entries))
            columns["targets"].append(target)
            columns["kinds"].append(self._kinds.setdefault(kind, len(self._kinds)))

    def not_always_shown(self, named: AsOf, first: int, last: int) -> list[str]:
        """Return the ids of the entries that are not shown at each point between two."""
        ids = list(self._types)
        nodes = _Numbers(self.entries, ids)
        visible = visible_in(shown_in(self._publications(nodes), named))
        always = visible.nodes[(visible.begun <= first) & (visible.ended > last)]
        return [nodes.ids[each] for each in np.setdiff1d(np.arange(len(ids)), always).tolist()]

    def history(self, named: AsOf, homes: Sequence[Any]) -> LinkHistory:
        """Return the history that follows from the rows.

        Args:
            named: whether it is in positions or in times.
            homes: when editions stood at ``/``: entry, locale, begin and end.

        Raises:
            TooManyPeriods: if links have begun and ended too often.
        """
        nodes = _Numbers(self.entries, self._types)
        categories, order = _sorted(self._column("categories"), self._categories)
        return LinkHistory.of(
            named,
            self._nodes(nodes),
            self._publications(nodes),
            (categories, order),
            self._links(nodes),
            self._homes(nodes, homes),
        )

    def _column(self, name: str) -> Any:
        return np.frombuffer(self._columns[name], dtype=_CODES[name])

    def _nodes(self, nodes: _Numbers) -> HistoryNodes:
        codes = {stored: at for at, stored in enumerate(self._names)}
        types = np.array([codes[self._types[each]] for each in nodes.ids], dtype=np.int16)
        declared = self._site.stored_types.items()
        singletons = [codes[stored] for stored, each in declared if each.singleton]
        return HistoryNodes(
            nodes.ids,
            types,
            tuple(self._names.values()),
            np.isin(types, singletons),
            types == codes[CATEGORY],
        )

    def _publications(self, nodes: _Numbers) -> Publications:
        column = self._column
        return Publications(
            self._ids,
            nodes.places[column("nodes")],
            column("revisions"),
            column("ranks"),
            Spans(column("positions"), column("ended_positions")),
            Spans(column("times"), column("ended_times")),
            column("purged").astype(np.bool_),
        )

    def _links(self, nodes: _Numbers) -> RevisionLinks:
        targets = self._column("targets")
        places = np.append(nodes.places, NONE)  # so that there is one
        places = np.where(
            targets >= 0, places[np.maximum(targets, 0)], len(nodes.ids) - 1 - targets
        )
        kept = places != NONE
        return RevisionLinks(
            self._column("sources")[kept],
            places[kept].astype(np.int32),
            self._column("kinds")[kept],
            tuple(self._kinds),
            tuple(self._urls),
        )

    def _homes(self, nodes: _Numbers, rows: Sequence[Any]) -> Homes:
        known = [row for row in rows if row.entry_id in self._types]
        ranks = [self._rank(self._types[row.entry_id], row.locale) for row in known]
        kept = [(row, rank) for row, rank in zip(known, ranks, strict=True) if rank is not None]
        return Homes(
            np.array([point_of(row.begun) for row, _ in kept], dtype=np.int64),
            np.array([point_of(row.ended) for row, _ in kept], dtype=np.int64),
            nodes.places[[self.entries[row.entry_id] for row, _ in kept]]
            if kept
            else np.zeros(0, dtype=np.int32),
            np.array([rank for _, rank in kept], dtype=np.int8),
        )


class _Numbers:
    """Entries in the order of their ids.

    Attributes:
        ids: the ids.
        places: for the number of each entry, its index in this order; ``NONE`` if it has none.
    """

    def __init__(self, numbers: Mapping[str, int], ids: Iterable[str]) -> None:
        self.ids = sorted(ids)
        self.places = np.full(len(numbers), NONE, dtype=np.int32)
        of_ids = [numbers[each] for each in self.ids]
        self.places[of_ids] = np.arange(len(self.ids), dtype=np.int32)


def _sorted(codes: Indexes, numbers: Mapping[str, int]) -> tuple[Indexes, Sequence[str]]:
    """Return codes by the order of what they stand for, and this in order."""
    order = _Numbers(numbers, numbers)
    return np.append(order.places, NONE).astype(np.int32)[codes], order.ids
