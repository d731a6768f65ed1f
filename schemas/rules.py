"""The catalogue of rules: what can be wrong with a delivery, what is said about it, and what to do.

Messages are Danish, for the person who delivers. They are filled with counts, column names and
figures of whole deliveries, never with the value of a cell. docs/rules.md is made from this list.
"""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What breaking a rule does: set one row aside, hold the delivery, or refuse it."""

    ROW = "row"
    HELD = "held"
    REFUSED = "refused"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Rule:
    """One rule; `message` may hold {names} that a finding fills; `remedy` says what to do."""

    code: str
    level: Level
    message: str
    remedy: str

    @property
    def depends_on_settings(self) -> bool:
        """Whether other settings could give another verdict, so that the delivery is judged again."""
        return self.code in _DEPEND_ON_SETTINGS

    @property
    def is_about_the_name(self) -> bool:
        """Whether the file's name broke it, so that the same content may be right under another name."""
        return self.code in _ABOUT_THE_NAME

    @property
    def is_passing(self) -> bool:
        """Whether the machine, not the file, may be to blame, so that the next run tries again."""
        return self.code in _PASSING


_ABOUT_THE_NAME = {
    "extension_unknown",
    "not_its_extension",
    "cpr_in_name",
    "not_a_file",
    "not_readable",
    "extract_date_unknown",
}
_PASSING = {"reader_too_slow", "reader_died", "too_large"}
_DEPEND_ON_SETTINGS = {
    "too_many_rejected",
    "no_final_newline",
    "count_not_in_calendar",
    "weeks_outside_count",
    "outside_package",
    "no_valid_row",
    "several_counts",
}
_ROW = Level.ROW
_HELD = Level.HELD
_REFUSED = Level.REFUSED

