"""How is plain text laid out, so that every mail program shows its lines whole?"""

import textwrap

COLUMNS = 78


def heading(text: str) -> str:
    """Return a text with a line of dashes below."""
    return f"{text}\n{'-' * len(text)}"


def item(text: str) -> str:
    """Return a text as an item of a list."""
    return wrapped(text, "* ", "  ")


def wrapped(text: str, first: str = "", rest: str = "") -> str:
    """Return a text on lines of at most 78 letters, begun by `first` and `rest`; a no-break space breaks none."""
    return textwrap.fill(text, COLUMNS, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
