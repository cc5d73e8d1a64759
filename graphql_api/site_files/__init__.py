"""Files that readers and search engines fetch from a site: its sitemap and its feeds.

Each is made from the delivery API's answer to a fixed document, so visibility has one place.
"""
