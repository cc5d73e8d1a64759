"""Rules of the standards that search engines and other sites read, as tables.

https://schema.org with Google's documentation of structured data, https://ogp.me, hreflang
(https://developers.google.com/search/docs/specialty/international/localized-versions),
https://www.sitemaps.org/protocol.html, RFC 4287 (Atom) and https://www.jsonfeed.org/version/1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
XML = "{http://www.w3.org/XML/1998/namespace}"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


def is_url(value: Any) -> bool:
    """Return whether a value is an absolute URL without characters that need escapes."""
    if not isinstance(value, str) or not value.isascii() or re.search(r'[\s<>"{}|\\^`]', value):
        return False
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_text(value: Any) -> bool:
    """Return whether a value is a text that says something."""
    return isinstance(value, str) and bool(value.strip())


def is_time(value: Any) -> bool:
    """Return whether a value is a time with a zone, as in RFC 3339."""
    written = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    return isinstance(value, str) and re.fullmatch(written, value) is not None


def is_day(value: Any) -> bool:
    """Return whether a value is a day (ISO 8601)."""
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None


def is_day_or_time(value: Any) -> bool:
    """Return whether a value is a day or a time."""
    return is_day(value) or is_time(value)


def is_integer(value: Any) -> bool:
    """Return whether a value is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_price(value: Any) -> bool:
    """Return whether a value is a number with a point, without a currency."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number or (isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value) is not None)


def is_currency(value: Any) -> bool:
    """Return whether a value is the code of a currency (ISO 4217)."""
    return isinstance(value, str) and re.fullmatch("[A-Z]{3}", value) is not None


def is_language(value: Any) -> bool:
    """Return whether a value is a language tag."""
    return isinstance(value, str) and LANGUAGE.fullmatch(value) is not None


def one_of(*words: str) -> Callable[[Any], bool]:
    """Return the rule that a value is one of schema.org's words, as a URL."""
    return lambda value: value in {f"https://schema.org/{word}" for word in words}


# --- schema.org ---

Rule = Callable[[Any], bool] | tuple[str, ...]
_THING: Mapping[str, Rule] = {
    "name": is_text,
    "description": is_text,
    "url": is_url,
    "image": is_url,
    "alternateName": is_text,
}
_WORK: Mapping[str, Rule] = {
    **_THING,
    "author": ("Person", "Organization"),
    "publisher": ("Person", "Organization"),
    "datePublished": is_day_or_time,
    "dateModified": is_day_or_time,
    "headline": is_text,
    "inLanguage": is_language,
    "pagination": lambda value: is_text(value) or is_integer(value),
    "wordCount": is_integer,
}
_PAGE: Mapping[str, Rule] = {
    **_WORK,
    "reviewedBy": ("Person", "Organization"),
    "lastReviewed": is_day,
    "mainEntity": (*("Article", "DefinedTerm", "Product", "SoftwareApplication", "TechArticle"),),
}
_ARTICLE: Mapping[str, Rule] = {**_WORK, "wordCount": is_integer}
# The properties of each type with the rule of their values: a function, or the types of things.
SCHEMA_ORG: Mapping[str, Mapping[str, Rule]] = {
    **dict.fromkeys(("WebPage", "CollectionPage", "ProfilePage", "AboutPage"), _PAGE),
    **dict.fromkeys(("Article", "TechArticle", "BlogPosting", "NewsArticle"), _ARTICLE),
    **dict.fromkeys(("Person", "Organization", "Brand"), _THING),
    "DefinedTerm": {**_THING, "termCode": is_text, "inDefinedTermSet": is_url},
    "Product": {
        **_THING,
        "brand": ("Brand", "Organization"),
        "manufacturer": ("Organization",),
        "gtin": is_text,
        "mpn": is_text,
        "sku": is_text,
        "model": is_text,
        "color": is_text,
        "material": is_text,
        "releaseDate": is_day,
        "offers": ("Offer", "AggregateOffer"),
    },
    "SoftwareApplication": {
        **_WORK,
        "operatingSystem": is_text,
        "applicationCategory": is_text,
        "softwareVersion": is_text,
        "offers": ("Offer", "AggregateOffer"),
    },
    "Offer": {
        **_THING,
        "price": is_price,
        "priceCurrency": is_currency,
        "priceValidUntil": is_day,
        "availability": one_of(
            *("BackOrder", "Discontinued", "InStock", "InStoreOnly", "LimitedAvailability"),
            *("MadeToOrder", "OnlineOnly", "OutOfStock", "PreOrder", "PreSale", "Reserved"),
            "SoldOut",
        ),
        "itemCondition": one_of(
            *("DamagedCondition", "NewCondition", "RefurbishedCondition", "UsedCondition"),
        ),
        "seller": ("Person", "Organization"),
    },
    "BreadcrumbList": {"itemListElement": ("ListItem",)},
    "ListItem": {"position": is_integer, "name": is_text, "item": is_url},
}
# The properties that a thing must have to be shown.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("WebPage", "CollectionPage", "ProfilePage"), ("name",)),
    **dict.fromkeys(("Article", "TechArticle", "BlogPosting"), ("headline", "datePublished")),
    **dict.fromkeys(("Person", "Organization", "Brand", "Product", "DefinedTerm"), ("name",)),
    "SoftwareApplication": ("name",),
    "Offer": ("price", "priceCurrency"),
    "BreadcrumbList": ("itemListElement",),
    "ListItem": ("position", "name"),
}


