"""Copydesk's content engine: ``from cms import Copydesk, Site``, ``from cms import commands``.

What is named here, in :mod:`cms.commands`, :mod:`cms.events` and :mod:`cms.hooks` is the engine's
API; its other modules are not. A name is
imported when it is asked for, so that a declaration of content types loads no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cms.authorization.actions import Action as Action
    from cms.authorization.actions import Reach as Reach
    from cms.authorization.actions import Subject as Subject
    from cms.authorization.actor import ANONYMOUS as ANONYMOUS
    from cms.authorization.actor import OPERATOR as OPERATOR
    from cms.authorization.actor import Actor as Actor
    from cms.authorization.actor import Grant as Grant
    from cms.cli.group import open_copydesk as open_copydesk
    from cms.comparison.anchors import text_at as text_at
    from cms.content.builtin import Category as Category
    from cms.content.builtin import Person as Person
    from cms.content.content_type import ContentType as ContentType
    from cms.content.fields import Block as Block
    from cms.content.fields import Blocks as Blocks
    from cms.content.fields import Boolean as Boolean
    from cms.content.fields import Choice as Choice
    from cms.content.fields import Colour as Colour
    from cms.content.fields import Computed as Computed
    from cms.content.fields import Date as Date
    from cms.content.fields import DateTime as DateTime
    from cms.content.fields import Decimal as Decimal
    from cms.content.fields import Email as Email
    from cms.content.fields import Integer as Integer
    from cms.content.fields import Json as Json
    from cms.content.fields import Links as Links
    from cms.content.fields import List as List
    from cms.content.fields import Markdown as Markdown
    from cms.content.fields import Number as Number
    from cms.content.fields import Object as Object
    from cms.content.fields import Reference as Reference
    from cms.content.fields import References as References
    from cms.content.fields import Sections as Sections
    from cms.content.fields import Text as Text
    from cms.content.fields import Url as Url
    from cms.content.link_rules import ClickDepth as ClickDepth
    from cms.content.link_rules import ExternalLinks as ExternalLinks
    from cms.content.link_rules import IncomingLinks as IncomingLinks
    from cms.content.link_rules import LinksTo as LinksTo
    from cms.content.link_rules import NoLinks as NoLinks
    from cms.content.markup.markdown import split_at_headings as split_at_headings
    from cms.content.policy import SignOffPolicy as SignOffPolicy
    from cms.content.policy import Stage as Stage
    from cms.content.snapshot import Changes as Changes
    from cms.content.snapshot import Draft as Draft
    from cms.copydesk import Copydesk as Copydesk
    from cms.drafts.saving import Saved as Saved
    from cms.errors import ContentFileError as ContentFileError
    from cms.errors import CopydeskError as CopydeskError
    from cms.errors import DatabaseError as DatabaseError
    from cms.errors import GateFailed as GateFailed
    from cms.errors import Refused as Refused
    from cms.errors import SettingsError as SettingsError
    from cms.errors import SiteError as SiteError
    from cms.errors import StaleRevision as StaleRevision
    from cms.errors import UserError as UserError
    from cms.hooks import Candidate as Candidate
    from cms.hooks import Gate as Gate
    from cms.hooks import Importer as Importer
    from cms.hooks import hookimpl as hookimpl
    from cms.importing.front_matter import FrontMatter as FrontMatter
    from cms.importing.front_matter import read_markdown as read_markdown
    from cms.importing.front_matter import read_yaml as read_yaml
    from cms.plugins import Plugin as Plugin
    from cms.plugins import installed_plugins as installed_plugins
    from cms.publishing.grounds import ClaimedReview as ClaimedReview
    from cms.review.comments import CommentPlace as CommentPlace
    from cms.settings import Settings as Settings
    from cms.settings import load_settings as load_settings
    from cms.site import Seo as Seo
    from cms.site import Site as Site
    from cms.work.work import Reading as Reading
    from cms.work.work import Work as Work
    from cms.work.work import command as command

# The same again for the interpreter, which does not see the lines above.
_NAMES = {
    "cms.authorization.actions": ("Action", "Reach", "Subject"),
    "cms.authorization.actor": ("ANONYMOUS", "OPERATOR", "Actor", "Grant"),
    "cms.cli.group": ("open_copydesk",),
    "cms.comparison.anchors": ("text_at",),
    "cms.content.builtin": ("Category", "Person"),
    "cms.content.content_type": ("ContentType",),
    "cms.content.fields": (
        *("Block", "Blocks", "Boolean", "Choice", "Colour", "Computed", "Date", "DateTime"),
        *("Decimal", "Email", "Integer", "Json", "Links", "List", "Markdown", "Number"),
        *("Object", "Reference", "References", "Sections", "Text", "Url"),
    ),
    "cms.content.link_rules": (
        *("ClickDepth", "ExternalLinks", "IncomingLinks", "LinksTo", "NoLinks"),
    ),
    "cms.content.markup.markdown": ("split_at_headings",),
    "cms.content.policy": ("SignOffPolicy", "Stage"),
    "cms.content.snapshot": ("Changes", "Draft"),
    "cms.copydesk": ("Copydesk",),
    "cms.drafts.saving": ("Saved",),
    "cms.errors": (
        *("ContentFileError", "CopydeskError", "DatabaseError", "GateFailed", "Refused"),
        *("SettingsError", "SiteError", "StaleRevision", "UserError"),
    ),
    "cms.hooks": ("Candidate", "Gate", "Importer", "hookimpl"),
    "cms.importing.front_matter": ("FrontMatter", "read_markdown", "read_yaml"),
    "cms.plugins": ("Plugin", "installed_plugins"),
    "cms.publishing.grounds": ("ClaimedReview",),
    "cms.review.comments": ("CommentPlace",),
    "cms.settings": ("Settings", "load_settings"),
    "cms.site": ("Seo", "Site"),
    "cms.work.work": ("Reading", "Work", "command"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for."""
    from importlib import import_module  # noqa: PLC0415  # not part of what is exported

    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted(_MODULES)
