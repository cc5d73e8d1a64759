"""Templates of generators become Markdown, or stay as text and are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from cms.importing.site.body import body_of
from cms.importing.site.faults import FaultKind
from cms.importing.site.mapping import Shortcode, read_mapping
from cms.importing.site.syntax.anchors import with_ids
from cms.importing.site.syntax.conversion import Conversion
from cms.importing.site.syntax.expressions import NotEvaluated, evaluate, value_of
from cms.importing.site.syntax.registry import CONVERTERS
from tests.lines_run import lines_run

SHORTCODES = {
    "height": Shortcode(markdown="{0} m"),
    "hint": Shortcode(directive="hint"),
    "note": Shortcode(markdown="> [!NOTE] {label}\n> {inner}"),
    "tabs": Shortcode(markdown="{inner}"),
    "tab": Shortcode(markdown="**{name}**\n\n{inner}"),
    "Part": Shortcode(include="parts/{name}.md"),
}
VARIABLES = {
    "site": {"baseurl": "/base", "name": "Tea", "params": {"A": {"b": "c"}}},
    "page": {"title": "Green"},
    "list": ["a"],
}


def convert(kind: str, text: str, path: str = "page.md", folder: Path = Path()) -> Conversion:
    page = Conversion(Path(path), folder, path, SHORTCODES, VARIABLES)
    page.variables = {**VARIABLES, "text": CONVERTERS[kind](body_of(text, 1), page).text}
    return page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<a name="b"></a>', '<a id="b"></a>'),
        ("<A class=c NAME = 'b'>", "<A class=c id = 'b'>"),
        ('<a id="a" name="b">', None),
        ('<img name="b">', None),
        ('`<a name="b">`', None),
        ("<a " * 3 + "name", None),
    ],
)
def test_names_of_places_become_ids(text: str, expected: str | None) -> None:
    assert with_ids(body_of(text, 1)).text == (expected or text)


@pytest.mark.parametrize(
    ("kind", "text", "expected", "stays"),
    [
        (
            "obsidian",
            "a ^b-1\n\n> c\n> ^D",
            'a <a id="block-b-1"></a>\n\n> c\n> <a id="block-d"></a>',
            [],
        ),
        ("obsidian", "`a ^b`\n\n    c ^d\n\n2^10", "`a ^b`\n\n    c ^d\n\n2^10", []),
        ("comments", "a <!-- b --> `<!-- c -->`", "a  `<!-- c -->`", []),
        ("hugo", "{{< height 5 >}} and {{</* height 5 */>}}", "5 m and {{< height 5 >}}", []),
        (
            "hugo",
            "{{< param title >}} {{< param a.B >}} {{< param name >}}",
            None,
            ["{{< param name >}}"],
        ),
        ("hugo", "{{% unknown x=1 %}}", "{{% unknown x=1 %}}", ["{{% unknown x=1 %}}"]),
        (
            "hugo",
            '[a]({{< ref path="b.md" lang="fr" >}})',
            "[a](copydesk+ref:b.md%3Flang%3Dfr)",
            [],
        ),
        ("hugo", '[a]({{% relref "b.md#c d" %}})', "[a](copydesk+ref:b.md#c%20d)", []),
        (
            "hugo",
            (
                '{{< tabs >}}\n{{< tab name="A" >}}a{{< /tab >}}\n'
                '{{< tab name="B" >}}b{{< /tab >}}\n{{< /tabs >}}'
            ),
            "**A**\n\na\n**B**\n\nb",
            [],
        ),
        (
            "hugo",
            '{{< hint kind="warn"\n  title="Say \\"hi\\"" >}}\nInner\n{{< /hint >}}',
            ':::hint{kind="warn" title="Say &quot;hi&quot;"}\nInner\n:::',
            [],
        ),
        ("hugo", "x {{< hint >}}y{{< /hint >}} z", "x :hint[y] z", []),
        ("hugo", "{{< highlight go >}}\nx\n{{< /highlight >}}", "```go\nx\n```", []),
        (
            "hugo",
            "- {{< note >}}\n  a\n\n  b\n  {{< /note >}}",
            "- > [!NOTE]\n  > a\n  >\n  > b",
            [],
        ),
        ("liquid", "{% raw %}{{ x }}{% endraw %} {{ page.title | upcase }}", "{{ x }} GREEN", []),
        ("liquid", "{% comment %}x{% endcomment %}{{ 'a' | append: 'b' }}", "ab", []),
        ("liquid", "[a]({% link b c.md %}#d)", "[a](copydesk+link:b%20c.md#d)", []),
        ("liquid", "[a]({% post_url 2024-01-05-x %})", "[a](copydesk+post:2024-01-05-x)", []),
        ("liquid", "[a]({{ '/b/' | relative_url }})", "[a](/base/b/)", []),
        ("liquid", "{% capture x %}y {{ site.name }}{% endcapture %}{{ x }}", "y Tea", []),
        ("liquid", "{% assign x = 'y' %}{{ x }}", "y", []),
        (
            "liquid",
            "{{ x }} {% assign x = 'a' %}{{ x }} {% capture x %}b{% endcapture %}{{ x }}",
            "{{ x }} a b",
            ["{{ x }}"],
        ),
        (
            "liquid",
            "{% assign x = 'a' %}{% assign x = b.c %}{{ x }}",
            None,
            ["{% assign x = b.c %}", "{{ x }}"],
        ),
        (
            "liquid",
            '{%- set x %}\n<b>`{{ y }}`\n{% endset %}{{ x | highlight("html") | safe }}',
            "```html\n<b>`{{ y }}`\n```",
            ["{{ y }}"],
        ),
        ("liquid", "{% set x = 'a, b' %}{{ x | replace('a, ', 'c') }}", "cb", []),
        ("liquid", "{% highlight c++ %}\nx\n{% endhighlight %}", "```c++\nx\n```", []),
        ("liquid", "{% highlight md %}```a{% endhighlight %}", "````md\n```a\n````", []),
        (
            "liquid",
            "- x\n\n  {% highlight a %}\n  b\n\nc\n  {% endhighlight %}\n\ny",
            "- x\n\n  ```a\n  b\n\n  c\n  ```\n\ny",
            [],
        ),
        (
            "liquid",
            "> 1. {% highlight a %}\n>    b\n>\n>    c\n>    {% endhighlight %}\nd",
            "> 1. ```a\n>    b\n>\n>    c\n>    ```\nd",
            [],
        ),
        (
            "liquid",
            "- x {% highlight a %}b{% endhighlight %} y",
            "- x \n  ```a\n  b\n  ```\n   y",
            [],
        ),
        (
            "hugo",
            "- {{< highlight a >}}\n  b\n  >\n  {{< /highlight >}}\n\nc",
            "- ```a\n  b\n  >\n  ```\n\nc",
            [],
        ),
        ("liquid", "{%raw-%}{{ a }}{%-endraw%} {{- site.name -}}", "{{ a }} Tea", []),
        ("liquid", "[a]({{ x | y }})", "[a](copydesk+template:%7B%7B%20x%20%7C%20y%20%7D%7D)", []),
        (
            "liquid",
            '<a href="{{ "b" | y }}">',
            '<a href="copydesk+template:%7B%7B%20%22b%22%20%7C%20y%20%7D%7D">',
            [],
        ),
        ("liquid", "`[a]({{ x | y }})`", "`[a]({{ x | y }})`", ["{{ x | y }}"]),
        ("liquid", "{% if {% b %}", "{% if {% b %}", ["{% b %}"]),
        ("liquid", "{% highlight ruby linenos %}\nx\n{% endhighlight %}", "```ruby\nx\n```", []),
        (
            "liquid",
            "{% for p in list %}{{ p.title }}{% endfor %}",
            "{% for p in list %}{{ p.title }}{% endfor %}",
            ["{{ p.title }}", "{% for p in list %}"],
        ),
        ("liquid", "{% height 5 %} {% hint %}x{% endhint %}", "5 m :hint[x]", []),
        (
            "vue",
            "```\n<script>\n```\n<script>\nconst a = 'b'\n</script>\n{{ a }}",
            "```\n<script>\n```\n\nb",
            [],
        ),
        ("kramdown", "## One\n{: #two .red}\n\nText\n{: .note}", "## One {#two}\n\nText", []),
        ("kramdown", '![a](b.png){: width="4"} `{: x}`', "![a](b.png) `{: x}`", []),
        ("kramdown", "```\n* toc\n{:toc}\n```", "```\n* toc\n{:toc}\n```", []),
        ("kramdown", "<div>\na\n</div>\n```\nb\n```", "<div>\na\n</div>\n\n```\nb\n```", []),
        ("kramdown", "<div>\n<p>a</p>\nb</div>\nc", "<div>\n<p>a</p>\nb</div>\n\nc", []),
        (
            "kramdown",
            '<aside markdown="1">\n  b\n  <p markdown="1">\n    [c](d)\n  </p>\n</aside>\nf',
            "<aside>\n\n  b\n  \n\n\n[c](d)\n\n\n\n</aside>\n\nf",
            [],
        ),
        (
            "kramdown",
            '<div markdown="1">\n<img src="a">\nb</div>',
            '<div>\n\n<img src="a">b</div>',
            [],
        ),
        (
            "kramdown",
            '<details><summary markdown="span">*a*</summary>\nb</details>',
            "<details><summary>\n\n*a*</summary>\nb</details>",
            [],
        ),
        ("kramdown", '`<div markdown="1">` <i markdown="span">x</i>', None, []),
        ("kramdown", "<em>\n [a](b)\n</em>\n\n<b>\n\nc", "<em> [a](b)\n</em>\n\n<b>\n\nc", []),
        (
            "kramdown",
            "<div>\n\n  <p>\n\n    a</p>\n \n</div>\n\nb\n\n<ul><li>\n\n</li>",
            "<div>\n  <p>\n    a</p>\n</div>\n\nb\n\n<ul><li>\n\n</li>",
            [],
        ),
        ("kramdown", "<div><pre>a\n\n\nb</pre></div>", "<div><pre>a\n&#10;&#10;b</pre></div>", []),
        ("kramdown", "```\n<p>\n\n</p>\n```", "```\n<p>\n\n</p>\n```", []),
        ("mdx", "import A from 'a'\n\nText {/* no */}{'yes'}", "\n\nText yes", []),
        ("mdx", "import 'a.css'\nimport B, {c} from 'b'\n\nText", "\n\nText", []),
        ("mdx", "# A\nexport default ({a}) => a\n \nText", "# A\n\n \nText", []),
        ("mdx", "export {a} from 'b'\n\nexport * from 'b'\n\nText", "\n\n\n\nText", []),
        ("mdx", "export async function a() {\n}\n\nText", "\n\nText", []),
        ("mdx", "export const a = 5;\n\n{a} {b} `{a}`", "\n\n5 {b} `{a}`", ["{b}"]),
        ("mdx", "<tab name='A'>x</tab> <Hint a=\"b\">y</Hint>", None, ['<Hint a="b">']),
        (
            "vue",
            "<script setup>\nconst a = 'x'\n</script>\n\n{{ a }} {{ b() }}",
            "\n\nx {{ b() }}",
            ["{{ b() }}"],
        ),
        ("vue", "[[toc]]\n\n{{ 5 }}", "\n\n5", []),
        ("containers", "::: note Title\na\n\nb\n:::", "> [!NOTE] Title\n> a\n>\n> b", []),
        (
            "containers",
            ":::note[T]\n:::other\nx\n:::\n:::",
            "> [!NOTE] T\n> :::other\n> x\n> :::",
            [":::other"],
        ),
        ("containers", "```\n::: note\n```", "```\n::: note\n```", []),
        ("obsidian", "[[A b#C|d]] [[A b]] [[#C]]", None, []),
        ("obsidian", "a %% b %% ==c== ^id", 'a  <mark>c</mark> <a id="block-id"></a>', []),
        ("obsidian", "| [[A\\|b]] |", "| [b](copydesk+note:A) |", []),
        ("obsidian", "![[a b.png|100x80]] ![[a.png|c]]", "![a b](/a%20b.png) ![c](/a.png)", []),
        ("obsidian", "`[[A]]`", "`[[A]]`", []),
    ],
)
def test_templates_are_converted(
    kind: str, text: str, expected: str | None, stays: list[str]
) -> None:
    path = "page.mdx" if kind == "mdx" else "page.md"
    page = convert(kind, text, path)
    converted = page.variables["text"]
    if expected is not None:
        assert converted == expected
    told = [each.message.partition(" stays as text")[0] for each in page.faults]
    assert sorted(told) == sorted(stays)


def test_a_table_of_contents_is_left_out_and_reported() -> None:
    page = convert("kramdown", "* toc\n{:toc}\n\nText")
    assert page.variables["text"] == "\n\nText"
    assert [(each.line, each.kind) for each in page.faults] == [(1, FaultKind.CHANGED)]


def test_built_in_shortcodes_of_hugo_need_no_mapping() -> None:
    text = (
        "{{< param title >}} {{< param a.B >}}\n\n{{< youtube abc >}} {{< vimeo id=5 >}}\n\n"
        '{{< details summary="More" >}}\nText\n{{< /details >}}\n\n'
        '{{< figure src="a.png" alt="b" caption="c" >}}'
    )
    page = Conversion(Path("x.md"), Path(), "x.md", {}, VARIABLES)
    built_in = read_mapping(Path("hugo")).shortcodes
    page.shortcodes = {name: Shortcode(markdown=str(each)) for name, each in built_in.items()}
    assert CONVERTERS["hugo"](body_of(text, 1), page).text == (
        "Green c\n\n<https://www.youtube.com/watch?v=abc> <https://vimeo.com/5>\n\n"
        "**More**\n\nText\n\n![b](a.png)\n\nc"
    )
    assert page.faults == []


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("{{< height 2 of-all >}}", "of-all"),
        ('{{< height 2 title="Its height" width="w" >}}', "Its height"),
        ('{{< height "12" 34 >}}', ""),
        ("{{< hint tea title=x >}}", ""),
        ("{{< hint tea pot >}}", "pot"),
        ("{{< hint tea >}}\na\n{{< /hint >}}", "tea"),
        ("{{< tabs all >}}a{{< /tabs >}}", "all"),
        ("{{< none all >}}", ""),
    ],
)
def test_arguments_with_words_without_a_place_are_reported(text: str, left_out: str) -> None:
    page = Conversion(Path("x.md"), Path(), "x.md", {**SHORTCODES, "none": Shortcode()}, VARIABLES)
    CONVERTERS["hugo"](body_of(text, 1), page)
    found = [each.message for each in page.faults]
    assert [f"'{left_out}' in " in each for each in found] == ([True] if left_out else [])


def test_wikilinks_show_what_the_editor_shows() -> None:
    assert convert("obsidian", "[[A b#C|d]] [[A b#C]] [[#C]] [[A]]").variables["text"] == (
        "[d](copydesk+note:A%20b#C) [A b > C](copydesk+note:A%20b#C) "
        "[C](copydesk+note:#C) [A](copydesk+note:A)"
    )


def test_braces_are_text_in_files_that_are_not_mdx() -> None:
    page = convert("mdx", "{a} <Unknown>x</Unknown>", "page.md")
    assert page.variables["text"] == "{a} &lt;Unknown>x&lt;/Unknown>"
    assert [each.line for each in page.faults] == [1]


def test_tags_in_the_arguments_of_unknown_components_are_text() -> None:
    page = convert("mdx", """<Row code="<C on={() => a} />" />""", "page.mdx")
    assert page.variables["text"] == """&lt;Row code="&lt;C on={() => a} />" />"""
    assert len(page.faults) == 1


def test_attributes_in_braces_have_the_values_that_are_known() -> None:
    text = """<p style={{color: "red"}} id={'x'} title="a={b}" onClick={() => {x > 1}}>a</p>
