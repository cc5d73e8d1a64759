"""The link rules of a site: the entries that break them."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entry, part_list
from graphql_api.schema.declaring.places import CURSOR, page_arguments
from graphql_api.schema.declaring.questions import graph_position, question


class LinkRuleOffender:
    """Public entry that breaks a link rule."""

    cursor = CURSOR
    entry = part_entry("entry", "The entry; null if the view does not show it.")
    fault = part("str", "fault", "Fault of its links with the remedy, in English.")


class LinkRuleOffenders:
    """Public entries that break a link rule, by their public links."""

    position = graph_position()["position"]
    nodes = part_list(
        "LinkRuleOffender", "nodes", "Entries, the oldest first, from the cursor on.",
        most=LARGEST_SIZE,
    )  # fmt: skip


RULE_TYPES = (LinkRuleOffender, LinkRuleOffenders)
RULE_FIELDS: Mapping[str, Declared] = {
    "link_rule_offenders": question(
        "LinkRuleOffenders",
        "linkRuleOffenders",
        "Public entries that break a link rule of the site, in the locale of the view.",
        (
            Argument("rule", "PublishGate", "Name of the rule: that of its gate or its warning."),
            *page_arguments("entries"),
        ),
    ),
}
