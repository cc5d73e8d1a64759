"""Since when links are public: the rule in SQL and that in Python have the same times."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Subquery, join, literal, literal_column, select

from cms.reading import relations
from cms.reading.link_periods import is_begin, link_begins
from cms.reading.rows import LinkPeriodRow, LinkRow
from cms.reading.view import AsOf, Past, View, view_of
from cms.storage.database import WriteSession
from cms.storage.dialects import Moment
from tests.cms.links.conftest import Blank
from tests.cms.links.forged import A_FEW, LAST, LOCALES, SITE, Forged, day, histories


def _named(rows: Subquery) -> SimpleNamespace:
    """Return the columns of rows by their names alone, as the planner has them.

    SQLAlchemy would add the rows to conditions that are two levels below.
    """
    columns = {each.key: literal_column(f"{rows.name}.{each.key}", each.type) for each in rows.c}
    return SimpleNamespace(**columns)


@given(
    history=histories(),
    locale=st.sampled_from(LOCALES),
    named=st.sampled_from(AsOf),
    point=st.integers(0, LAST),
)
@A_FEW
def test_links_are_public_since_the_same_time_in_sql_and_in_python(
    blank: Blank, history: Forged, locale: str, named: AsOf, point: int
) -> None:
    async def attempt(session: WriteSession) -> None:
        await history.write(session)
        value = literal(point) if named is AsOf.POSITION else literal(day(point), Moment)
        past = View(**{**vars(view_of(SITE, locale)), "past": Past(named, value)})
        for view in (past, view_of(SITE, locale)):
            links = relations.site_links(view).subquery("link")
            periods = relations.link_periods(view).subquery("period")
            link = cast("LinkRow", _named(links))
            period = cast("LinkPeriodRow", _named(periods))
            of_links = join(links, periods, is_begin(period, link))
            begun = select(link.revision_id, link.target_id, link.kind, period.published_at)
            rows = begun.select_from(of_links).where(link.target_id.is_not(None))
            # The begin of the time that the view is in is the last one.
            found = {
                row[:-1]: row[-1] for row in await session.execute(rows.order_by(period.position))
            }
            shown = select(links.c.revision_id, links.c.target_id, links.c.kind).where(
                links.c.target_id.is_not(None)
            )
            seen = {tuple(row) for row in await session.execute(shown)}
            begins = await link_begins(session, view, [each for each, *_ in seen])
            assert found == {each: begins.of(each[0], each[1:]) for each in seen}

    blank.attempt(attempt)
