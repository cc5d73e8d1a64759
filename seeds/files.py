"""The demo's content files: which there are, and what they say.

``glossary/dropout.md`` is what is public; ``dropout@1.md``, ``dropout@2.md`` are what it was
before, and ``dropout@next.md`` is what somebody is working on. ``@urgent.md`` was published later
without sign-offs, for the ``reason`` in the file, and a page with ``imported`` is one of another
system.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cms import (
    ContentFileError,
    ContentType,
    FrontMatter,
    Site,
    UserError,
    read_markdown,
    read_yaml,
    split_at_headings,
)

FOLDER = Path(__file__).parent

FOLDERS: Mapping[str, str] = {
    "glossary": "GlossaryTerm",
    "guides": "BuyerGuide",
    "errors": "ErrorFix",
    "hardware": "Hardware",
    "models": "Model",
    "tools": "Tool",
    "pages": "Page",
}
SINGLETONS: Mapping[str, str] = {"navigation.yaml": "Navigation", "settings.yaml": "SiteSettings"}

# What a file says about a revision; everything else in its front matter is a field.
_ABOUT = frozenset(
    {
        "author",
        "category",
        "imported",
        "note",
        "published",
        "reason",
        "reviewers",
        "saved",
        "slug",
        "summary",
        "tags",
        "title",
    }
)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The system that a page comes from, and what it says about its review.

    Attributes:
        source: the system.
        review_due: the day when the page is due for review here.
        reviewed_by: the names of the reviewers that it claims.
        reviewed_on: the day of the review that it claims.
    """

    source: str
    review_due: date
    reviewed_by: tuple[str, ...] = ()
    reviewed_on: date | None = None


_ORIGIN = TypeAdapter(Origin)


@dataclass(frozen=True)
class RevisionFile:
    """One revision, as a file has it.

    Attributes:
        source: the file.
        content_type: its content type.
        slug: the word in its path.
        stage: ``"1"``, ``"2"`` … for earlier revisions, ``""`` for the public one, ``"urgent"`` for
            a later one without sign-offs, ``"next"`` for a draft.
        fields: the values of the content type's fields.
    """

    source: FrontMatter
    content_type: type[ContentType]
    slug: str
    stage: str
    fields: Mapping[str, Any]

    def text(self, key: str) -> str:
        """Return a text of the front matter; empty if there is none.

        Raises:
            ContentFileError: if it is something else.
        """
        value = self.source.values.get(key) or ""
        if not isinstance(value, str):
            raise self.source.fault(key, f"{key} must be text, not {value!r}")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a list of texts of the front matter; empty if there is none.

        Raises:
            ContentFileError: if it is something else.
        """
        value = self.source.values.get(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.source.fault(key, f"{key} must be a list of texts, not {value!r}")
        return [str(item) for item in value]

    @property
    def key(self) -> str:
        """What is the same for all revisions of an entry."""
        return self.content_type.path_for(self.slug, "en") or self.content_type.name

    @property
    def saved_at(self) -> datetime:
        """When the revision was saved.

        Raises:
            ContentFileError: if the file does not say so.
        """
        try:
            return datetime.fromisoformat(self.text("saved")).replace(tzinfo=UTC) + _MORNING
        except ValueError:
            raise self.source.fault(
                "saved", "saved must be a date in the form YYYY-MM-DD"
            ) from None

    @property
    def origin(self) -> Origin | None:
        """The system that the page was imported from, if it was.

        Raises:
            ContentFileError: if the file does not say what is needed.
        """
        value = self.source.values.get("imported")
        if value is None:
            return None
        try:
            return _ORIGIN.validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            raise self.source.fault("imported", f"imported: {name}: {first['msg']}") from None

    @property
    def is_public(self) -> bool:
        """Whether the revision was published."""
        return self.stage == "" or self.source.values.get("published") is True

    def fault(self, error: UserError) -> ContentFileError:
        """Return what a command found wrong, as a fault of the file."""
        keys = [each for each in error.path if isinstance(each, str) and each != "fields"]
        key = keys[0] if keys else None
        if key in {"body", "sections"}:
            return ContentFileError(self.source.file, self.source.body_line, error.message)
        return self.source.fault(key, error.message)


_MORNING = timedelta(hours=9)


def read_all(site: Site, folder: Path = FOLDER) -> Iterator[RevisionFile]:
    """Yield every revision of the demo, each file's as soon as it is read.

    Raises:
        ContentFileError: for the first file that cannot be read.
    """
    for name, type_name in FOLDERS.items():
        for file in sorted((folder / "content" / name).glob("*.md")):
            yield _revision(read_markdown(file), site.content_type(type_name))
    for name, type_name in SINGLETONS.items():
        yield _revision(read_yaml(folder / name), site.content_type(type_name))


def _revision(source: FrontMatter, content_type: type[ContentType]) -> RevisionFile:
    slug, _, stage = source.file.stem.partition("@")
    fields = {key: value for key, value in source.values.items() if key not in _ABOUT}
    for key in fields:
        if key not in content_type.fields:
            known = ", ".join(sorted(content_type.fields.keys() | _ABOUT))
            raise source.fault(key, f"a {content_type.name} has no {key!r}; use one of {known}")
    if "sections" in content_type.fields:
        body, parts = split_at_headings(source.body)
        fields["sections"] = [{"heading": heading, "body": text} for heading, text in parts]
    else:
        body = source.body
    if "body" in content_type.fields:
        fields["body"] = body
    if content_type.singleton:
        slug = content_type.default_slug()
    return RevisionFile(source, content_type, slug, stage, fields)
