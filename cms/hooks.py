"""Hooks: all that a plugin may add to a site.

A plugin is a module, or an object, with functions that are marked with :data:`hookimpl` and have
the name and the arguments of one of the functions below. :class:`~cms.plugins.Plugin` gives it a
name, which is the prefix of all that it adds: the plugin ``recall`` adds the content type
``RecallNotice``, the gate ``recall:contact``, the action ``recall:write``. A plugin needs only the
hooks that it uses, and leaves out the arguments that it does not use.
"""

from __future__ import annotations

import inspect
from collections.abc import (
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    MutableMapping,
    Sequence,
)
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from pluggy import HookimplMarker, HookspecMarker

from cms.authorization.actions import Reach
from cms.authorization.actor import Actor
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.link_rules import NO_FACTS, LinkFacts
from cms.content.links import Edge, Origin
from cms.content.policy import Lacking
from cms.errors import UserError

if TYPE_CHECKING:
    import click  # only for shells: sites are declared without it

# The name of the hooks, and of the group of entry points.
GROUP = "copydesk"

# The prefix of the names that a site declares without a plugin.
SITE = "site"

hookspec = HookspecMarker(GROUP)
hookimpl = HookimplMarker(GROUP)

# The parts of the ASGI protocol (https://asgi.readthedocs.io).
AsgiMessage: TypeAlias = MutableMapping[str, Any]
AsgiScope: TypeAlias = MutableMapping[str, Any]
AsgiReceive: TypeAlias = Callable[[], Awaitable[AsgiMessage]]
AsgiSend: TypeAlias = Callable[[AsgiMessage], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[AsgiScope, AsgiReceive, AsgiSend], Awaitable[None]]

# Returns the actor of a request, given its ASGI scope; ``ANONYMOUS`` if it has no credentials.
Identity: TypeAlias = Callable[[AsgiScope], Awaitable[Actor]]

# A :class:`cms.work.work.Reaction`: called with the work and the events of a command.
PluginReaction: TypeAlias = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class ShownEdition:
    """The edition of an entry that readers see: in their locale, or else in one of its fallbacks.

    Attributes:
        locale: its locale.
        title: its title.
        path: where it is; ``None`` if it is no page.
        anchors: what a ``#fragment`` can lead to in it.
    """

    locale: str
    title: str
    path: str | None
    anchors: frozenset[str]


@dataclass(frozen=True)
class UnseenTarget:
    """A place that a link leads to, and at which readers see nothing.

    Attributes:
        title: the title of the entry; empty if there is none, or if the actor may not read it.
        path: the path of the entry as its newest revision has it, or the address in the text.
    """

    title: str = ""
    path: str | None = None


@dataclass(frozen=True, kw_only=True)
class IncomingEdge:
    """A public page's link or reference to the entry in question.

    Attributes:
        source_path: the path of the page; its id if it has none.
        source_title: its title.
        locale: its locale.
        origin: kind of value that the link comes from.
        fragment: the anchor that it leads to; empty for the top.
        before: the edition of the entry that readers of the page see now, or ``None``.
        after: the edition that they would see afterwards, or ``None``.
    """

    source_path: str
    source_title: str
    locale: str
    origin: Origin
    fragment: str
    before: ShownEdition | None
    after: ShownEdition | None


