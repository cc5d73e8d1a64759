"""Metrics of the link graph; they derive from what is public, and are computed in runs."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.storage.dialects import JsonDocument, Key, Moment, partial_index
from cms.tables.base import Base, Document, Name, Time


class LinkMetricRun(Base):
    """A computation of all metrics of a public view.

    Readers see the rows of the current run of their view, and of no other one.
    """

    __tablename__ = "link_metric_run"
    __table_args__ = (
        partial_index(
            "uq_link_metric_run_locales", "locales", "link_set", where="is_current", unique=True
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The locales of the view, the best first, with commas between them.
    locales: Mapped[Name]
    # The name of the set of links, among those that the site declares.
    link_set: Mapped[Name]
    # The digest of what the metrics depend on, beside what is public.
    basis: Mapped[Name]
    # The position that the metrics are true for.
    position: Mapped[int] = mapped_column(BigInteger)
    computed_at: Mapped[Time]
    is_current: Mapped[bool]
    # When its rows were last written, while they are; null of a run that is whole, or was ended.
    written_at: Mapped[datetime | None] = mapped_column(Moment)
    # The graph as a whole; see :class:`cms.links.summary.GraphSummary`.
    summary: Mapped[Document] = mapped_column(JsonDocument)


_NUMBERS = (
    *("in_degree", "in_pages", "out_degree", "out_pages", "page_rank", "click_depth"),
    *("is_orphan", "is_dead_end"),
)


class LinkMetric(Base):
    """The metrics of a page in a run; see :class:`cms.links.metrics.LinkMetrics`."""

    __tablename__ = "link_metric"
    # Not clustered: by an index, SQLite reads a row only once it is known to be on the page.
    __table_args__ = tuple(
        # For lists in these orders, of one content type and of all together, in any locale; with
        # what they are filtered by, which goes together with what they are ordered by.
        Index(
            f"ix_link_metric_{name}",
            *("run_id", name, "edition_id", "locale", "content_type"),
            *(each for each in _NUMBERS if each != name),
        )
        for name in ("page_rank", "in_degree", "click_depth")
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("link_metric_run.id"), primary_key=True)
    edition_id: Mapped[str] = mapped_column(Key, primary_key=True)
    locale: Mapped[Name]
    content_type: Mapped[Name]
    in_degree: Mapped[int]
    in_pages: Mapped[int]
    out_degree: Mapped[int]
    out_pages: Mapped[int]
    page_rank: Mapped[float] = mapped_column(Double)
    # Null for a page that no links lead to.
    click_depth: Mapped[int | None]
    # The ids of the first entries of the component and of the community.
    component: Mapped[Name]
    community: Mapped[Name]
    is_orphan: Mapped[bool]
    is_dead_end: Mapped[bool]
