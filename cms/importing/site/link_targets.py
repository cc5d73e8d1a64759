"""The pages and files that the links of a page lead to, by the rules of the old site."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from cms.content.markup.allowed_html import URL_SCHEMES
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.generators.base import Generator, absolute, base_path
from cms.importing.site.heading_ids import HEADING_IDS
from cms.importing.site.links import OldLink
from cms.importing.site.mapping import is_file_in
from cms.importing.site.page_index import AddressReading, PageIndex, PageKey, decoded, joined
from cms.importing.site.page_text import PageText
from cms.importing.site.references import PageReference, reference_in
from cms.site import Site

# The slug and the text of a page that links can point to.
Standing: TypeAlias = Callable[[PageKey], tuple[str, PageText] | None]

# Folders whose files are at the root of sites.
_STATIC = ("static", "public", "content", "docs/public", "assets", "")
_NO_PAGE = "does not point to a page"


@dataclass(frozen=True)
class Target:
    """The target of a link on the old site.

    Attributes:
        key: the page; ``None`` if it is none.
        query: the query of the address.
        fragment: the fragment of the address.
        is_elsewhere: whether it is on another site, so that the address stays.
        is_broken: whether the link is broken on the old site, although its page is known.
        reason: why there is no page.
    """

    key: PageKey | None = None
    query: str = ""
    fragment: str = ""
    is_elsewhere: bool = False
    is_broken: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Chosen:
    """The new address of a link.

    Attributes:
        href: the address; ``None`` keeps only the words.
        is_page: whether it leads to an imported page.
        faults: its faults.
    """

    href: str | None
    is_page: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class LinkTargets:
    """The links of one page.

    Attributes:
        generator: the rules of the old site.
        index: its pages.
        text: the page with the links.
        standing: returns the pages that links can point to.
        site: the site that the pages come to.
        folder: the imported folder.
    """

    generator: Generator
    index: PageIndex
    text: PageText
    standing: Standing
    site: Site
    folder: Path = field(repr=False)

    @property
    def _locale(self) -> str:
        return self.text.key[0]

    @property
    def _url(self) -> str:
        return self.generator.mapping.url.rstrip("/")

    def choose(self, link: OldLink) -> Chosen:
        """Return the new address of a link or a picture."""
        if link.is_image:
            return self._picture(link)
        link = self.followed(link)
        target = self.target(link.href)
        if target.is_elsewhere:
            return self._elsewhere(link)
        shown = str(reference_in(link.href) or link.href)
        if target.key is None:
            return self._lost(link, shown, target)
        own = (self.text.draft.slug, self.text) if target.key == self.text.key else None
        found = self.standing(target.key) or own
        if found is None:
            is_missing = self.index.is_missing(target.key)
            reason = f"points to a page that is not {'imported' if is_missing else 'public'}"
            return self._lost(link, shown, Target(reason=reason))
        seen = self._seen(target.key)
        if seen is None:
            reason = f"points to a page that readers of {self._locale!r} do not get"
            return self._lost(link, shown, Target(reason=reason))
        faults: list[Fault] = []
        if target.is_broken:
            message = f"{shown} is broken on the old site; here it leads to the page of its file"
            faults.append(self._fault(link, FaultKind.CHANGED, message))
        anchor, kind, reason = self._anchor(target.fragment, found[1])
        if anchor and seen is not found[1] and anchor not in seen.own_anchors:
            kind = FaultKind.LOST_ANCHOR
            reason = f"points to a part that the page in {seen.key[0]!r} does not have"
            anchor = ""
        if kind is not None:
            faults.append(self._fault(link, kind, f"{shown} {reason}"))
        href = self._href(target, anchor, *found)
        return Chosen(href, is_page=True, faults=tuple(faults))

    def followed(self, link: OldLink) -> OldLink:
        """Return a link to what its target redirects to, if that has no text of its own."""
        seen: set[PageKey] = set()
        while self.index.has_redirects:
            key = self.target(link.href).key
            to = self.index.redirect_of(key)
            if key is None or key in seen or not to:
                break
            seen.add(key)
            link = replace(link, href=to)
        return link

    def target(self, href: str) -> Target:
        """Return the target of an address in the page."""
        reference = reference_in(href)
        if reference is not None:
            return self._named(reference)
        inside = self._inside(href.removeprefix("pathname://"))
        try:
            parts = urlsplit(inside)
        except ValueError:  # not a valid address
            return Target(is_elsewhere=True)
        if parts.scheme or parts.netloc:
            return Target(is_elsewhere=True)
        fragment = unquote(parts.fragment)
        path = parts.path or ("/" if inside != href else "")
        if not path:
            is_here = bool(fragment) and not parts.query
            return Target(
                self.text.key if is_here else None, fragment=fragment, is_elsewhere=not is_here
            )
        for reading in self._readings(path, href != inside):
            if (key := self.index.at(reading, self._locale)) is not None:
                return Target(key, parts.query, fragment, is_broken=reading.is_broken)
        if self.generator.has_names_in_links:
            return self._named(PageReference("note", decoded(path), fragment))
        return Target(query=parts.query, fragment=fragment, reason=_NO_PAGE)

    def _readings(self, path: str, is_whole: bool) -> list[AddressReading]:  # noqa: FBT001  # of an address
        base = base_path(self._url)
        if not is_whole and base and f"{path}/".startswith(f"{base}/"):
            path, is_whole = path.removeprefix(base) or "/", True
        plain = decoded(path)
        if is_whole:
            return [AddressReading("address", plain)]
        return list(self.generator.readings(plain, self.text.page, self.text.address))

    def _named(self, reference: PageReference) -> Target:
        if not reference.name:
            return Target(self.text.key, fragment=reference.fragment)
        if not reference.is_known:
            return Target(reason=_NO_PAGE)
        named = self.generator.named_page(
            reference.kind, reference.name, self.text.page, self.index
        )
        if len(named.keys) == 1:
            return Target(named.keys[0], fragment=reference.fragment)
        reason = f"does not point to one page: {named.reason}" if named.keys else _NO_PAGE
        return Target(fragment=reference.fragment, reason=reason)

    def _inside(self, href: str) -> str:
        """Return an address on the old site without its URL, or any other unchanged."""
        own = self._url
        if not own:
            return href
        # A server leads from http to https, or the other way.
        place = own.partition("//")[2]
        for prefix in (f"https://{place}", f"http://{place}", f"//{place}"):
            rest = href.removeprefix(prefix)
            if rest != href and rest[:1] in {"", "/", "#", "?"}:
                return rest
        return href

    def _seen(self, key: PageKey) -> PageText | None:
        """Return the text that readers of this page get for another one or its translations."""
        locale, name = key
        for each in self.site.locales_for(self._locale):
            if (found := self.standing((each, name))) is not None:
                return found[1]
        return self.text if locale == self._locale else None

    def _anchor(self, fragment: str, text: PageText) -> tuple[str, FaultKind | None, str]:
        """Return the anchor for a fragment, with the kind and the reason of a fault, if any."""
        if not fragment or fragment == "top":
            return "", None, ""
        name = HEADING_IDS[text.mapping.heading_ids].key(fragment)
        if name in text.anchors:
            return text.anchors[name], None, ""
        if fragment in text.own_anchors:
            reason = f"is broken on the old site; here the page has #{fragment}"
            return fragment, FaultKind.CHANGED, reason
        return "", FaultKind.LOST_ANCHOR, f"points to a page without #{fragment}"

    def _href(self, target: Target, anchor: str, slug: str, text: PageText) -> str:
        """Return the address of a page on this site."""
        locale = text.key[0]
        query = f"?{target.query}" if target.query else ""
        part = f"#{anchor}" if anchor else ""
        if text.key == self.text.key and part and not query:
            return part
        path = text.content_type.path_for(slug, locale, text.category) or ""
        own = self.site.addresses
        if locale not in own.locales_beside(self._locale):
            path = f"{own.urls.get(locale, '')}{path}"
        return f"{path}{query}{part}"

    def _elsewhere(self, link: OldLink) -> Chosen:
        scheme = urlsplit(link.href).scheme if ":" in link.href else ""
        if scheme and scheme.lower() not in URL_SCHEMES:
            message = f"{link.href} cannot be a link: its scheme is not allowed"
            return Chosen(None, faults=(self._fault(link, FaultKind.LOST_LINK, message),))
        return Chosen(link.href)

    def _lost(self, link: OldLink, shown: str, target: Target) -> Chosen:
        """Return the address of a link without a page: a file of the old site, or none."""
        is_reference = reference_in(link.href) is not None
        path = "" if is_reference else self._old_path(link.href)
        if path and self._url and target.reason == _NO_PAGE and self._is_file(link.href, path):
            message = f"{shown} is a file, which stays on the old site"
            return Chosen(
                f"{self._url}{path}", faults=(self._fault(link, FaultKind.CHANGED, message),)
            )
        fault = self._fault(link, FaultKind.LOST_LINK, f"{shown} {target.reason}")
        if self.generator.mapping.unresolved == "plain" or not path or not self._url:
            return Chosen(link.href if link.form == "bare" else None, faults=(fault,))
        return Chosen(f"{self._url}{path}", faults=(fault,))

    def _picture(self, link: OldLink) -> Chosen:
        """Return the address of a picture, which stays on the old site."""
        if self.target(link.href).is_elsewhere:
            return Chosen(link.href)
        if self._url:
            return Chosen(f"{self._url}{self._old_path(link.href)}")
        message = f"{link.href} is a picture that is not imported; give the url of the old site"
        return Chosen(link.href, faults=(self._fault(link, FaultKind.CHANGED, message),))

    def _old_path(self, href: str) -> str:
        """Return the path of an address on the old site, with query and fragment, as written."""
        inside = self._inside(href.removeprefix("pathname://"))
        path = inside.split("?")[0].split("#")[0]
        rest = inside[len(path) :]
        base = base_path(self._url)
        if base and f"{path}/".startswith(f"{base}/"):
            path = path.removeprefix(base)
        whole = absolute(path, self.text.address) if path else self.text.address
        return f"{whole}{rest}".replace(" ", "%20")

    def _is_file(self, href: str, path: str) -> bool:
        """Return whether an address is that of a file of the old site."""
        written, at = (decoded(re.split("[?#]", each, maxsplit=1)[0]) for each in (href, path))
        beside = joined(self.text.page.place.path.rpartition("/")[0], written)
        of_site = written.removeprefix("@site/")
        roots = [f"{each}/{at.lstrip('/')}" for each in _STATIC]
        return any(is_file_in(self.folder, each) for each in [beside, of_site, *roots])

    def _fault(self, link: OldLink, kind: FaultKind, message: str) -> Fault:
        return Fault(self.text.source.file, link.line, kind, message)
