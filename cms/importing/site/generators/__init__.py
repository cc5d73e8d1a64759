"""Rules of the generators of sites: files, addresses, hidden pages, links."""