@dataclass(frozen=True, kw_only=True)
class ReferencedEntry:
    """A category or person that readers see beside a revision.

    Attributes:
        entry_id: the category or person.
        shown_as: in words, such as ``its category``.
        title: the name, if it is not public and the actor may read it; empty otherwise.
        shown: the edition that readers will see, or ``None``.
    """

    entry_id: str
    shown_as: str
    title: str
    shown: ShownEdition | None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A revision to publish, with the facts that gates need.

    Attributes:
        entry_id: the entry.
        locales: the locale of the edition, and those that its readers see where it has none.
        content_type: its type.
        content: the content of the revision, in which fields have their declared names.
        digest: the digest of the content.
        anchors: what a ``#fragment`` can lead to in it.
        path: where it will stand.
        path_holder: what stands there already: the id of another entry, or words such as
            ``a redirect``; ``None`` if the path is free.
        lacking: the stages that are not complete for this digest.
        objectors: the accounts that have asked for changes to this digest.
        edges: where it leads; in their paths, too, fields have their declared names.
        shown: for every entry that it leads to, the edition that its readers will see, if any.
        unseen: the targets of other edges, which are broken: by the id of the entry, or by the
            URL if it is an address on the site with nothing behind it.
        incoming: the public links to it, also those of pages in locales that fall back to it.
        referenced: the category, the author and the reviewers that readers will see beside it.
        slug_errors: why the slug of a category or a person cannot be public: another has it, or
            pages could not move to the addresses that a category's slug gives them.
        links: its links, for the link rules of the site; without any, those are not read.
    """

    entry_id: str
    locales: Sequence[str]
    content_type: type[ContentType]
    content: JsonObject
    digest: str
    anchors: frozenset[str]
    path: str | None
    path_holder: str | None
    lacking: Sequence[Lacking]
    objectors: Sequence[str]
    edges: Sequence[Edge]
    shown: Mapping[str, ShownEdition]
    unseen: Mapping[str, UnseenTarget]
    incoming: Sequence[IncomingEdge]
    referenced: Sequence[ReferencedEntry]
    slug_errors: Sequence[UserError] = ()
    links: LinkFacts = NO_FACTS


@dataclass(frozen=True)
class Gate:
    """A condition for publishing.

    Attributes:
        name: the public name, in the API, errors and documentation.
        check: yields what is wrong with a candidate. Its docstring describes the condition.
    """

    name: str
    check: Callable[[Candidate], Iterable[UserError]]

    @property
    def plugin(self) -> str | None:
        """The name of the plugin that adds it; ``None`` for a gate of Copydesk or of the site."""
        owner = self.name.rpartition(":")[0]
        return owner if owner not in {"", SITE} else None

    @property
    def description(self) -> str:
        """The condition in words, for editors."""
        return inspect.getdoc(self.check) or ""


@dataclass(frozen=True)
class Importer:
    """A source of content for ``copydesk import``.

    Attributes:
        name: the name at the shell: ``copydesk import recall:csv FILE``.
        run: runs commands in a :class:`~cms.work.work.Work` of the operator, given that and the
            path of the source, and returns the lines of its report. A refusal undoes all of them.
            Its docstring is the help at the shell.
    """

    name: str
    run: Callable[[Any, Path], Awaitable[Sequence[str]]]


class Hooks(Protocol):
    """The hooks, each as the signature of a plugin's function, without ``self``."""

    @hookspec
    def content_types(self) -> Sequence[type[ContentType]]:
        """Return content types, which follow those of the site."""

    @hookspec
    def gates(self) -> Sequence[Gate]:
        """Return gates, which are checked after those of Copydesk and of the site."""

    @hookspec
    def reactions(self) -> Sequence[PluginReaction]:
        """Return reactions to the events of commands.

        Each is awaited in the transaction of the command, in the order of the plugins; one that
        raises undoes the command, which is refused in the name of the plugin.
        """

    @hookspec
    def actions(self) -> Sequence[str]:
        """Return actions, which commands of the plugin authorise; administrators have them all."""

    @hookspec
    def roles(self) -> Mapping[str, Mapping[str, Reach]]:
        """Return roles with their actions, and the actions that Copydesk's roles have as well."""

    @hookspec
    def identity(self, copydesk: object) -> Identity:
        """Return the function that identifies the actors of requests, instead of Copydesk's tokens.

        Args:
            copydesk: the :class:`~cms.copydesk.Copydesk` that is served.
        """

    @hookspec
    def importers(self) -> Sequence[Importer]:
        """Return importers for ``copydesk import``."""

    @hookspec
    def cli_commands(self) -> Sequence[click.Command]:
        """Return commands for the shell: ``copydesk <plugin> <command>``."""

    @hookspec
    def routes(self, copydesk: object) -> Mapping[str, AsgiApp]:
        """Return ASGI apps by the paths at which they are mounted.

        Args:
            copydesk: the :class:`~cms.copydesk.Copydesk` that is served.
        """
