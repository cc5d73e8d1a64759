"""Parts of the reference: what a look shows, facets, what search engines read, whole sites."""
