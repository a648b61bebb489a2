"""`python -m bridge`: the `bridge` command where no scripts are on the PATH."""

import sys

from bridge.cli import main

sys.exit(main())
