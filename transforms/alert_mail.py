"""What do the engineers hear of by mail: deliveries refused or held, counts overdue, mails and runs that failed?

No values: files, rules, counts, and what to do.
"""

import datetime as dt
import re

from schemas.codes import Verdict, count_label
from schemas.sources import SOURCE_LABELS, Source
from transforms import mime
from transforms.danish import danish_time, date_text
from transforms.mail_text import heading, item, wrapped
from transforms.mime import LONGEST_SUBJECT, Head, one_line
from transforms.status_words import municipality_name

OPENING = "Kanalstatus: "
VERDICT_WORDS = {Verdict.REFUSED: "afvist", Verdict.HELD: "tilbageholdt"}
MOST_LOST = 10
WHAT_TO_DO_WITH_LOST = (
    "Det er væk eller beskadiget. Læg archive_dir tilbage fra en sikkerhedskopi; næste kørsel gør resten."
)
_TEN_DIGITS = re.compile(r"\d{6}[-_ ]?\d{4}")


def compose(
    *,
    refused_or_held: list[dict],
    overdue: list[tuple[str, str, list[str]]],
    mail_troubles: list[str],
    lost: list[str],
    failure: str | None,
    started_at: dt.datetime,
    sender: str,
    reply_to: str,
    message_id: str,
    page_url: str = "",
) -> bytes:
    """Return the alert as bytes ready to send; the same for the same arguments.

    Args:
        refused_or_held: rows of the view delivery: delivery_id, source, file_name, status, reason.
        overdue: (count_id, municipality_code, what is missing) of counts that have waited too long.
        mail_troubles: what became of mails, one text each.
        lost: what the archive has lost: files of publications, and mails.
        failure: why the run failed, None when it did not.
        started_at: when the run began; the Date of the mail.
        sender: a mail address as in the settings, '' for a stand-in; recipients stand in the envelope alone.
        reply_to: likewise, '' for none.
        message_id: with its angle brackets.
        page_url: where the run's page is, '' for a mail without a link.

    Raises:
        ValueError: sender or reply_to is no address.
    """
    said = subject(refused_or_held, overdue, mail_troubles, lost, failure)
    local = danish_time(started_at)
    blocks = [wrapped(f"{said.rstrip('.')}. Kørslen begyndte {date_text(local.date())} kl. {local:%H.%M}.")]
    blocks += [_failure_text(failure)] if failure else []
    blocks += [heading(f"Mangler i arkivet ({len(lost)})"), _lost_text(lost)] if lost else []
    for status, word in VERDICT_WORDS.items():
        rows = [row for row in refused_or_held if row["status"] == status]
        if rows:
            blocks += [heading(f"{word.capitalize()} ({len(rows)})"), *map(_delivery_text, rows)]
    if overdue:
        blocks += [heading(f"Tællinger, der venter for længe ({len(overdue)})"), *map(_overdue_text, overdue)]
    if mail_troubles:
        blocks += [heading(f"Mail, der ikke kom frem ({len(mail_troubles)})"), _mail_text(mail_troubles)]
    blocks += [f"Kørslens side viser resten:\n{one_line(page_url)}"] if page_url else []
    elsewhere = "" if page_url else "Kørslens side, run.html, viser resten. "
    blocks.append(wrapped(f"{elsewhere}Mailen sendes én gang for hver ny hændelse; "
                           "for en tælling, der venter, én gang om ugen."))  # fmt: skip
    head = Head(
        subject=said,
        sent_at=started_at,
        sender=sender,
        reply_to=reply_to,
        message_id=message_id,
        recipients="Driftsansvarlige for kanalstatus",
        list_name="kanalstatus-drift",
    )
    return mime.message(head, "\n\n".join(blocks) + "\n")


