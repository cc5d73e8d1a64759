"""The content types of the demo site.

A site about running AI models on one's own hardware: a glossary, buyer guides, fixes for
errors, hardware, models, tools, plain pages, and what stands around all of them.
"""

from __future__ import annotations

from datetime import timedelta

from cms import (
    Boolean,
    Choice,
    ClickDepth,
    ContentType,
    Date,
    Decimal,
    IncomingLinks,
    Integer,
    Links,
    LinksTo,
    List,
    Markdown,
    Number,
    Object,
    Reference,
    Sections,
    Seo,
    SignOffPolicy,
    Site,
    Stage,
    Text,
)

# Advice on what to buy is read twice: for whether it is right, then for whether it is fair.
BUYING_ADVICE = SignOffPolicy(
    name="buying advice",
    stages=(Stage("technical"), Stage("editorial")),
    valid_for=timedelta(days=180),
)


class GlossaryTerm(ContentType, path="/glossary/{slug}", schema_org="DefinedTerm"):
    """A word that operators of AI models meet, explained."""

    body = Markdown("Definition", required=True)
    sections = Sections("Further reading on the page")
    also_known_as = List("Also known as", of=Text(longest=100), schema_org="alternateName")
    level = Choice("Level", choices=("BASIC", "INTERMEDIATE", "ADVANCED"))
    buyer_guides = Links("Buyer guides", kind="buyer_guide", to=("BuyerGuide",))
    troubleshooting = Links("When it doesn't work", kind="error_fix", to=("ErrorFix",))
    related = Links("Related terms", kind="related_term", to=("GlossaryTerm",))


class BuyerGuide(ContentType, path="/guides/{slug}", policy=BUYING_ADVICE, schema_org="Article"):
    """Advice on what to buy for a purpose and a budget."""

    body = Markdown("The short answer", required=True)
    sections = Sections("In detail")
    budget_from = Decimal("From", unit="USD", least="0")
    budget_to = Decimal("To", unit="USD", least="0")
    checked_on = Date("Prices checked on", required=True)
    has_affiliate_links = Boolean("Has affiliate links")
    top_pick = Reference("Top pick", to=("Hardware",))
    picks = Links("What we would buy", kind="pick", to=("Hardware",))
    background = Links("Words to know", kind="related_term", to=("GlossaryTerm",))


class ErrorFix(ContentType, path="/errors/{slug}", plural="ErrorFixes", schema_org="TechArticle"):
    """What to do when something does not work."""

    message = Text("What you see", required=True)
    body = Markdown("The short answer", required=True)
    causes = List("Likely causes", of=Text(longest=300))
    steps = List(
        "Steps",
        of=Object(
            "Step",
            title=Text(required=True, longest=200),
            body=Markdown(required=True),
            command=Text(longest=500),
        ),
    )
    severity = Choice("Severity", choices=("ANNOYING", "SLOW", "BLOCKING"), required=True)
    affects = Links("What it happens with", kind="affects", to=("Tool", "Hardware", "Model"))
    background = Links("Words to know", kind="related_term", to=("GlossaryTerm",))
    related = Links("Errors like it", kind="error_fix", to=("ErrorFix",))


class Hardware(ContentType, path="/hardware/{slug}", plural="HardwareItems", schema_org="Product"):
    """A graphics card, a computer or a part of one."""

    body = Markdown("Verdict", required=True)
    sections = Sections("In detail")
    maker = Text("Maker", required=True, indexed=True, schema_org="brand")
    kind = Choice("Kind", choices=("GPU", "COMPUTER", "LAPTOP", "STORAGE"), required=True)
    memory_gb = Number("Memory", unit="GB", least=0, indexed=True)
    bandwidth_gbs = Number("Memory bandwidth", unit="GB/s", least=0)
    power_watts = Integer("Board power", unit="W", least=0)
    released_on = Date("Released on", schema_org="releaseDate")
    runs_well = Links("Runs well", kind="runs", to=("Model",))
    alternatives = Links("Alternatives", kind="alternative", to=("Hardware",))


class Model(ContentType, path="/models/{slug}", schema_org="SoftwareApplication"):
    """An AI model with open weights."""

    body = Markdown("What it is good for", required=True)
    sections = Sections("In detail")
    maker = Text("Maker", required=True, indexed=True)
    parameters_billions = Number(
        "Parameters", unit="billions", least=0, required=True, indexed=True
    )
    context_tokens = Integer("Context", unit="tokens", least=0)
    licence = Text("Licence", required=True)
    released_on = Date("Released on")
    is_multimodal = Boolean("Sees images")
    runs_with = Links("Runs with", kind="runs_with", to=("Tool",))
    runs_on = Links("Runs on", kind="runs_on", to=("Hardware",))


class Tool(ContentType, path="/tools/{slug}", schema_org="SoftwareApplication"):
    """A program that runs, serves or trains models."""

    body = Markdown("What it does", required=True)
    sections = Sections("In detail")
    licence = Text("Licence", required=True)
    platforms = List(
        "Runs on", of=Choice(choices=("LINUX", "MACOS", "WINDOWS")), schema_org="operatingSystem"
    )
    homepage = Links("Where to get it", kind="homepage")
    troubleshooting = Links("When it doesn't work", kind="error_fix", to=("ErrorFix",))
    alternatives = Links("Alternatives", kind="alternative", to=("Tool",))


class Page(ContentType, path="/{slug}"):
    """A page that is none of the above: an index, the editorial policy, about us."""

    body = Markdown(required=True)
    sections = Sections()
    read_on = Links("Read on", kind="read_on")


class Navigation(ContentType, singleton=True, plural="Navigations"):
    """The directory that every page of the site shows."""

    groups = List(
        "Groups",
        of=Object(
            "Group",
            heading=Text(required=True, longest=40),
            links=Links("Links", kind="navigation"),
        ),
        required=True,
    )


class SiteSettings(ContentType, singleton=True, plural="SiteSettingsList"):
    """What every page of the site says about the site."""

    brand = Text("Brand line", required=True)
    newsletter = Object(
        "Newsletter", heading=Text(required=True, longest=100), text=Text(required=True)
    )
    disclosure = Markdown("Affiliate disclosure", required=True)
    legal = Text("Legal line", required=True)
    editorial_policy = Reference("Editorial policy", to=("Page",), required=True)


site = Site(
    "Hearth",
    content_types=(
        GlossaryTerm,
        BuyerGuide,
        ErrorFix,
        Hardware,
        Model,
        Tool,
        Page,
        Navigation,
        SiteSettings,
    ),
    url="https://hearth.example",
    seo=Seo(
        title="{title} | Hearth",
        description="Running AI models on your own hardware, explained and reviewed.",
        image="https://hearth.example/images/hearth.png",
    ),
    link_rules=(
        IncomingLinks(GlossaryTerm, at_least=2),
        LinksTo(ErrorFix, BuyerGuide),
        ClickDepth(at_most=3),
    ),
    # What writers link to in sentences, apart from the lists beside their texts.
    link_sets={"texts": ("inline",)},
)