_CATALOGUE = (
    Rule("field_count", _ROW, "Rækken har ikke det antal felter, som overskriften har.",
         "Ret rækken i udtrækket; et skilletegn i en tekst skal stå i anførselstegn."),
    Rule("count_id_invalid", _ROW, "Tælling er ikke skrevet som 2014E eller 2014F.",
         "Skriv årstal og E (efterår) eller F (forår)."),
    Rule("count_unknown", _ROW, "Tællingen står ikke i kalenderen.",
         "Ret tællingen, eller føj den til kalenderen."),
    Rule("week_invalid", _ROW, "Uge er ikke et ugenummer.", "Skriv ugens nummer med cifre, fx 43."),
    Rule("date_invalid", _ROW, "Datoen er ikke skrevet som dd-mm-åååå eller findes ikke.",
         "Skriv datoen som 20-10-2014."),
    Rule("date_outside_count", _ROW, "Datoen ligger uden for tællingens uger.",
         "Ret datoen eller tællingen."),
    Rule("week_date_disagree", _ROW, "Uge er ikke datoens ISO-uge.", "Ret ugen eller datoen."),
    Rule("municipality_unknown", _ROW, "Kommunenummeret er ikke en af de 98 kommuners.",
         "Skriv kommunens nummer med tre cifre."),
    Rule("municipality_name_missing", _ROW, "Kommunens navn mangler.", "Skriv kommunens navn."),
    Rule("kle_invalid", _ROW, "KLE-nummeret er ikke skrevet som dd.dd.dd.",
         "Gem kolonnen som tekst; regneark laver KLE-numre om til datoer."),
    Rule("channel_unknown", _ROW, "Kanalen findes ikke i kodelisten.",
         "Brug en af kanalerne i kodelisten; en ny stavemåde skal føjes til den."),
    Rule("direction_unknown", _ROW, "Retningen er hverken Indgående eller Udgående.", "Ret retningen."),
    Rule("channel_not_in_direction", _ROW, "Kanalen findes ikke i denne retning.",
         "Ret kanalen eller retningen."),
    Rule("channel_before_its_time", _ROW, "Kanalen blev først talt fra en senere tælling.",
         "Ret kanalen eller tællingen."),
    Rule("enquiry_type_unknown", _ROW, "Henvendelsestypen findes ikke i kodelisten.",
         "Skriv Transaktion, Generel information eller Information om sag."),
    Rule("number_invalid", _ROW, "Antallet er ikke et helt tal fra 0 til 9999999 skrevet med cifre.",
         "Skriv antallet med cifre alene, uden punktum, mellemrum og fortegn."),
    Rule("measure_unknown", _ROW, "Måltallet findes ikke i kodelisten.",
         "Skriv Andel af henvendelser eller Digital Post."),
    Rule("share_invalid", _ROW, "Andelen er ikke skrevet som 41,9 %.", "Skriv andelen i procent med komma."),
    Rule("age_group_unknown", _ROW, "Aldersgruppen findes ikke i kodelisten.",
         "Brug grupperne 15-24 år, 25-44 år, 45-64 år, 65-74 år og 75+ år."),
    Rule("enrolment_status_unknown", _ROW, "Status findes ikke i kodelisten.",
         "Skriv Tilmeldt, Automatisk tilmeldt, Fritaget eller Ikke tilmeldt."),
    Rule("person_number_invalid", _ROW, "CPR-nummeret er ikke skrevet som et, eller dets dato findes ikke.",
         "Ret nummeret i udtrækket."),
    Rule("person_twice", _ROW, "Den samme person står flere gange med forskellige oplysninger.",
         "Lad personen stå én gang."),
    Rule("enrolment_kind_unknown", _ROW, "Tilmelding er hverken Selv eller Automatisk.",
         "Skriv Selv eller Automatisk for tilmeldte."),
    Rule("key_twice", _ROW, "Den samme oplysning står to gange.", "Lad den stå én gang."),

    Rule("extension_unknown", _REFUSED, "Filtypen kan ikke læses her.", "Lever en CSV-fil eller en XLSX-fil."),
    Rule("empty_file", _REFUSED, "Filen er tom.", "Lav udtrækket igen."),
    Rule("not_its_extension", _REFUSED, "Indholdet er {found}; det passer ikke til filens endelse.",
         "Gem filen igen i det rigtige format."),
    Rule("encoding_unreadable", _REFUSED, "Tegnsættet kan ikke læses.",
         "Gem filen som UTF-8, UTF-16 eller Windows-1252."),
    Rule("nul_bytes", _REFUSED, "Filen indeholder NUL-tegn og er formentlig beskadiget.",
         "Lav udtrækket igen."),
    Rule("quotes_unreadable", _REFUSED, "Anførselstegnene ved linje {row} kan ikke læses entydigt.",
         "Sæt anførselstegn om hele feltet, eller fjern dem."),
    Rule("line_too_long", _REFUSED, "Et felt ved linje {row} er for langt.", "Lav udtrækket igen."),
    Rule("archive_unreadable", _REFUSED, "Projektmappen kan ikke åbnes; den er afkortet, beskadiget eller låst.",
         "Lav udtrækket igen, uden adgangskode."),
    Rule("sheet_too_large", _REFUSED,
         "Arket {sheet} bruger {rows} rækker og {columns} kolonner; det er mere end {limit} celler.",
         "Slet tomme rækker og kolonner, og gem igen."),
    Rule("error_cell", _REFUSED, "Arket har en fejlværdi i celle {cell}.", "Ret formlen, og gem igen."),
    Rule("too_large", _REFUSED, "Filen er større end {limit} byte.", "Del udtrækket op."),
    Rule("header_not_found", _REFUSED, "Ingen linje ligner overskriften i et kendt udtræk.",
         "Lever et af de udtræk, som vejledningen beskriver."),
    Rule("second_header", _REFUSED, "Overskriften står igen i række {row}: to tabeller i én.",
         "Lever én tabel i filen eller arket."),
    Rule("second_table", _REFUSED, "Under linjen I alt står der mere fra række {row}: to tabeller i ét ark.",
         "Lever én tabel i arket."),
    Rule("column_missing", _REFUSED, "Kolonnen {columns} mangler.",
         "Lav udtrækket med alle kolonner; er de der, så er tegnsættet forkert."),
    Rule("column_twice", _REFUSED, "Kolonnen {columns} står to gange.", "Lav udtrækket med hver kolonne én gang."),
    Rule("column_unknown", _REFUSED, "Kolonne nr. {columns} hører ikke til udtrækket.",
         "Fjern kolonnen; den kan rumme oplysninger, som ikke må leveres."),
    Rule("title_unreadable", _REFUSED, "Arkets titellinje {title} mangler eller kan ikke læses.",
         "Skriv Kommune, Tælling og Uger over tabellen som i vejledningen."),
    Rule("several_sheets", _REFUSED, "Flere synlige ark har tabeller, som ikke hører sammen.",
         "Lever én tabel i en projektmappe; systemtal må have et ark for hver retning."),
    Rule("sheet_not_a_direction", _REFUSED, "Et synligt ark med tabel hedder hverken Indgående eller Udgående.",
         "Giv arket sit rigtige navn, eller skjul det."),
    Rule("no_valid_row", _REFUSED, "Ingen række kan bruges.", "Se de frasorterede rækker, og lav udtrækket igen."),
    Rule("no_known_municipality", _REFUSED, "Ingen række har et kendt kommunenummer.",
         "Skriv kommunens nummer med tre cifre."),
    Rule("several_counts", _REFUSED, "Filen rummer mere end én kendt tælling.", "Lever én tælling i hver fil."),
    Rule("cpr_number", _REFUSED, "{where} rummer tal, der ligner CPR-numre.",
         "Fjern dem. Er det P-numre, så sig det til dem, der driver indlæsningen."),
    Rule("not_readable", _REFUSED, "Filen kan ikke åbnes.", "Giv indlæsningen lov til at læse den."),
    Rule("not_a_file", _REFUSED, "Navnet er en henvisning, ikke en fil.", "Lever filen selv."),
    Rule("cpr_in_name", _REFUSED, "Filnavnet rummer tal, der ligner et CPR-nummer.",
         "Giv filen et andet navn. Er det et P-nummer, så sig det til dem, der driver indlæsningen."),
    Rule("reader_failed", _REFUSED, "Filen kunne ikke læses ({kind}).", "Lav udtrækket igen."),
    Rule("reader_too_slow", _REFUSED, "Filen tog over {seconds} sekunder at læse.",
         "Del udtrækket op, eller hæv grænsen."),
    Rule("reader_died", _REFUSED, "Filen brugte mere hukommelse eller regnetid, end den må.",
         "Del udtrækket op, eller hæv grænsen."),

    Rule("too_many_rejected", _HELD, "{rejected} af {read} rækker er frasorteret i kommune {municipality}.",
         "Se de frasorterede rækker; ret filen, eller frigiv den."),
    Rule("number_unbounded", _HELD, "{rows} antal kan ikke læses, og ingen kontrolsum viser, hvor store de er.",
         "Ret antallene, eller frigiv filen uden dem."),
    Rule("control_total_differs", _HELD, "Kontrolsummen {place} siger {total}, rækkerne siger {sum}.",
         "Find den række, der mangler eller er ændret, og lever igen."),
    Rule("control_total_unreadable", _HELD, "Kontrolsummen {place} kan ikke læses.",
         "Skriv summen som et helt tal."),
    Rule("control_total_missing", _HELD, "Arket {sheet} slutter uden linjen I alt; det kan være afkortet.",
         "Lever hele arket med linjen I alt."),
    Rule("no_final_newline", _HELD,
         "Filen slutter midt i en linje, og ingen kontrolsum viser, at den er hel.",
         "Lever filen igen; skriver systemet aldrig linjeskift til sidst, kan kilden indstilles til det."),
    Rule("count_not_in_calendar", _HELD, "Tællingen {count} står ikke i kalenderen.",
         "Føj den til kalenderen; så indlæses filen af sig selv. Er den forkert, så ret filen."),
    Rule("name_disagrees", _HELD, "Kommunenummer og kommunenavn passer ikke sammen (antal rækker: {rows}).",
         "Ret nummeret eller navnet, eller frigiv filen, hvis nummeret er rigtigt."),
    Rule("weeks_outside_count", _HELD, "Ugerne {weeks} ligger uden for tællingens uger.",
         "Ret ugerne over tabellen; er de rigtige, så ret kalenderen."),
    Rule("outside_package", _HELD, "{outside} af {total} henvendelser er uden for tællingens opgavepakke.",
         "Se efter, om det er den rigtige opgaveliste, eller frigiv filen."),
    Rule("total_fell", _HELD, "Summen for kommune {municipality} falder fra {before} til {after}.",
         "Se efter, om filen er hel; er faldet rigtigt, så frigiv den."),
    Rule("part_vanished", _HELD, "{part} havde {before} af {total} for kommune {municipality} og er nu væk.",
         "Se efter, om filen er hel; er det rigtigt, så frigiv den."),
    Rule("older_version", _HELD, "Filen er den samme som levering {delivery}, som siden er erstattet.",
         "Skal den gamle udgave gælde igen, så frigiv den."),
    Rule("sources_overlap", _HELD,
         "{cells} kombinationer af retning, kanal og opgave står allerede i en anden kilde ({source}).",
         "Samme henvendelser må kun leveres fra én kilde; ret den ene, eller frigiv filen."),
    Rule("weeks_overlap", _HELD, "Filens uger {weeks} overlapper en anden levering ({other}) uden at dække den.",
         "Lever alle uger i én fil, eller hver uge for sig."),
    Rule("check_failed", _HELD, "Indlæsningen ville bryde kontrollen {check}.",
         "Sig det til dem, der driver indlæsningen; filen er bevaret."),
    Rule("same_with_other_date", _HELD, "Samme indhold som levering {delivery}, men med en anden opgørelsesdato.",
         "Er den nye dato rigtig, så frigiv filen; den gamle dato gælder stadig ved siden af."),
    Rule("date_in_future", _HELD, "Opgørelsesdatoen {date} ligger i fremtiden.",
         "Ret datoen; er den rigtig, så vent til den er nået."),
    Rule("extract_date_unknown", _HELD, "Datoen for opgørelsen står ikke i filnavnet.",
         "Lad filnavnet ende på datoen (…_2014-12-01.xlsx), eller frigiv med --date."),
    Rule("something_newer", _HELD, "En nyere levering ({delivery}) gælder allerede.",
         "Frigiv kun den ældre, hvis den skal erstatte den nyere (--supersede)."),

    Rule("same_as_current", Level.DUPLICATE, "Samme indhold som levering {delivery}, som gælder.",
         "Intet at gøre."),
)  # fmt: skip

