"""``KINDS``: the table of the kinds of field in GraphQL, one row for each kind.

The SQL that compares and counts values of a kind is a row of :mod:`cms.reading.field_values`.
A new kind is a class in :mod:`cms.content.fields`, a row there if its values are scalars, and a
row here; one that inherits from another kind needs rows only where it differs.
"""

from __future__ import annotations

from dataclasses import replace

from cms.content.fields import (
    AnyBlock,
    Boolean,
    Choice,
    Colour,
    Date,
    DateTime,
    Decimal,
    Email,
    Field,
    Integer,
    Json,
    Links,
    List,
    Markdown,
    Number,
    Object,
    Reference,
    References,
    Section,
    Text,
    Url,
)
from graphql_api.schema.content_types.document import comparable
from graphql_api.schema.content_types.draft_values import (
    block_from_input,
    block_to_input,
    decimal_from_input,
    list_from_input,
    list_to_input,
    moment_from_input,
    object_from_input,
    object_to_input,
)
from graphql_api.schema.content_types.facets import (
    choice_facet,
    choices_facet,
    list_facet,
    reference_facet,
    references_facet,
    scalar_facet,
    scalars_facet,
    summed,
)
from graphql_api.schema.content_types.filters import (
    blocks_filter,
    choice_filter,
    choices_filter,
    items_filter,
    leaf_filter,
    leaves_filter,
    links_filter,
    markdown_filter,
    object_filter,
    objects_filter,
    reference_filter,
    references_filter,
    section_filter,
    sections_filter,
)
from graphql_api.schema.content_types.inputs import (
    block_input,
    choice_input,
    list_input,
    object_input,
    shared_input,
)
from graphql_api.schema.content_types.kind import Kind, Kinds, Listed
from graphql_api.schema.content_types.orders import (
    choice_order,
    title_order,
    value_order,
)
from graphql_api.schema.content_types.outputs import (
    blocks_output,
    choice_output,
    choices_output,
    leaf_output,
    leaves_output,
    links_output,
    list_output,
    markdown_output,
    object_output,
    objects_output,
    reference_output,
    references_output,
    section_output,
    sections_output,
)


def _scalar(type_: str) -> Kind[Field]:
    """Return the row of a kind whose values are scalars of a type."""
    return Kind(
        output=leaf_output(type_),
        input=shared_input(type_),
        filter=leaf_filter(type_),
        order=value_order,
        facet=scalar_facet,
        listed=Listed(
            output=leaves_output(type_), filter=leaves_filter(type_), facet=scalars_facet
        ),
    )


# A computed field has the kind of its values; Blocks and Sections are lists.
KINDS = Kinds(
    {
        Text: _scalar("str"),
        Url: _scalar("str"),
        Email: _scalar("str"),
        Colour: _scalar("str"),
        Boolean: _scalar("bool"),
        Number: replace(_scalar("float"), number=summed),
        Integer: replace(_scalar("int"), number=summed),
        Decimal: replace(_scalar("Decimal"), from_input=decimal_from_input, number=summed),
        Date: replace(_scalar("Date"), moment=comparable),
        DateTime: replace(_scalar("DateTime"), from_input=moment_from_input, moment=comparable),
        Choice: Kind[Choice](
            output=choice_output,
            input=choice_input,
            filter=choice_filter,
            order=choice_order,
            facet=choice_facet,
            listed=Listed(output=choices_output, filter=choices_filter, facet=choices_facet),
        ),
        Json: Kind[Json](
            output=leaf_output("JSON"),
            input=shared_input("JSON"),
            filter=leaf_filter("JSON"),
            listed=Listed(output=leaves_output("JSON"), filter=leaves_filter("JSON")),
        ),
        Markdown: Kind[Markdown](
            output=markdown_output,
            input=shared_input("str"),
            filter=markdown_filter,
        ),
        Object: Kind[Object](
            output=object_output,
            input=object_input,
            from_input=object_from_input,
            to_input=object_to_input,
            filter=object_filter,
            listed=Listed(output=objects_output, filter=objects_filter),
        ),
        Section: Kind[Section](
            output=section_output,
            input=shared_input("EntrySectionInput"),
            from_input=object_from_input,
            to_input=object_to_input,
            filter=section_filter,
            listed=Listed(output=sections_output, filter=sections_filter),
        ),
        AnyBlock: Kind[AnyBlock](
            input=block_input,
            from_input=block_from_input,
            to_input=block_to_input,
            listed=Listed(output=blocks_output, filter=blocks_filter),
        ),
        List: Kind[List](
            output=list_output,
            input=list_input,
            from_input=list_from_input,
            to_input=list_to_input,
            filter=items_filter,
            facet=list_facet,
        ),
        Reference: Kind[Reference](
            output=reference_output,
            input=shared_input("ID"),
            filter=reference_filter,
            order=title_order,
            order_suffix="Title",
            facet=reference_facet,
        ),
        References: Kind[References](
            output=references_output,
            input=list_input,
            from_input=list_from_input,
            to_input=list_to_input,
            filter=references_filter,
            facet=references_facet,
        ),
        Links: Kind[Links](
            output=links_output,
            input=shared_input("list[EntryLinkInput]"),
            filter=links_filter,
        ),
    }
)
