"""The content that is measured: always the same for a size, and known to no system.

It is what a large site about one subject has: four kinds of entries in a tree of categories, texts
of some 2.5 kB, and links that lead to few entries often.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import TypeAlias

from cms.content.collation import sort_key

ENTRIES = 10_000
LINKS_EACH = 6
REVIEWERS_EACH = 2
SEED = 42
# Content types with their shares, and kinds of links, in the order in which pages show them.
TYPES = {"GlossaryTerm": 4, "BuyerGuide": 3, "ErrorFix": 2, "Hardware": 1}
KINDS = ("BUYER_GUIDES", "FIXES", "PREREQUISITES", "SEE_ALSO")

_ROOTS, _BRANCHES, _LEAVES = 6, 18, 36
_PEOPLE = 25
# Texts that differ from each other; entries beyond have one of these again, and its title.
_TEXTS = 10_000
_BODY = 2_450
# Shares of the parts of a text, each with those before; the rest are paragraphs.
_HEADINGS, _LISTS, _CODE = 0.18, 0.30, 0.38
# The share of links to entries that are linked to already.
_POPULAR = 0.8
_START = datetime(2021, 1, 1, tzinfo=UTC)
_SECONDS = 5 * 365 * 24 * 60 * 60
_SYLLABLES = (
    *("al", "be", "cro", "den", "el", "fi", "gra", "hu", "in", "jo", "kel", "lu", "mar", "no"),
    *("os", "pri", "qua", "ri", "stu", "tor", "un", "ve", "wal", "xi", "yl", "zen", "ca", "do"),
)

# A kind, and the number of the entry that the link leads to.
Link: TypeAlias = tuple[str, int]


@dataclass(frozen=True)
class Topic:
    """A category, or a person, who has no parent.

    Attributes:
        number: its number, from 0.
        name: its name.
        slug: its slug, which no other has.
        parent: the category above it.
    """

    number: int
    name: str
    slug: str
    parent: Topic | None = None

    @property
    def path(self) -> str:
        """Slugs from the root down to it."""
        return f"{self.parent.path}/{self.slug}" if self.parent else self.slug


@dataclass(frozen=True, kw_only=True)
class Item:
    """An entry.

    Attributes:
        number: its number, from 0.
        content_type: a name in :data:`TYPES`.
        title: its title.
        slug: its slug, which no other has.
        summary: one or two sentences.
        body: its text, in Markdown.
        text_number: number of title, summary and text; entries can have the same ones.
        published_at: the time of its publication, which no other has.
        rank: the number of entries that were published before.
        category: its category.
        reviewers: the people who signed it off, in the order of their names.
        links: its links, by kind.
    """

    number: int
    content_type: str
    title: str
    slug: str
    summary: str
    body: str
    text_number: int
    published_at: datetime
    rank: int
    category: Topic
    reviewers: Sequence[Topic]
    links: Sequence[Link]

    @property
    def path(self) -> str:
        """Its path on the site."""
        return path_of(self.content_type, self.slug)


class Writer:
    """Writes random words, common ones more often."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        words = {"".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(2_500)}
        self._words = sorted(words)
        chance.shuffle(self._words)
        self._weights = list(accumulate(1 / (place + 3) for place in range(len(self._words))))

    def words(self, count: int) -> list[str]:
        """Return some words."""
        return self._chance.choices(self._words, cum_weights=self._weights, k=count)

    def name(self) -> str:
        """Return two words as a name."""
        return " ".join(self.words(2)).title()

    def sentences(self, characters: int) -> str:
        """Return sentences with at least this many characters."""
        written: list[str] = []
        while sum(map(len, written)) < characters:
            words = self.words(self._chance.randint(7, 15))
            written.append(f"{' '.join(words).capitalize()}.")
        return " ".join(written)

    def body(self) -> str:
        """Return a text in Markdown: headings, lists, code, paragraphs with links."""
        parts: list[str] = []
        while sum(map(len, parts)) < _BODY:
            parts.append(self._part(self._chance.random(), len(parts)))
        return "\n\n".join(parts)

    def _part(self, share: float, number: int) -> str:
        if share < _HEADINGS:
            return f"## {number + 1}. {' '.join(self.words(4)).title()}"
        if share < _LISTS:
            return "\n".join(f"- {self.sentences(1)}" for _ in range(self._chance.randint(2, 4)))
        if share < _CODE:
            command, option = " ".join(self.words(3)), self.words(1)[0]
            return f"```sh\n{command} --{option}={self._chance.randint(1, 999)}\n```"
        strong, label, page = self.words(3)
        text = self.sentences(self._chance.randint(180, 360))
        return f"{text} See **{strong}** and [{label}](https://example.org/{page})."


