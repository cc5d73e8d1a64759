"""Relations of the link graph, by which the API reads what is stored of it."""

from __future__ import annotations

from sqlalchemy import select

from cms.reading.link_metrics import is_of_current_run, metric_columns
from cms.reading.view import View
from cms.reading.visibility import Relation
from cms.tables import LinkMetric


def link_metrics(view: View) -> Relation:
    """Return the metrics of pages in the view's current run, to find editions by them."""
    metrics = LinkMetric.__table__
    return select(metrics.c.edition_id, *metric_columns(metrics)).where(
        is_of_current_run(metrics, view)
    )
