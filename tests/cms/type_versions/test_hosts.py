"""An app serves the content types with the names that its database has for them."""

from __future__ import annotations

import pytest

from cms.content.fields import Text
from cms.copydesk import Copydesk
from cms.errors import SiteError
from graphql_api.app import create_app
from tests.builders import Newsroom
from tests.changing import Changing
from tests.cms.type_versions.scene import changed
from tests.cms.type_versions.test_renames import after, before
from tests.graphql_api.http.desk import settings_of


async def test_an_app_does_not_start_without_the_stored_names(newsroom: Newsroom) -> None:
    changing = Changing(newsroom)
    await changing.migrate(before())
    await changing.migrate(after())
    copydesk = Copydesk(after(), settings_of(newsroom))
    app = create_app(copydesk)
    await copydesk.load_types()  # too late: the schema has been made
    with pytest.raises(
        SiteError, match=r"before create_app\(copydesk\): await copydesk.load_types"
    ):
        async with app.router.lifespan_context(app):
            pass


async def test_an_app_does_not_start_without_knowing_which_fields_have_no_index_yet(
    newsroom: Newsroom,
) -> None:
    await Changing(newsroom).migrate(changed(value=Text()))
    site = changed(value=Text(indexed=True))
    app = create_app(Copydesk(site, settings_of(newsroom)))
    with pytest.raises(SiteError, match="or fields have no index yet"):
        async with app.router.lifespan_context(app):
            pass
    copydesk = Copydesk(site, settings_of(newsroom))
    await copydesk.load_types()
    app = create_app(copydesk)
    async with app.router.lifespan_context(app):
        assert not copydesk.site.content_type("Article").fields["value"].is_repeated


async def test_an_app_starts_with_the_stored_names(newsroom: Newsroom) -> None:
    changing = Changing(newsroom)
    await changing.migrate(before())
    await changing.migrate(after())
    copydesk = Copydesk(after(), settings_of(newsroom))
    await copydesk.load_types()
    app = create_app(copydesk)
    async with app.router.lifespan_context(app):
        assert copydesk.site.content_type("Story").stored_name == "Article"


async def test_an_app_starts_on_a_database_without_stored_names(newsroom: Newsroom) -> None:
    app = create_app(Copydesk(newsroom.site, settings_of(newsroom)))
    async with app.router.lifespan_context(app):
        assert app.state.shutdown is not None


async def test_an_app_needs_no_stored_names_that_are_the_declared_ones(newsroom: Newsroom) -> None:
    await Changing(newsroom).migrate(before())
    copydesk = Copydesk(before(), settings_of(newsroom))
    app = create_app(copydesk)
    async with app.router.lifespan_context(app):
        assert copydesk.types == 1
