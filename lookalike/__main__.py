"""``python -m lookalike``."""

from __future__ import annotations

import sys

from lookalike.cli import main

if __name__ == "__main__":
    # Children of the decoding pool import this file again: the guard keeps them from running it.
    sys.exit(main())
