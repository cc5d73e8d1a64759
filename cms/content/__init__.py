"""Content types, fields, markup, snapshots and digests: pure Python, without SQL."""
