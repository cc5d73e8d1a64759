"use strict";

const managementQuery = `# Sign in, then put the token under Headers, below:
# {"Authorization": "Bearer copydesk_access_…"}
mutation SignIn {
  signIn(input: {email: "you@example.org", password: "…"}) {
    errors { code message }
    accessToken
    accessExpiresAt
  }
}

query Desk {
  me { account { email grants { role } } }
  myQueue { entry { title state } lacking { stage missing } }
  entries(first: 10) { nodes { title state revision { number note } } }
}
`;

const deliveryQuery = `# Everything that is public, in one request. Try:
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

const path = window.location.pathname;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: path }),
    defaultQuery: path.endsWith("/manage/graphql") ? managementQuery : deliveryQuery,
  }),
);
