"""Read the files of another site: pages, front matter, addresses. No SQL."""
