"""Subscriptions: events of the audit chain and presence, as they happen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from cms.authorization.actions import Action
from cms.authorization.actor import Actor
from cms.content.canonical_json import JsonObject
from cms.drafts.presence import present_in
from cms.ledger.tail import ChainEvent
from cms.work.work import Desk
from graphql_api.planner.declarations import Answer
from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part_row
from graphql_api.schema.declaring.row_sources import revision_with_id
from graphql_api.schema.declaring.words import part_text, part_word
from graphql_api.schema.management.account import account_rows
from graphql_api.schema.management.context import InputValues, plain_object
from graphql_api.schema.management.editing import comment_rows, review_rows
from graphql_api.schema.management.publications import publication_rows


@dataclass(frozen=True)
class SubscriptionContext:
    """The context of a subscription.

    Attributes:
        desk: the site with its database, and the end of the audit chain.
        actor: the subscriber.
    """

    desk: Desk
    actor: Actor


# A function that yields the answers of a subscription's root field, each about an entry.
Follow: TypeAlias = Callable[[SubscriptionContext, InputValues], AsyncIterator[JsonObject]]

_PUBLISHING = frozenset({Action.ENTRY_PUBLISH, Action.ENTRY_UNPUBLISH, Action.ENTRY_BREAK_GLASS})


def _follow(key: str, actions: frozenset[Action] | None = None) -> Answer:
    """Return a subscription to some actions, with the id of each subject under a key."""

    async def answers(
        context: SubscriptionContext, inputs: InputValues
    ) -> AsyncIterator[JsonObject]:
        wanted = inputs.get("entryId")
        async with aclosing(context.desk.tail.events()) as events:
            async for event in events:
                entry_id = event.detail.get("entry")
                is_about_entry = entry_id is not None and wanted in (None, entry_id)
                if is_about_entry and (actions is None or event.action in actions):
                    yield _event_answer(event, key)

    return Answer(answers)


def _event_answer(event: ChainEvent, key: str) -> JsonObject:
    return plain_object(
        {
            "entry": event.detail["entry"],
            "locale": event.detail.get("locale"),
            "action": event.action,
            "account": event.actor,
            key: event.subject,
        }
    )


async def _presence(context: SubscriptionContext, inputs: InputValues) -> AsyncIterator[JsonObject]:
    """Yield whenever an account opens or leaves the edition, or edits another value."""
    entry_id, locale = inputs["entryId"], inputs.get("locale")
    before: object = None

    async def present() -> object:
        async with context.desk.reading(context.actor) as reading:
            return await present_in(reading, entry_id, locale)

    while not context.desk.tail.has_ended:
        now = await context.desk.tail.retry(present)
        if now != before:
            before = now
            yield plain_object({"entry": entry_id, "locale": locale})
        await context.desk.tail.tick()


_ENTRY = part_row("Entry", "revision", revision_with_id, "Entry in its newest revision.")
_ACCOUNT = part_row(
    "Account | None",
    "account",
    lambda _, key: account_rows(lambda account: account.id == key),
    "Account that acted; null for the operator.",
)


class EntryChanged:
    """An action on an entry."""

    entry = _ENTRY
    action = part_word("Action", "action", "Action on the entry.")
    action_name = part_text("str", "action", "action")
    account = _ACCOUNT


class ReviewRequested:
    """A request for a review."""

    entry = _ENTRY
    account = _ACCOUNT
    review_request = part_row(
        "ReviewRequest | None",
        "review",
        lambda call, key: review_rows(call, lambda row: row.id == key),
        "Requested review; null if it is gone.",
    )


class CommentAdded:
    """A new comment on an entry."""

    entry = _ENTRY
    account = _ACCOUNT
    comment = part_row(
        "EntryComment | None",
        "comment",
        lambda _, key: comment_rows(lambda row: row.id == key),
        "New comment; null if it is gone.",
    )


class PublicationChanged:
    """The publication of an entry, or its end."""

    entry = _ENTRY
    action = part_word("Action", "action", "Whether the entry was published or unpublished.")
    action_name = part_text("str", "action", "action")
    account = _ACCOUNT
    publication = part_row(
        "EntryPublication | None",
        "publication",
        lambda _, key: publication_rows(lambda row: row.id == key),
        "Publication that began or ended; null if it is gone.",
    )


class PresenceChanged:
    """A change of the accounts that have an edition open; `entry.presence` lists them."""

    entry = _ENTRY


SUBSCRIPTION_TYPES = (
    EntryChanged,
    ReviewRequested,
    CommentAdded,
    PublicationChanged,
    PresenceChanged,
)

_ONE = Argument("entry_id", "ID | None", "Only events about this entry; null for all.")


class Subscription:
    """All subscriptions. Each delivers events as they happen."""

    entry_changed = Declared(
        "EntryChanged", _follow("subject"), "Every action on an entry.", (_ONE,)
    )
    review_requested = Declared(
        "ReviewRequested",
        _follow("review", frozenset({Action.REVIEW_REQUEST})),
        "Requests for review.",
    )
    comment_added = Declared(
        "CommentAdded",
        _follow("comment", frozenset({Action.COMMENT_WRITE})),
        "New comments and replies.",
        (_ONE,),
    )
    publication_changed = Declared(
        "PublicationChanged",
        _follow("publication", _PUBLISHING),
        "Publications and their ends.",
        (_ONE,),
    )
    presence_changed = Declared(
        "PresenceChanged",
        Answer(_presence),
        "Accounts that have an edition open, at once and at every change.",
        (
            Argument("entry_id", "ID", "ID of the entry to follow."),
            Argument(
                "locale",
                "Locale | None",
                "Locale of the edition; default: the site's first locale.",
            ),
        ),
    )
