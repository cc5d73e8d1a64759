"""Documents are examined once, and what is kept of them is bounded in bytes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from graphql import GraphQLSchema, build_schema

from graphql_api.http.documents import Documents
from graphql_api.http.errors import RequestFailed
from graphql_api.http.limits import Limits

VALID = "{ name }"
WRONG = "{ nothing }"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema("type Query { name: String, other(text: String): String }")


def test_a_document_is_examined_once(schema: GraphQLSchema) -> None:
    documents = Documents(schema, Limits())
    assert documents.find(VALID) is None
    document = documents.keep(VALID, documents.examine(VALID))
    assert documents.find(VALID) is document


def test_a_refusal_is_kept_as_well(schema: GraphQLSchema) -> None:
    documents = Documents(schema, Limits())
    with pytest.raises(RequestFailed):
        documents.keep(WRONG, documents.examine(WRONG))
    for _ in range(2):
        with pytest.raises(RequestFailed, match="Cannot query field 'nothing'"):
            documents.find(WRONG)


@pytest.mark.parametrize(
    "document", ["{ name } # %d", "{ nothing } # %d", '{ other(text: "%d' + "x" * 10_000 + '") }']
)
def test_what_is_kept_is_bounded_in_bytes(schema: GraphQLSchema, document: str) -> None:
    kept_bytes = 100_000
    documents = Documents(schema, Limits(), kept_bytes)
    sizes = {}
    for number in range(200):
        examined = documents.examine(document % number)
        sizes[document % number] = examined.bytes
        with suppress(RequestFailed):
            documents.keep(document % number, examined)
    kept = [source for source in sizes if is_known(documents, source)]
    assert 0 < sum(sizes[source] for source in kept) <= kept_bytes
    assert kept == list(sizes)[-len(kept) :]


def is_known(documents: Documents, source: str) -> bool:
    try:
        return documents.find(source) is not None
    except RequestFailed:
        return True


def test_a_document_larger_than_all_that_is_kept_is_read_all_the_same(
    schema: GraphQLSchema,
) -> None:
    documents = Documents(schema, Limits(), kept_bytes=10)
    assert documents.keep(VALID, documents.examine(VALID)).operation(None).is_query
    assert documents.find(VALID) is None


def test_comments_count_as_tokens_do(schema: GraphQLSchema) -> None:
    documents = Documents(schema, Limits())
    with pytest.raises(RequestFailed) as failure:
        documents.examine(VALID + "#\n" * 1_001).get()
    (error,) = failure.value.errors
    assert error.extensions == {"code": "LIMIT_EXCEEDED"}
