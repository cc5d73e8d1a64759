"""The database: sessions, dialects, migration."""
