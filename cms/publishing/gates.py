"""Publish gates: conditions for publishing and unpublishing.

``GATES`` is the list. A gate looks at one :class:`Candidate` and yields what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
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
from cms.review.standing import Lacking


@dataclass(frozen=True)
class IncomingEdge:
    """A public page's link or reference to the entry in question."""

    source_path: str
    fragment: str


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A revision to publish, with the facts that gates need.

    Attributes:
        entry_id: the entry.
        content_type: its type.
        content: what the revision holds.
        digest: the digest of the content.
        anchors: what a ``#fragment`` can lead to in it.
        path: where it will stand.
        path_holder: the id of another entry that stands there already, or ``None``.
        lacking: the stages that are not complete for this digest.
        objectors: the accounts that have asked for changes to this digest.
        edges: where it leads.
        anchors_of: for every entry that will be public together with it or is so already,
            what a fragment can lead to there.
        incoming: the public links to it.
    """

    entry_id: str
    content_type: type[ContentType]
    content: JsonObject
    digest: str
    anchors: frozenset[str]
    path: str | None
    path_holder: str | None
    lacking: Sequence[Lacking]
    objectors: Sequence[str]
    edges: Sequence[Edge]
    anchors_of: Mapping[str, frozenset[str]]
    incoming: Sequence[IncomingEdge]


Gate: TypeAlias = Callable[[Candidate], Iterator[UserError]]


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
        WouldBreakLinks(message=f"{source} links to {live_path}; change that link first")
        for source in sources
    ]


GATES: tuple[Gate, ...] = (
    is_signed_off,
    has_no_change_requests,
    is_complete,
    link_targets_are_public,
    path_is_free,
    incoming_links_stay_valid,
)

# What an administrator who breaks the glass goes past; nothing else.
SIGN_OFF_GATES = frozenset({is_signed_off, has_no_change_requests})


@dataclass(frozen=True)
class Check:
    """A gate, and what is wrong: nothing, if it is open."""

    gate: Gate
    errors: Sequence[UserError]


def checks(candidate: Candidate, plugins: Sequence[Gate]) -> list[Check]:
    """Return what each gate has to say, those of the site's plugins last."""
    return [Check(gate, tuple(gate(candidate))) for gate in (*GATES, *plugins)]


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
