"""The only code with side effects: plain functions without Prefect."""

import os

# Frames here are small: deliveries are read in children, one a core. Threads would only wait for one another.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
