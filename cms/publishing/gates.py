"""Publish gates: conditions for publishing and unpublishing.

``GATES`` is the list. A gate looks at one :class:`~cms.hooks.Candidate` and yields what is wrong
with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cms.content.links import Edge, Origin
from cms.content.snapshot import missing_anchors_in, missing_in
from cms.errors import (
    BrokenLink,
    ChangesRequested,
    GateFailed,
    MissingSignOff,
    PathInUse,
    UserError,
    WouldBreakLinks,
)
from cms.hooks import Candidate, Gate, IncomingEdge, ShownEdition, UnseenTarget
from cms.plugins import refusals_by
from cms.publishing.referenced import errors_of_referenced

# The name of the gate that unpublishing has too.
_INCOMING_LINKS = "incoming_links"
_LEADS: Mapping[Origin, str] = {
    Origin.FIELD: "a link leads to",
    Origin.INLINE: "the text links to",
    Origin.REFERENCE: "a reference leads to",
}


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
    """Readers of the locale see the target of every link and reference, and its anchor."""
    for edge in candidate.edges:
        if fault := _fault_of(edge, candidate):
            message = f"{_LEADS[edge.origin]} {fault}"
            yield BrokenLink(message=message, path=edge.value_path())
    values = candidate.content["fields"]
    for href in missing_anchors_in(candidate.content_type, values, candidate.anchors):
        message = f"a text links to {href}, which its page does not have"
        yield BrokenLink(message=message, path=("fields",))


def path_is_free(candidate: Candidate) -> Iterator[UserError]:
    """No other page, redirect or route is at the path, or in the way of pages that move with it."""
    if candidate.path_holder is not None:
        message = f"{candidate.path} is the path of {candidate.path_holder}; change the slug"
        yield PathInUse(message=message, path=("slug",))
    yield from candidate.slug_errors


def incoming_links_stay_valid(candidate: Candidate) -> Iterator[GateFailed]:
    """No link of a public page loses its target's address or its anchor."""
    yield from errors_of_incoming(candidate.incoming)


def referenced_entries_are_public(candidate: Candidate) -> Iterator[GateFailed]:
    """Readers see the category, the author and the reviewers, in the locale or by fallback."""
    yield from errors_of_referenced(candidate.referenced, candidate.locales[0])


def errors_of_incoming(incoming: Iterable[IncomingEdge]) -> list[GateFailed]:
    """Return an error for each public link that an operation would break."""
    faults = ((each, _fault_of_incoming(each)) for each in incoming)
    messages = (
        f"“{each.source_title}” ({each.source_path}, {each.locale}) links to {fault}"
        for each, fault in faults
        if fault
    )
    return [WouldBreakLinks(message=each, gate=_INCOMING_LINKS) for each in dict.fromkeys(messages)]


def pages_broken(incoming: Iterable[IncomingEdge]) -> list[str]:
    """Return the paths of the public pages whose links an operation would break."""
    broken = (each.source_path for each in incoming if _fault_of_incoming(each))
    return list(dict.fromkeys(broken))


SIGN_OFF = Gate("sign_off", is_signed_off)
CHANGE_REQUESTS = Gate("change_requests", has_no_change_requests)

GATES: tuple[Gate, ...] = (
    SIGN_OFF,
    CHANGE_REQUESTS,
    Gate("required_fields", is_complete),
    Gate("referenced_entries_public", referenced_entries_are_public),
    Gate("link_targets", link_targets_are_public),
    Gate("path", path_is_free),
    Gate(_INCOMING_LINKS, incoming_links_stay_valid),
)

# What an administrator who breaks the glass goes past; nothing else.
SIGN_OFF_GATES = frozenset({SIGN_OFF, CHANGE_REQUESTS})


@dataclass(frozen=True)
class Check:
    """A gate, and what is wrong: nothing, if it is open.

    Attributes:
        gate: the gate.
        errors: the reasons why it is not open.
        position: of a warning, the position of what is public that it is true for; ``None`` for
            what is in the way of publishing.
    """

    gate: Gate
    errors: Sequence[UserError]
    position: str | None = None


def checks(candidate: Candidate, more: Sequence[Gate]) -> list[Check]:
    """Return what each gate has to say, those of the site and its plugins last."""
    # The site and its plugins know the class that they have declared.
    declared = replace(candidate, content_type=candidate.content_type.declared)
    return [
        *(Check(gate, tuple(_errors_of(gate, candidate))) for gate in GATES),
        *(Check(gate, tuple(_errors_of(gate, declared))) for gate in more),
    ]


def warnings(candidate: Candidate, more: Sequence[Gate], position: str) -> list[Check]:
    """Return the results of conditions that are not in the way of publishing."""
    return [Check(gate, tuple(_errors_of(gate, candidate)), position) for gate in more]


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
    """Return where a link leads and what is wrong with that; empty if nothing is."""
    if edge.target is None:
        nowhere = candidate.unseen.get(str(edge.url))
        return _fault_of_address(nowhere) if nowhere is not None else ""
    shown = candidate.shown.get(edge.target)
    if shown is None:
        place = _name_of(candidate.unseen.get(edge.target), edge.target)
        return f"{place}, which is not public in {', '.join(candidate.locales)}"
    if edge.origin is Origin.INLINE and shown.path is None:
        return f"{_name_of(shown, edge.target)}, which has no address; link to a page"
    if edge.fragment and edge.fragment not in shown.anchors:
        return (
            f"#{edge.fragment} of {_name_of(shown, edge.target)}, "
            f"which its edition in {shown.locale} does not have"
        )
    return ""


def _fault_of_address(nowhere: UnseenTarget) -> str:
    if nowhere.title:
        return f"{nowhere.path}, where “{nowhere.title}” is by now; save again to link to it"
    return f"{nowhere.path}, where there is no page"


def _fault_of_incoming(edge: IncomingEdge) -> str:
    """Return what a public link leads to and would lose; empty if it loses nothing."""
    before, after = edge.before, edge.after
    if before == after:  # its readers see no difference
        return ""
    if after is None:
        return f"{_name_of(before)}; change that link first"
    has_address = before is not None and before.path is not None
    if has_address and after.path is None and edge.origin is not Origin.REFERENCE:
        return f"{_name_of(before)}, which would have no address; change that link first"
    if edge.fragment and edge.fragment not in after.anchors:
        return (
            f"#{edge.fragment}, which the edition in {after.locale} would not have; "
            "keep that anchor, or change that link first"
        )
    return ""


def _name_of(target: ShownEdition | UnseenTarget | None, entry_id: str = "") -> str:
    """Return the title of a target, with its path and its id."""
    if target is None or not target.title:
        return entry_id
    place = ", ".join(filter(None, (target.path, entry_id)))
    return f"“{target.title}” ({place})" if place else f"“{target.title}”"
