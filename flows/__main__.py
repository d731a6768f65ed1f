"""`kanalstatus` and `python -m flows`: the command line.

Importing makes hundreds of thousands of objects that stay: to look through them for garbage while they are made, and
again with each later search, takes a seventh of the time of a run with nothing new.
"""

import gc
import sys

gc.disable()

from flows.cli import main  # noqa: E402 - what this imports is what is not to be looked through

gc.freeze()
gc.enable()

if __name__ == "__main__":
    sys.exit(main())
