"""Says what can be done with the demo: ``python -m seeds.welcome``."""

from __future__ import annotations

import click

from cms.settings import load_settings

QUERY = """\
query Page($path: String = "/glossary/dropout") {
  entry(by: {path: $path}) {
    title
    summary
    category { name ancestors { name } }
    ... on GlossaryTerm { body { html } sections { heading body { plainText } } }
    linkGroups { label links { label url } }
    incomingLinks(first: 5) { totalCount nodes { source { title path } } }
    review { reviewers { name } signedAt expiresAt }
  }
  siteSettings { brand legal }
  navigation { groups { heading links { label url } } }
}"""


def main() -> None:
    """Print the addresses and a query to paste."""
    settings = load_settings()
    address = f"http://{settings.host}:{settings.port}/graphql"
    click.echo(f"GraphiQL, for a browser:  {address}")
    click.echo(f"The API, for programs:    POST {address}")
    click.echo(f"\nA query to paste:\n\n{QUERY}\n")


if __name__ == "__main__":
    main()
