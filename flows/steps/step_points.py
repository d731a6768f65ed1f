"""Step points: the places between the steps of a run where it may die; tests stop it at each of them."""

from collections.abc import Callable
from enum import StrEnum


class StepPoint(StrEnum):
    """What has just been done when a run reaches the point."""

    RUN_BEGUN = "run begun"
    FILE_WRITTEN = "file written, not yet in its place"
    DELIVERY_ARCHIVED = "delivery archived"
    DELIVERY_WRITTEN = "delivery written, not yet committed"
    DELIVERY_LOADED = "delivery committed"
    PUBLICATION_ARCHIVED = "publication archived"
    PUBLICATION_WRITTEN = "publication and mail written, not yet committed"
    PUBLICATION_RECORDED = "publication and mail committed"
    PAGE_PLACED = "a file of a page in its place"
    PAGES_PLACED = "all pages in their places"
    RUN_PAGE_WRITTEN = "run page written"
    MAIL_ACCEPTED = "mail taken by the server, not yet marked"
    MAIL_MARKED = "mail marked"
    ALERT_RECORDED = "alert committed"


_watchers: list[Callable[[StepPoint], None]] = []


def reach(point: StepPoint) -> None:
    """Tell those who watch that the run has reached a point; nobody does but tests."""
    for watch in _watchers:
        watch(point)


def watch(watcher: Callable[[StepPoint], None]) -> None:
    """Call `watcher` at every point that this process reaches from now on."""
    _watchers.append(watcher)


def unwatch(watcher: Callable[[StepPoint], None]) -> None:
    """Call `watcher` no more."""
    _watchers.remove(watcher)
