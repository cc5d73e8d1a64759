// Lists that change while one looks at them.

import { graphql, useMutation, usePaginationFragment, useSubscription } from "react-relay";
import type { Desk_entries$key } from "./__generated__/Desk_entries.graphql";
import type { Desk_history$key } from "./__generated__/Desk_history.graphql";
import type { DeskChangesSubscription } from "./__generated__/DeskChangesSubscription.graphql";
import type { DeskCreateMutation } from "./__generated__/DeskCreateMutation.graphql";
import type { DeskDeleteMutation } from "./__generated__/DeskDeleteMutation.graphql";
import type { DeskEntriesQuery } from "./__generated__/DeskEntriesQuery.graphql";
import type { DeskHistoryQuery } from "./__generated__/DeskHistoryQuery.graphql";

export function Entries(props: { of: Desk_entries$key }) {
  const { data } = usePaginationFragment<DeskEntriesQuery, Desk_entries$key>(
    graphql`
      fragment Desk_entries on Query
      @refetchable(queryName: "DeskEntriesQuery")
      @argumentDefinitions(
        count: { type: "Int", defaultValue: 20 }
        cursor: { type: "String" }
      ) {
        entries(first: $count, after: $cursor) @connection(key: "Desk_entries") {
          __id
          edges {
            node {
              id
              title
              state
              ...Desk_history
            }
          }
        }
      }
    `,
    props.of,
  );
  const create = useCreate(data.entries.__id);
  const remove = useDelete(data.entries.__id);
  return (
    <ul onClick={() => create("Dropout")}>
      {data.entries.edges.map(({ node }) => (
        <li key={node.id} onClick={() => remove(node.id)}>
          {node.title}: {node.state.toLowerCase()}
          <History of={node} />
        </li>
      ))}
    </ul>
  );
}

function History(props: { of: Desk_history$key }) {
  const { data, loadNext } = usePaginationFragment<DeskHistoryQuery, Desk_history$key>(
    graphql`
      fragment Desk_history on Entry
      @refetchable(queryName: "DeskHistoryQuery")
      @argumentDefinitions(
        count: { type: "Int", defaultValue: 10 }
        cursor: { type: "String" }
      ) {
        revisions(first: $count, after: $cursor) @connection(key: "Desk_revisions") {
          edges {
            node {
              id
              number
              author {
                name
              }
            }
          }
        }
      }
    `,
    props.of,
  );
  const numbers = data.revisions.edges.map(({ node }) => node.number.toFixed());
  return <p onClick={() => loadNext(10)}>{numbers.join(", ")}</p>;
}

function useCreate(connection: string) {
  const [commit] = useMutation<DeskCreateMutation>(graphql`
    mutation DeskCreateMutation($input: CreateGlossaryTermInput!, $connections: [ID!]!) {
      createGlossaryTerm(input: $input) {
        errors {
          code
          message
        }
        entry @prependNode(connections: $connections, edgeTypeName: "EntryEdge") {
          id
          title
          state
        }
      }
    }
  `);
  return (title: string) =>
    commit({
      variables: { input: { values: { title } }, connections: [connection] },
      onCompleted: ({ createGlossaryTerm: { errors, entry } }) =>
        console.log(entry?.title ?? errors.map(({ message }) => message).join()),
    });
}

function useDelete(connection: string) {
  const [commit] = useMutation<DeskDeleteMutation>(graphql`
    mutation DeskDeleteMutation($input: DeleteEntryInput!, $connections: [ID!]!) {
      deleteEntry(input: $input) {
        errors {
          code
        }
        deleted @deleteEdge(connections: $connections) @deleteRecord
      }
    }
  `);
  return (entryId: string) =>
    commit({ variables: { input: { entryId }, connections: [connection] } });
}

export function useChanges(entryId: string) {
  useSubscription<DeskChangesSubscription>({
    variables: { entryId },
    subscription: graphql`
      subscription DeskChangesSubscription($entryId: ID) {
        entryChanged(entryId: $entryId) {
          action
          entry {
            id
            title
            state
          }
        }
      }
    `,
  });
}
