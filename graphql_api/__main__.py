"""The process of the ``copydesk`` command: ``python -m graphql_api`` runs it, too."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command."""
    # Modules remain for the life of the process, so the collector would find nothing in them.
    gc.disable()
    from graphql_api.cli import main as run  # noqa: PLC0415  # after the line above

    run()


if __name__ == "__main__":
    main()