def schema_org_faults(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with the structured data of a page."""
    faults = [
        f"{each.get('@type')} has the context {each.get('@context')}"
        for each in items
        if each.get("@context") != "https://schema.org"
    ]
    return faults + [
        fault
        for each in items
        for fault in _faults_of_thing({k: v for k, v in each.items() if k != "@context"})
    ]


def _faults_of_thing(thing: Mapping[str, Any]) -> Iterator[str]:
    type_ = str(thing.get("@type"))
    rules = SCHEMA_ORG.get(type_)
    if rules is None:
        yield f"there is no type {type_}"
        return
    yield from (f"{type_} has no {each}" for each in REQUIRED.get(type_, ()) if each not in thing)
    for name, value in thing.items():
        if name == "@type":
            continue
        if name not in rules:
            yield f"{type_} has no property {name}"
            continue
        values = value if isinstance(value, list) else [value]
        if not values:
            yield f"{type_}.{name} is empty"
        for each in values:
            yield from _faults_of_value(f"{type_}.{name}", rules[name], each)
    if type_ == "BreadcrumbList":
        positions = [each.get("position") for each in thing.get("itemListElement", ())]
        if positions != [*range(1, len(positions) + 1)]:
            yield f"{type_} has the positions {positions}"


def _faults_of_value(place: str, rule: Rule, value: Any) -> Iterator[str]:
    if callable(rule):
        if not rule(value):
            yield f"{place} is {value!r}"
    elif not isinstance(value, Mapping):
        yield f"{place} is {value!r}, and no {' or '.join(rule)}"
    elif value.get("@type") not in rule:
        yield f"{place} is a {value.get('@type')}, and no {' or '.join(rule)}"
    else:
        yield from _faults_of_thing(value)


# --- Open Graph ---

# The properties with the rules of their contents, and whether there can be several.
OPEN_GRAPH: Mapping[str, tuple[Callable[[Any], bool], bool]] = {
    "og:title": (is_text, False),
    "og:type": (lambda value: value in {"article", "website", "profile"}, False),
    "og:image": (is_url, True),
    "og:image:alt": (is_text, True),
    "og:image:width": (lambda value: re.fullmatch(r"[1-9]\d*", str(value)) is not None, True),
    "og:image:height": (lambda value: re.fullmatch(r"[1-9]\d*", str(value)) is not None, True),
    "og:url": (is_url, False),
    "og:description": (is_text, False),
    "og:site_name": (is_text, False),
    "og:locale": (lambda value: is_language(str(value).replace("_", "-")), False),
    "og:locale:alternate": (lambda value: is_language(str(value).replace("_", "-")), True),
    "article:published_time": (is_time, False),
    "article:modified_time": (is_time, False),
}


def open_graph_faults(tags: Sequence[tuple[str, str]], *, has_image: bool = True) -> list[str]:
    """Return what is wrong with the Open Graph tags of a page, given in their order."""
    names = [name for name, _ in tags]
    needed = ("og:title", "og:type", "og:url", *(("og:image",) if has_image else ()))
    faults = [f"there is no {each}" for each in needed if each not in names]
    for place, (name, content) in enumerate(tags):
        if name not in OPEN_GRAPH:
            faults.append(f"there is no property {name}")
            continue
        is_fit, is_list = OPEN_GRAPH[name]
        if not is_fit(content):
            faults.append(f"{name} is {content!r}")
        if not is_list and names.count(name) > 1:
            faults.append(f"{name} is repeated")
        root = name.rpartition(":")[0]
        if root in OPEN_GRAPH and root not in names[:place]:
            faults.append(f"{name} is not after {root}")
    if "article:published_time" in names and ("og:type", "article") not in tags:
        faults.append("only an article has article:published_time")
    return faults


# --- hreflang ---


def hreflang_faults(pages: Mapping[str, Sequence[tuple[str, str]]]) -> list[str]:
    """Return what is wrong with the alternates of pages, by their URLs: languages with URLs."""
    faults: list[str] = []
    for url, alternates in pages.items():
        languages = [language for language, _ in alternates]
        if not alternates:
            continue
        if len(set(languages)) != len(languages):
            faults.append(f"{url} has a language twice: {languages}")
        if languages.count("x-default") != 1:
            faults.append(f"{url} has no x-default")
        if url not in [other for language, other in alternates if language != "x-default"]:
            faults.append(f"{url} does not name itself")
        if len(set(languages) - {"x-default"}) == 1:
            faults.append(f"{url} names only itself")
        for language, other in alternates:
            if language != "x-default" and not is_language(language):
                faults.append(f"{url} has the language {language!r}")
            if not is_url(other):
                faults.append(f"{url} has the alternate {other!r}")
            elif sorted(pages.get(other, ())) != sorted(alternates):
                faults.append(f"{url} is no alternate of {other}, or it has others")
    return faults


# --- Sitemaps ---


def sitemap_faults(document: bytes) -> list[str]:
    """Return what is wrong with a sitemap."""
    root = ET.fromstring(document)  # noqa: S314  # our own
    faults = [] if root.tag == f"{SITEMAP}urlset" else [f"the root is {root.tag}"]
    urls = [page.findtext(f"{SITEMAP}loc") for page in root]
    faults += [f"{each!r} is no absolute URL" for each in urls if not is_url(each)]
    faults += [f"{each} is too long" for each in urls if each and len(each) >= 2_048]
    if len(set(urls)) != len(urls) or len(urls) > 50_000 or len(document) > 50 * 2**20:
        faults.append("a URL is repeated, or there are too many")
    for page in root:
        modified = page.findtext(f"{SITEMAP}lastmod")
        if not is_day_or_time(modified):
            faults.append(f"lastmod is {modified!r}")
        order = [each.tag for each in page if each.tag.startswith(SITEMAP)]
        if order != [f"{SITEMAP}loc", f"{SITEMAP}lastmod"]:
            faults.append(f"a page has {order}")
    return faults + hreflang_faults(alternates_in_sitemap(document))


def alternates_in_sitemap(document: bytes) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the languages with URLs of each page of a sitemap, by its URL."""
    root = ET.fromstring(document)  # noqa: S314  # our own
    return {
        str(page.findtext(f"{SITEMAP}loc")): [
            (link.attrib["hreflang"], link.attrib["href"]) for link in page.iter(f"{XHTML}link")
        ]
        for page in root
    }


# --- Feeds ---


def atom_faults(document: bytes) -> list[str]:
    """Return what is wrong with an Atom feed."""
    root = ET.fromstring(document)  # noqa: S314  # our own
    faults = _faults_of_element(root, ("id", "title", "updated"))
    links = [each.attrib for each in root.findall(f"{ATOM}link")]
    if [each.get("rel") for each in links].count("self") != 1:
        faults.append("the feed has no link to itself")
    entries = root.findall(f"{ATOM}entry")
    has_author = root.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [each.findtext(f"{ATOM}id") for each in entries]
    if len(set(ids)) != len(ids):
        faults.append("an id is repeated")
    for entry in entries:
        faults += _faults_of_element(entry, ("id", "title", "updated"))
        if not has_author and entry.find(f"{ATOM}author/{ATOM}name") is None:
            faults.append("an entry has no author")
        alternates = [
            each for each in entry.findall(f"{ATOM}link") if each.get("rel") == "alternate"
        ]
        if entry.find(f"{ATOM}content") is None and not alternates:
            faults.append("an entry has neither content nor an alternate")
        if not is_language(entry.get(f"{XML}lang")):
            faults.append("an entry has no language")
        faults += [
            "a category has no term"
            for each in entry.findall(f"{ATOM}category")
            if not is_text(each.get("term"))
        ]
    for element in root.iter():
        name = element.tag.removeprefix(ATOM)
        if name in {"updated", "published"} and not is_time(element.text):
            faults.append(f"{name} is {element.text!r}")
        if name == "link" and not is_url(element.get("href")):
            faults.append(f"a link leads to {element.get('href')!r}")
        if name in {"author", "contributor"} and not is_text(element.findtext(f"{ATOM}name")):
            faults.append(f"an {name} has no name")
    return faults


def _faults_of_element(element: ET.Element, names: Sequence[str]) -> list[str]:
    found = {name: element.findall(f"{ATOM}{name}") for name in names}
    faults = [f"there are {len(each)} {name}" for name, each in found.items() if len(each) != 1]
    id_ = element.findtext(f"{ATOM}id") or ""
    if not (is_url(id_) or re.fullmatch(r"urn:uuid:[0-9a-f-]{36}|tag:\S+", id_)):
        faults.append(f"the id {id_!r} is no IRI")
    return faults


def are_people(value: Any) -> bool:
    """Return whether a value is a list of authors."""
    return isinstance(value, list) and all(
        isinstance(each, dict) and {"name", "url", "avatar"} & each.keys() for each in value
    )


# The keys of a JSON Feed and of an item, with the rules of their values.
FEED: Mapping[str, Callable[[Any], bool]] = {
    "version": lambda value: value == "https://jsonfeed.org/version/1.1",
    "title": is_text,
    "home_page_url": is_url,
    "feed_url": is_url,
    "language": is_language,
    "description": is_text,
    "authors": are_people,
    "items": lambda value: isinstance(value, list),
}
ITEM: Mapping[str, Callable[[Any], bool]] = {
    "id": is_text,
    "url": is_url,
    "title": is_text,
    "summary": is_text,
    "content_html": lambda value: isinstance(value, str),
    "content_text": lambda value: isinstance(value, str),
    "date_published": is_time,
    "date_modified": is_time,
    "language": is_language,
    "tags": lambda value: isinstance(value, list) and all(map(is_text, value)),
    "authors": are_people,
}


def json_feed_faults(feed: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a JSON Feed."""
    faults = [f"there is no {each}" for each in ("version", "title", "items") if each not in feed]
    faults += _faults_of_keys("the feed", FEED, feed)
    ids = [each.get("id") for each in feed.get("items", ())]
    if len(set(ids)) != len(ids):
        faults.append("an id is repeated")
    for item in feed.get("items", ()):
        faults += _faults_of_keys("an item", ITEM, item)
        if "id" not in item or not {"content_html", "content_text"} & item.keys():
            faults.append("an item has no id, or no content")
    return faults


def _faults_of_keys(
    owner: str, rules: Mapping[str, Callable[[Any], bool]], values: Mapping[str, Any]
) -> Iterator[str]:
    for name, value in values.items():
        if name.startswith("_"):
            if not re.fullmatch("_[A-Za-z][^.]*", name) or not isinstance(value, dict):
                yield f"{owner} has the extension {name}, which is no object"
        elif name not in rules:
            yield f"{owner} has no {name}"
        elif not rules[name](value):
            yield f"{owner} has {name}: {value!r}"
