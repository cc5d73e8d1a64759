"""What is measured: the product's own app."""

from __future__ import annotations

from bench.site import site
from graphql_api.app import create_app

app = create_app(site)
