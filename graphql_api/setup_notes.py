"""Notes about the remaining setup of a site, for the terminal of its server."""

from __future__ import annotations

from cms.access.accounts import has_accounts
from cms.copydesk import Copydesk
from cms.ledger.keys import why_none_can_sign
from cms.reading.field_indexes import compare_indexes
from cms.search.rebuilding import OUTDATED, has_outdated_revisions
from cms.type_versions.versions import Binding


async def setup_notes(copydesk: Copydesk, binding: Binding) -> list[str]:
    """Return notes about the remaining setup of a site."""
    notes = []
    database = copydesk.database
    if not binding.is_current:
        notes.append(
            "Only reads work: the database has other content types. Run: copydesk types check, "
            "copydesk migrate"
        )
    async with database.reading() as session:
        if not await has_accounts(session):
            notes.append("No account can sign in yet. Create one: copydesk account create EMAIL")
        if reason := await why_none_can_sign(session, database.key_file):
            notes.append(f"Nothing can be signed off or published: {reason}")
        if missing := (await compare_indexes(database, copydesk.site)).missing:
            declared = ", ".join(missing)
            notes.append(f"Not indexed yet: {declared}. Run: copydesk migrate")
        if await has_outdated_revisions(session, copydesk.site):
            notes.append(f"{OUTDATED}. Run: copydesk rebuild --outdated")
    return notes
