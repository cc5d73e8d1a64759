"""Rules for links that a site declares beside its content types.

A rule looks at an entry with its links: those of its own, and the public ones to it. So it can be
a publish gate, where an entry is as if it were published, and a list of the public entries that
break it. :mod:`cms.links.rule_offenders` has each rule in SQL.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TypeAlias

from cms.content.content_type import ContentType
from cms.content.keywords import Declaration
from cms.errors import SiteError

# A content type, or its declared name.
NamedType: TypeAlias = str | type[ContentType]

# The most clicks that a rule can ask for: each is looked for when a page is to be published.
_MOST_CLICKS = 10


@dataclass(frozen=True)
class LinkFacts:
    """The links of an entry, as readers of a locale see them; links to itself do not count.

    Attributes:
        content_type: the declared name of its content type.
        targets: the declared names of the content types of other entries that it links to, once
            for each entry.
        external: the number of its links to other hosts.
        sources: the ids of the other pages that link to it.
        click_depth: the least number of clicks from a page where readers begin; ``None`` if no
            path of links leads to it, or if no rule needs it.
    """

    content_type: str
    targets: Collection[str] = ()
    external: int = 0
    sources: Collection[str] = ()
    click_depth: int | None = None


# The facts about an entry where no rule looks at them.
NO_FACTS = LinkFacts("")


@dataclass(frozen=True)
class LinkRule(Declaration, ABC):
    """A rule for the links of entries; a site declares one of its subclasses.

    Attributes:
        is_gate: whether a page that breaks it cannot be published; otherwise it is a warning.
        name: the public name, such as ``site:linked_terms``; by default, it is made of the words
            of the rule.

    Raises:
        SiteError: if a number in it is not possible.
    """

    is_gate: bool = field(default=False, kw_only=True)
    name: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if not self.name:
            words = [type(self).__name__, *self.types()]
            name = "_".join(_CAPITAL.sub("_", each).lower() for each in words)
            object.__setattr__(self, "name", f"site:{name}")

    @property
    @abstractmethod
    def content_type(self) -> str | None:
        """The declared name of the content type that it is for; ``None`` for all pages."""

    @property
    @abstractmethod
    def description(self) -> str:
        """The condition in words, for editors."""

    @property
    def least(self) -> int:
        """The least number that does not break the rule."""
        return 0

    @property
    def most(self) -> int | None:
        """The largest number that does not break the rule; ``None`` if there is none."""
        return None

    @abstractmethod
    def measure(self, facts: LinkFacts) -> int | None:
        """Return the number of an entry that the rule limits; ``None`` is more than any other."""

    @abstractmethod
    def message(self, found: int | None) -> str:
        """Return the fault of an entry with a number that breaks the rule, and the remedy."""

    def fault(self, facts: LinkFacts) -> str:
        """Return the fault of an entry that the rule is for; empty if it has none."""
        found = self.measure(facts)
        if found is None:
            return self.message(None)
        is_broken = found < self.least or (self.most is not None and found > self.most)
        return self.message(found) if is_broken else ""

    def types(self) -> Collection[str]:
        """Return the declared names of all content types in it."""
        return [] if self.content_type is None else [self.content_type]

    def is_for(self, content_type: str) -> bool:
        """Return whether the rule is for entries of a content type."""
        return self.content_type in {None, content_type}

    def _check(self, number: int, least: int) -> None:
        is_number = isinstance(number, int) and not isinstance(number, bool)
        if not is_number or number < least:
            raise SiteError(f"{self.name}: {number!r} is not possible; use {least} or more")


# A capital letter within a name, before which a word begins.
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class IncomingLinks(LinkRule):
    """At least so many other pages link to an entry of a content type.

    Attributes:
        target: the content type.
        at_least: the number of pages.
    """

    target: NamedType
    at_least: int = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.at_least, 1)

    @property
    def content_type(self) -> str:
        """The declared name of the content type."""
        return _name_of(self.target)

    @property
    def description(self) -> str:
        """The condition in words."""
        return f"At least {_pages(self.at_least)} to each {self.content_type}."

    @property
    def least(self) -> int:
        """The least number of pages."""
        return self.at_least

    def measure(self, facts: LinkFacts) -> int:
        """Return the number of other pages that link to an entry."""
        return len(facts.sources)

    def message(self, found: int | None) -> str:
        """Return that they are too few."""
        return (
            f"{_pages(found or 0)} to it, and at least {self.at_least} should; "
            "add links to it, and publish them together with it"
        )


@dataclass(frozen=True)
class LinksTo(LinkRule):
    """An entry of one content type links to at least so many entries of another one.

    Attributes:
        source: the content type with the links.
        target: the content type that they lead to.
        at_least: the number of different entries.
    """

    source: NamedType
    target: NamedType
    at_least: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.at_least, 1)

    @property
    def content_type(self) -> str:
        """The declared name of the content type with the links."""
        return _name_of(self.source)

    @property
    def description(self) -> str:
        """The condition in words."""
        number = f"at least {self.at_least} of type {_name_of(self.target)}"
        return f"Each {self.content_type} links to {number}."

    def types(self) -> Collection[str]:
        """Return the declared names of both content types."""
        return [self.content_type, _name_of(self.target)]

    @property
    def least(self) -> int:
        """The least number of entries."""
        return self.at_least

    def measure(self, facts: LinkFacts) -> int:
        """Return the number of entries of the other type that an entry links to."""
        return sum(each == _name_of(self.target) for each in facts.targets)

    def message(self, found: int | None) -> str:
        """Return that they are too few."""
        name = _name_of(self.target)
        return f"it links to {found} of type {name}; link to at least {self.at_least}"


@dataclass(frozen=True)
class NoLinks(LinkRule):
    """No entry of one content type links to an entry of another one.

    Attributes:
        source: the content type without the links.
        target: the content type that none of them leads to.
    """

    source: NamedType = field(kw_only=True)
    target: NamedType = field(kw_only=True)

    @property
    def content_type(self) -> str:
        """The declared name of the content type without the links."""
        return _name_of(self.source)

    @property
    def description(self) -> str:
        """The condition in words."""
        return f"No {self.content_type} links to entries of type {_name_of(self.target)}."

    def types(self) -> Collection[str]:
        """Return the declared names of both content types."""
        return [self.content_type, _name_of(self.target)]

    @property
    def most(self) -> int:
        """None."""
        return 0

    def measure(self, facts: LinkFacts) -> int:
        """Return the number of entries of the other type that an entry links to."""
        return sum(each == _name_of(self.target) for each in facts.targets)

    def message(self, found: int | None) -> str:
        """Return that there are any."""
        return f"it links to {found} of type {_name_of(self.target)}; remove these links"


@dataclass(frozen=True)
class ExternalLinks(LinkRule):
    """An entry has at most so many links to other hosts than the site's own.

    Attributes:
        source: the content type with the links; ``None`` for all pages.
        at_most: the number of links.
    """

    source: NamedType | None = None
    at_most: int = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.at_most, 0)

    @property
    def content_type(self) -> str | None:
        """The declared name of the content type."""
        return None if self.source is None else _name_of(self.source)

    @property
    def description(self) -> str:
        """The condition in words."""
        return (
            f"Each {self.content_type or 'page'} has at most {self.at_most} links to other sites."
        )

    @property
    def most(self) -> int:
        """The largest number of links."""
        return self.at_most

    def measure(self, facts: LinkFacts) -> int:
        """Return the number of links to other hosts that an entry has."""
        return facts.external

    def message(self, found: int | None) -> str:
        """Return that they are too many."""
        return f"it has {found} links to other sites; keep at most {self.at_most}"


@dataclass(frozen=True)
class ClickDepth(LinkRule):
    """At most so many clicks lead to an entry from the pages where readers begin.

    These are the home page, and those in the navigation. It depends on the links of other pages,
    so it cannot be a gate.

    Attributes:
        target: the content type; ``None`` for all pages.
        at_most: the number of clicks, up to 10.
    """

    target: NamedType | None = None
    at_most: int = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.at_most, 0)
        if self.at_most > _MOST_CLICKS:
            raise SiteError(f"{self.name}: {self.at_most} is too much; use {_MOST_CLICKS} or less")
        if self.is_gate:
            raise SiteError(
                f"{self.name} cannot be a gate, since it depends on the links of other pages; "
                "remove is_gate, and it is a warning"
            )

    @property
    def content_type(self) -> str | None:
        """The declared name of the content type."""
        return None if self.target is None else _name_of(self.target)

    @property
    def description(self) -> str:
        """The condition in words."""
        clicks = f"{self.at_most} click{'' if self.at_most == 1 else 's'}"
        return f"Readers reach each {self.content_type or 'page'} with at most {clicks}."

    @property
    def most(self) -> int:
        """The largest number of clicks."""
        return self.at_most

    def measure(self, facts: LinkFacts) -> int | None:
        """Return the number of clicks that lead to an entry."""
        return facts.click_depth

    def message(self, found: int | None) -> str:  # noqa: ARG002  # gates look no further
        """Return that they are too many."""
        return f"readers need more than {self.at_most} clicks to it; link to it from a page above"


def _name_of(named: NamedType) -> str:
    return named if isinstance(named, str) else named.name


def _pages(number: int) -> str:
    return "1 page links" if number == 1 else f"{number} pages link"
