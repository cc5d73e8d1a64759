"""Public entries that break a link rule: the rules of :mod:`cms.content.link_rules` in SQL."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, FromClause, and_, func, or_, select, true

from cms.content.link_rules import ClickDepth, ExternalLinks, IncomingLinks, LinkRule
from cms.content.links import Origin
from cms.links.asking import GraphReading
from cms.links.graph import NONE
from cms.links.loading import position_of
from cms.links.metrics import click_depths, pages_of
from cms.publishing.rule_facts import page_links, page_types
from cms.reading import relations
from cms.reading.aliases import aliased_table
from cms.reading.narrowing import narrowed
from cms.reading.view import Perspective, View
from cms.reading.visibility import is_shown
from cms.site import Site
from cms.tables import Link, Publication


@dataclass(frozen=True)
class RuleOffender:
    """An entry that breaks a rule.

    Attributes:
        entry_id: the entry.
        fault: what is wrong with it, and the remedy.
    """

    entry_id: str
    fault: str


@dataclass(frozen=True)
class RuleOffenders:
    """A page of the entries that break a rule.

    Attributes:
        position: the position that it is true for.
        offenders: the entries, in the order of their ids.
    """

    position: int
    offenders: Sequence[RuleOffender]


async def rule_offenders(
    asking: GraphReading, rule: LinkRule, first: int, after: str = ""
) -> RuleOffenders:
    """Return public entries that break a rule, in the locale of the view.

    Args:
        asking: the snapshot and the view; drafts in it do not count.
        rule: the rule.
        first: the number of entries.
        after: the id of an entry after which they begin.
    """
    public = replace(asking.view, perspective=Perspective.PUBLISHED, preview=None, scopes=())
    asking = replace(asking, view=public)
    if isinstance(rule, ClickDepth):
        return await _too_deep(asking, rule, first, after)
    reading = asking.reading
    statement = offenders(rule, reading.site, public, after).limit(first)
    found = (await reading.session.execute(statement)).all()
    position = await reading.session.scalar(select(position_of(public)))
    return RuleOffenders(
        position or 0, [RuleOffender(entry_id, rule.message(n)) for entry_id, n in found]
    )


def offenders(rule: LinkRule, site: Site, view: View, after: str) -> Any:
    """Return the entries that break a rule, and their numbers, in the order of their ids."""
    entries = narrowed(relations.entries(view), ("id", "revision_id", "content_type"))
    entry = entries.subquery("judged")
    number = _measure(rule, site, view, entry)
    is_broken = number < rule.least
    if rule.most is not None:
        is_broken = or_(is_broken, number > rule.most)
    return (
        select(entry.c.id, number)
        .where(entry.c.id > after, entry.c.content_type.in_(_types_of(rule, site)), is_broken)
        .order_by(entry.c.id)
    )


def _types_of(rule: LinkRule, site: Site) -> list[str]:
    if rule.content_type is None:
        return page_types(site)
    return [site.content_types[rule.content_type].stored_name]


def _measure(rule: LinkRule, site: Site, view: View, entry: FromClause) -> ColumnElement[int]:
    """Return :meth:`.LinkRule.measure` of an entry."""
    if isinstance(rule, IncomingLinks):
        links = page_links(site, view).where(Link.target_id == entry.c.id)
        source = links.selected_columns.source_id
        counted = links.with_only_columns(func.count(source.distinct()))
        return counted.correlate(entry).scalar_subquery()
    own = and_(Link.revision_id == entry.c.revision_id, Link.origin != Origin.REFERENCE)
    if isinstance(rule, ExternalLinks):
        is_external = and_(Link.url.is_not(None), Link.host.is_not(None))
        hosts = sorted(site.addresses.host_names())
        elsewhere = Link.host.not_in(hosts) if hosts else true()
        counted = select(func.count()).select_from(Link).where(own, is_external, elsewhere)
        return counted.correlate(entry).scalar_subquery()
    _, name = rule.types()
    target = aliased_table(Publication, "led_to")
    return (
        select(func.count(target.c.entry_id.distinct()))
        .select_from(Link)
        .join(target, target.c.entry_id == Link.target_id)
        .where(
            own,
            target.c.entry_id != entry.c.id,
            target.c.content_type == site.content_types[name].stored_name,
            is_shown(target, view),
        )
        .correlate(entry)
        .scalar_subquery()
    )


async def _too_deep(
    asking: GraphReading, rule: ClickDepth, first: int, after: str
) -> RuleOffenders:
    graph = await asking.graph()
    pages = pages_of(graph)
    depths = await asking.graphs.run(click_depths, pages)
    are_meant = np.array([rule.is_for(each) for each in graph.type_names])
    is_meant = are_meant[graph.types[graph.indexes_of(pages.ids)]]
    is_broken = (depths > rule.at_most) | (depths == NONE)
    begin = bisect_right(pages.ids, after)
    chosen = begin + np.flatnonzero((is_broken & is_meant)[begin:])[:first]
    fault = rule.message(None)
    found = [RuleOffender(pages.ids[at], fault) for at in chosen.tolist()]
    return RuleOffenders(graph.position, found)
