"""Shared parts of all commands: one-line errors, the site, the database."""

from __future__ import annotations

import gc
import importlib
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

import cms
from cms.copydesk import Copydesk
from cms.errors import CopydeskError, SettingsError, SiteError
from cms.settings import Settings
from cms.site import Site
from cms.storage.database import Database
from cms.storage.schema import check_migrated

# Number of new objects after which the garbage collector runs; by default 700.
_NEW_OBJECTS = 50_000


class CopydeskGroup(click.Group):
    """A group of commands whose errors are one line, not a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        collect_rarely()
        try:
            return super().invoke(ctx)
        except CopydeskError as error:
            raise click.ClickException(str(error)) from None


def collect_rarely() -> None:
    """Let the garbage collector of this process run less often, and leave out what is loaded.

    Contents are large trees without cycles. By default, each batch of them makes the collector
    visit all modules and schemas again, which takes more time than to read the batch.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()


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
    except SiteError as error:
        place = _place_of(error)
        raise SiteError(f"{error} ({place})" if place else str(error)) from None
    except CopydeskError:
        raise
    except Exception as error:  # noqa: BLE001  # the module is the site's, and can raise anything
        raise SettingsError(f"COPYDESK_SITE is {reference!r}: {_description_of(error)}") from None
    if not isinstance(site, Site):
        raise SettingsError(f"COPYDESK_SITE is {reference!r}, which is not a Site")
    return site


def _description_of(error: Exception) -> str:
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
async def open_copydesk(settings: Settings) -> AsyncIterator[Copydesk]:
    """Give the site that the settings name, with its database.

    Raises:
        SettingsError: if the site cannot be imported.
        DatabaseError: if the database is not of this version.
    """
    async with Copydesk(load_site(settings.site), settings) as copydesk:
        await check_migrated(copydesk.database)
        await copydesk.load_types()
        yield copydesk


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
