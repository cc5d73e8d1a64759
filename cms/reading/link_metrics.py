"""The metrics of entries in the link graph, as the current run of a view has them.

There are runs of what is public now. In other views, entries have no metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    SQLColumnExpression,
    and_,
    cast,
    literal,
    null,
    select,
)

from cms.reading.aliases import aliased_table
from cms.reading.view import Perspective, View
from cms.storage.dialects import Key
from cms.tables import LinkMetric, LinkMetricRun

# The number of the run, and the metrics, by the names of the columns that entries have.
_RUN = "metrics_run"
_NAMES = (
    *("in_degree", "in_pages", "out_degree", "out_pages", "page_rank", "click_depth"),
    *("component", "community", "is_orphan", "is_dead_end"),
)
METRICS = (_RUN, *_NAMES)


def metric_columns(metrics: FromClause) -> Sequence[ColumnElement[Any]]:
    """Return the columns of an entry's metrics, which are null where it has none."""
    return [metrics.c.run_id.label(_RUN), *(metrics.c[name] for name in _NAMES)]


# The same columns for entries that have no metrics.
NO_METRICS: Sequence[ColumnElement[Any]] = [
    cast(null(), column.type).label(name)
    for name, column in zip(METRICS, metric_columns(LinkMetric.__table__), strict=True)
]


def is_of_current_run(metrics: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether metrics are those of the current run of a view."""
    return metrics.c.run_id == current_run(view)


def current_run(view: View) -> ColumnElement[int]:
    """Return the number of the current run of a view; null if there is none."""
    run = aliased_table(LinkMetricRun, "current_run")
    is_of_now = view.past is None and view.preview is None
    if view.perspective is not Perspective.PUBLISHED or not is_of_now:
        return cast(null(), run.c.id.type)
    chosen = select(run.c.id).where(is_run_of(view, run), run.c.is_current)
    return chosen.scalar_subquery()


def is_run_of(view: View, run: FromClause = LinkMetricRun.__table__) -> ColumnElement[bool]:
    """Return whether a run is one of a view: of its locales, and of its set of links."""
    locales, link_set = (
        literal(each, Key, literal_execute=True) for each in (run_locales(view), view.link_set)
    )
    return and_(run.c.locales == locales, run.c.link_set == link_set)


def run_locales(view: View) -> str:
    """Return the locales of a view as runs have them, the best first."""
    return ",".join(view.locales)


def position_of_run(run_id: SQLColumnExpression[int]) -> ColumnElement[int]:
    """Return the number of the position for which the metrics of a run are true."""
    run = aliased_table(LinkMetricRun, "run_of_metrics")
    return select(run.c.position).where(run.c.id == run_id).scalar_subquery()
