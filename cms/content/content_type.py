"""Content types: classes whose attributes are fields."""

from __future__ import annotations

import inspect
import re
import unicodedata
from collections.abc import Mapping
from typing import ClassVar

from cms.content.fields import Computed, Field, List, Reference, Scalar, Text, Url
from cms.content.fields.base import all_fields
from cms.content.fields.computed import shown_as
from cms.content.fields.inheritance import collect_fields
from cms.content.fields.names import api_name, check_names, check_plural, check_type_name
from cms.content.keywords import check_keywords
from cms.content.policy import DEFAULT_POLICY, SignOffPolicy
from cms.content.schema_org import faults_of_properties
from cms.content.slug import is_path_slug, is_slug
from cms.errors import SiteError, UserError
from cms.identifiers import EntryKind

# What every entry has; a content type cannot give these names another meaning.
COMMON_NAMES = frozenset(
    {
        "archived_at",
        "attestation",
        "author",
        "authors",
        "available_locales",
        "basis",
        "break_glass_reason",
        "category",
        "category_name",
        "category_path",
        "claimed_review",
        "comments",
        "edition",
        "editions",
        "entry",
        "first_published_at",
        "id",
        "import_source",
        "incoming_links",
        "is_outdated",
        "json_ld",
        "json_ld_script",
        "link_groups",
        "link_metrics",
        "links",
        "locale",
        "locale_name",
        "open_review",
        "path",
        "presence",
        "public",
        "publications",
        "published_at",
        "review",
        "review_expires_at",
        "reviewed_at",
        "reviewers",
        "revision",
        "revisions",
        "seo",
        "slug",
        "state",
        "summary",
        "tags",
        "title",
        "translations",
        "type",
        "updated_at",
    }
)
# What structured data say of every page.
_SAID_ANYWAY = frozenset(
    {"author", "dateModified", "datePublished", "description", "headline", "name", "url"}
)
# What search engines are told that a field can say.
_SEO = {"title": Text, "description": Text, "image": Url}
# The settings that only fields of a content type itself can have.
_OF_THE_TYPE = ("indexed", "schema_org", "seo")
_SLUG_WITH_PATH = "{slug:path}"
_PLACEHOLDERS = ("{slug}", _SLUG_WITH_PATH, "{locale}", "{category}")
_PATH = re.compile(r"/|(/[^/\s?#\\{}\x00-\x1f\x7f]+)+/?")
# The arguments of a class, and those that only one with entries of its own has.
_ARGUMENTS = ("path", "policy", "singleton", "plural", "schema_org", "abstract", "was")
# What the API calls the values of built-in types, and what it adds to them.
_OF_BUILT_IN = frozenset(
    {
        *("ancestors", "authored", "biography", "children", "description", "entries"),
        *("name", "parent", "reviewed", "tree_path"),
    }
)
_OF_ENTRIES = ("path", "singleton", "plural")


