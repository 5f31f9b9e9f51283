"""The command line in the test's own process."""

from __future__ import annotations

from fangpin.cli.main import main


def run(*arguments: str) -> int:
    """Run a command in this process and return its exit code."""
    try:
        main(list(arguments))
    except SystemExit as left:
        return int(left.code or 0)
    return 0
