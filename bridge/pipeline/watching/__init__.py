"""Which of a vendor's cases changed, and what follows: leads wait, go on, arrived, or follow up.

`watcher` reads and acts, from the workers' housekeeping alone; `holding` is all that a delivery
meets of it: one look at the ledger for a whole batch.
"""

from bridge.pipeline.watching.holding import let_go, shut
from bridge.pipeline.watching.listing import COLUMNS, cases_of
from bridge.pipeline.watching.status import Status, statuses
from bridge.pipeline.watching.watcher import Watcher

__all__ = ["COLUMNS", "Status", "Watcher", "cases_of", "let_go", "shut", "statuses"]