class Content:
    """The content of a site.

    Args:
        entries: the number of entries.
    """

    def __init__(self, entries: int = ENTRIES) -> None:
        self.size = entries
        self._writer = Writer(random.Random(SEED))  # noqa: S311  # not for secrets
        self.categories = self._categories()
        self.people = self._people()
        self._texts = [self._text() for _ in range(min(entries, _TEXTS))]

    def items(self) -> Iterator[Item]:
        """Yield all entries; the same ones each time."""
        chance = random.Random(SEED + 1)  # noqa: S311  # the same
        links, ranks = self.links, self._ranks()
        for number, moment in enumerate(self._moments):
            text_number = number % len(self._texts)
            title, summary, body = self._texts[text_number]
            yield Item(
                number=number,
                content_type=chance.choices([*TYPES], [*TYPES.values()])[0],
                title=title,
                slug=f"{'-'.join(title.lower().split())[:48].rstrip('-')}-{number}",
                summary=summary,
                body=body,
                text_number=text_number,
                published_at=_START + timedelta(milliseconds=moment),
                rank=ranks[number],
                category=chance.choice(self.categories),
                reviewers=sorted(
                    chance.sample(self.people, REVIEWERS_EACH),
                    key=lambda person: sort_key(person.name),
                ),
                links=links[number],
            )

    def _text(self) -> tuple[str, str, str]:
        """Return a title, a summary and a body."""
        writer = self._writer
        title = " ".join(writer.words(3 + len(writer.words(1)[0]) % 4)).capitalize()
        return title, writer.sentences(170)[:210].rstrip(), writer.body()

    @cached_property
    def links(self) -> Sequence[Sequence[Link]]:
        """The links of each entry.

        One of five leads to any entry; the others to one that is linked to already, in proportion
        to how often it is.
        """
        chance = random.Random(SEED + 2)  # noqa: S311  # the same
        most = min(LINKS_EACH, self.size - 1)
        links: list[Sequence[Link]] = [()] * self.size
        linked: list[int] = []
        sources = [*range(self.size)]
        chance.shuffle(sources)
        for source in sources:
            targets: dict[int, str] = {}
            while len(targets) < most:
                popular = linked and chance.random() < _POPULAR
                target = chance.choice(linked) if popular else chance.randrange(self.size)
                if target != source:
                    targets.setdefault(target, chance.choice(KINDS))
            linked += targets
            links[source] = sorted((kind, target) for target, kind in targets.items())
        return links

    @cached_property
    def _moments(self) -> Sequence[int]:
        """When each entry was published, in milliseconds since the first; all are different."""
        chance = random.Random(SEED + 3)  # noqa: S311  # the same
        return chance.sample(range(_SECONDS * 1_000), self.size)

    def _ranks(self) -> Sequence[int]:
        ranks = [0] * self.size
        for rank, number in enumerate(sorted(range(self.size), key=self._moments.__getitem__)):
            ranks[number] = rank
        return ranks

    def _categories(self) -> Sequence[Topic]:
        categories: list[Topic] = []
        for number in range(_ROOTS + _BRANCHES + _LEAVES):
            parent = None
            if number >= _ROOTS + _BRANCHES:
                parent = categories[_ROOTS + (number - _ROOTS - _BRANCHES) % _BRANCHES]
            elif number >= _ROOTS:
                parent = categories[(number - _ROOTS) % _ROOTS]
            name = self._writer.name()
            slug = f"c-{number:02}-{name.lower().replace(' ', '-')}"
            categories.append(Topic(number, name, slug, parent))
        return categories

    def _people(self) -> Sequence[Topic]:
        names: dict[str, None] = {}
        while len(names) < _PEOPLE:
            names[self._writer.name()] = None
        return [Topic(number, name, f"person-{number:02}") for number, name in enumerate(names)]


def path_of(content_type: str, slug: str) -> str:
    """Return the path of an entry on the site."""
    return f"/{content_type.lower()}/{slug}"
