"""The site that glossaries are imported into."""

from __future__ import annotations

from cms.content.content_type import ContentType
from cms.content.fields import Choice, Markdown, Sections
from cms.site import Site


class GlossaryTerm(ContentType, path="/glossary/{slug}"):
    """A word, explained."""

    body = Markdown("Definition", required=True)
    sections = Sections()
    status = Choice(choices=("COMPLETED", "FEEDBACK_APPRECIATED", "DEPRECATED"))


SITE = Site(
    "Glossary",
    content_types=(GlossaryTerm,),
    locales=("en", "de", "es", "zh-cn"),
    fallbacks={"de": ("en",), "es": ("en",), "zh-cn": ("en",)},
    url={locale: f"https://{locale}.glossary.example" for locale in ("en", "de", "es", "zh-cn")},
)
