"""Mutations of reviews, comments and presence."""

from __future__ import annotations

from cms.commands import (
    add_comment,
    announce_presence,
    invalidate_sign_offs,
    leave_entry,
    mark_seen,
    reply_to_comment,
    request_changes,
    request_review,
    resolve_comment,
    sign_off,
    withdraw_change_request,
    withdraw_review,
)
from cms.content.canonical_json import JsonObject
from cms.review.comments import CommentPlace
from cms.work.work import Work
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.mutations.drafts import BASE, ENTRY_ID
from graphql_api.schema.management.mutations.mutation import Mutation, in_input, input_field
from graphql_api.schema.management.mutations.payloads import (
    ACCOUNT,
    CHANGE_REQUEST,
    COMMENT,
    ENTRY,
    INVALIDATED,
    REVIEW,
    SIGN_OFF,
)


async def _request(work: Work, inputs: InputValues) -> JsonObject:
    review = await request_review(
        work,
        inputs["entryId"],
        base_revision=inputs["baseRevision"],
        locale=inputs.get("locale"),
        note=inputs.get("note") or "",
        assignees=inputs.get("assigneeIds") or (),
        due_at=inputs.get("dueAt"),
    )
    return {"review": review.id}


async def _withdraw(work: Work, inputs: InputValues) -> JsonObject:
    review = await withdraw_review(work, inputs["entryId"], locale=inputs.get("locale"))
    return {"review": review.id}


async def _sign(work: Work, inputs: InputValues) -> JsonObject:
    signed = await sign_off(
        work,
        inputs["entryId"],
        digest=inputs["digest"],
        stage=inputs.get("stage"),
        locale=inputs.get("locale"),
        note=inputs.get("note") or "",
    )
    return {"signOff": signed.id, "revision": signed.revision_id}


async def _object(work: Work, inputs: InputValues) -> JsonObject:
    asked = await request_changes(
        work,
        inputs["entryId"],
        digest=inputs["digest"],
        reason=inputs["reason"],
        locale=inputs.get("locale"),
    )
    return {"changeRequest": asked.id, "revision": asked.revision_id}


async def _take_back(work: Work, inputs: InputValues) -> JsonObject:
    asked = await withdraw_change_request(work, inputs["changeRequestId"])
    return {"changeRequest": asked.id, "revision": asked.revision_id}


async def _invalidate(work: Work, inputs: InputValues) -> JsonObject:
    account_id = inputs["accountId"]
    ended = await invalidate_sign_offs(
        work, account_id, since=inputs["since"], reason=inputs["reason"]
    )
    return {"account": account_id, "signOffCount": len(ended)}


async def _comment(work: Work, inputs: InputValues) -> JsonObject:
    place = inputs.get("place")
    comment = await add_comment(
        work,
        inputs["entryId"],
        inputs["body"],
        place=CommentPlace(place["revisionId"], place["fieldPath"], place["start"], place["end"])
        if place
        else None,
        locale=inputs.get("locale"),
    )
    return {"comment": comment.id}


async def _reply(work: Work, inputs: InputValues) -> JsonObject:
    return {"comment": (await reply_to_comment(work, inputs["commentId"], inputs["body"])).id}


async def _resolve(work: Work, inputs: InputValues) -> JsonObject:
    return {"comment": (await resolve_comment(work, inputs["commentId"])).id}


async def _see(work: Work, inputs: InputValues) -> JsonObject:
    look = await mark_seen(
        work,
        inputs["entryId"],
        revision_id=inputs["revisionId"],
        locale=inputs.get("locale"),
    )
    return {"revision": look.revision_id}


async def _arrive(work: Work, inputs: InputValues) -> JsonObject:
    await announce_presence(
        work,
        inputs["entryId"],
        field_path=inputs.get("fieldPath"),
        locale=inputs.get("locale"),
    )
    return {}


async def _leave(work: Work, inputs: InputValues) -> JsonObject:
    await leave_entry(work, inputs["entryId"], locale=inputs.get("locale"))
    return {}


DIGEST = {
    "digest": input_field("str", "SHA-256 digest of the revision that the reviewer has read.")
}
STAGE = {
    "stage": input_field("str | None", "Stage of the policy; default: the first incomplete one.")
}
SIGN_OFF_NOTE = {"note": input_field("str | None", "Reviewer's note for other editors.")}
REVIEW_REQUEST_INPUT = {
    "note": input_field("str | None", "Note for the reviewers."),
    "assignee_ids": input_field(
        "list[ID] | None", "Ids of the accounts to which the review is addressed."
    ),
    "due_at": input_field("DateTime | None", "Deadline of the review; default: none."),
}
_BODY = {"body": input_field("str", "Plain text of the comment, without Markdown.")}

