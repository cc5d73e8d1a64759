"""Review: ask, answer, talk."""

from __future__ import annotations

from cms.commands import (
    add_comment,
    announce_presence,
    leave_entry,
    mark_seen,
    reply_to_comment,
    request_changes,
    request_review,
    resolve_comment,
    sign_off,
    withdraw_review,
)
from cms.content.canonical_json import JsonObject
from cms.review.comments import Place
from cms.work.work import Work
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.mutations.drafts import BASE, ENTRY_ID
from graphql_api.schema.management.mutations.mutation import Mutation, in_input, input_field
from graphql_api.schema.management.mutations.payloads import (
    CHANGE_REQUEST,
    COMMENT,
    ENTRY,
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


async def _comment(work: Work, inputs: InputValues) -> JsonObject:
    place = inputs.get("place")
    comment = await add_comment(
        work,
        inputs["entryId"],
        inputs["body"],
        place=Place(place["revisionId"], place["fieldPath"], place["start"], place["end"])
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


_DIGEST = {"digest": input_field("str", "The digest of the revision that was read.")}
_BODY = {"body": input_field("str", "What there is to say, as plain text.")}

# The fields of the input that says where a comment stands.
PLACE_INPUT = {
    "revision_id": input_field("ID", "The revision that its author is looking at."),
    "field_path": input_field("str", "The text: title, fields/body, fields/sections/0/body."),
    "start": input_field("int", "The first character, from 0."),
    "end": input_field("int", "The character after the last."),
}

_PLACE_VALUES = frozenset({"fieldPath", "start", "end"})


def _in_comment(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return where in the arguments of `addComment` a place in the command's input stands."""
    inside = ("place",) if path and path[0] in _PLACE_VALUES else ()
    return in_input((*inside, *path))


REVIEW_MUTATIONS = (
    Mutation(
        name="requestReview",
        description="Ask that an edition be reviewed.",
        inputs={
            **ENTRY_ID,
            **BASE,
            "note": input_field("str | None", "What the reviewers should know."),
            "assignee_ids": input_field("list[ID] | None", "The accounts that it is addressed to."),
            "due_at": input_field("DateTime | None", "By when."),
        },
        payload=REVIEW,
        run=_request,
    ),
    Mutation(
        name="withdrawReview",
        description="End the open review without a result.",
        inputs=ENTRY_ID,
        payload=REVIEW,
        run=_withdraw,
    ),
    Mutation(
        name="signOff",
        description="Say yes to exactly these bytes.",
        inputs={
            **ENTRY_ID,
            **_DIGEST,
            "stage": input_field("str | None", "The stage; by default the first incomplete one."),
            "note": input_field("str | None", "For the other editors."),
        },
        payload={**SIGN_OFF, **ENTRY},
        run=_sign,
    ),
    Mutation(
        name="requestChanges",
        description="Say no to exactly these bytes.",
        inputs={**ENTRY_ID, **_DIGEST, "reason": input_field("str", "What has to change.")},
        payload={**CHANGE_REQUEST, **ENTRY},
        run=_object,
    ),
    Mutation(
        name="addComment",
        description="Begin a thread about an edition, or about words in it.",
        inputs={
            **ENTRY_ID,
            **_BODY,
            "place": input_field("CommentPlace | None", "The words it is about."),
        },
        payload=COMMENT,
        run=_comment,
        argument_path=_in_comment,
    ),
    Mutation(
        name="replyToComment",
        description="Add a comment to a thread, which is open again then.",
        inputs={"comment_id": input_field("ID", "A comment of the thread."), **_BODY},
        payload=COMMENT,
        run=_reply,
    ),
    Mutation(
        name="resolveComment",
        description="Mark a thread as dealt with.",
        inputs={"comment_id": input_field("ID", "A comment of the thread.")},
        payload=COMMENT,
        run=_resolve,
    ),
    Mutation(
        name="markSeen",
        description="Remember that one has seen a revision; see `changesSinceLook`.",
        inputs={**ENTRY_ID, "revision_id": input_field("ID", "The revision.")},
        payload=ENTRY,
        run=_see,
    ),
    Mutation(
        name="announcePresence",
        description="Say that one has an edition open; to be said again within a minute.",
        inputs={
            **ENTRY_ID,
            "field_path": input_field("str | None", "The value that is being edited, if one is."),
        },
        run=_arrive,
    ),
    Mutation(
        name="leaveEntry",
        description="Say that one has closed an edition.",
        inputs=ENTRY_ID,
        run=_leave,
    ),
)
