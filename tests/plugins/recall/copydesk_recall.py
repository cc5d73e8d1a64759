"""Recalls of dangerous products: notices that only safety officers write."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from cms import (
    ANONYMOUS,
    OPERATOR,
    Action,
    Actor,
    Candidate,
    ContentType,
    Copydesk,
    Draft,
    Gate,
    GateFailed,
    Importer,
    Markdown,
    Reach,
    Saved,
    Text,
    Work,
    command,
    commands,
    events,
    hookimpl,
    hooks,
    load_settings,
    open_copydesk,
)


class RecallNotice(ContentType, path="/recalls/{slug}"):
    """A product that must not be used any more."""

    product = Text(required=True)
    instructions = Markdown(required=True)


@hookimpl
def content_types() -> list[type[ContentType]]:
    return [RecallNotice]


def has_summary(candidate: Candidate) -> Iterator[GateFailed]:
    """A recall notice has a summary, which lists show."""
    if candidate.content_type is RecallNotice and not candidate.content["summary"]:
        yield GateFailed(message="write what users must do, in one sentence", path=("summary",))


@hookimpl
def gates() -> list[Gate]:
    return [Gate("recall:summary", has_summary)]


WRITE = "recall:write"


@hookimpl
def actions() -> list[str]:
    return [WRITE]


@hookimpl
def roles() -> Mapping[str, Mapping[str, Reach]]:
    officer = {
        Action.ENTRY_CREATE: Reach.ANY,
        Action.ENTRY_SAVE: Reach.ANY,
        Action.REVIEW_REQUEST: Reach.ANY,
        WRITE: Reach.ANY,
    }
    return {"recall:officer": officer}


async def require_officer(work: Work, happened: Sequence[events.Event]) -> None:
    """Refuse a save of a notice by an account that may not write notices."""
    for event in happened:
        if isinstance(event, events.DraftSaved) and event.content_type == RecallNotice.name:
            work.authorise(WRITE)


@hookimpl
def reactions() -> list[hooks.PluginReaction]:
    return [require_officer]


@dataclass(frozen=True, kw_only=True)
class RecallAnnounced(events.Event):
    """A notice was drafted; the subject is its entry."""


@command(WRITE)
async def announce_recall(work: Work, product: str, instructions: str) -> Saved:
    """Save the first draft of a notice, and return it."""
    work.authorise(WRITE)
    fields = {"product": product, "instructions": instructions}
    draft = Draft(title=f"Recall of {product}", fields=fields)
    saved = await commands.create_entry(work, RecallNotice.name, draft)
    work.emit(RecallAnnounced(subject=saved.entry_id))
    return saved


@click.command("announce")
@click.argument("product")
@click.option("--instructions", required=True, help="What its users must do.")
def announce(product: str, instructions: str) -> None:
    """Draft the notice of a recall."""

    async def run() -> Saved:
        async with open_copydesk(load_settings()) as copydesk, copydesk.work(OPERATOR) as work:
            return await announce_recall(work, product, instructions)

    click.echo(f"Drafted {asyncio.run(run()).entry_id}.")


@hookimpl
def cli_commands() -> list[click.Command]:
    return [announce]


async def import_recalls(work: Work, source: Path) -> list[str]:
    """Draft a notice for each row of a CSV file with the columns product and instructions."""
    with source.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        await announce_recall(work, row["product"], row["instructions"])
    return [f"Drafted {len(rows)} notices."]


@hookimpl
def importers() -> list[Importer]:
    return [Importer("recall:csv", import_recalls)]


@hookimpl
def identity(copydesk: Copydesk) -> hooks.Identity:
    async def actor_of(scope: hooks.AsgiScope) -> Actor:
        """Return the account that the company's proxy, which signs users in, has named."""
        email = dict(scope["headers"]).get(b"x-signed-in-as", b"").decode("latin-1")
        async with copydesk.reading(ANONYMOUS) as reading:
            account = await commands.find_account(reading.session, email)
            if account is None or account.disabled_at is not None:
                return ANONYMOUS
            return await commands.load_actor(reading.session, account.id)

    return actor_of


@hookimpl
def routes(copydesk: Copydesk) -> Mapping[str, hooks.AsgiApp]:
    words = f"Recalls of {copydesk.site.name}: see {copydesk.site.url}/recalls.\n".encode()

    async def contact(_: hooks.AsgiScope, __: hooks.AsgiReceive, send: hooks.AsgiSend) -> None:
        start = {"type": "http.response.start", "status": 200}
        await send({**start, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": words})

    return {"/.well-known/recalls.txt": contact}
