"""The command ``copydesk verify``: offline verification by third parties."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cms import clock
from cms.cli.files import FILE, json_in, text_in
from cms.content.canonical_json import Json
from cms.ledger.attestation import verify_attestation
from cms.ledger.statement import PublicationPredicate, SignOffPredicate, Statement
from cms.storage.dialects import as_text


@click.command()
@click.argument("attestation", type=FILE)
@click.argument("content", type=FILE)
@click.option(
    "--key", type=FILE, required=True, metavar="PEM", help="File with the site's public key."
)
@click.option(
    "--keys",
    type=FILE,
    metavar="FILE",
    help="Output of copydesk keys export, if the site has had other keys.",
)
def verify(attestation: str, content: str, key: str, keys: str | None) -> None:
    """Verify offline that CONTENT was signed off or published according to ATTESTATION.

    Both are JSON files; one can be -, for standard input.
    """
    envelope, value = json_in(attestation), json_in(content)
    statements = _statements_in(keys) if keys is not None else ()
    click.echo(_words_of(verify_attestation(envelope, value, text_in(key), statements)))


def _statements_in(name: str) -> Sequence[Json]:
    statements = json_in(name)
    if not isinstance(statements, list):
        raise click.ClickException(f"{name} is not the output of copydesk keys export")
    return statements


def _words_of(statement: Statement) -> str:
    said = statement.predicate
    what = f"revision {said.revision} of {said.entry} ({said.locale})"
    if isinstance(said, SignOffPredicate):
        ended = "expired" if said.expires_at < clock.now() else "expires"
        return (
            f"{said.reviewer} signed off {what} at the stage {said.stage!r} at "
            f"{as_text(said.signed_at)}; the sign-off {ended} at {as_text(said.expires_at)}."
        )
    when = as_text(said.published_at)
    return f"{said.published_by} published {what} at {when}, {_basis_of(said)}."


def _basis_of(said: PublicationPredicate) -> str:
    match said.basis:
        case "signed_off":
            count = len(said.sign_offs)
            return f"with {count} sign-off{'' if count == 1 else 's'}: {', '.join(said.sign_offs)}"
        case "break_glass":
            return f"bypassing the sign-off gate: {said.reason}"
        case "imported":
            return f"without sign-offs, as an import from {said.source}"
        case "setup":
            return "without sign-offs, as the first content of the site"
