// Pages of a connection in a connection, and things that are found again by their ids.

import {
  graphql,
  useFragment,
  useLazyLoadQuery,
  usePaginationFragment,
  useRefetchableFragment,
} from "react-relay";
import type { Glossary_category$key } from "./__generated__/Glossary_category.graphql";
import type { Glossary_incoming$key } from "./__generated__/Glossary_incoming.graphql";
import type { Glossary_term$key } from "./__generated__/Glossary_term.graphql";
import type { Glossary_terms$key } from "./__generated__/Glossary_terms.graphql";
import type { GlossaryIncomingQuery } from "./__generated__/GlossaryIncomingQuery.graphql";
import type { GlossaryQuery } from "./__generated__/GlossaryQuery.graphql";
import type { GlossaryTermQuery } from "./__generated__/GlossaryTermQuery.graphql";
import type { GlossaryTermsQuery } from "./__generated__/GlossaryTermsQuery.graphql";

export function Glossary({ category }: { category: string }) {
  const data = useLazyLoadQuery<GlossaryQuery>(
    graphql`
      query GlossaryQuery($category: String!) @view(locale: EN) {
        ...Glossary_terms @arguments(category: $category)
        category(by: { treePath: $category }) {
          ...Glossary_category
        }
      }
    `,
    { category },
  );
  return (
    <main>
      {data.category && <Category of={data.category} />}
      <Terms of={data} />
    </main>
  );
}

function Category(props: { of: Glossary_category$key }) {
  const [category, refetch] = useRefetchableFragment(
    graphql`
      fragment Glossary_category on Category @refetchable(queryName: "GlossaryCategoryQuery") {
        name
        ancestors {
          id
          name
        }
      }
    `,
    props.of,
  );
  return <h1 onClick={() => refetch({})}>{category.name.toUpperCase()}</h1>;
}

function Terms(props: { of: Glossary_terms$key }) {
  const { data, loadNext, hasNext } = usePaginationFragment<GlossaryTermsQuery, Glossary_terms$key>(
    graphql`
      fragment Glossary_terms on Query
      @refetchable(queryName: "GlossaryTermsQuery")
      @argumentDefinitions(
        category: { type: "String" }
        count: { type: "Int", defaultValue: 20 }
        cursor: { type: "String" }
      ) {
        glossaryTerms(
          where: { category: { within: $category } }
          orderBy: [title_ASC]
          first: $count
          after: $cursor
        ) @connection(key: "Glossary_glossaryTerms", filters: ["where"]) {
          totalCount
          edges {
            node {
              id
              ...Glossary_term
              ...Glossary_incoming
            }
          }
        }
      }
    `,
    props.of,
  );
  const { edges, totalCount } = data.glossaryTerms;
  return (
    <ul title={`${edges.length} of ${totalCount}`} onClick={() => hasNext && loadNext(20)}>
      {edges.map(({ node }) => (
        <li key={node.id}>
          <Title of={node} />
          <Incoming of={node} />
        </li>
      ))}
    </ul>
  );
}

function Title(props: { of: Glossary_term$key }) {
  const term = useFragment(
    graphql`
      fragment Glossary_term on GlossaryTerm {
        title
        level
        publishedAt
      }
    `,
    props.of,
  );
  // @ts-expect-error: a term need not have a level.
  term.level.toLowerCase();
  return <time dateTime={term.publishedAt}>{term.title}</time>;
}

function Incoming(props: { of: Glossary_incoming$key }) {
  const { data, loadPrevious } = usePaginationFragment<
    GlossaryIncomingQuery,
    Glossary_incoming$key
  >(
    graphql`
      fragment Glossary_incoming on Entry
      @refetchable(queryName: "GlossaryIncomingQuery")
      @argumentDefinitions(
        count: { type: "Int", defaultValue: 5 }
        cursor: { type: "String" }
      ) {
        incomingLinks(last: $count, before: $cursor) @connection(key: "Glossary_incomingLinks") {
          edges {
            node {
              label
              source {
                id
                title
              }
            }
          }
        }
      }
    `,
    props.of,
  );
  const sources = data.incomingLinks.edges.map(({ node }) => node.source.title);
  return <p onClick={() => loadPrevious(5)}>{sources.join(", ")}</p>;
}

export function Term({ id }: { id: string }) {
  const { node } = useLazyLoadQuery<GlossaryTermQuery>(
    graphql`
      query GlossaryTermQuery($id: ID!) {
        node(id: $id) {
          __typename
          ... on GlossaryTerm {
            body {
              html
            }
          }
          ... on Category {
            name
          }
        }
      }
    `,
    { id },
  );
  return node?.__typename === "GlossaryTerm" ? <article>{node.body.html}</article> : null;
}
