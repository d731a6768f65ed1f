"""Code lists: which values exist, what they are called in Danish, and how deliveries write them.

Sources: KOMHEN handbook of April 2012 and its addition of October 2012 (channels, enquiry types);
Danmarks Statistik's list of municipalities. E-mail is our inference; see docs/glossary.md.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class PublicationKind(StrEnum):
    """Why a page was published."""

    FIRST = "first"
    CORRECTION = "correction"
    UPDATE = "update"
    DRAFT = "draft"
    INCOMPLETE = "incomplete"


class MailOutcome(StrEnum):
    """What became of an attempt to send a mail."""

    SENT = "sent"
    DELAYED = "delayed"
    BLOCKED = "blocked"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


class Verdict(StrEnum):
    """What became of a delivery."""

    ACCEPTED = "accepted"
    HELD = "held"
    REFUSED = "refused"
    DUPLICATE = "duplicate"


class Reprocess(StrEnum):
    """Which deliveries a backfill takes up; each mode also takes what the one before it takes."""

    MISSING = "missing"
    FAILED = "failed"
    STALE = "stale"
    ALL = "all"


class StandingState(StrEnum):
    """How a delivery of a count stands before a backfill."""

    MISSING = "missing"
    FAILED = "failed"
    STALE = "stale"
    LOADED = "loaded"


class StepOutcome(StrEnum):
    """What came of a delivery that a backfill took up."""

    LOADED = "loaded"
    UNCHANGED = "unchanged"
    HELD = "held"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    GONE = "gone"
    FAILED = "failed"


NOT_LOADED = (Verdict.HELD, Verdict.REFUSED)
"""The verdicts that a person must look at: nothing of such a delivery is in force by them."""
UNSETTLED = (PublicationKind.DRAFT, PublicationKind.INCOMPLETE)
"""The kinds that are not final: for those who approve, and of half a count."""


class Direction(StrEnum):
    """Who turned to whom: the citizen to the municipality, or the other way."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class EnquiryType(StrEnum):
    """What an enquiry is about (KOMHEN)."""

    TRANSACTION = "transaction"
    GENERAL_INFORMATION = "general_information"
    CASE_INFORMATION = "case_information"


class EnrolmentStatus(StrEnum):
    """Disjoint; the derived `enrolled` (own + automatic) exists only in views."""

    SELF_ENROLLED = "self_enrolled"
    AUTOMATICALLY_ENROLLED = "automatically_enrolled"
    EXEMPT = "exempt"
    NOT_ENROLLED = "not_enrolled"


class AgeGroup(StrEnum):
    """Age in whole years; under-15s are not covered by Digital Post."""

    AGE_15_24 = "15-24"
    AGE_25_44 = "25-44"
    AGE_45_64 = "45-64"
    AGE_65_74 = "65-74"
    AGE_75_PLUS = "75+"


class Measure(StrEnum):
    """What a target can be set on."""

    CHANNEL_SHARE = "channel_share"
    DIGITAL_SHARE = "digital_share"
    SELF_SERVICE_RATE = "self_service_rate"


class TargetStatus(StrEnum):
    """How a value stands against its target; sql/views/target_status.sql defines each."""

    REACHED = "reached"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    NOT_ASSESSED = "not_assessed"
    NO_TARGET = "no_target"


