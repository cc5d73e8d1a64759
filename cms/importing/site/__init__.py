"""Files of another site: pages, front matter, addresses. No SQL."""
