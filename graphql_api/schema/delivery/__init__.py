"""Types and root fields of the delivery API."""
