"""Python's collector of reference cycles, told what a long-lived process is like.

Its default looks for cycles every 700 new objects, through everything that was loaded: a fifth of a
worker's time at full speed, in a program that makes next to none. Libraries and routing stay for
good and are left out; what comes and goes is looked at seventy times less often.
"""

import gc

NEW = 50_000  # objects between two looks at the young: some 20 MB at most, were all of them garbage


def settle() -> None:
    """Once, when everything that lives as long as the process has been made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW, 20, 100)
