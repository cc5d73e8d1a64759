"""Selection → one SQL statement → JSON text.

Knows graphql-core and SQLAlchemy; not Strawberry, not HTTP, not the tables.
"""
