"""What is measured: the product's own app."""

from __future__ import annotations

from bench.site import site
from cms import Copydesk
from graphql_api import create_app

app = create_app(Copydesk(site))
