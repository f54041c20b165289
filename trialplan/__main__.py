"""The command line, for `python -m trialplan`."""

from __future__ import annotations

import sys

from trialplan.cli import main

if __name__ == "__main__":
    sys.exit(main())
