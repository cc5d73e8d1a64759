"""The rules of Obsidian: https://help.obsidian.md/links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cms.importing.site.generators.base import Generator, Named, SourcePage
from cms.importing.site.page_index import AddressReading, PageIndex, decoded, joined
from cms.importing.site.values import PageValues


class Obsidian(Generator):
    """A vault of Obsidian."""

    endings = (".md",)
    index_names = frozenset()
    has_names_in_links = True

    def address_of(self, page: SourcePage) -> str:
        """Return the path of the note, unless the mapping has another."""
        stood = self.mapping.locales[page.place.locale].stood_at
        return super().address_of(page) if stood else f"/{page.place.name}"

    def tags_of(self, values: PageValues) -> Sequence[str]:
        """Return the tags; a text has several, with commas or spaces between."""
        value = values.value(self.mapping.tags)
        many = value.replace(",", " ").split() if isinstance(value, str) else None
        found = many if many is not None else values.texts(self.mapping.tags)
        return [each.removeprefix("#") for each in found]

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the file from the folder of the note and from the root, with or without ending."""
        del address
        folder = page.place.path.rpartition("/")[0]
        for base in ("", folder):
            for ending in ("", ".md"):
                yield AddressReading("file", joined(base, path.lstrip("/")) + ending)
        yield AddressReading("name", joined("", path).removesuffix(".md"))

    def named_page(self, kind: str, name: str, page: SourcePage, index: PageIndex) -> Named:
        """Return the note of a name: by its path, or the only one whose path ends with it.

        Of several, it is the one in the folder of the page, unless one is in no folder.
        """
        del kind
        plain = decoded(name).removesuffix(".md")
        locale, folder = page.place.locale, page.place.name.rpartition("/")[0]
        if plain.startswith(("./", "../")):
            plain = joined(folder, plain)
        exact = index.at(AddressReading("name", plain), locale) if "/" in plain else None
        if exact is not None:
            return Named([exact])
        found = index.names_ending(plain, locale)
        if len(found) > 1:
            own, root = (
                index.at(AddressReading("name", joined(each, plain)), locale)
                for each in (folder, "")
            )
            if folder and own is not None and root is None:
                return Named([own])
            return Named(found, f"{plain} names {len(found)} notes; write the path of one of them")
        return Named(found, "" if found else f"{plain} is not a note")
