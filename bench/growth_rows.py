"""The rows of a site that grows, as the commands write them, but for the hashes of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import orjson

from bench.growth_links import links_in_text
from bench.growth_plan import (
    BRANCHES,
    LINKS_EACH,
    PEOPLE,
    SETUP,
    Plan,
    author_of,
    categories,
    category_of,
    is_draft,
    reviewer_of,
    tags_of,
)
from bench.growth_site import RARE_TYPES, Guide, Review, Term
from bench.growth_text import Words, draft_of, words_of
from cms.content.content_type import ContentType
from cms.content.renderer import RENDERER

# A row of a table: its name, and the values by column; JSON is text.
Row: TypeAlias = tuple[str, dict[str, Any]]

NONCE = "0123456789abcdef"
_REVIEW_DAYS = 365
# The values of links without others.
_LINK = {
    **dict.fromkeys(("label", "note", "query", "fragment"), ""),
    **dict.fromkeys(("target_id", "url", "section", "section_anchor", "host", "path")),
    "in_block": False,
}
_IN_TEXT = {"field_path": "body", "origin": "inline", "kind": "inline"}
_STAGE = '[{"name":"editorial","role":"reviewer","approvals":1}]'


def entry_id(number: int) -> str:
    """Return the id of an entry."""
    return f"entry_{number:026}"


def category_id(number: int) -> str:
    """Return the id of a category."""
    return f"cat_{number:026}"


# Entries of rare types: ten each.
_FIRST_RARE, _RARE_USED, _FIRST_REVIEW = 100, 40, 1_000


def person_id(number: int) -> str:
    """Return the id of a person."""
    return f"person_{number:026}"


def account_id(number: int) -> str:
    """Return the id of a person's account."""
    return f"account_{number:026}"


