"""The content types of a site become GraphQL types."""
