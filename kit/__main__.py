"""``python -m kit`` and ``okta-kit``: run a command, and say every fault in one line."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with the code that ``kit.base.errors`` gives."""
    from kit.commands.app import run_command

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
