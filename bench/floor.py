"""What nobody can do without: reading the bytes of every delivery and hashing them.

python -m bench.floor INBOX [LIBRARY ...]

Libraries named are imported first: the start of a Python that has them.
"""

import hashlib
import importlib
import sys
from pathlib import Path


def hash_files(inbox: Path) -> int:
    """Read and hash the files below a folder; return how many there are."""
    files = [path for path in inbox.rglob("*") if path.is_file()]
    for path in files:
        hashlib.sha256(path.read_bytes()).hexdigest()
    return len(files)


if __name__ == "__main__":
    for library in sys.argv[2:]:
        importlib.import_module(library)
    print(hash_files(Path(sys.argv[1])))