<td colSpan={2} alt={`c > d`} hidden={}>`<p a={b}>`</td> {/* not {shown} */}"""
    page = convert("mdx", text, "page.md")
    assert (
        page.variables["text"]
        == """<p style="" id="x" title="a={b}" onClick="">a</p>
<td colSpan="2" alt="c &gt; d">`<p a={b}>`</td> """
    )
    assert [(each.line, each.message.partition(":")[0]) for each in page.faults] == [
        (2, "hidden of <td> is left out"),
    ]


@pytest.mark.parametrize("text", ["{/* a", "a */}", "`{/* a */}`"])
def test_what_is_no_comment_of_mdx_stays(text: str) -> None:
    assert convert("mdx", text, "page.md").variables["text"] == text


def test_parts_of_mdx_link_from_their_own_folder(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    part = "[a](./x.md#y) [b](../docs/z.mdx) [c](/w.md) [d](u) [e](https://a.example/x.md)\n"
    (tmp_path / "parts" / "_a.mdx").write_text(part)
    there = (
        "[a](./../../parts/x.md#y) [b](./../z.mdx) [c](/w.md) [d](u) [e](https://a.example/x.md)"
    )
    for path in ("../../parts/_a.mdx", "@site/parts/_a.mdx"):
        text = f"<!-- a comment -->\nimport A from '{path}';\n\n<A />"
        page = convert("mdx", text, "docs/b/c.md", tmp_path)
        assert page.variables["text"] == f"<!-- a comment -->\n\n\n{there}"
        assert not page.faults


def test_files_are_included_from_the_folder_only(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "parts").mkdir(parents=True)
    (site / "parts" / "a.md").write_text("---\nx: y\n---\nIncluded.\n")
    (tmp_path / "secret.md").write_text("Secret")
    text = "<Part name='a' />"
    assert convert("mdx", text, "page.mdx", site).variables["text"] == "Included."
    (site / "_includes").mkdir()
    (site / "_includes" / "b.html").write_text("<b>{{ include.x }}</b>")
    (site / "_includes" / "c.html").write_text("{% if x %}{% endif %}")
    assert (
        convert("liquid", '{% include b.html x="1" %}', folder=site).variables["text"] == "<b>1</b>"
    )
    assert convert("liquid", "{% include c.html %}", folder=site).faults
    assert convert("includes", "<!--@include: ./parts/a.md-->", folder=site).variables["text"] == (
        "Included."
    )
    outside = convert("includes", "<!--@include: ../secret.md-->", folder=site)
    assert "Secret" not in outside.variables["text"]
    assert len(outside.faults) == 1


def test_the_name_of_an_include_is_not_left_out(tmp_path: Path) -> None:
    page = Conversion(tmp_path, tmp_path, "a.md", {"b.html": Shortcode(markdown="{x}")})
    body = CONVERTERS["liquid"](body_of('{% include b.html x="c" %}', 1), page)
    assert (body.text, page.faults) == ("c", [])


def test_unknown_expressions_are_not_guessed() -> None:
    assert evaluate("{{ page.title }} {{ none }}", VARIABLES) == "Green {{ none }}"
    for each in ("none", "page", "page.title | unknown", "page.title | replace: 'x'", "1 + 1"):
        with pytest.raises(NotEvaluated):
            value_of(each, VARIABLES)


@pytest.mark.parametrize(
    "text",
    [
        "You can\nexport the data to CSV\nand more.",
        "You can\nexport const a = 5\nand more.",
        "import goods from China.\n\nexport the data to CSV.",
    ],
)
def test_words_of_scripts_in_a_text_stay(text: str) -> None:
    page = convert("mdx", text, "page.mdx")
    assert page.variables["text"] == text
    assert page.faults == []


def test_files_of_code_become_fences(tmp_path: Path) -> None:
    (tmp_path / "docs/en").mkdir(parents=True)
    (tmp_path / "docs/a.ts").write_text("// #region one\n  let a\n  // #endregion one\nlet b\n")
    (tmp_path / "docs/en/b.yaml").write_text(
        "# region two\n\x1b[1;31ma\x1b[0m: ```\n# endregion\nb: 2\n"
    )
    text = (
        "<<< @/a.ts#one {1 js:line-numbers} [A]\n\n- <<< no\n\n  <<< ./b.yaml#two\n\n"
        "<<< @/a.ts\n\n<<< ../../../a.ts\n<<< @/a.ts#three\n\n```\n<<< @/a.ts\n```"
    )
    page = convert("includes", text, "docs/en/page.md", tmp_path)
    assert page.variables["text"] == (
        "```js [A]\nlet a\n```\n\n- <<< no\n\n  ````yaml\n  a: ```\n  ````\n\n"
        "```ts\n  let a\nlet b\n```\n\n<<< ../../../a.ts\n<<< @/a.ts#three\n\n```\n<<< @/a.ts\n```"
    )
    assert [each.message.partition(" stays")[0] for each in page.faults] == [
        "<<< ../../../a.ts",
        "<<< @/a.ts#three",
    ]


# Many templates, each with the kind of text that it is in.
REPEATED = {
    "outputs": ("vue", "{{ a }} "),
    "outputs in tags": ("vue", "<span v-pre>{{ a }} "),
    "expressions": ("mdx", "{a} "),
    "expressions beside components": ("mdx", "<A/>{a} "),
    "components": ("mdx", "<hint/> "),
    "first components": ("mdx", "<hint> "),
    "components without end": ("mdx", "<hint>a</tip> "),
    "pairs": ("mdx", "<hint>a</hint> "),
    "containers": ("containers", "::: hint\n\na\n\n:::\n\n"),
    "first containers": ("containers", "::: hint\n"),
    "shortcodes": ("hugo", "{{< hint >}} "),
}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("comments", "<!-- " * 100_000),
        ("obsidian", "![a " * 100_000),
        ("vue", "{{" + " " * 100_000),
        ("vue", "<script>\n" * 100_000),
    ],
    ids=["comments", "pictures", "outputs", "scripts"],
)
def test_what_has_no_end_stays(kind: str, text: str) -> None:
    """If each of them were looked for to the end of the text, it would take minutes."""
    assert convert(kind, text).variables["text"] == text


@pytest.mark.parametrize(("kind", "unit"), REPEATED.values(), ids=REPEATED)
def test_the_work_of_a_conversion_grows_with_the_length(kind: str, unit: str) -> None:
    short, long = (
        lines_run(lambda text=unit * times: convert(kind, text, "page.mdx"))  # type: ignore[misc]
        for times in (100, 300)
    )
    assert long < 4.5 * short
