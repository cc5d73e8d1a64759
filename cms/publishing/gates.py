"""Publish gates: conditions for publishing and unpublishing.

``GATES`` is the list. A gate looks at one :class:`~cms.hooks.Candidate` and yields what is wrong
with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cms.content.links import Edge, is_internal
from cms.content.snapshot import hrefs_in, missing_in
from cms.errors import (
    BrokenLink,
    ChangesRequested,
    GateFailed,
    MissingSignOff,
    PathInUse,
    UserError,
    WouldBreakLinks,
)
from cms.hooks import Candidate, Gate, IncomingEdge
from cms.plugins import refusals_by

# The name of the gate that unpublishing has too.
_INCOMING_LINKS = "incoming_links"


def is_signed_off(candidate: Candidate) -> Iterator[GateFailed]:
    """All stages of the policy are complete for exactly this digest."""
    for each in candidate.lacking:
        yield MissingSignOff(
            message=(
                f"the stage {each.stage.name!r} needs {each.missing} more sign-off(s) "
                f"on the digest {candidate.digest[:12]}…"
            ),
            stage=each.stage.name,
            missing=each.missing,
        )


def has_no_change_requests(candidate: Candidate) -> Iterator[GateFailed]:
    """No reviewer has requested changes to exactly this digest."""
    for account_id in candidate.objectors:
        message = f"{account_id} has requested changes to the digest {candidate.digest[:12]}…"
        yield ChangesRequested(message=message)


def is_complete(candidate: Candidate) -> Iterator[GateFailed]:
    """Every required field has a value."""
    yield from missing_in(candidate.content_type, candidate.content)


def link_targets_are_public(candidate: Candidate) -> Iterator[GateFailed]:
    """Every link and reference has a public target with the anchor."""
    for edge in candidate.edges:
        reason = _fault_of(edge, candidate)
        if reason:
            message = f"the link {edge.label!r} {reason}"
            yield BrokenLink(message=message, path=edge.value_path())
    for href in hrefs_in(candidate.content_type, candidate.content["fields"]):
        if href.startswith("#") and href[1:] not in {"", *candidate.anchors}:
            message = f"a text links to {href}, which its page does not have"
            yield BrokenLink(message=message, path=("fields",))


def path_is_free(candidate: Candidate) -> Iterator[GateFailed]:
    """No other entry is public at the path."""
    if candidate.path_holder is not None:
        message = f"{candidate.path} is the path of {candidate.path_holder}; change the slug"
        yield PathInUse(message=message, path=("slug",))


def incoming_links_stay_valid(candidate: Candidate) -> Iterator[GateFailed]:
    """No link of a public page loses its anchor."""
    for _, error in broken_by(candidate):
        yield error


def broken_by(candidate: Candidate) -> Iterator[tuple[IncomingEdge, GateFailed]]:
    """Yield each public link that would be broken, and how."""
    for each in candidate.incoming:
        if each.fragment and each.fragment not in candidate.anchors:
            message = f"{each.source_path} links to #{each.fragment}; keep that anchor"
            yield each, WouldBreakLinks(message=message)


def broken_by_unpublishing(
    live_path: str | None, incoming: Sequence[IncomingEdge]
) -> list[GateFailed]:
    """Return which public pages link to one that would not be public any more."""
    sources = dict.fromkeys(edge.source_path for edge in incoming)
    return [
        WouldBreakLinks(
            message=f"{source} links to {live_path}; change that link first",
            gate=_INCOMING_LINKS,
        )
        for source in sources
    ]


SIGN_OFF = Gate("sign_off", is_signed_off)
CHANGE_REQUESTS = Gate("change_requests", has_no_change_requests)

GATES: tuple[Gate, ...] = (
    SIGN_OFF,
    CHANGE_REQUESTS,
    Gate("required_fields", is_complete),
    Gate("link_targets", link_targets_are_public),
    Gate("path", path_is_free),
    Gate(_INCOMING_LINKS, incoming_links_stay_valid),
)

# What an administrator who breaks the glass goes past; nothing else.
SIGN_OFF_GATES = frozenset({SIGN_OFF, CHANGE_REQUESTS})


@dataclass(frozen=True)
class Check:
    """A gate, and what is wrong: nothing, if it is open."""

    gate: Gate
    errors: Sequence[UserError]


def checks(candidate: Candidate, more: Sequence[Gate]) -> list[Check]:
    """Return what each gate has to say, those of the site and its plugins last."""
    return [Check(gate, tuple(_errors_of(gate, candidate))) for gate in (*GATES, *more)]


def _errors_of(gate: Gate, candidate: Candidate) -> list[UserError]:
    """Return what a gate has to say; a gate of a plugin that raises is not passed."""
    try:
        errors = list(gate.check(candidate))
    except Exception as error:
        if gate.plugin is None:
            raise
        return refusals_by(gate.plugin, error)
    return [
        replace(each, gate=gate.name) if isinstance(each, GateFailed) else each for each in errors
    ]


def _fault_of(edge: Edge, candidate: Candidate) -> str:
    if edge.target is None:
        leads_nowhere = edge.url is not None and is_internal(edge.url)
        return f"points to {edge.url}, where there is no page" if leads_nowhere else ""
    anchors = candidate.anchors_of.get(edge.target)
    if anchors is None:
        return f"points to {edge.target}, which is not public"
    if edge.fragment and edge.fragment not in anchors:
        return f"points to #{edge.fragment}, which its target does not have"
    return ""
