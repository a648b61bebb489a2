"""The `bridge` command.

Exit codes: 0 done, 1 refused or nothing found, 2 wrong usage, 3 no ledger or no vendor.
"""

from bridge.cli.main import main

__all__ = ["main"]
