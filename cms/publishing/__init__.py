"""Publish and take back: gates, the impact on other pages, routes, sync."""
