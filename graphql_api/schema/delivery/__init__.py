"""The types of the delivery API."""
