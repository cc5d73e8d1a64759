"""Publishing and unpublishing: gates, the impact on other pages, routes, sync."""
