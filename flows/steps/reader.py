"""Reading a delivery: bytes in, what they hold out; whatever goes wrong inside ends as a verdict."""

from pandera.config import CONFIG, ValidationDepth

from flows.steps.inbox import BYTE_LIMIT, Content, InboxFile
from schemas.rules import finding
from schemas.terms import Terms
from transforms import delivery
from transforms.parsed import Parsed


def read(file: InboxFile, content: Content, terms: Terms, *, may_hold_cpr: bool = False) -> Parsed:
    """Return what a file of the inbox holds."""
    if file.is_link:
        return Parsed(None, (finding("not_a_file"),))
    if file.byte_count > BYTE_LIMIT:
        return Parsed(None, (finding("too_large", limit=BYTE_LIMIT),))
    if file.is_name_masked and not may_hold_cpr:
        return Parsed(None, (finding("cpr_number", where="Filnavnet"),))
    return read_bytes(file.name, content.data, terms, may_hold_cpr=may_hold_cpr)


def read_bytes(file_name: str, data: bytes, terms: Terms, *, may_hold_cpr: bool = False) -> Parsed:
    """Return what bytes hold, by their name's extension.

    An exception from a reading library refuses the file by the exception's type alone: its text can
    hold values.
    """
    assert CONFIG.validation_enabled, "PANDERA_VALIDATION_ENABLED switches the checks off; unset it"
    depth = CONFIG.validation_depth
    assert depth in (None, ValidationDepth.SCHEMA_AND_DATA), "PANDERA_VALIDATION_DEPTH switches checks off; unset it"
    try:
        return delivery.parse(file_name, data, terms, may_hold_cpr=may_hold_cpr)
    except Exception as error:  # noqa: BLE001 - whatever a reading library raises refuses the file
        return Parsed(None, (finding("reader_failed", kind=type(error).__name__),))