class TargetKind(StrEnum):
    """Which side of the target is wanted; two targets on one measure make a range."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Channel(StrEnum):
    """By which way an enquiry came or went; CHANNELS says what holds for each."""

    SELF_SERVICE = "self_service"
    IN_PERSON = "in_person"
    PHONE = "phone"
    LETTER = "letter"
    EMAIL = "email"
    SMS = "sms"
    DIGITAL_POST = "digital_post"
    REMOTE_PRINT = "remote_print"
    SOCIAL_MEDIA = "social_media"
    SYSTEMS = "systems"
    WEBSITE_VISIT = "website_visit"


@dataclass(frozen=True)
class ChannelFacts:
    """What holds for a channel: its Danish names, where it may occur, and whether it is digital."""

    label: str
    aliases: tuple[str, ...]
    directions: tuple[Direction, ...]
    is_digital: bool
    since: str | None = None
    is_in_share: bool = True


_IN, _OUT = (Direction.INBOUND,), (Direction.OUTBOUND,)
_BOTH = _IN + _OUT

CHANNELS: dict[Channel, ChannelFacts] = {
    Channel.SELF_SERVICE: ChannelFacts(
        "Selvbetjening", ("Selvbetjening (Adviser)", "NemRefusion"), _IN, is_digital=True
    ),
    Channel.IN_PERSON: ChannelFacts(
        "Personligt fremmøde",
        ("Personlig henvendelse", "Personlig", "Fysisk fremmøde", "Skranke"),
        _IN,
        is_digital=False,
    ),
    Channel.PHONE: ChannelFacts("Telefon", ("Telefonisk henvendelse", "Telefoni"), _BOTH, is_digital=False),
    Channel.LETTER: ChannelFacts("Brev", ("Breve", "Breve (og pakker)", "Papirpost"), _BOTH, is_digital=False),
    Channel.EMAIL: ChannelFacts("E-mail", ("Email", "E-post", "Mail"), _BOTH, is_digital=True),
    Channel.SMS: ChannelFacts("SMS", ("SMS'er",), _BOTH, is_digital=True),
    Channel.DIGITAL_POST: ChannelFacts("Digital Post", (), _BOTH, is_digital=True),
    Channel.REMOTE_PRINT: ChannelFacts("Fjernprint", (), _OUT, is_digital=False),
    Channel.SOCIAL_MEDIA: ChannelFacts("Sociale medier", ("Socialt medie",), _BOTH, is_digital=True, since="2012E"),
    Channel.SYSTEMS: ChannelFacts("Systemer", (), _IN, is_digital=True, since="2012E"),
    Channel.WEBSITE_VISIT: ChannelFacts(
        "Besøg på hjemmeside", ("Hjemmesidebesøg",), _IN, is_digital=True, is_in_share=False
    ),
}

SELF_SERVICE_RATE_CHANNELS = (
    Channel.SELF_SERVICE,
    Channel.IN_PERSON,
    Channel.PHONE,
    Channel.LETTER,
    Channel.EMAIL,
    Channel.DIGITAL_POST,
)
"""The channels of the selvbetjeningsgrad's denominator (KOMHEN, Haderslev spring 2013)."""

DIRECTION_LABELS = {Direction.INBOUND: "Indgående", Direction.OUTBOUND: "Udgående"}
ENQUIRY_TYPE_LABELS = {
    EnquiryType.TRANSACTION: "Transaktion",
    EnquiryType.GENERAL_INFORMATION: "Generel information",
    EnquiryType.CASE_INFORMATION: "Information om sag",
}
ENROLMENT_LABELS = {
    EnrolmentStatus.SELF_ENROLLED: "Tilmeldt",
    EnrolmentStatus.AUTOMATICALLY_ENROLLED: "Automatisk tilmeldt",
    EnrolmentStatus.EXEMPT: "Fritaget",
    EnrolmentStatus.NOT_ENROLLED: "Ikke tilmeldt",
}
AGE_GROUP_LABELS = {group: f"{group} år" for group in AgeGroup}
SEASON_LABELS = {"F": "forår", "E": "efterår"}

MUNICIPALITIES: dict[str, str] = {
    "101": "København", "147": "Frederiksberg", "151": "Ballerup", "153": "Brøndby", "155": "Dragør",
    "157": "Gentofte", "159": "Gladsaxe", "161": "Glostrup", "163": "Herlev", "165": "Albertslund",
    "167": "Hvidovre", "169": "Høje-Taastrup", "173": "Lyngby-Taarbæk", "175": "Rødovre", "183": "Ishøj",
    "185": "Tårnby", "187": "Vallensbæk", "190": "Furesø", "201": "Allerød", "210": "Fredensborg",
    "217": "Helsingør", "219": "Hillerød", "223": "Hørsholm", "230": "Rudersdal", "240": "Egedal",
    "250": "Frederikssund", "253": "Greve", "259": "Køge", "260": "Halsnæs", "265": "Roskilde",
    "269": "Solrød", "270": "Gribskov", "306": "Odsherred", "316": "Holbæk", "320": "Faxe",
    "326": "Kalundborg", "329": "Ringsted", "330": "Slagelse", "336": "Stevns", "340": "Sorø",
    "350": "Lejre", "360": "Lolland", "370": "Næstved", "376": "Guldborgsund", "390": "Vordingborg",
    "400": "Bornholm", "410": "Middelfart", "420": "Assens", "430": "Faaborg-Midtfyn", "440": "Kerteminde",
    "450": "Nyborg", "461": "Odense", "479": "Svendborg", "480": "Nordfyns", "482": "Langeland",
    "492": "Ærø", "510": "Haderslev", "530": "Billund", "540": "Sønderborg", "550": "Tønder",
    "561": "Esbjerg", "563": "Fanø", "573": "Varde", "575": "Vejen", "580": "Aabenraa",
    "607": "Fredericia", "615": "Horsens", "621": "Kolding", "630": "Vejle", "657": "Herning",
    "661": "Holstebro", "665": "Lemvig", "671": "Struer", "706": "Syddjurs", "707": "Norddjurs",
    "710": "Favrskov", "727": "Odder", "730": "Randers", "740": "Silkeborg", "741": "Samsø",
    "746": "Skanderborg", "751": "Aarhus", "756": "Ikast-Brande", "760": "Ringkøbing-Skjern",
    "766": "Hedensted", "773": "Morsø", "779": "Skive", "787": "Thisted", "791": "Viborg",
    "810": "Brønderslev", "813": "Frederikshavn", "820": "Vesthimmerlands", "825": "Læsø",
    "840": "Rebild", "846": "Mariagerfjord", "849": "Jammerbugt", "851": "Aalborg", "860": "Hjørring",
}  # fmt: skip
"""The 98 municipalities. 411 Christiansø is not one."""


