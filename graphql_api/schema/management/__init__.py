"""The types of the management API, beside those that it shares with delivery."""
