"use strict";

const managementQuery = `# Sign in, then put the token under Headers, below:
# {"authorization": "Bearer copydesk_access_…"}
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

const url = new URL(window.location.pathname, window.location.href);
const isManagement = url.pathname.endsWith("/manage/graphql");
const socketUrl = new URL(url);
socketUrl.protocol = url.protocol.replace("http", "ws");

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({
      url: url.href,
      subscriptionUrl: isManagement ? socketUrl.href : undefined,
    }),
    defaultQuery: isManagement ? managementQuery : deliveryQuery,
    // What is typed here can be a password or a token: it is forgotten with the tab.
    storage: window.sessionStorage,
  }),
);
