"""The types of the API. Each field declares its SQL on the spot."""
