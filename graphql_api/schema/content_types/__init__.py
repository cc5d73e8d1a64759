"""GraphQL types of the content types of a site."""
