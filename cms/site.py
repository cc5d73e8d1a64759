"""The site: everything that is declared in code, checked when it is built."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from cms.authorization.actions import Action
from cms.content.addresses import OwnAddresses, own_addresses, path_key
from cms.content.builtin import with_built_in
from cms.content.content_type import COMMON_NAMES, ContentType
from cms.content.fields import Field, Links, List, Markdown, Reference, References
from cms.content.fields.base import all_fields
from cms.content.fields.computed import Computed
from cms.content.fields.names import check_names, is_field_name
from cms.content.fields.url import is_web_address
from cms.content.keywords import Declaration
from cms.content.link_groups import link_fields
from cms.content.link_rules import LinkRule
from cms.content.links import Origin
from cms.content.locales import check_locales
from cms.content.type_names import check_api_names
from cms.errors import GateFailed, SiteError, UserError
from cms.hooks import SITE, Candidate, Gate
from cms.identifiers import is_built_in_id
from cms.plugins import Plugin, Plugins, checked_word

# The name of the set of all links, whose metrics each site has.
ALL_LINKS = "all"


@dataclass(frozen=True, kw_only=True)
class Seo(Declaration):
    """Search engine metadata of pages that declare none.

    A field with ``seo="title"``, ``"description"`` or ``"image"`` says it for its entry.

    Attributes:
        title: the title element; ``{title}`` stands for the entry's.
        description: for pages without a summary.
        image: the picture for previews: a URL, or a path that begins with a slash and is on the
            host of each locale.
    """

    title: str = "{title}"
    description: str = ""
    image: str = ""


@dataclass(frozen=True)
class Reverse:
    """The reverse side of references.

    Attributes:
        target: the name of the content type that is pointed at.
        name: what those that point there are called at it.
        sources: for each reference, the name of its content type, and its own.
        stored_sources: the stored names of the same.
        deprecated: the reasons why the references are deprecated; empty unless all of them are.
    """

    target: str
    name: str
    sources: tuple[tuple[str, str], ...]
    stored_sources: tuple[tuple[str, str], ...]
    deprecated: str


class Site(Declaration):
    """A site's declaration.

    Args:
        name: what people call it.
        content_types: the content types, in the order in which editors see them. Categories and
            people are added, unless a subclass of :class:`~cms.content.builtin.Category` or
            :class:`~cms.content.builtin.Person` is among them.
        locales: language tags (BCP 47); the first is the default.
        fallbacks: for a locale, the others that are shown where it has no edition, the best
            first.
        url: the absolute address of the site: ``https://example.org``; or one for each locale, if
            each has a host of its own. Otherwise the paths of a site in several locales have to
            contain ``{locale}``.
        own_hosts: other hosts that are the site's own, as texts may have them in links:
            ``www.example.org``.
        routes: paths that the frontend serves by itself, which links may lead to: ``/search``, or
            ``/account/*`` for all paths below ``/account``.
        seo: search engine metadata of pages that declare none.
        gates: what else has to be true before something is published, beside
            :data:`cms.publishing.gates.GATES`. Their names begin with ``site:``.
        link_rules: rules for the links of entries: gates, and warnings before something is
            published.
        link_sets: sets of links whose metrics are stored beside those of all links: the kinds of
            links of each set, by its name.
        plugins: what adds to the site by the hooks in :mod:`cms.hooks`, in the order in which
            it is called; :func:`~cms.plugins.installed_plugins` are those of packages.
        allow_imported: whether the operator may publish imported pages without a sign-off.

    Attributes:
        stored_types: the content types by their stored names.
        link_warnings: those of the link rules that are no gates, as gates are checked.
        retired_types: the stored names of content types that are no longer declared; see
            :func:`cms.type_versions.binding.bound_site`.

    Raises:
        SiteError: when parts of the declaration contradict each other.
    """

    def __init__(
        self,
        name: str,
        *,
        content_types: Sequence[type[ContentType]],
        locales: Sequence[str] = ("en",),
        fallbacks: Mapping[str, Sequence[str]] = MappingProxyType({}),
        url: str | Mapping[str, str] = "",
        own_hosts: Sequence[str] = (),
        routes: Sequence[str] = (),
        seo: Seo = Seo(),  # it is frozen
        gates: Sequence[Gate] = (),
        link_rules: Sequence[LinkRule] = (),
        link_sets: Mapping[str, Sequence[str]] = MappingProxyType({}),
        plugins: Sequence[Plugin] = (),
        allow_imported: bool = True,
    ) -> None:
        self.name = name
        self.allow_imported = allow_imported
        self.plugins = Plugins(plugins)
        self.actions: tuple[str, ...] = (*Action, *self.plugins.actions)
        self.roles = self.plugins.roles
        self.link_rules = _checked_link_rules(name, link_rules)
        rules = [_gate_of(each) for each in self.link_rules if each.is_gate]
        self.gates = (*_checked_gates(name, [*gates, *rules]), *self.plugins.gates)
        self.link_warnings = tuple(_gate_of(e) for e in self.link_rules if not e.is_gate)
        self.link_sets = {
            each: _tuple_of(name, f"link_sets[{each!r}]", kinds)
            for each, kinds in link_sets.items()
        }
        self.seo = _checked_seo(name, seo)
        self.locales = _tuple_of(name, "locales", locales)
        self.fallbacks = {
            locale: _tuple_of(name, f"fallbacks of {locale!r}", others)
            for locale, others in fallbacks.items()
        }
        self.addresses = _addresses(
            name,
            dict.fromkeys(self.locales, url) if isinstance(url, str) else url,
            _tuple_of(name, "own_hosts", own_hosts),
            _tuple_of(name, "routes", routes),
        )
        _check_content_types(name, content_types)
        declared = with_built_in((*content_types, *self.plugins.content_types))
        self.content_types: Mapping[str, type[ContentType]] = {
            content_type.name: content_type for content_type in declared
        }
        self.stored_types: Mapping[str, type[ContentType]] = {
            each.stored_name: each for each in declared
        }
        self.retired_types: tuple[str, ...] = ()
        self._check(declared)

    @property
    def default_locale(self) -> str:
        """The locale of a request that names none."""
        return self.locales[0]

    @property
    def url(self) -> str:
        """The address of the site in its default locale; empty if it has none."""
        return self.addresses.urls[self.default_locale]

    def url_in(self, locale: str) -> str:
        """Return the address of the site in a locale; where it has none, that of its default."""
        return self.addresses.urls.get(locale) or self.url

    def locales_for(self, locale: str) -> tuple[str, ...]:
        """Return a locale, and those that are shown where it has no edition."""
        return (locale, *self.fallbacks.get(locale, ()))

    def locales_for_built_in(self, locale: str) -> tuple[str, ...]:
        """Return a locale, and those in which categories and people are shown instead.

        They always fall back to the default locale.
        """
        return tuple(dict.fromkeys((*self.locales_for(locale), self.default_locale)))

    def locales_showing(self, locale: str, entry_id: str) -> tuple[str, ...]:
        """Return the locales whose readers see an entry's edition of this one, also as a fallback.

        Args:
            locale: the locale of the edition.
            entry_id: the entry; categories and people have further fallbacks.
        """
        order = self.locales_for_built_in if is_built_in_id(entry_id) else self.locales_for
        return tuple(each for each in self.locales if locale in order(each))

    def content_type(self, name: str) -> type[ContentType]:
        """Return the content type of this name.

        Raises:
            SiteError: if the site declares none.
        """
        try:
            return self.content_types[name]
        except KeyError:
            known = ", ".join(self.content_types)
            message = f"the site has no content type {name!r}; use one of {known}"
            raise SiteError(message) from None

    def stored_type(self, stored_name: str) -> type[ContentType]:
        """Return the content type of entries that are stored under a name.

        Raises:
            SiteError: if the site declares none.
        """
        found = self.find_stored_type(stored_name)
        if found is None:
            raise SiteError(
                f"the site has no content type for entries of the type {stored_name!r}; declare "
                "it again, or check the content types: copydesk types check"
            )
        return found

    @property
    def type_names(self) -> Mapping[str, str]:
        """The declared names of the content types by their stored ones."""
        return {stored: each.name for stored, each in self.stored_types.items()}

    def find_stored_type(self, stored_name: str) -> type[ContentType] | None:
        """Return the content type of entries that are stored under a name, if it is declared."""
        return self.stored_types.get(stored_name)

    @property
    def link_kinds(self) -> Sequence[str]:
        """All kinds of links: those of link fields, and that of links inside texts."""
        declared = (kind for each in self.content_types.values() for kind in link_fields(each))
        return list(dict.fromkeys([*declared, Origin.INLINE.value]))

    def _check(self, content_types: Sequence[type[ContentType]]) -> None:
        for rule in self.link_rules:
            for each in rule.types():
                if each not in self.content_types:
                    raise SiteError(
                        f"{self.name}: {rule.name} names the content type {each!r}, which the "
                        f"site does not have; use one of {', '.join(self.content_types)}"
                    )
        for name, kinds in self.link_sets.items():
            _check_link_set(self.name, name, kinds, self.link_kinds)
        check_locales(self.name, self.locales, self.fallbacks)
        _check_urls(self.name, self.addresses.urls, self.locales)
        check_api_names(content_types)
        _check_paths(content_types, self.addresses)
        for content_type in content_types:
            for field in all_fields(content_type.fields.values()):
                self._check_targets(content_type, field)
            for field in all_fields(content_type.fields.values()):
                _check_list(content_type, field)
            _check_references(content_type)
            self._check_policy(content_type)
        for reverse in self.reverses():
            self._check_reverse(reverse)
        for name, content_type in self.content_types.items():
            back = (each.name for each in self.reverses() if each.target == name)
            check_names(name, [*content_type.fields, *back])

    def reverses(self) -> Sequence[Reverse]:
        """Return every reverse side of a reference, at each content type that has it."""
        sources: dict[tuple[str, str], list[tuple[type[ContentType], Reference | References]]] = {}
        for content_type in self.content_types.values():
            for field in _references_of(content_type):
                for target in field.to or self.content_types:
                    if field.reverse:
                        sources.setdefault((target, field.reverse), []).append(
                            (content_type, field)
                        )
        return [_reverse(*key, found) for key, found in sources.items()]

    def _check_reverse(self, reverse: Reverse) -> None:
        taken = COMMON_NAMES | self.content_types[reverse.target].fields.keys()
        if reverse.name in taken or not is_field_name(reverse.name):
            raise SiteError(
                f"{reverse.target} cannot have the reverse {reverse.name!r}; use another name, "
                "in lower_case_with_underscores, that is not a field of it"
            )

    def _check_policy(self, content_type: type[ContentType]) -> None:
        """Check that the role of each stage can sign off."""
        able = [role for role, actions in self.roles.items() if Action.REVIEW_SIGN_OFF in actions]
        for stage in content_type.policy.stages:
            if stage.role not in able:
                raise SiteError(
                    f"{content_type.name}: the stage {stage.name!r} has the role {stage.role!r}, "
                    f"which cannot sign off; use one of {', '.join(able)}"
                )

    def _check_targets(self, content_type: type[ContentType], field: Field) -> None:
        if isinstance(field, Links | Reference | References):
            for target in field.to:
                if target not in self.content_types:
                    raise SiteError(
                        f"{content_type.name}.{field.name}: the site has no content type "
                        f"{target!r}; use one of {', '.join(self.content_types)}"
                    )


def _tuple_of(site: str, what: str, values: Sequence[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise SiteError(f"{site}: {what} must be a list, not a text; write [{values!r}]")
    return tuple(values)


def _checked_seo(name: str, seo: Seo) -> Seo:
    """Check that a picture for previews has an address that other sites can load."""
    if seo.image and not (is_web_address(seo.image) or re.fullmatch(r"/[^/\\s]\S*", seo.image)):
        raise SiteError(
            f"{name}: seo.image must be a URL that starts with https:// or http://, or a path "
            f"that begins with a slash, not {seo.image!r}"
        )
    return seo


def _checked_gates(site: str, gates: Sequence[Gate]) -> tuple[Gate, ...]:
    names: set[str] = set()
    for each in gates:
        if not isinstance(each, Gate):
            raise SiteError(f"{site}: {each!r} in gates is not a Gate; use Gate('site:name', each)")
        if checked_word(SITE, f"{site}: gates must have", each.name) in names:
            raise SiteError(f"{site}: two gates have the name {each.name!r}; rename one of them")
        names.add(each.name)
    return tuple(gates)


def _gate_of(rule: LinkRule) -> Gate:
    """Return a rule as a gate."""

    def check(candidate: Candidate) -> Iterator[UserError]:
        is_meant = rule.is_for(candidate.links.content_type)
        if is_meant and (fault := rule.fault(candidate.links)):
            yield GateFailed(message=fault)

    check.__doc__ = rule.description
    return Gate(rule.name, check)


def _checked_link_rules(site: str, rules: Sequence[LinkRule]) -> tuple[LinkRule, ...]:
    names: set[str] = set()
    for each in rules:
        if not isinstance(each, LinkRule) or type(each) is LinkRule:
            raise SiteError(
                f"{site}: {each!r} in link_rules is not a rule; use one such as "
                "ExternalLinks(at_most=20)"
            )
        if checked_word(SITE, f"{site}: link_rules must have", each.name) in names:
            raise SiteError(f"{site}: two rules have the name {each.name!r}; give one a name")
        names.add(each.name)
    return tuple(rules)


def _check_link_set(site: str, name: str, kinds: Sequence[str], declared: Sequence[str]) -> None:
    """Check the name of a set of links, and that the site has links of its kinds."""
    if not is_field_name(name) or name == ALL_LINKS:
        raise SiteError(
            f"{site}: link_sets cannot have the name {name!r}; use another one, in "
            f"lower_case_with_underscores, that is not {ALL_LINKS!r}"
        )
    unknown = [each for each in kinds if each not in declared]
    if unknown or not kinds:
        fault = f"the kind {unknown[0]!r}, which no link has" if unknown else "no kinds"
        raise SiteError(
            f"{site}: link_sets[{name!r}] has {fault}; use some of {', '.join(declared)}"
        )


def _check_content_types(site: str, content_types: object) -> None:
    """Check that classes of content types are listed, each of which can have entries."""
    if not isinstance(content_types, Sequence):
        raise SiteError(
            f"{site}: content_types must be a list of classes, such as [Article, Author]"
        )
    if not content_types:
        raise SiteError(f"{site}: a site must have at least one content type")
    for each in content_types:
        if not (isinstance(each, type) and issubclass(each, ContentType)) or each is ContentType:
            raise SiteError(f"{site}: {each!r} in content_types is not a class of a content type")
        if each.abstract:
            raise SiteError(
                f"{site}: {each.name} is abstract; list the content types that inherit from it"
            )


def _addresses(
    site: str, urls: Mapping[str, str], hosts: Sequence[str], routes: Sequence[str]
) -> OwnAddresses:
    if not isinstance(urls, Mapping) or not all(isinstance(url, str) for url in urls.values()):
        raise SiteError(f"{site}: url must be a text, or a text for each locale")
    bare = {locale: url.rstrip("/") for locale, url in urls.items()}
    try:
        return own_addresses(bare, hosts, routes)
    except ValueError as error:
        raise SiteError(f"{site}: {error}") from None


def _check_urls(site: str, urls: Mapping[str, str], locales: Sequence[str]) -> None:
    if {*urls} != {*locales}:
        raise SiteError(
            f"{site}: url has the locales {', '.join(sorted(urls))}; "
            f"it must have one URL, or one for each of {', '.join(locales)}"
        )
    for url in urls.values():
        _check_url(site, url)


def _check_url(site: str, url: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_address = is_address and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        is_address = False
    if not is_address or re.search(r"[\s?#]", url):
        raise SiteError(
            f"{site}: the url {url!r} is not the absolute URL of a site; "
            "use one such as https://example.org"
        )


def _check_paths(content_types: Sequence[type[ContentType]], addresses: OwnAddresses) -> None:
    paths: dict[str, str] = {}
    for each in content_types:
        if each.path is None:
            continue
        if paths.setdefault(path_key(each.path), each.name) != each.name:
            raise SiteError(
                f"{paths[path_key(each.path)]} and {each.name}: both have the path {each.path!r}, "
                "and paths must be different; change one of them"
            )
        if addresses.has_shared_host and "{locale}" not in each.path:
            raise SiteError(
                f"{each.name}: pages in several locales would have the same path {each.path!r}; "
                "add {locale}, or give each locale a host: url={'en': …, 'de': …}"
            )


def _references_of(content_type: type[ContentType]) -> Iterator[Reference | References]:
    """Yield a type's references; those that a list is made of have no name."""
    for field in all_fields(content_type.fields.values()):
        if isinstance(field, Reference | References) and field.name:
            yield field


def _reverse(
    target: str,
    name: str,
    references: Sequence[tuple[type[ContentType], Reference | References]],
) -> Reverse:
    """Return the reverse side of references.

    References within objects and blocks can have the name of another, with the same reverse.
    """
    names = ((each.name, field.name) for each, field in references)
    stored = ((each.stored_name, field.stored_name) for each, field in references)
    reasons = [field.deprecated for _, field in references]
    return Reverse(
        target=target,
        name=name,
        sources=tuple(dict.fromkeys(names)),
        stored_sources=tuple(dict.fromkeys(stored)),
        deprecated="; ".join(dict.fromkeys(reasons)) if all(reasons) else "",
    )


def _check_list(content_type: type[ContentType], field: Field) -> None:
    """Check that a list is of something that lists can hold."""
    if not isinstance(field, List) or isinstance(field, References):
        return
    if isinstance(field.item, Computed | Links | List | Markdown | Reference):
        raise SiteError(
            f"{content_type.name}.{field.name}: a {type(field.item).__name__} cannot be the item "
            "of a list; use an Object with such a field, or References for references"
        )


def _check_references(content_type: type[ContentType]) -> None:
    """Check that what points back can be told by a reference's name."""
    reverses: dict[str, str] = {}
    for field in _references_of(content_type):
        if reverses.setdefault(field.name, field.reverse) != field.reverse:
            raise SiteError(
                f"{content_type.name}: two references have the name {field.name!r}, but different "
                "reverses; rename one of them"
            )
