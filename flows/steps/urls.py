"""What may be asked of a URL in the settings without printing it, for it may hold a password."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

HOST = rb"[\w-]+(\.[\w-]+)*|[0-9a-f:.]+|\[(IPv6:)?[0-9a-fA-F:.]+\]"
"""A name, an address, or an address as it stands behind an @."""


def split_url(url: str) -> SplitResult | None:
    """Return the parts of a URL, None when it has no such parts; the library's errors print pieces of it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def is_host(host: str) -> bool:
    """Tell whether a text can name a machine."""
    try:
        return re.fullmatch(HOST, host.encode("idna")) is not None
    except UnicodeError:
        return False


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its name or address alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
