"""Entries that break the link rules of a site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.content.canonical_json import Json
from cms.errors import InvalidValue, Refused
from cms.links.asking import GraphReading
from cms.links.rule_offenders import rule_offenders
from graphql_api.schema.declaring.places import cursor_at, key, place_after, size_of


async def link_rule_offenders(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return a part of the public entries that break a rule.

    Raises:
        Refused: if there is no such rule.
    """
    size, after = size_of(inputs), place_after(inputs, (key,))
    rules = {each.name: each for each in reading.reading.site.link_rules}
    rule = rules.get(inputs["rule"])
    if rule is None:
        message = f"{inputs['rule']} is no link rule of the site; use one of its link_rules"
        raise Refused(InvalidValue(message=message, path=("rule",)))
    found = await rule_offenders(reading, rule, size, after[0] if after else "")
    return {
        "position": found.position,
        "nodes": [
            {"cursor": cursor_at((each.entry_id,)), "entry": each.entry_id, "fault": each.fault}
            for each in found.offenders
        ],
    }
