"""The command ``copydesk audit``: verify the history."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import click
from sqlalchemy import func, select

from cms import clock
from cms.cli.files import FILE, json_in, text_in
from cms.cli.group import open_database
from cms.content.canonical_json import Json
from cms.errors import AttestationError, Refused
from cms.ledger import audit as audit_chain
from cms.ledger.attestation import missing_attestations, verify_attestations
from cms.ledger.chain import BrokenChain, VerifiedChain
from cms.ledger.checkpoint import checkpoint as make_checkpoint
from cms.ledger.checkpoint import verify_checkpoint
from cms.ledger.counters import current
from cms.ledger.keyring import Keyring
from cms.ledger.keys import keyring_of, signer_of
from cms.settings import load_settings
from cms.signing import Envelope, KeyFile
from cms.storage.database import ReadSession
from cms.storage.dialects import as_text
from cms.tables import Revision


@dataclass(frozen=True)
class _Holds:
    """A check that passed."""

    words: str


@dataclass(frozen=True)
class _Fails:
    """A check that failed."""

    words: str


_Finding: TypeAlias = _Holds | _Fails


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
    "--key",
    type=FILE,
    metavar="PEM",
    help="A public key of the site; by default, that of COPYDESK_SIGNING_KEY.",
)
def verify_history(checkpoints: Sequence[str], key: str | None) -> None:
    """Verify the audit chain, the attestations and the digests of all revisions.

    A chain that was cut off, with its counter reset, and an audit chain that was rebuilt are found
    only with a --checkpoint that was created earlier and stored elsewhere.
    """
    findings = asyncio.run(_findings(checkpoints, key))
    for finding in findings:
        click.echo(finding.words)
    if any(isinstance(finding, _Fails) for finding in findings):
        raise click.exceptions.Exit(1)


@audit.command("checkpoint")
def print_checkpoint() -> None:
    """Print a signed checkpoint as JSON; store it where the server cannot write."""
    click.echo(json.dumps(asyncio.run(_checkpoint())))


async def _checkpoint() -> Envelope:
    async with open_database(load_settings()) as database, database.reading() as session:
        signer = await signer_of(session, database.key_file)
        return await make_checkpoint(session, signer, clock.now())


async def _findings(checkpoints: Sequence[str], key: str | None) -> list[_Finding]:
    envelopes = {name: json_in(name) for name in checkpoints}
    async with open_database(load_settings()) as database, database.reading() as session:
        own = await _own_key(session, database.key_file)
        public_key = text_in(key) if key is not None else own.public_key
        return [
            await _audit_chain(session),
            await _attestations(session, public_key),
            *(own.faults if key is None else ()),
            *_replacements(await keyring_of(session)),
            await _unattested(session),
            await _revisions(session),
            *[
                await _held_checkpoint(session, name, each, public_key)
                for name, each in envelopes.items()
            ],
        ]


@dataclass(frozen=True)
class _OwnKey:
    """The public key of this server, or the reasons why it cannot sign."""

    public_key: str | None
    faults: Sequence[_Fails]


async def _own_key(session: ReadSession, key_file: KeyFile) -> _OwnKey:
    try:
        signer = await signer_of(session, key_file)
    except Refused as refused:
        # A site that has signed nothing yet needs no key.
        is_needed = await current(session, "attestation") > 0
        faults = [_Fails(f"signing key: {each.message}") for each in refused.errors]
        return _OwnKey(None, faults if is_needed else [])
    return _OwnKey(signer.public_key_pem(), [])


def _replacements(ring: Keyring) -> Iterator[_Holds]:
    """Yield a warning for every key that replaced a lost one."""
    for said in (key.introduced for key in ring.keys if key.is_replacement):
        if said is not None:
            yield _Holds(
                f"key {said.key} replaced {said.follows}, which was reported lost at "
                f"{as_text(said.attested_at)}: {said.reason!r}; the last attestation under the "
                f"lost key is {said.sequence - 1}, with the hash {said.previous}"
            )


async def _audit_chain(session: ReadSession) -> _Finding:
    with _progress("Audit chain", await current(session, "audit")) as seen:
        found = await audit_chain.verify(session, seen)
    return _chain_finding("audit record", found)


async def _attestations(session: ReadSession, public_key: str | None) -> _Finding:
    with _progress("Attestations", await current(session, "attestation")) as seen:
        found = await verify_attestations(session, public_key, seen)
    return _chain_finding("attestation", found)


def _chain_finding(called: str, found: VerifiedChain | BrokenChain) -> _Finding:
    if isinstance(found, BrokenChain):
        return _Fails(f"{called} {found.sequence} is not valid: {found.reason}")
    return _Holds(f"{called}s: {found.count} are valid; the last hash is {found.head_hash}")


async def _unattested(session: ReadSession) -> _Finding:
    missing = await missing_attestations(session)
    if not missing:
        return _Holds("sign-offs and publications: all are attested")
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return _Fails(f"the attestation of {missing[0]}{more} is missing")


async def _revisions(session: ReadSession) -> _Finding:
    count = await session.scalar(select(func.count()).select_from(Revision)) or 0
    with _progress("Revisions", count) as seen:
        broken = await audit_chain.verify_revisions(session, seen)
    if not broken:
        return _Holds(f"revisions: {count} match their digests")
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    return _Fails(f"{broken[0].revision_id} is not valid{more}: {broken[0].reason}")


async def _held_checkpoint(
    session: ReadSession, name: str, envelope: Json, public_key: str | None
) -> _Finding:
    try:
        held = await verify_checkpoint(session, envelope, public_key)
    except AttestationError as error:
        return _Fails(f"checkpoint {name} is not valid: {error}")
    moment = as_text(held.recorded_at)
    return _Holds(f"checkpoint {name} is valid: the chains still contain their records of {moment}")


@contextmanager
def _progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal; print nothing into a pipe."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield bar.update
