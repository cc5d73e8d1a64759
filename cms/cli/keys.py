"""The command ``copydesk keys``: the signing keys of the site, as the operator."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import zip_longest

import click

from cms.access.signing_keys import replace_lost_key, rotate_key
from cms.authorization.actor import OPERATOR
from cms.cli.group import open_copydesk, open_database
from cms.errors import DatabaseError
from cms.ledger.counters import current
from cms.ledger.keyring import Keyring, SiteKey, introduction_in
from cms.ledger.keys import key_statements, keyring_of, signer_of
from cms.ledger.statement import KeyPredicate
from cms.settings import load_settings
from cms.signing import Envelope, KeyFile, Signer
from cms.storage.dialects import as_text
from cms.tables import Attestation
from cms.work.work import Work

# Sequence of the first statement after that of the first key.
_SECOND = 2


@click.group()
def keys() -> None:
    """Create, list, rotate and replace the site's signing keys."""


@keys.command("create")
def create() -> None:
    """Create the signing key of a site that has signed nothing yet."""
    click.echo(f"Created the signing key {asyncio.run(_create())}. Keep a copy elsewhere.")


@keys.command("public")
def print_public_key() -> None:
    """Print the public key that verifies the attestations of this site."""
    click.echo(asyncio.run(_signer()).public_key_pem(), nl=False)


@keys.command("list")
def show() -> None:
    """List the keys in the ledger, each with its id and the attestations it signed."""
    ring = asyncio.run(_ring())
    if not ring.keys:
        click.echo("No key is recorded yet; the first sign-off records the first key.")
    for key, following in zip_longest(ring.keys, ring.keys[1:]):
        click.echo(f"{key.id}  {_span_of(key, following)}; {_origin_of(key)}")
    if ring.fault:
        raise click.ClickException(f"{ring.fault}; run: copydesk audit verify")


@keys.command("export")
def export() -> None:
    """Print all key statements as JSON, for copydesk verify --keys."""
    click.echo(json.dumps(asyncio.run(_statements())))


@keys.command("rotate")
def rotate() -> None:
    """Replace the signing key with a new one, which the old key signs."""
    said = asyncio.run(_change(rotate_key))
    click.echo(f"This site signs with {said.key}, starting with attestation {said.sequence}.")
    if said.sequence == _SECOND:
        click.echo("Nothing had been signed yet: attestation 1 introduces the first key.")
    click.echo("Keep a copy of the new key elsewhere, and give its public key to third parties.")


@keys.command("replace")
@click.option("--lost", is_flag=True, help="Required: confirms that the old key is lost.")
@click.option("--reason", required=True, help="How the key was lost; every verification prints it.")
def replace(*, lost: bool, reason: str) -> None:
    """Replace a lost signing key with a new one."""
    if not lost:
        raise click.UsageError(
            "Only a lost key can be replaced: give --lost, or run copydesk keys rotate."
        )
    said = asyncio.run(_change(lambda work: replace_lost_key(work, reason)))
    click.echo(f"This site signs with {said.key}, starting with attestation {said.sequence}.")
    click.echo(f"Every copydesk audit verify reports that {said.follows} was lost.")


async def _create() -> str:
    settings = load_settings()
    async with open_database(settings) as database, database.reading() as session:
        if await current(session, "attestation"):
            await signer_of(session, database.key_file)
        elif database.key_file.make():
            return str(settings.signing_key)
    raise click.ClickException(f"there is already a signing key: {settings.signing_key}")


async def _signer() -> Signer:
    """Return the signer that the ledger names, or that of the key file if there is no database."""
    settings = load_settings()
    try:
        async with open_database(settings) as database, database.reading() as session:
            return await signer_of(session, database.key_file)
    except DatabaseError:
        return KeyFile(settings.signing_key).load()


async def _ring() -> Keyring:
    async with open_database(load_settings()) as database, database.reading() as session:
        return await keyring_of(session)


async def _statements() -> list[Envelope]:
    async with open_database(load_settings()) as database, database.reading() as session:
        return await key_statements(session)


async def _change(command: Callable[[Work], Awaitable[Attestation]]) -> KeyPredicate:
    async with open_copydesk(load_settings()) as copydesk:
        async with copydesk.work(OPERATOR) as work:
            said = introduction_in((await command(work)).envelope)
        # Until the ledger has the statement, the old key signs.
        copydesk.database.key_file.put_in_place(said.key)
    return said


def _span_of(key: SiteKey, following: SiteKey | None) -> str:
    if following is None:
        return f"signs since attestation {key.since}"
    last = following.since - 1
    if key.since == last:
        return f"signed attestation {last}"
    return f"signed attestations {key.since} to {last}"


def _origin_of(key: SiteKey) -> str:
    said = key.introduced
    if said is None or said.basis == "first":
        return "the first key"
    moment = as_text(said.attested_at)
    if said.basis == "rotation":
        return f"rotated at {moment}"
    return f"replaced a lost key at {moment}: {said.reason!r}"