def subject(
    refused_or_held: list[dict],
    overdue: list[tuple[str, str, list[str]]],
    mail_troubles: list[str],
    lost: list[str],
    failure: str | None,
) -> str:
    """Return 'Kanalstatus: 2 afvist, 1 tilbageholdt', the gravest first; at most 45 characters."""
    number = {status: sum(row["status"] == status for row in refused_or_held) for status in VERDICT_WORDS}
    parts = ["kørslen fejlede"] if failure else []
    parts += [f"{len(lost)} mangler i arkivet"] if lost else []
    parts += [f"{number[status]} {word}" for status, word in VERDICT_WORDS.items() if number[status]]
    parts += [f"{len(overdue)} forsinket" if len(overdue) == 1 else f"{len(overdue)} forsinkede"] if overdue else []
    parts += [f"{len(mail_troubles)} mailfejl"] if mail_troubles else []
    shown = list(parts)
    while shown and len(_joined(shown, parts)) > LONGEST_SUBJECT:
        shown.pop()
    return _joined(shown, parts) if parts else f"{OPENING}intet nyt"


def _joined(shown: list[str], parts: list[str]) -> str:
    return OPENING + ", ".join(shown) + (" m.m." if len(shown) < len(parts) else "")


def _lost_text(lost: list[str]) -> str:
    shown = [item(one_line(text)) for text in lost[:MOST_LOST]]
    more = [item(f"og {len(lost) - MOST_LOST} til")] if len(lost) > MOST_LOST else []
    return "\n".join([*shown, *more, wrapped(WHAT_TO_DO_WITH_LOST, "  ", "  ")])


def _failure_text(failure: str) -> str:
    return "\n".join(
        [
            heading("Kørslen fejlede"),
            item(one_line(failure)),
            _todo("Se, hvad der er galt, og kør igen", "kanalstatus doctor", "kanalstatus run"),
        ]
    )


def _delivery_text(row: dict) -> str:
    number = row["delivery_id"]
    source = SOURCE_LABELS[Source(row["source"])] if row["source"] in set(Source) else "ukendt kilde"
    lines = [item(f"{_masked(row['file_name'])} (levering {number}, {source})")]
    lines += [wrapped(one_line(row["reason"]), "  ", "  ")] if row["reason"] else []
    if row.get("rows_rejected") != 0:
        lines.append(_todo("Se de frasorterede rækker", f"kanalstatus rejects {number}"))
    if row["status"] == Verdict.HELD:
        command = f'kanalstatus accept {number} --reason "…"'
        lines.append(_todo("Er den i orden, så frigiv den; ellers bed om en rettet", command))
    elif "CPR" in (row["reason"] or ""):
        command = f'kanalstatus accept {number} --not-personal --reason "…"'
        lines.append(_todo("Er det andre numre, så frigiv den; ellers slet filen, og bed om en rettet", command))
    else:
        lines.append("  Bed om en rettet levering; den læses ved næste kørsel.")
    return "\n".join(lines)


def _masked(file_name: str) -> str:
    """Return a file's name without what may be the number of a person."""
    return _TEN_DIGITS.sub("##########", one_line(file_name))


def _overdue_text(each: tuple[str, str, list[str]]) -> str:
    count_id, code, missing = each
    lines = [
        item(f"{count_label(count_id).capitalize()}, {municipality_name(code)} ({code}). Der mangler:"),
        *(wrapped(one_line(text), "  - ", "    ") for text in missing),
        _todo("Ryk for leveringen. Hvad der ventes på", "kanalstatus plan"),
        _todo("Kan den ikke komme, så udgiv foreløbige tal",
              f"kanalstatus publish --count {count_id} --municipality {code} --incomplete"),
    ]  # fmt: skip
    return "\n".join(lines)


def _mail_text(troubles: list[str]) -> str:
    return "\n".join(
        [*(item(one_line(text)) for text in troubles), _todo("Se, hvad der er galt", "kanalstatus doctor")]
    )


def _todo(text: str, *commands: str) -> str:
    return "\n".join([wrapped(f"{text}:", "  ", "  "), *(f"    {command}" for command in commands)])