def type_of(number: int) -> type[ContentType]:
    """Return the content type of an entry."""
    if _FIRST_RARE <= number < _FIRST_RARE + 10 * _RARE_USED:
        return RARE_TYPES[(number - _FIRST_RARE) // 10]
    if number % 40 == 5 and number >= _FIRST_REVIEW:  # noqa: PLR2004  # any number
        return Review
    return Term if number % 2 else Guide


@dataclass(frozen=True)
class _Version:
    """A revision of an edition, and when it was saved.

    Attributes:
        number: the number of the entry.
        version: the number of the revision.
        locale: the locale of its edition.
        words: what it says.
        at: when it was saved.
        position: the position at which it becomes public; ``None`` for a draft.
    """

    number: int
    version: int
    locale: str
    words: Words
    at: datetime
    position: int | None = None

    @property
    def edition(self) -> str:
        """Id of the edition."""
        return edition_id(self.number, self.locale)

    @property
    def id(self) -> str:
        """Id of the revision."""
        return revision_id(self.number, self.version, self.locale)

    @property
    def path(self) -> str:
        """Where it stands."""
        return type_of(self.number).path_for(self.words.slug, self.locale) or ""


def edition_id(number: int, locale: str) -> str:
    """Return the id of an edition."""
    return f"edition_{number:024}{locale}"


def revision_id(number: int, version: int, locale: str = "en") -> str:
    """Return the id of a revision."""
    return f"rev_{number:023}{version}{locale}"


class Rows:
    """The rows of a site.

    Args:
        plan: the plan of the site.
        targets: whom each entry links to.
    """

    def __init__(self, plan: Plan, targets: Sequence[int]) -> None:
        self._plan = plan
        self._targets = targets

    def of_setup(self) -> Iterator[Row]:
        """Yield the people with their accounts, and the categories."""
        at = self._plan.at(SETUP)
        yield "position", _position(SETUP, at)
        for number in range(PEOPLE):
            account = account_id(number)
            yield (
                "account",
                {
                    "id": account,
                    "email": f"person-{number}@example.org",
                    "person_id": person_id(number),
                    "created_at": at,
                },
            )
            for role in ("author", "reviewer", "publisher", "administrator")[: 4 - (number > 0)]:
                yield (
                    "role_grant",
                    {
                        "id": f"grant_{number:020}{role:_>6.6}",
                        "account_id": account,
                        "role": role,
                        "created_at": at,
                    },
                )
            yield from _built_in("Person", person_id(number), f"person-{number}", number, at)
        for number, place in enumerate(categories()):
            slug = f"c-{'-'.join(map(str, place))}"
            yield from _built_in("Category", category_id(number), slug, PEOPLE + number, at)
            yield from _place(number, place, at)

    def of_entry(self, number: int) -> Iterator[Row]:
        """Yield what was written at the time of an entry."""
        position = self._plan.position_of(number)
        yield "position", _position(position, self._plan.at(position))
        yield from self._entry(number, position)
        if is_draft(number):
            yield from self._translation(number - 1, position)
        changed = self._plan.changed_after(number)
        if changed is not None:
            yield from self._change(changed, number, position + 1)

    def _entry(self, number: int, position: int) -> Iterator[Row]:
        at = self._plan.at(position)
        change = self._plan.change_of(number)
        versions = 1 + (change is not None and not self._plan.is_unpublished_after(change))
        is_edited = number % 20 == 3  # noqa: PLR2004  # any of twenty
        yield (
            "entry",
            {"id": entry_id(number), "content_type": type_of(number).name}
            | {
                "created_at": at,
                "archived_at": at if number % 500 == 17 else None,  # noqa: PLR2004  # drafts
            },
        )
        head = versions + is_edited
        yield "edition", self._edition(number, head, at)
        first = self._version(number, 1, at, None if is_draft(number) else position)
        yield from self._revision(first)
        if first.position is not None:
            ended = None if change is None else self._plan.position_of(change) + 1
            moves = change is not None and (
                self._plan.moves_after(change) or self._plan.is_unpublished_after(change)
            )
            yield from self._publication(first, first.at, ended)
            yield from self._address(first, ended if moves else None)
        if is_edited:
            later = self._version(number, head, at + timedelta(seconds=1))
            yield from self._revision(later)
            yield from self._open_review(later, number % 100 == 3)  # noqa: PLR2004
        elif is_draft(number):
            yield from self._open_review(first, number % 100 == 7)  # noqa: PLR2004
        if number % 50 == 1:
            yield from _comments(first)

    def _translation(self, number: int, position: int) -> Iterator[Row]:
        """Yield the German edition of an entry."""
        at = self._plan.at(position)
        german = self._version(number, 1, at, position, "de")
        yield "edition", self._edition(number, 1, at, "de")
        yield from self._revision(german)
        yield from self._publication(german, at, None)
        yield from self._address(german, None)

    def _change(self, number: int, after: int, position: int) -> Iterator[Row]:
        """Yield the second publication of an entry; none if the change takes it back."""
        at = self._plan.at(position)
        yield "position", _position(position, at)
        if self._plan.is_unpublished_after(after):
            first = revision_id(number, 1)
            detail = _detail("EntryUnpublished", number, "en", first)
            yield _record(2 * position, at, author_of(number), "entry:unpublish", first, detail)
            return
        second = self._version(number, 2, at, position)
        yield from self._revision(second)
        first_at = self._plan.at(self._plan.position_of(number))
        yield from self._publication(second, first_at, None)
        if self._plan.moves_after(after):
            yield from self._address(second, None)

    def _edition(self, number: int, head: int, at: datetime, locale: str = "en") -> dict[str, Any]:
        words = self._version(number, head, at, locale=locale).words
        return {
            "id": edition_id(number, locale),
            "entry_id": entry_id(number),
            "locale": locale,
            "head_id": revision_id(number, head, locale),
            "content_type": type_of(number).name,
            "category_id": category_id(category_of(number)),
            "byline_id": person_id(author_of(number)),
            "title_key": words.title,
            "slug": words.slug,
            "changed_at": at,
            "path": type_of(number).path_for(self._slug(number, head), locale),
            "created_at": at,
        }

    def _slug(self, number: int, version: int) -> str:
        change = self._plan.change_of(number)
        moved = version > 1 and change is not None and self._plan.moves_after(change)
        return f"page-{number}" if moved else f"entry-{number}"

    def _version(
        self,
        number: int,
        version: int,
        at: datetime,
        position: int | None = None,
        locale: str = "en",
    ) -> _Version:
        start = number * LINKS_EACH
        ids = [entry_id(each) for each in self._targets[start : start + LINKS_EACH]]
        category, tags = category_id(category_of(number)), tags_of(number)
        draft = draft_of(type_of(number), number, version, category, tags, ids)
        draft = replace(draft, slug=self._slug(number, version))
        words = words_of(type_of(number), locale, draft, number)
        return _Version(number, version, locale, words, at, position)

    def _revision(self, version: _Version) -> Iterator[Row]:
        words, number = version.words, version.number
        yield (
            "revision",
            {
                "id": version.id,
                "edition_id": version.edition,
                "number": version.version,
                "title": words.title,
                "slug": words.slug,
                "summary": words.summary,
                "category_id": category_id(category_of(number)),
                "content": words.content,
                "digest": words.digest,
                "author_id": account_id(author_of(number)),
                "byline_id": person_id(author_of(number)),
                "note": "",
                "is_autosave": False,
                "path": version.path,
                "created_at": version.at,
            },
        )
        yield (
            "rendition",
            {
                "revision_id": version.id,
                "version": RENDERER,
                "title_key": words.title,
                "anchors": "[]",
                "rendered": words.rendered,
            },
        )
        yield (
            "search_document",
            {
                "revision_id": version.id,
                "title_words": words.title_words,
                "title": words.title,
                "summary": words.summary,
                "body": words.search,
                "shown": words.shown,
            },
        )
        for tag in tags_of(number):
            yield (
                "revision_tag",
                {
                    "revision_id": version.id,
                    "slug": f"tag-{tag}",
                    "word": f"tag {tag}",
                },
            )
        listed = [
            {
                "field_path": link["fieldPath"],
                "ordinal": link["ordinal"],
                "origin": "field",
                "kind": link["kind"],
                "target_id": link["target"],
            }
            for link in orjson.loads(words.content)["links"]
        ]
        for position, link in enumerate([*listed, *self._links_in_text(number)], 1):
            yield "link", {**_LINK, "revision_id": version.id, "page_position": position, **link}

    def _links_in_text(self, number: int) -> Iterator[dict[str, Any]]:
        before = max(number - 1, 0)
        after = self._plan.change_of(before)
        has_moved = after is not None and self._plan.moves_after(after)
        left = type_of(before).path_for(self._slug(before, 1), "en") if has_moved else None
        for ordinal, link in enumerate(links_in_text(number, entry_id(before), left)):
            yield {**_IN_TEXT, "ordinal": ordinal, **link}

    def _publication(
        self, version: _Version, first_at: datetime, ended: int | None
    ) -> Iterator[Row]:
        """Yield a publication with its review, and with what the audit chain says of it."""
        words, number, position = version.words, version.number, version.position or 0
        author, reviewer = author_of(number), reviewer_of(number)
        publication = f"pub_{position:026}"
        yield (
            "publication",
            {
                "id": publication,
                "position": position,
                "entry_id": entry_id(number),
                "edition_id": version.edition,
                "revision_id": version.id,
                "content_type": type_of(number).name,
                "locale": version.locale,
                "title": words.title,
                "title_key": words.title,
                "slug": words.slug,
                "summary": words.summary,
                "category_id": category_id(category_of(number)),
                "byline_id": person_id(author),
                "saved_at": version.at,
                "first_published_at": first_at,
                "published_at": version.at,
                "published_by": account_id(author),
                "basis": "signed_off",
                "reviewed_at": version.at,
                "due_at": version.at + timedelta(days=_REVIEW_DAYS),
                "reviewers": f'["{person_id(reviewer)}"]',
                "field_values": words.indexed,
                "ended_at": None if ended is None else self._plan.at(ended),
                "ended_position": ended,
            },
        )
        review, sign_off = f"review_{position:026}", f"signoff_{position:026}"
        of_revision = {"edition_id": version.edition, "revision_id": version.id}
        yield (
            "review",
            {
                "id": review,
                **of_revision,
                "stages": _STAGE,
                "note": "",
                "requested_by": account_id(author),
                "requested_at": version.at,
                "ended_at": version.at,
                "outcome": "published",
            },
        )
        yield (
            "sign_off",
            {
                "id": sign_off,
                **of_revision,
                "review_id": review,
                "digest": words.digest,
                "stage": "editorial",
                "account_id": account_id(reviewer),
                "person_id": person_id(reviewer),
                "note": "",
                "signed_at": version.at,
                "expires_at": version.at + timedelta(days=_REVIEW_DAYS),
            },
        )
        yield (
            "publication_stage",
            {
                "publication_id": publication,
                "ordinal": 1,
                "name": "editorial",
                "role": "reviewer",
                "approvals": 1,
            },
        )
        yield (
            "publication_sign_off",
            {
                "publication_id": publication,
                "sign_off_id": sign_off,
                "person_id": person_id(reviewer),
                "position": position,
                "counted_at": version.at,
            },
        )
        detail = _detail("SignedOff", number, version.locale, version.id)
        yield _record(2 * position - 1, version.at, reviewer, "review:sign-off", sign_off, detail)
        detail = _detail("EntryPublished", number, version.locale, version.id)
        yield _record(2 * position, version.at, author, "entry:publish", publication, detail)

    def _address(self, version: _Version, ended: int | None) -> Iterator[Row]:
        yield (
            "address",
            {
                "id": f"address_{version.position:026}",
                "position": version.position,
                "locale": version.locale,
                "path": version.path,
                "edition_id": version.edition,
                "content_type": type_of(version.number).name,
                "entry_id": entry_id(version.number),
                "began_at": version.at,
                "ended_at": None if ended is None else self._plan.at(ended),
                "ended_position": ended,
            },
        )

    def _open_review(self, version: _Version, is_requested: bool) -> Iterator[Row]:
        """Yield an open review; some are assigned, some have a request for changes."""
        if not is_requested:
            return
        number = version.number
        review, reviewer = f"review_{number:025}o", account_id(reviewer_of(number))
        of_revision = {"edition_id": version.edition, "revision_id": version.id}
        yield (
            "review",
            {
                "id": review,
                **of_revision,
                "stages": _STAGE,
                "note": "",
                "requested_by": account_id(author_of(number)),
                "requested_at": version.at,
                "due_at": version.at + timedelta(days=7),
            },
        )
        if number % 200 < 100:  # noqa: PLR2004  # half of them
            yield "review_assignee", {"review_id": review, "account_id": reviewer}
        if number % 300 < 100:  # noqa: PLR2004  # a third
            yield (
                "change_request",
                {
                    "id": f"changes_{number:026}",
                    "review_id": review,
                    **of_revision,
                    "digest": version.words.digest,
                    "account_id": reviewer,
                    "reason": "Say it in fewer words.",
                    "requested_at": version.at,
                },
            )


def _comments(version: _Version) -> Iterator[Row]:
    first = f"comment_{version.number:025}a"
    for comment, thread, author in (
        (first, None, reviewer_of(version.number)),
        (f"comment_{version.number:025}b", first, author_of(version.number)),
    ):
        yield (
            "comment",
            {
                "id": comment,
                "edition_id": version.edition,
                "thread_id": thread,
                "body": "Is this so?",
                "author_id": account_id(author),
                "created_at": version.at,
            },
        )


def _position(number: int, at: datetime) -> dict[str, Any]:
    return {"number": number, "nonce": NONCE, "taken_at": at, "before_at": None}


def _detail(event: str, number: int, locale: str, revision: str) -> dict[str, str]:
    edition = edition_id(number, locale)
    return {"event": event, "entry": entry_id(number), "edition": edition, "revision": revision}


def _record(
    sequence: int, at: datetime, actor: int, action: str, subject: str, detail: dict[str, str]
) -> Row:
    return "audit_record", {
        "sequence": sequence,
        "recorded_at": at,
        "actor": account_id(actor),
        "action": action,
        "subject": subject,
        "detail": orjson.dumps(detail).decode(),
        "previous_hash": "0" * 64,
        "hash": "0" * 64,
    }


def _place(number: int, place: tuple[int, ...], at: datetime) -> Iterator[Row]:
    every = categories()
    parent = every.index(place[:-1]) if len(place) > 1 else None
    yield (
        "category_place",
        {
            "id": f"place_{number:026}",
            "position": 0,
            "category_id": category_id(number),
            "parent_id": None if parent is None else category_id(parent),
            "ordinal": place[-1],
            "began_at": at,
        },
    )
    for locale in ("en", "de"):
        path = tree_path(place)
        yield "category_path", {"category_id": category_id(number), "locale": locale, "path": path}


def tree_path(place: tuple[int, ...]) -> str:
    """Return the slugs from the root down to a category."""
    parts = (place[: depth + 1] for depth in range(min(len(place), len(BRANCHES))))
    return "/".join(f"c-{'-'.join(map(str, each))}" for each in parts)


def _built_in(name: str, identifier: str, slug: str, number: int, at: datetime) -> Iterator[Row]:
    """Yield the rows of a category or a person, public since the setup."""
    edition, revision = f"edition_{number:025}b", f"rev_{number:025}b"
    content: dict[str, Any] = {
        "type": name,
        "locale": "en",
        "title": f"{name} {slug}",
        "slug": slug,
        "summary": "",
        "category": None,
        "tags": [],
        "fields": {"profiles": []} if name == "Person" else {},
        "links": [],
        "headings": {},
    }
    title = str(content["title"])
    yield "entry", {"id": identifier, "content_type": name, "created_at": at}
    yield (
        "edition",
        {
            "id": edition,
            "entry_id": identifier,
            "locale": "en",
            "head_id": revision,
            "content_type": name,
            "title_key": f"{name} {slug}".lower(),
            "slug": slug,
            "changed_at": at,
            "created_at": at,
        },
    )
    yield (
        "revision",
        {
            "id": revision,
            "edition_id": edition,
            "number": 1,
            "title": title,
            "slug": slug,
            "summary": "",
            "content": orjson.dumps(content).decode(),
            "digest": "0" * 64,
            "note": "",
            "is_autosave": False,
            "created_at": at,
        },
    )
    yield (
        "rendition",
        {
            "revision_id": revision,
            "version": RENDERER,
            "title_key": title.lower(),
            "anchors": "[]",
            "rendered": orjson.dumps(content["fields"]).decode(),
        },
    )
    yield (
        "publication",
        {
            "id": f"pub_{number:025}b",
            "position": SETUP,
            "entry_id": identifier,
            "edition_id": edition,
            "revision_id": revision,
            "content_type": name,
            "locale": "en",
            "title": title,
            "title_key": title.lower(),
            "slug": slug,
            "summary": "",
            "saved_at": at,
            "first_published_at": at,
            "published_at": at,
            "basis": "setup",
            "due_at": at,
        },
    )
