"""Texts of links with several targets, and targets of links with several texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.content.canonical_json import Json
from cms.links.anchor_texts import (
    AnchorGroup,
    AnchorLimits,
    AnchorMode,
    AnchorTarget,
    AnchorUse,
    anchor_texts,
)
from cms.links.asking import GraphReading
from graphql_api.schema.delivery.link_anchor_texts import (
    MOST_GROUPS,
    MOST_SOURCES,
    MOST_USES,
    ONE_TEXT,
)
from graphql_api.schema.link_answers.inputs import number_of


async def link_anchor_texts(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return texts of links with several targets, or targets of links with several texts."""
    most = number_of(inputs, "first", MOST_GROUPS, least=1)
    mode = AnchorMode.TEXT if inputs["anchorMode"] == ONE_TEXT else AnchorMode.TARGET
    found = await anchor_texts(reading, mode, AnchorLimits(most, MOST_USES, MOST_SOURCES))
    return {
        "position": found.position,
        "totalCount": found.count,
        "nodes": [_group(each) for each in found.groups],
    }


def _group(group: AnchorGroup) -> Json:
    return {
        **({"text": group.text} if group.text is not None else {}),
        **(_target(group.target) if group.target is not None else {}),
        "edges": group.edges,
        "useCount": group.use_count,
        "uses": [_use(each) for each in group.uses],
    }


def _use(use: AnchorUse) -> Json:
    return {
        "text": use.text,
        **_target(use.target),
        "edges": use.edges,
        "sourceCount": use.source_count,
        "sources": [*use.source_ids],
    }


def _target(target: AnchorTarget) -> dict[str, Json]:
    ends = {"entry": target.entry_id, "url": target.url}
    return {name: value for name, value in ends.items() if value is not None}
