"""GraphQL over HTTP: requests, responses, and the limits that hold before any SQL runs."""