RULES: dict[str, Rule] = {rule.code: rule for rule in _CATALOGUE}


@dataclass(frozen=True)
class Finding:
    """A rule that a whole delivery breaks, with the figures that fill its message."""

    rule: str
    facts: tuple[tuple[str, object], ...] = ()

    @property
    def text(self) -> str:
        """The Danish sentence with what to do."""
        rule = RULES[self.rule]
        return f"{rule.message.format(**dict(self.facts))} {rule.remedy}"


NAMED_PLACES = 3
"""So many findings of one rule are told; of more, only how many there are."""


def reason(findings: tuple[Finding, ...]) -> str:
    """Return what is wrong with a delivery in a few sentences: each rule's remedy once."""
    texts = []
    for code in dict.fromkeys(each.rule for each in findings):
        messages = [RULES[code].message.format(**dict(each.facts)) for each in findings if each.rule == code]
        more = [f"Og {len(messages) - NAMED_PLACES} til."] if len(messages) > NAMED_PLACES else []
        texts += [*messages[:NAMED_PLACES], *more, RULES[code].remedy]
    return " ".join(texts)


def finding(rule: str, **facts: object) -> Finding:
    """Return a finding of `rule`; KeyError when the catalogue has no such rule."""
    return Finding(RULES[rule].code, tuple(facts.items()))


class Refused(Exception):
    """A delivery that cannot be read or must not be kept; carries the finding that says why."""

    def __init__(self, rule: str, **facts: object) -> None:
        self.finding = finding(rule, **facts)
        super().__init__(self.finding.text)
