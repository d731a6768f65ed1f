"""Texts that know which figures they print: plain text to everybody, and to the page also the figures' ids."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from string import Formatter

from transforms.figure import Figure


class Printed(str):
    """A printed number and the figure that it is."""

    figure: Figure
    __slots__ = ("figure",)

    def __new__(cls, text: str, figure: Figure) -> "Printed":
        """Return the text of a figure."""
        printed = super().__new__(cls, text)
        printed.figure = figure
        return printed

    def __getnewargs__(self) -> tuple[str, Figure]:  # type: ignore[override]
        """Return what a copy is made of."""
        return str(self), self.figure


class Words(str):
    """A text in which figures are printed: `parts` are its texts and figures in their order."""

    parts: tuple[str, ...]
    __slots__ = ("parts",)

    def __new__(cls, parts: Iterable[str]) -> "Words":
        """Return the parts as one text."""
        flat = tuple(piece for part in parts for piece in (part.parts if isinstance(part, Words) else (part,)))
        words = super().__new__(cls, "".join(flat))
        words.parts = flat
        return words

    def __getnewargs__(self) -> tuple[tuple[str, ...]]:  # type: ignore[override]
        """Return what a copy is made of."""
        return (self.parts,)


def words(template: str, **named: str) -> Words:
    """Return a sentence; `{name}` stands for one of the texts given."""
    parts: list[str] = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(literal)
        if name is not None:
            parts.append(named[name])
    return Words(parts)


def joined(texts: Iterable[str], between: str = " ") -> Words:
    """Return texts as one, as str.join does."""
    parts = [part for text in texts for part in (between, text)]
    return Words(parts[1:])


def printed_in(content: object) -> Iterator[Printed]:
    """Give every printed figure in a value, whatever it stands in."""
    if isinstance(content, Printed):
        yield content
    elif isinstance(content, Words):
        yield from (part for part in content.parts if isinstance(part, Printed))
    elif isinstance(content, list | tuple):
        for each in content:
            yield from printed_in(each)
    elif is_dataclass(content) and not isinstance(content, type):
        for field in fields(content):
            yield from printed_in(getattr(content, field.name))
