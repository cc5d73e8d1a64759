"""Full-text search: tokens, documents, queries, ranking, the index."""
