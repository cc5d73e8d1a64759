"""Create people: the public bylines of authors and reviewers."""

from __future__ import annotations

from cms.authorization.actions import Action
from cms.content.builtin import PERSON
from cms.content.snapshot import Draft
from cms.drafts.new_editions import first_edition, new_entry
from cms.drafts.saving import Saved
from cms.events import PersonCreated
from cms.work.work import Work, command


@command(Action.PERSON_CREATE)
async def create_person(work: Work, draft: Draft, *, note: str = "") -> Saved:
    """Create a person in the default locale, as a draft, and return the first revision.

    Readers see the person once the revision is published.

    Args:
        work: the transaction and the actor.
        draft: the person: the title is the name, the summary the biography.
        note: what the author has to say about the revision.

    Raises:
        Refused: if the actor is not allowed to, another person has this slug, or a value does not
            fit.
    """
    work.authorise(Action.PERSON_CREATE)
    entry = await new_entry(work, work.site.content_type(PERSON))
    revision = await first_edition(work, entry, draft, work.site.default_locale, note)
    work.emit(PersonCreated(subject=entry.id))
    return Saved(entry.id, revision)
