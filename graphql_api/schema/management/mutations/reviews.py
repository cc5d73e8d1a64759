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
from graphql_api.schema.management.context import Given
from graphql_api.schema.management.mutations.drafts import BASE, ENTRY_ID
from graphql_api.schema.management.mutations.mutation import Mutation, in_input, wanted
from graphql_api.schema.management.mutations.payloads import (
    CHANGE_REQUEST,
    COMMENT,
    ENTRY,
    REVIEW,
    SIGN_OFF,
)


async def _request(work: Work, given: Given) -> JsonObject:
    review = await request_review(
        work,
        given["entryId"],
        base_revision=given["baseRevision"],
        locale=given.get("locale"),
        note=given.get("note") or "",
        assignees=given.get("assigneeIds") or (),
        due_at=given.get("dueAt"),
    )
    return {"review": review.id}


async def _withdraw(work: Work, given: Given) -> JsonObject:
    review = await withdraw_review(work, given["entryId"], locale=given.get("locale"))
    return {"review": review.id}


async def _sign(work: Work, given: Given) -> JsonObject:
    signed = await sign_off(
        work,
        given["entryId"],
        digest=given["digest"],
        stage=given.get("stage"),
        locale=given.get("locale"),
        note=given.get("note") or "",
    )
    return {"signOff": signed.id, "revision": signed.revision_id}


async def _object(work: Work, given: Given) -> JsonObject:
    asked = await request_changes(
        work,
        given["entryId"],
        digest=given["digest"],
        reason=given["reason"],
        locale=given.get("locale"),
    )
    return {"changeRequest": asked.id, "revision": asked.revision_id}


async def _comment(work: Work, given: Given) -> JsonObject:
    place = given.get("place")
    comment = await add_comment(
        work,
        given["entryId"],
        given["body"],
        place=Place(place["revisionId"], place["fieldPath"], place["start"], place["end"])
        if place
        else None,
        locale=given.get("locale"),
    )
    return {"comment": comment.id}


async def _reply(work: Work, given: Given) -> JsonObject:
    return {"comment": (await reply_to_comment(work, given["commentId"], given["body"])).id}


async def _resolve(work: Work, given: Given) -> JsonObject:
    return {"comment": (await resolve_comment(work, given["commentId"])).id}


async def _see(work: Work, given: Given) -> JsonObject:
    look = await mark_seen(
        work,
        given["entryId"],
        revision_id=given["revisionId"],
        locale=given.get("locale"),
    )
    return {"revision": look.revision_id}


async def _arrive(work: Work, given: Given) -> JsonObject:
    await announce_presence(
        work,
        given["entryId"],
        field_path=given.get("fieldPath"),
        locale=given.get("locale"),
    )
    return {}


async def _leave(work: Work, given: Given) -> JsonObject:
    await leave_entry(work, given["entryId"], locale=given.get("locale"))
    return {}


_DIGEST = {"digest": wanted("str", "The digest of the revision that was read.")}
_BODY = {"body": wanted("str", "What there is to say, as plain text.")}

# The fields of the input that says where a comment stands.
PLACE_INPUT = {
    "revision_id": wanted("ID", "The revision that its author is looking at."),
    "field_path": wanted("str", "The text: title, fields/body, fields/sections/0/body."),
    "start": wanted("int", "The first character, from 0."),
    "end": wanted("int", "The character after the last."),
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
            "note": wanted("str | None", "What the reviewers should know."),
            "assignee_ids": wanted("list[ID] | None", "The accounts that it is addressed to."),
            "due_at": wanted("DateTime | None", "By when."),
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
            "stage": wanted("str | None", "The stage; by default the first incomplete one."),
            "note": wanted("str | None", "For the other editors."),
        },
        payload={**SIGN_OFF, **ENTRY},
        run=_sign,
    ),
    Mutation(
        name="requestChanges",
        description="Say no to exactly these bytes.",
        inputs={**ENTRY_ID, **_DIGEST, "reason": wanted("str", "What has to change.")},
        payload={**CHANGE_REQUEST, **ENTRY},
        run=_object,
    ),
    Mutation(
        name="addComment",
        description="Begin a thread about an edition, or about words in it.",
        inputs={
            **ENTRY_ID,
            **_BODY,
            "place": wanted("CommentPlace | None", "The words it is about."),
        },
        payload=COMMENT,
        run=_comment,
        place=_in_comment,
    ),
    Mutation(
        name="replyToComment",
        description="Add a comment to a thread, which is open again then.",
        inputs={"comment_id": wanted("ID", "A comment of the thread."), **_BODY},
        payload=COMMENT,
        run=_reply,
    ),
    Mutation(
        name="resolveComment",
        description="Mark a thread as dealt with.",
        inputs={"comment_id": wanted("ID", "A comment of the thread.")},
        payload=COMMENT,
        run=_resolve,
    ),
    Mutation(
        name="markSeen",
        description="Remember that one has seen a revision; see `changesSinceLook`.",
        inputs={**ENTRY_ID, "revision_id": wanted("ID", "The revision.")},
        payload=ENTRY,
        run=_see,
    ),
    Mutation(
        name="announcePresence",
        description="Say that one has an edition open; to be said again within a minute.",
        inputs={
            **ENTRY_ID,
            "field_path": wanted("str | None", "The value that is being edited, if one is."),
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
