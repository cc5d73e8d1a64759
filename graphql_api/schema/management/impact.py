"""Gate checks, and the impact of publishing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import ValuePath
from cms.content.links import Edge, Origin
from cms.errors import Refused
from cms.publishing.gates import Check
from cms.publishing.publish_impact import Impact
from graphql_api.schema.declaring.json_parts import part, part_entries, part_entry, part_list
from graphql_api.schema.declaring.words import part_word
from graphql_api.schema.management.context import plain_object
from graphql_api.schema.management.errors import error_list, refusal
from graphql_api.schema.management.history import path_of


class GateCheck:
    """The result of one gate for a revision."""

    gate = part_word("PublishGate", "gate", "Gate that was checked.")
    description = part("str", "description", "Condition that the gate checks, in English.")
    passed = part("bool", "passed", "Whether the condition holds.")
    errors = error_list("Reasons why the gate does not pass; empty if it does.")
    is_warning = part("bool", "isWarning", "Whether it only warns, and does not refuse publishing.")
    position = part(
        "SitePosition | None",
        "position",
        "Position of the public links that a warning is true for; null for a gate.",
    )


class ImpactLink:
    """A link or reference that publishing would add for readers, or remove."""

    kind = part_word("LinkKind | None", "link", "Kind of the link; null for a reference.")
    kind_name = part(
        "str", "kind", "Stored text of `kind`; for a reference, the name of its field."
    )
    origin = part_word("LinkOrigin", "origin", "Part of the content that contains the link.")
    label = part("str", "label", "Link text; may be empty.")
    url = part("str | None", "url", "URL of the target, as written; null for an entry.")
    target = part_entry("target", "Target entry; null for a URL.")


class PublishImpact:
    """The changes that publishing or unpublishing would make for others."""

    old_path = part("str | None", "oldPath", "Path of the entry now; null if it is not public.")
    new_path = part(
        "str | None", "newPath", "Path of the entry afterwards; null if it would not be public."
    )
    links_added = part_list("ImpactLink", "linksAdded", "Links that readers would newly see.")
    links_removed = part_list(
        "ImpactLink", "linksRemoved", "Links that readers would no longer see."
    )
    broken = part("list[str]", "broken", "Paths of public pages whose links would break.")
    orphans = part_entries("orphans", "Entries to which no public page would link any more.")
    stale = part_entries(
        "stale", "Public entries that would need another review, as they link to this one."
    )


IMPACT_TYPES = (GateCheck, ImpactLink, PublishImpact)


def checks_json(checks: Iterable[Check]) -> Json:
    """Return gates as the type ``GateCheck`` has them."""
    return [
        {
            "gate": check.gate.name,
            "description": check.gate.description,
            "passed": not check.errors,
            "errors": refusal(Refused(*check.errors), draft_path)["errors"],
            "isWarning": check.position is not None,
            "position": check.position,
        }
        for check in checks
    ]


def draft_path(path: ValuePath) -> tuple[str, ...]:
    """Return the path of a value in a draft in the form of the API."""
    return tuple(path_of(list(path)))


def impact_json(impact: Impact) -> JsonObject:
    """Return an impact as the type ``PublishImpact`` has it."""
    return {
        **({"oldPath": impact.old_path} if impact.old_path is not None else {}),
        **({"newPath": impact.new_path} if impact.new_path is not None else {}),
        "linksAdded": _links(impact.links_added),
        "linksRemoved": _links(impact.links_removed),
        "broken": list(impact.broken),
        "orphans": list(impact.orphans),
        "stale": list(impact.stale),
    }


def _links(edges: Sequence[Edge]) -> Json:
    return [
        plain_object(
            {
                "kind": edge.kind,
                "link": edge.kind if edge.origin is not Origin.REFERENCE else None,
                "origin": edge.origin.value,
                "label": edge.label,
                "url": edge.url,
                "target": edge.target,
            }
        )
        for edge in edges
    ]
