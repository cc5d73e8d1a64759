"""SQL expressions over the content that a view shows. Nothing here is executed."""
