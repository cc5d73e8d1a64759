"""The metrics of pages, from the rows of the current run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.references.thing import Row, Thing

if TYPE_CHECKING:
    from tests.reference import Reference

_FIELDS = {
    "inDegree": "in_degree",
    "inPages": "in_pages",
    "outDegree": "out_degree",
    "outPages": "out_pages",
    "pageRank": "page_rank",
    "clickDepth": "click_depth",
    "component": "component",
    "community": "community",
    "isOrphan": "is_orphan",
    "isDeadEnd": "is_dead_end",
}
# The orders by metrics, without their directions.
METRIC_ORDERS = frozenset({"pageRank", "inDegree", "clickDepth"})


class Metrics:
    """The metrics that a look has: of what is public now."""

    def __init__(self, reference: Reference) -> None:
        look, tables = reference.look, reference.tables
        runs = [] if look.is_of_past else tables["link_metric_run"]
        name = (",".join(look.locales), look.link_set)
        self._runs = {
            row.id: row for row in runs if row.is_current and (row.locales, row.link_set) == name
        }
        self._rows = {
            row.edition_id: row for row in tables["link_metric"] if row.run_id in self._runs
        }
        self._positions = {row.number: row for row in tables["position"]}

    def of(self, edition_id: str) -> Thing | None:
        """Return the metrics of an edition."""
        row = self._rows.get(edition_id)
        if row is None:
            return None
        values: dict[str, Any] = {name: getattr(row, key) for name, key in _FIELDS.items()}
        position = self._position(self._runs[row.run_id])
        values["position"] = f"{position.number}.{position.nonce}"
        values["behind"] = max(self._positions) - position.number
        return Thing("LinkMetrics", values)

    def _position(self, run: Row) -> Row:
        return self._positions[run.position]
