"""An Article with a value in every field: how it is written, and how it is read."""

from __future__ import annotations

from typing import Any

ALL = """entry {
  title slug summary category { name } tags { name }
  body { markdown } sections { heading body { markdown } }
  subtitle rating pages isFree issuedOn level aliases byline { name year }
  steps { title body { markdown } see { label note url target { ... on Article { title } } } }
  translatedFrom { title } about { title } related { label url } sources { label url }
} revision { id number note }"""


def everything(other: str) -> dict[str, Any]:
    """Return a value for every kind of field."""
    return {
        "title": "Everything",
        "slug": "everything",
        "summary": "All of it.",
        "body": "Some *text*.",
        "sections": [{"heading": "One", "body": "First."}, {"heading": "Two", "body": "Second."}],
        "subtitle": "Below",
        "rating": 4.5,
        "pages": 12,
        "isFree": False,
        "issuedOn": "2026-01-31",
        "level": "HARD",
        "aliases": ["all", "whole"],
        "byline": {"name": "Ada", "year": 1843},
        "steps": [
            {
                "title": "Begin",
                "body": "Do *it*.",
                "see": [{"href": other, "label": "there", "note": "for us"}],
            }
        ],
        "translatedFrom": other,
        "about": other,
        "related": [{"href": "/articles/other"}],
        "sources": [{"href": "https://example.org/", "label": "Example"}],
    }


def shown(category: str | None, tags: list[str]) -> dict[str, Any]:
    """Return what is read of those values."""
    return {
        "title": "Everything",
        "slug": "everything",
        "summary": "All of it.",
        "category": {"name": category} if category else None,
        "tags": [{"name": name} for name in tags],
        "body": {"markdown": "Some *text*."},
        "sections": [
            {"heading": "One", "body": {"markdown": "First."}},
            {"heading": "Two", "body": {"markdown": "Second."}},
        ],
        "subtitle": "Below",
        "rating": 4.5,
        "pages": 12,
        "isFree": False,
        "issuedOn": "2026-01-31",
        "level": "HARD",
        "aliases": ["all", "whole"],
        "byline": {"name": "Ada", "year": 1843},
        "steps": [
            {
                "title": "Begin",
                "body": {"markdown": "Do *it*."},
                "see": [
                    {
                        "label": "there",
                        "note": "for us",
                        "url": "/articles/other",
                        "target": {"title": "Other"},
                    }
                ],
            }
        ],
        "translatedFrom": {"title": "Other"},
        "about": {"title": "Other"},
        "related": [{"label": "Other", "url": "/articles/other"}],
        "sources": [{"label": "Example", "url": "https://example.org/"}],
    }
