"""The command ``copydesk types``: the content types against what is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import click

from cms.cli.group import load_site
from cms.cli.progress import progress_bar
from cms.copydesk import Copydesk
from cms.settings import load_settings
from cms.site import Site
from cms.storage.schema import check_migrated
from cms.type_versions.checking import TypesReport
from cms.type_versions.versions import KnownTypes


@dataclass(frozen=True)
class ApiChange:
    """A change of a GraphQL schema.

    Attributes:
        schema: the schema: ``delivery`` or ``management``.
        name: the kind of the change, by the names of graphql-inspector: ``FIELD_REMOVED``.
        criticality: ``BREAKING``, ``DANGEROUS`` or ``NON_BREAKING``.
        path: where it is: ``Article.subtitle``.
        message: a sentence.
    """

    schema: str
    name: str
    criticality: str
    path: str
    message: str


CompareApis = Callable[[Site, Mapping[str, str]], Sequence[ApiChange]]


def types_command(api_changes: CompareApis) -> click.Group:
    """Return the command.

    Args:
        api_changes: returns the changes of the GraphQL schemas of a site since stored ones.
    """

    @click.group("types")
    def types() -> None:
        """Compare the content types that the site declares with the database."""

    @types.command()
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    def check(*, as_json: bool) -> None:
        """Check what the declared content types change, and what stored content is in the way.

        Changes nothing. Exits with 1 if `copydesk migrate` would refuse, else with 0.
        """
        report, changes = asyncio.run(_check(api_changes))
        if as_json:
            found = {**report.to_json(), "api": [asdict(each) for each in changes]}
            click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        else:
            _echo(report, changes)
        if report.problems:
            if not as_json:
                raise click.ClickException(problems_of(report))
            raise SystemExit(1)

    return types


def problems_of(report: TypesReport) -> str:
    """Return one line about the problems."""
    count = len(report.problems)
    return (
        f"{count} problem{'' if count == 1 else 's'}; the content types stay at version "
        f"{report.number} until {'it is' if count == 1 else 'they are'} solved"
    )


def echo_problems(report: TypesReport) -> None:
    """Print the problems, with the entries and what to do."""
    for problem in report.problems:
        for line in problem.words():
            click.echo(line)


def _echo(report: TypesReport, changes: Sequence[ApiChange]) -> None:
    if not report.number:
        click.echo("The database knows no content types yet. Run: copydesk migrate")
        return
    if not report.changes:
        click.echo(f"The content types are those of version {report.number}.")
    for change in report.changes:
        click.echo(change.message)
    for line in _api_lines(changes):
        click.echo(line)
    for notice in report.notices:
        click.echo(f"Note: {notice}.")
    echo_problems(report)
    if report.changes and not report.problems:
        click.echo("All content fits. Run: copydesk migrate")


def _api_lines(changes: Sequence[ApiChange]) -> Iterator[str]:
    """Yield a line for each change of the schemas that clients can notice."""
    schemas: dict[tuple[str, str, str], list[str]] = {}
    for each in changes:
        if each.criticality != "NON_BREAKING":
            alike = (each.criticality, each.name, each.message)
            schemas.setdefault(alike, []).append(each.schema)
    for (criticality, name, message), where in schemas.items():
        yield f"{criticality.lower()} ({', '.join(where)} schema): {name}: {message}"


async def _check(api_changes: CompareApis) -> tuple[TypesReport, Sequence[ApiChange]]:
    settings = load_settings()
    site = load_site(settings.site)
    async with Copydesk(site, settings) as copydesk:
        await check_migrated(copydesk.database)
        report = await copydesk.check_types(progress_bar)
        known = await copydesk.known_types()
    return report, _changes(api_changes, site, known)


def _changes(api_changes: CompareApis, site: Site, known: KnownTypes | None) -> Sequence[ApiChange]:
    if known is None:
        return ()
    return api_changes(site, {name: str(text) for name, text in known.schemas.items()})