# The fields of the input for the position of a comment.
PLACE_INPUT = {
    "revision_id": input_field("ID", "Id of the revision that the author of the comment has read."),
    "field_path": input_field(
        "str", "Path of the text, such as `title`, `fields/body` or `fields/sections/0/body`."
    ),
    "start": input_field("int", "Index of the first character, from 0."),
    "end": input_field("int", "Index after the last character."),
}

_PLACE_VALUES = frozenset({"fieldPath", "start", "end"})


def _in_comment(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the path in the arguments of `addComment` for a path in the command's input."""
    inside = ("place",) if path and path[0] in _PLACE_VALUES else ()
    return in_input((*inside, *path))


REVIEW_MUTATIONS = (
    Mutation(
        name="requestReview",
        description="Request a review of an edition.",
        inputs={
            **ENTRY_ID,
            **BASE,
            **REVIEW_REQUEST_INPUT,
        },
        payload=REVIEW,
        run=_request,
    ),
    Mutation(
        name="withdrawReview",
        description="End the open review of an edition without a result.",
        inputs=ENTRY_ID,
        payload=REVIEW,
        run=_withdraw,
    ),
    Mutation(
        name="signOff",
        description="Sign off the revision with exactly this digest, at a stage of the policy.",
        inputs={
            **ENTRY_ID,
            **DIGEST,
            **STAGE,
            **SIGN_OFF_NOTE,
        },
        payload={**SIGN_OFF, **ENTRY},
        run=_sign,
    ),
    Mutation(
        name="requestChanges",
        description="Reject the revision with exactly this digest, with a reason.",
        inputs={
            **ENTRY_ID,
            **DIGEST,
            "reason": input_field("str", "Changes that the reviewer asks for."),
        },
        payload={**CHANGE_REQUEST, **ENTRY},
        run=_object,
    ),
    Mutation(
        name="withdrawChangeRequest",
        description="Withdraw the actor's own change request, without a sign-off.",
        inputs={"change_request_id": input_field("ID", "Id of the change request to withdraw.")},
        payload={**CHANGE_REQUEST, **ENTRY},
        run=_take_back,
    ),
    Mutation(
        name="invalidateSignOffs",
        description="End the sign-offs of an account that was taken over, on public pages too.",
        inputs={
            "account_id": input_field("ID", "Id of the account that was taken over."),
            "since": input_field("DateTime", "Time since which its sign-offs are not trusted."),
            "reason": input_field("str", "Reason for the audit record, never shown to readers."),
        },
        payload={**ACCOUNT, **INVALIDATED},
        run=_invalidate,
    ),
    Mutation(
        name="addComment",
        description="Start a comment thread about an edition, or about words in one of its texts.",
        inputs={
            **ENTRY_ID,
            **_BODY,
            "place": input_field(
                "CommentPlace | None",
                "Words that the comment is about; default: the whole edition.",
            ),
        },
        payload=COMMENT,
        run=_comment,
        argument_path=_in_comment,
    ),
    Mutation(
        name="replyToComment",
        description="Reply in a comment thread. A resolved thread is reopened.",
        inputs={"comment_id": input_field("ID", "Id of any comment of the thread."), **_BODY},
        payload=COMMENT,
        run=_reply,
    ),
    Mutation(
        name="resolveComment",
        description="Mark a comment thread as resolved.",
        inputs={"comment_id": input_field("ID", "Id of any comment of the thread.")},
        payload=COMMENT,
        run=_resolve,
    ),
    Mutation(
        name="markSeen",
        description="Record that the actor has seen a revision; see `changesSinceLook`.",
        inputs={
            **ENTRY_ID,
            "revision_id": input_field("ID", "Id of the revision that the actor has seen."),
        },
        payload=ENTRY,
        run=_see,
    ),
    Mutation(
        name="announcePresence",
        description="Heartbeat: marks the actor as present in an edition for 60 seconds.",
        inputs={
            **ENTRY_ID,
            "field_path": input_field(
                "str | None", "Path of the value that the actor is editing; default: none."
            ),
        },
        run=_arrive,
    ),
    Mutation(
        name="leaveEntry",
        description="End the actor's presence in an edition.",
        inputs=ENTRY_ID,
        run=_leave,
    ),
)