class ContentType:
    """The base class of all content types.

    A site declares each as a class::

        class GlossaryTerm(ContentType, path="/glossary/{slug}"):
            \"""A word that operators meet, explained.\"""

            body = Markdown(required=True)
            buyer_guides = Links("Buyer guides", to=("BuyerGuide",))

    The docstring describes the type in the schema. Beside its own fields every type has a
    title, a slug, a summary, a category and tags. A class inherits the fields of its base classes,
    and their ``policy`` and ``schema_org`` where it has none of its own.

    Class arguments:
        path: where its entries stand on the site, with ``{slug}`` and, if wanted, ``{locale}``
            and ``{category}``, the tree path of the category, or of a category's parent; ``None``
            for content that is no page of its own. ``{slug:path}`` is a slug with slashes.
        policy: who has to sign off.
        singleton: there is only one entry of this type.
        schema_org: what it is to search engines: a type of https://schema.org. What is no kind
            of ``WebPage`` is what the page is about.
        plural: the class name in the plural, where adding an s would be wrong.
        abstract: it is no content type itself, but the base class of some.
        was: the former name of a class that is renamed; it can be left out once the site has been
            migrated.

    Attributes:
        stored_name: the name of the type in the database: the first that it had; see
            :mod:`cms.content.stored_names`.
        declared: the class that the site declares, of which this can be a copy with stored names.

    Raises:
        SiteError: when the declaration contradicts itself.
    """

    name: ClassVar[str]
    stored_name: ClassVar[str]
    declared: ClassVar[type[ContentType]]
    was: ClassVar[str]
    plural: ClassVar[str]
    description: ClassVar[str]
    path: ClassVar[str | None]
    policy: ClassVar[SignOffPolicy]
    singleton: ClassVar[bool]
    schema_org: ClassVar[str]
    abstract: ClassVar[bool]
    id_kind: ClassVar[EntryKind]
    fields: ClassVar[Mapping[str, Field]]

    def __init_subclass__(
        cls,
        *,
        path: str | None = None,
        policy: SignOffPolicy | None = None,
        singleton: bool = False,
        plural: str = "",
        schema_org: str = "",
        abstract: bool = False,
        was: str = "",
        built_in: EntryKind | None = None,
        **unknown: object,
    ) -> None:
        super().__init_subclass__()
        check_keywords(f"the content type {cls.__name__}", unknown, _ARGUMENTS)
        inherited = super(cls, cls)
        cls.fields = collect_fields(cls)
        cls.name = cls.stored_name = cls.__name__
        cls.declared = cls
        cls.was = was
        cls.id_kind = built_in if built_in is not None else getattr(inherited, "id_kind", "entry")
        own = getattr(inherited, "plural", "") if cls.is_built_in() else ""
        cls.plural = plural or own or f"{cls.__name__}s"
        cls.description = inspect.cleandoc(cls.__doc__ or "")
        cls.path = path
        cls.policy = getattr(inherited, "policy", DEFAULT_POLICY) if policy is None else policy
        cls.singleton = singleton
        cls.schema_org = schema_org or getattr(inherited, "schema_org", "WebPage")
        cls.abstract = abstract
        _check(cls)

    @classmethod
    def path_for(cls, slug: str, locale: str, category: str = "") -> str | None:
        """Return where an entry with this slug stands, or ``None`` if it is no page.

        Args:
            slug: its word in addresses.
            locale: the language.
            category: the path of its category; empty for none, which then takes no part.
        """
        if cls.path is None:
            return None
        pattern = cls.path.replace(_SLUG_WITH_PATH, "{slug}")
        path = pattern.format(slug=slug, locale=locale, category=category)
        return path if category else path.replace("//", "/")

    @classmethod
    def is_built_in(cls) -> bool:
        """Return whether it is a built-in type, or a site's subclass of one."""
        return cls.id_kind != "entry"

    @classmethod
    def stands_in_category(cls) -> bool:
        """Return whether the paths of its entries name their categories."""
        return cls.path is not None and "{category}" in cls.path

    @classmethod
    def has_path_slugs(cls) -> bool:
        """Return whether the slugs of its entries are parts of paths, with slashes."""
        return cls.path is not None and _SLUG_WITH_PATH in cls.path

    @classmethod
    def accepts_slug(cls, slug: str) -> bool:
        """Return whether its entries can have a slug."""
        return is_path_slug(slug) if cls.has_path_slugs() else is_slug(slug)

    @classmethod
    def is_web_page(cls) -> bool:
        """Return whether an entry is a page to search engines, rather than what a page is about."""
        return cls.schema_org.endswith("Page")

    @classmethod
    def default_slug(cls) -> str:
        """Return the slug of a singleton: ``SiteSettings`` becomes ``site-settings``."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.name).lower()


def _check(content_type: type[ContentType]) -> None:
    name = content_type.name
    check_type_name(name)
    check_plural(name, content_type.plural)
    for field_name in content_type.fields:
        if field_name in COMMON_NAMES | (_OF_BUILT_IN if content_type.is_built_in() else set()):
            raise SiteError(
                f"{name}.{field_name}: every entry already has this field; use another name"
            )
        if field_name in vars(ContentType):
            raise SiteError(
                f"{name}.{field_name}: a content type has a method of this name; rename it"
            )
        _check_field(f"{name}.{field_name}", content_type.fields[field_name])
    check_names(name, content_type.fields, COMMON_NAMES)
    _check_orders(content_type)
    _check_seo(content_type)
    if content_type.is_built_in() and (content_type.abstract or content_type.singleton):
        raise SiteError(f"{name}: a built-in type cannot be abstract or a singleton")
    if content_type.abstract:
        _check_abstract(content_type)
        return
    _check_properties(content_type)
    if content_type.path is not None:
        _check_path(content_type, content_type.path)


def _check_field(name: str, field: Field) -> None:
    shown = shown_as(field)
    for each in all_fields([field]):
        _check_absent(name, each)
    if field.indexed and not isinstance(shown, Scalar | Reference):
        raise SiteError(
            f"{name}: a {type(shown).__name__} has no single value to index; remove indexed=True"
        )
    for each in all_fields([field]):
        _check_deprecated(name, each)
    for inner in all_fields(field.inner_fields()):
        for attribute in _OF_THE_TYPE:
            if getattr(inner, attribute):
                raise SiteError(f"{name}: only fields of the content type itself have {attribute}")


def _check_deprecated(name: str, field: Field) -> None:
    reason: object = field.deprecated
    if not isinstance(reason, str) or (reason and not reason.strip()):
        raise SiteError(f'{name}: deprecated must be a reason, such as deprecated="use title"')
    if isinstance(field, List | Computed):
        for inner in field.inner_fields():
            if inner.deprecated:
                kind = type(field).__name__
                raise SiteError(f"{name}: move deprecated=… from its value to the {kind} itself")


def _check_absent(name: str, field: Field) -> None:
    if field.absent is None:
        return
    problems: list[UserError] = []
    cleaned = field.clean(field.absent, (field.name,), problems)
    if not field.required or problems or cleaned != field.absent:
        reason = problems[0].message if problems else "it must be a value as it is stored"
        reason = reason if field.required else "only required fields have it"
        raise SiteError(f"{name}: absent={field.absent!r} is not possible: {reason}")


def _check_properties(content_type: type[ContentType]) -> None:
    taken = set(_SAID_ANYWAY)
    for field in content_type.fields.values():
        name, said = f"{content_type.name}.{field.name}", field.schema_org
        if not said:
            continue
        shown = shown_as(field)
        item = shown.item if isinstance(shown, List) else shown
        if not isinstance(item, Scalar):
            raise SiteError(f"{name}: a {type(item).__name__} cannot be a property of schema.org")
        if content_type.is_web_page():
            raise SiteError(f"{name}: schema_org={said!r} requires a schema_org of the class")
        if said in taken:
            raise SiteError(f"{name}: structured data already has the property {said!r}")
        taken.add(said)
    for each, reason in faults_of_properties(content_type.schema_org, content_type.fields):
        raise SiteError(f"{content_type.name}.{each}: {reason}")


def _check_seo(content_type: type[ContentType]) -> None:
    taken: set[str] = set()
    for field in content_type.fields.values():
        name = f"{content_type.name}.{field.name}"
        if not field.seo:
            continue
        if not isinstance(shown_as(field), _SEO.get(field.seo, ())):
            raise SiteError(
                f"{name}: seo must be title or description, for a Text, or image, for a Url"
            )
        if field.seo in taken:
            raise SiteError(f"{name}: another field already has seo={field.seo!r}; remove one")
        taken.add(field.seo)


def _check_orders(content_type: type[ContentType]) -> None:
    """Check that entries are ordered by one thing under one name."""
    orders = {
        f"{api_name(name)}Title": name
        for name, field in content_type.fields.items()
        if isinstance(field, Reference)
    }
    for name, field in content_type.fields.items():
        reference = orders.get(api_name(name))
        if reference and isinstance(shown_as(field), Scalar):
            raise SiteError(
                f"{content_type.name}: {name!r} and the title of the reference {reference!r} would "
                f"both have the order {api_name(name)}_ASC; rename one of them"
            )


def _check_abstract(content_type: type[ContentType]) -> None:
    wrong = content_type.singleton or content_type.path is not None
    if wrong or content_type.plural != f"{content_type.name}s":
        raise SiteError(
            f"{content_type.name}: an abstract class has no entries and cannot have "
            f"{', '.join(_OF_ENTRIES)}; move them to the classes that inherit from it"
        )


def _check_path(content_type: type[ContentType], path: str) -> None:
    plain = path
    for placeholder in _PLACEHOLDERS:
        plain = plain.replace(placeholder, "x")
    if not path.startswith("/") or "{" in plain or "}" in plain:
        raise SiteError(
            f"{content_type.name}: the path {path!r} must start with / and have no placeholders "
            "other than {slug}, {slug:path}, {locale} and {category}"
        )
    if not _PATH.fullmatch(plain) or {".", ".."} & {*plain.split("/")}:
        raise SiteError(
            f"{content_type.name}: the path {path!r} is not a URL path; write it without "
            "white space, ?, #, \\, //, and . or .. between slashes"
        )
    if "%" in path or not unicodedata.is_normalized("NFC", path):
        raise SiteError(
            f"{content_type.name}: the path {path!r} has escapes, or characters in a decomposed "
            "form; write it in plain Unicode (NFC)"
        )
    if content_type.id_kind == "person" and "{category}" in path:
        raise SiteError(f"{content_type.name}: people are in no category; remove {{category}}")
    if content_type.is_built_in() and content_type.has_path_slugs():
        raise SiteError(
            f"{content_type.name}: the slug of a built-in type has no slashes; write {{slug}}"
        )
    if "{slug" not in path and not content_type.singleton:
        raise SiteError(
            f"{content_type.name}: all entries would have the path {path!r}; add {{slug}}"
        )
