"""Files that readers and search engines fetch from a site: its sitemap and its feeds.

Each is made from what the delivery API answers to a fixed document, so what is visible is
decided in one place.
"""
