"""The command ``copydesk unpublish``: ends the publications of many pages together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import click

from cms.authorization.actor import OPERATOR
from cms.cli.group import open_copydesk
from cms.cli.progress import progress_bar
from cms.copydesk import Copydesk
from cms.errors import CopydeskError
from cms.publishing.matching import MatchingPage, matching_pages, read_condition
from cms.publishing.unpublishing import UnpublishItem, unpublish_together
from cms.settings import load_settings
from cms.work.bulk import NoneDone

# The most pages, and the most reasons against, that are listed.
_MOST = 20


@dataclass(frozen=True)
class _Chosen:
    """The options that choose pages."""

    content_type: str | None
    locale: str | None
    where: Sequence[str]


class _Rehearsed(Exception):
    """Ends a transaction that is not to be committed."""


@click.command()
@click.option("--type", "content_type", help="Only entries of this content type.")
@click.option("--locale", help="Only editions in this locale.")
@click.option(
    "--where",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only pages with this value: title, slug, category (its tree path; those below it too), "
    "tag, or with --type a field. Can be repeated; then all have to match.",
)
@click.option("--reason", required=True, help="Reason, which the audit record keeps.")
@click.option("--dry-run", is_flag=True, help="Only list the pages, and what is in the way.")
def unpublish(
    *,
    content_type: str | None,
    locale: str | None,
    where: tuple[str, ...],
    reason: str,
    dry_run: bool,
) -> None:
    """Unpublish all public pages that match, together.

    Links between them do not count. If other public pages link to one of them, or show it as their
    category or byline, nothing is changed, and the reasons are listed.
    """
    if content_type is None and locale is None and not where:
        raise click.UsageError("choose pages with --type, --locale or --where")
    chosen = _Chosen(content_type, locale, where)
    pages = asyncio.run(_unpublish(chosen, reason, rehearses=dry_run))
    for page in pages[:_MOST] if dry_run else ():
        click.echo(f"{page.path or page.entry_id} ({page.locale}): {page.title}")
    if dry_run and len(pages) > _MOST:
        click.echo(f"… and {len(pages) - _MOST:,} more.")
    done = "Would unpublish" if dry_run else "Unpublished"
    click.echo(f"{done} {len(pages):,} page{'' if len(pages) == 1 else 's'}.")


async def _unpublish(chosen: _Chosen, reason: str, *, rehearses: bool) -> list[MatchingPage]:
    async with open_copydesk(load_settings()) as copydesk:
        async with copydesk.reading(OPERATOR) as reading:
            pages = await matching_pages(
                reading,
                content_type=chosen.content_type,
                locale=chosen.locale,
                conditions=[read_condition(each) for each in chosen.where],
            )
        if pages:
            try:
                await _end(copydesk, pages, reason, rehearses=rehearses)
            except _Rehearsed:
                pass
            except NoneDone as refused:
                raise CopydeskError(_reasons(refused, pages)) from None
    return pages


async def _end(
    copydesk: Copydesk, pages: Sequence[MatchingPage], reason: str, *, rehearses: bool
) -> None:
    items = [UnpublishItem(entry_id=each.entry_id, locale=each.locale) for each in pages]
    with progress_bar("Pages", len(items)) as seen:
        async with copydesk.work(OPERATOR) as work:
            await unpublish_together(work, items, reason=reason, progress=seen)
            if rehearses:
                raise _Rehearsed


def _reasons(refused: NoneDone, pages: Sequence[MatchingPage]) -> str:
    """Return why pages cannot be unpublished together, for an operator."""
    lines = [
        f"{page.path or page.entry_id} ({page.locale}): {error.message}"
        for page, outcome in zip(pages, refused.outcomes, strict=True)
        for error in outcome.errors
    ]
    more = [f"… and {len(lines) - _MOST:,} more."] if len(lines) > _MOST else []
    return "\n".join(["nothing was unpublished:", *lines[:_MOST], *more])
