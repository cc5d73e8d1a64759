"""The command ``copydesk audit``: verify the history."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import click

from cms import clock
from cms.cli.deriving import verify_derived
from cms.cli.files import FILE, json_in, text_in
from cms.cli.group import open_database
from cms.cli.progress import progress_bar
from cms.content.canonical_json import Json
from cms.errors import AttestationError, Refused
from cms.ledger.chain import UnreadableError
from cms.ledger.checkpoint import Checkpoint, verify_checkpoint
from cms.ledger.checkpoint import checkpoint as make_checkpoint
from cms.ledger.counters import current
from cms.ledger.export import export_ledger
from cms.ledger.keyring import Keyring
from cms.ledger.keys import keyring_of, signer_of
from cms.ledger.verification import Finding, Invalid, Valid, verify_ledger
from cms.settings import load_settings
from cms.signing import Envelope, KeyFile
from cms.storage.database import ReadSession
from cms.storage.dialects import as_text


@click.group()
def audit() -> None:
    """Verify that the history is complete and unchanged."""


@audit.command("verify")
@click.option(
    "--checkpoint",
    "checkpoints",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="A signed checkpoint to verify the chains against; can be repeated.",
)
@click.option(
    "--since",
    type=FILE,
    metavar="FILE",
    help="A signed checkpoint to trust: only what was written after it is verified.",
)
@click.option(
    "--key",
    type=FILE,
    metavar="PEM",
    help="A public key of the site; by default, that of COPYDESK_SIGNING_KEY.",
)
@click.option(
    "--derive/--no-derive",
    default=True,
    help="Whether to derive HTML and search documents again and compare them.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of processes that derive.",
)
def verify_history(
    checkpoints: Sequence[str], since: str | None, key: str | None, jobs: int, *, derive: bool
) -> None:
    """Verify the audit chain, the attestations, and every row that a command wrote.

    A chain that was cut off, with its counter reset, and an audit chain that was rebuilt are found
    only with a --checkpoint that was created earlier and stored elsewhere.
    """
    options = _Options(checkpoints, since, key, jobs if derive else 0)
    if asyncio.run(_verify(options)):
        raise click.exceptions.Exit(1)


@audit.command("checkpoint")
def print_checkpoint() -> None:
    """Print a signed checkpoint as JSON; store it where the server cannot write."""
    click.echo(json.dumps(asyncio.run(_checkpoint())))


@audit.command("export")
def export() -> None:
    """Print the ledger as JSON lines, which third parties can verify.

    The audit records come first, each with the hashes of the rows that it covers, and then the
    attestations, each with the content that it is about. docs/proof.md says how to verify them.
    """
    asyncio.run(_export())


async def _export() -> None:
    async with open_database(load_settings()) as database, database.reading() as session:
        try:
            async with aclosing(export_ledger(session)) as lines:
                async for line in lines:
                    click.echo(json.dumps(line, ensure_ascii=False))
        except UnreadableError as error:
            raise click.ClickException(f"{error}; run: copydesk audit verify") from None


async def _checkpoint() -> Envelope:
    async with open_database(load_settings()) as database, database.reading() as session:
        signer = await signer_of(session, database.key_file)
        return await make_checkpoint(session, signer, clock.now())


@dataclass(frozen=True)
class _Options:
    """The options of the verification; ``jobs`` is 0 if nothing is derived."""

    checkpoints: Sequence[str]
    since: str | None
    key: str | None
    jobs: int


async def _verify(options: _Options) -> bool:
    """Print the result of each check, and return whether there are faults."""
    has_faults = False
    async with aclosing(_findings(options)) as found:
        async for finding in found:
            click.echo(finding.words)
            has_faults |= isinstance(finding, Invalid)
    return has_faults


async def _findings(options: _Options) -> AsyncGenerator[Finding]:
    envelopes = {name: json_in(name) for name in options.checkpoints}
    settings = load_settings()
    async with open_database(settings) as database, database.reading() as session:
        own = await _own_key(session, database.key_file)
        public_key = text_in(options.key) if options.key is not None else own.public_key
        since = None
        if options.since is not None:
            since = await _trusted_checkpoint(session, options.since, public_key)
        async with aclosing(verify_ledger(session, public_key, progress_bar, since)) as found:
            async for finding in found:
                yield finding
        for finding in () if options.key is not None else own.faults:
            yield finding
        for finding in _replacements(await keyring_of(session)):
            yield finding
        if options.jobs and not settings.site:
            yield Valid("derived values: not verified; set COPYDESK_SITE, or use --no-derive")
        elif options.jobs:
            after = since.sequence if since is not None else 0
            async with aclosing(
                verify_derived(session, settings.site, options.jobs, after)
            ) as derived:
                async for finding in derived:
                    yield finding
        for name, each in envelopes.items():
            yield await _held_checkpoint(session, name, each, public_key)


async def _trusted_checkpoint(
    session: ReadSession, name: str, public_key: str | None
) -> Checkpoint:
    """Return the checkpoint in a file, whose records the chains still have.

    Raises:
        click.ClickException: if it is not valid.
    """
    try:
        return await verify_checkpoint(session, json_in(name), public_key)
    except AttestationError as error:
        raise click.ClickException(
            f"checkpoint {name} is not valid: {error}; run without --since to verify everything"
        ) from None


@dataclass(frozen=True)
class _OwnKey:
    """The public key of this server, or the reasons why it cannot sign."""

    public_key: str | None
    faults: Sequence[Invalid]


async def _own_key(session: ReadSession, key_file: KeyFile) -> _OwnKey:
    try:
        signer = await signer_of(session, key_file)
    except Refused as refused:
        # A site that has signed nothing yet needs no key.
        is_needed = await current(session, "attestation") > 0
        faults = [Invalid(f"signing key: {each.message}") for each in refused.errors]
        return _OwnKey(None, faults if is_needed else [])
    return _OwnKey(signer.public_key_pem(), [])


def _replacements(ring: Keyring) -> Iterator[Valid]:
    """Yield a warning for every key that replaced a lost one."""
    for said in (key.introduced for key in ring.keys if key.is_replacement):
        if said is not None:
            yield Valid(
                f"key {said.key} replaced {said.follows}, which was reported lost at "
                f"{as_text(said.attested_at)}: {said.reason!r}; the last attestation under the "
                f"lost key is {said.sequence - 1}, with the hash {said.previous}"
            )


async def _held_checkpoint(
    session: ReadSession, name: str, envelope: Json, public_key: str | None
) -> Finding:
    try:
        held = await verify_checkpoint(session, envelope, public_key)
    except AttestationError as error:
        return Invalid(f"checkpoint {name} is not valid: {error}")
    moment = as_text(held.recorded_at)
    return Valid(f"checkpoint {name} is valid: the chains still contain their records of {moment}")
