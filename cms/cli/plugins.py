"""Commands and importers of the site's plugins at the shell."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from cms.authorization.actor import OPERATOR
from cms.cli.group import CopydeskGroup, load_site, open_copydesk
from cms.errors import CopydeskError, Refused, SiteError
from cms.hooks import Importer
from cms.settings import load_settings
from cms.site import Site
from cms.work.work import Work


class SiteGroup(CopydeskGroup):
    """A group with the commands of the site's plugins beside its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands; only its own while the site cannot be loaded."""
        try:
            return [*super().list_commands(ctx), *self.from_plugins()]
        except CopydeskError:
            return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; the site is loaded only for one that is not its own."""
        return super().get_command(ctx, cmd_name) or self.from_plugins().get(cmd_name)

    def from_plugins(self) -> Mapping[str, click.Command]:
        """Return the commands of the plugins, by name.

        Raises:
            CopydeskError: if the site cannot be loaded.
        """
        site = _site()
        return _groups_of(site) if site is not None else {}


class ImporterGroup(SiteGroup):
    """A group with the importers of the site's plugins beside its own commands."""

    def from_plugins(self) -> Mapping[str, click.Command]:
        """Return a command for each importer of the plugins, by name.

        Raises:
            CopydeskError: if the site cannot be loaded.
        """
        site = _site()
        importers = site.plugins.importers if site is not None else ()
        return {each.name: _import_command(each) for each in importers}


def _site() -> Site | None:
    """Return the site of the settings; ``None`` if they name none."""
    reference = load_settings().site
    return load_site(reference) if reference else None


def _groups_of(site: Site) -> Mapping[str, click.Group]:
    """Return a group for each plugin that has commands, under its name."""
    groups: dict[str, click.Group] = {}
    for plugin, command in site.plugins.listed("cli_commands"):
        if not isinstance(command, click.Command) or not command.name:
            raise SiteError(
                f"the hook cli_commands of the plugin {plugin.name!r} must return a list of "
                "click commands"
            )
        words = f"Commands of the plugin {plugin.name}."
        group = groups.setdefault(plugin.name, click.Group(plugin.name, help=words))
        if command.name in group.commands:
            raise SiteError(
                f"the plugin {plugin.name!r} has two commands {command.name!r}; rename one of them"
            )
        group.add_command(command)
    return groups


def _import_command(importer: Importer) -> click.Command:
    """Return the command that runs an importer."""

    def run(source: Path, *, dry_run: bool) -> None:
        for line in asyncio.run(_import(importer, source, dry_run=dry_run)):
            click.echo(line)
        if dry_run:
            click.echo("Dry run: nothing has been changed.")

    return click.Command(
        importer.name,
        callback=run,
        help=inspect.getdoc(importer.run),
        params=[
            click.Argument(["source"], type=click.Path(path_type=Path)),
            click.Option(
                ["--dry-run"], is_flag=True, help="Report what would change, and change nothing."
            ),
        ],
    )


class _DryRun(Exception):
    """The end of an import that is rolled back, with its report."""

    def __init__(self, report: Sequence[str]) -> None:
        super().__init__()
        self.report = report


async def _import(importer: Importer, source: Path, *, dry_run: bool) -> Sequence[str]:
    """Run an importer in one transaction, and return its report."""
    act = _rehearse if dry_run else _run
    async with open_copydesk(load_settings()) as copydesk:
        try:
            async with copydesk.work(OPERATOR) as work:
                return await act(importer, work, source)
        except _DryRun as rehearsed:
            return rehearsed.report


async def _rehearse(importer: Importer, work: Work, source: Path) -> Sequence[str]:
    raise _DryRun(await _run(importer, work, source))


async def _run(importer: Importer, work: Work, source: Path) -> Sequence[str]:
    try:
        return await importer.run(work, source)
    except Refused as refused:
        # A refusal would commit what was done until then; this exception rolls it back.
        raise click.ClickException(str(refused)) from None
