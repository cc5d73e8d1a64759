"""GraphQL over HTTP: requests in, responses out, and what is refused before any SQL runs."""
