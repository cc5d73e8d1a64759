"""What is written: content types, fields, snapshots. Pure Python, no SQL."""
