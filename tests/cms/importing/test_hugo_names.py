"""The pages that links and references of Hugo name, as Hugo 0.168 finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cms.importing.site.pages import OldSite
from tests.cms.importing.test_addresses import PAGE, link, read

RESOLVING = "markup: {goldmark: {renderHooks: {link: {useEmbedded: always}}}}"
OTHERS = ("x", "s/x", "s/t/x", "q/y", "x2")
SECTION, REGULAR, BUNDLE = "s/_index", "s/t/reg", "s/t/b/index"
SLUGS = {SECTION: "s", REGULAR: "s/t/reg", BUNDLE: "s/t/b"}


def site(
    folder: Path, body: str, settings: str = RESOLVING, hooks: dict[str, str] | None = None
) -> OldSite:
    pages = {f"content/{each}.md": PAGE for each in OTHERS}
    own = {f"content/{each}.md": f"{PAGE}{body}" for each in SLUGS}
    return read(folder, "hugo", {"hugo.yaml": settings, **pages, **own, **(hooks or {})})


# The slugs of the pages to which a link leads from a section, a page and a bundle; empty for none.
LINKS = {
    "x": ("s/x", "s/t/x", "s/t/x"),
    "./x": ("s/x", "s/t/x", "s/t/x"),
    "../x": ("x", "s/x", "s/x"),
    "../../x": ("x", "x", "x"),
    "x.md": ("s/x", "s/t/x", "s/t/x"),
    "./x.md": ("s/x", "s/t/x", "s/t/x"),
    "../x.md": ("x", "s/x", "s/t/x"),
    "../../x.md": ("x", "x", "s/x"),
    "../t/x": ("", "s/t/x", "s/t/x"),
    "../t/x.md": ("", "s/t/x", ""),
    "b": ("", "s/t/b", "s/t/b"),
    "b/index.md": ("", "s/t/b", "s/t/b"),
    "../b/index.md": ("", "", "s/t/b"),
    "../_index.md": (None, "s", None),
    "X": ("s/x", "s/t/x", "s/t/x"),
    "x.html": ("s/x", "s/t/x", "s/t/x"),
    "/S/X": ("s/x", "s/x", "s/x"),
    "s/x": ("s/x", "s/x", "s/x"),
    "q/y": ("q/y", "q/y", "q/y"),
    "./q/y": ("q/y", "q/y", "q/y"),
    "../q/y": ("q/y", "", ""),
    "y": ("", "", ""),
    "../x2": ("x2", "", ""),
    "x2.md": ("x2", "x2", "x2"),
}
REFERENCES = {
    "x.md": ("s/x", "s/t/x", "s/t/x"),
    "../x": ("x", "s/x", "s/x"),
    "../../x": ("x", "x", "x"),
    "../x.md": ("x", "s/x", "s/t/x"),
    "../../x.md": ("x", "x", "s/x"),
    "../t/x.md": ("", "s/t/x", ""),
    "s/x": ("s/x", "s/x", "s/x"),
    "y": ("q/y", "q/y", "q/y"),
    "b/index.md": (None, "s/t/b", "s/t/b"),
}


@pytest.mark.parametrize("href", LINKS)
def test_a_link_names_a_page_relative_to_its_own(tmp_path: Path, href: str) -> None:
    check(site(tmp_path, f"[z]({href})"), LINKS[href])


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_names_a_page_relative_to_its_own(tmp_path: Path, name: str) -> None:
    check(site(tmp_path, f'[z]({{{{< relref "{name}" >}}}})'), REFERENCES[name])


def check(old: OldSite, expected: tuple[str | None, ...]) -> None:
    for own, slug in zip(SLUGS.values(), expected, strict=True):
        if slug is not None:
            assert link(old, own)[0] == (f"[z](/docs/{slug})" if slug else "z"), own


@pytest.mark.parametrize(
    ("hook", "settings", "href"),
    [
        ('<a href="{{ .Destination }}">', "languages: {en: {}, fr: {}}", None),
        ("{{ .PageInner.GetPage .Destination }}", "", "/docs/s/t/x"),
        ("{{ relref .Page .Destination }}", "", "/docs/s/t/x"),
        ('<a href="{{ .Destination }}">', RESOLVING, "/docs/s/t/x"),
    ],
)
def test_links_name_pages_if_the_template_of_links_looks_for_them(
    tmp_path: Path, hook: str, settings: str, href: str | None
) -> None:
    for place in ("layouts/_markup", "layouts/_default/_markup", "themes/t/layouts/_markup"):
        hooks = {f"{place}/render-link.html": hook}
        old = site(tmp_path / place, "[z](x)", settings, hooks)
        assert link(old, "s/t/reg")[0] == (f"[z]({href})" if href else "z")
