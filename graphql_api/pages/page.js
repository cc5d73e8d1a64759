"use strict";

const defaultQuery = `# Everything that is public, in one request. Try:
query Newest {
  entries(first: 5) {
    totalCount
    nodes {
      __typename
      title
      path
      category { name }
      review { reviewers { name } signedAt }
    }
  }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: window.location.pathname }),
    defaultQuery,
  }),
);