@lru_cache(maxsize=10_000)
def fold(text: str) -> str:
    """Return `text` as labels are compared: NFC, trimmed, single blanks, lower case."""
    return " ".join(unicodedata.normalize("NFC", text).split()).lower()


def vocabulary(labels: dict, more: dict | None = None) -> dict[str, str]:
    """Return folded label -> code for a code list and its further spellings."""
    words = {fold(label): str(code) for code, label in labels.items()}
    for code, aliases in (more or {}).items():
        words.update({fold(alias): str(code) for alias in aliases})
    return words


CHANNEL_WORDS = vocabulary(
    {code: facts.label for code, facts in CHANNELS.items()},
    {code: facts.aliases for code, facts in CHANNELS.items()},
)
DIRECTION_WORDS = vocabulary(DIRECTION_LABELS)
ENQUIRY_TYPE_WORDS = vocabulary(ENQUIRY_TYPE_LABELS)
ENROLMENT_WORDS = vocabulary(ENROLMENT_LABELS)
AGE_GROUP_WORDS = vocabulary(AGE_GROUP_LABELS)
MUNICIPALITY_WORDS = {spelling: code for code in MUNICIPALITIES for spelling in (code, f"0{code}")}


def _spellings(name: str) -> set[str]:
    plain = fold(name)
    roots = {plain, plain.replace("-", " "), plain.replace("aa", "å"), plain.replace("å", "aa")}
    roots |= {root.replace("-", " ") for root in roots}
    genitive = {root if root.endswith("s") else f"{root}s" for root in roots}
    bare = {root.removesuffix("s") for root in roots} if plain in ("nordfyns", "vesthimmerlands") else set()
    whole = roots | genitive
    return whole | bare | {f"{root} kommune" for root in whole} | {f"{root} regionskommune" for root in genitive}


MUNICIPALITY_NAME_WORDS = {spelling: code for code, name in MUNICIPALITIES.items() for spelling in _spellings(name)}
"""Folded municipality name, with or without "Kommune", Å or Aa, hyphen or blank -> code."""


def count_label(count_id: str) -> str:
    """Return the Danish name of a count: '2014E' -> 'efterår 2014'."""
    return f"{SEASON_LABELS[count_id[-1]]} {count_id[:-1]}"


def count_time(count_id: str) -> str:
    """Return a count as a time in a sentence: '2014E' -> 'efteråret 2014'."""
    return f"{SEASON_LABELS[count_id[-1]]}et {count_id[:-1]}"


def count_order(count_id: str) -> int:
    """Return a number that orders counts in time: spring before autumn of one year."""
    return int(count_id[:-1]) * 2 + (count_id[-1] == "E")


def _code_list_version() -> str:
    words = (CHANNEL_WORDS, DIRECTION_WORDS, ENQUIRY_TYPE_WORDS, ENROLMENT_WORDS, AGE_GROUP_WORDS,
             MUNICIPALITY_WORDS, MUNICIPALITY_NAME_WORDS)  # fmt: skip
    content = repr([sorted(each.items()) for each in words]) + repr(CHANNELS)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


CODE_LIST_VERSION = _code_list_version()
"""Changes whenever a code, a label, an alias or a channel's facts change."""
