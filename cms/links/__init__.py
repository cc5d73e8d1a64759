"""The link graph: edges, metrics, questions and history."""
