"""Shared parts of all commands: one-line errors, the site, the database."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

import cms
from cms.errors import CopydeskError, Refused, SettingsError
from cms.ledger.keys import signer_of
from cms.settings import Settings
from cms.site import Site
from cms.storage.database import Database, ReadSession
from cms.storage.migration import check_migrated


class CopydeskGroup(click.Group):
    """A group of commands whose errors are one line, not a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CopydeskError as error:
            raise click.ClickException(str(error)) from None


def load_site(reference: str) -> Site:
    """Return the site that ``COPYDESK_SITE`` names.

    Raises:
        SettingsError: if it does not name a site.
    """
    module_name, _, attribute = reference.partition(":")
    if not module_name or not attribute:
        raise SettingsError(
            "COPYDESK_SITE must name the site's declaration as <module>:<attribute>, "
            f"for example my_site:site; it is {reference!r}"
        )
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        site = getattr(importlib.import_module(module_name), attribute)
    except CopydeskError:
        raise
    except Exception as error:  # noqa: BLE001  # the module is the site's, and can raise anything
        raise SettingsError(f"COPYDESK_SITE is {reference!r}: {_described(error)}") from None
    if not isinstance(site, Site):
        raise SettingsError(f"COPYDESK_SITE is {reference!r}, which is not a Site")
    return site


def _described(error: Exception) -> str:
    """Return the type, message and place of an exception in one line."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    place = _place_of(error)
    described = f"{type(error).__name__}: {' '.join(message.split())}".removesuffix(": ")
    return f"{described} ({place})" if place else described


def _place_of(error: Exception) -> str:
    """Return the file and line in the site's own code that raised an exception."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    ours = (str(Path(cms.__file__).parent), str(importlib.__file__), "<")
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [each for each in frames if not each.filename.startswith(ours)]
    return f"{theirs[-1].filename}, line {theirs[-1].lineno}" if theirs else ""


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Open the database that the settings name.

    Raises:
        DatabaseError: if it has not been migrated to this version.
    """
    database = Database(settings.database_url, signing_key=settings.signing_key)
    try:
        await check_migrated(database)
        yield database
    finally:
        await database.close()


async def why_none_can_sign(session: ReadSession, database: Database) -> str:
    """Return why this server cannot sign, or an empty text if it can."""
    try:
        await signer_of(session, database.key_file)
    except Refused as refused:
        return "; ".join(error.message for error in refused.errors)
    return ""
