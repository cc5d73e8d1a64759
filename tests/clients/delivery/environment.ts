import { Environment, Network, RecordSource, Store } from "relay-runtime";

export const environment = new Environment({
  network: Network.create(async ({ text }, variables) => {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  }),
  store: new Store(new RecordSource()),
  getDataID: ({ id, locale, revision }) => id && [id, locale, revision?.id].join(" ").trim(),
});
