"""Texts of links and their targets, compared with a plain count of all links that readers see."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal

from cms.links.anchor_texts import (
    AnchorGroup,
    AnchorLimits,
    AnchorMode,
    AnchorTarget,
    AnchorTexts,
    AnchorUse,
    anchor_texts,
)
from cms.links.asking import GraphReading
from cms.reading.view import AsOf, Past, View, view_of
from cms.storage.database import WriteSession
from cms.storage.dialects import Moment
from tests.builders import Newsroom
from tests.cms.links.conftest import Blank
from tests.cms.links.forged import (
    ELSEWHERE,
    LAST,
    LOCALES,
    TYPES,
    Forged,
    asking,
    day,
    histories,
    id_of,
)
from tests.depth import EXAMPLES
from tests.sites import SITE as NEWS

MODES = st.sampled_from(list(AnchorMode))
LIMITS = st.builds(AnchorLimits, st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))


def expected(
    history: Forged, mode: AnchorMode, limits: AnchorLimits, locale: str, at: tuple[AsOf, int]
) -> tuple[int, list[AnchorGroup]]:
    """Return how many groups there are, and the first of them."""
    seen = history.readable(locale, *at)
    held: Counter[tuple[tuple[str, str], str]] = Counter()
    for entry, one in seen.items():
        for arrow in one.arrows if TYPES[entry] == "Page" else ():
            if arrow.origin == "inline" and arrow.label and arrow.target in {*seen, -1}:
                target = f" {ELSEWHERE}" if arrow.target == -1 else id_of(arrow.target)
                ends = (arrow.label, target)
                key, other = ends if mode is AnchorMode.TEXT else ends[::-1]
                held[(key, other), id_of(entry)] += 1
    uses: defaultdict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for ((key, other), source), edges in held.items():
        uses[key][other][source] = edges
    several = {key: others for key, others in uses.items() if len(others) > 1}
    groups = [_group(mode, key, others, limits) for key, others in several.items()]
    groups.sort(key=lambda each: (-each.use_count, -each.edges, each.text or _key(each.target)))
    return len(groups), groups[: limits.groups]


def _group(
    mode: AnchorMode, key: str, others: dict[str, dict[str, int]], limits: AnchorLimits
) -> AnchorGroup:
    counts = {other: sum(sources.values()) for other, sources in others.items()}
    order = sorted(counts, key=lambda other: (-counts[other], other))
    is_of_text = mode is AnchorMode.TEXT
    return AnchorGroup(
        text=key if is_of_text else None,
        target=None if is_of_text else _target(key),
        edges=sum(counts.values()),
        use_count=len(others),
        uses=[
            AnchorUse(
                text=key if is_of_text else other,
                target=_target(other if is_of_text else key),
                edges=counts[other],
                source_count=len(others[other]),
                source_ids=sorted(others[other])[: limits.sources],
            )
            for other in order[: limits.uses]
        ],
    )


def _target(key: str) -> AnchorTarget:
    is_url = key == f" {ELSEWHERE}"
    return AnchorTarget(None if is_url else key, ELSEWHERE if is_url else None)


def _key(target: AnchorTarget | None) -> str:
    assert target is not None
    return target.entry_id or f" {target.url}"


@given(
    history=histories(),
    mode=MODES,
    limits=LIMITS,
    locale=st.sampled_from(LOCALES),
    at=st.tuples(st.sampled_from(list(AsOf)), st.integers(0, LAST)),
)
@settings(max_examples=EXAMPLES // 4)
def test_groups_are_those_of_a_plain_count(
    blank: Blank,
    history: Forged,
    mode: AnchorMode,
    limits: AnchorLimits,
    locale: str,
    at: tuple[AsOf, int],
) -> None:
    named, point = at
    value = literal(point) if named is AsOf.POSITION else literal(day(point), Moment)

    async def attempt(session: WriteSession) -> None:
        await history.write(session)
        reading = asking(session, locale)
        past = replace(reading, view=replace(reading.view, past=Past(named, value)))
        found = await anchor_texts(past, mode, limits)
        assert (found.count, found.groups) == expected(history, mode, limits, locale, at)

    blank.attempt(attempt)


async def found_in(newsroom: Newsroom, view: View, mode: AnchorMode) -> AnchorTexts:
    async with newsroom.desk.reading(newsroom.publisher) as reading:
        return await anchor_texts(GraphReading(reading, view), mode, AnchorLimits(20, 10, 5))


async def test_a_url_that_reads_like_the_id_of_an_entry_is_another_target(
    newsroom: Newsroom,
) -> None:
    target = await newsroom.published(slug="target")
    body = f"[x](/articles/target) [x](https://a.test/{target.entry_id})"
    await newsroom.published(slug="page", body=body)
    (group,) = (await found_in(newsroom, view_of(NEWS), AnchorMode.TEXT)).groups
    assert {(each.target.entry_id, each.target.url) for each in group.uses} == {
        (target.entry_id, None),
        (None, f"https://a.test/{target.entry_id}"),
    }
