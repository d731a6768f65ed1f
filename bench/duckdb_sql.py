"""The same work in DuckDB's SQL, with the same checks, into a DuckDB file.

python -m bench.duckdb_sql INBOX DATABASE ANSWER [--together]

Into its own file, for that is where it is fastest (writing SQLite is an extension that it fetches from the network).
By itself a file is a transaction; `--together` reads all files of an encoding in one statement and one transaction,
the shape that suits DuckDB best, and gives up that a bad file stands alone.
"""

import argparse
from pathlib import Path

import duckdb

from bench import answer, terms
from bench.answer import Answer
from schemas.codes import (
    CHANNEL_WORDS,
    DIRECTION_WORDS,
    ENQUIRY_TYPE_WORDS,
    MUNICIPALITY_NAME_WORDS,
    MUNICIPALITY_WORDS,
    fold,
)

VOCABULARIES = {
    "channel_word": CHANNEL_WORDS, "direction_word": DIRECTION_WORDS, "enquiry_type_word": ENQUIRY_TYPE_WORDS,
    "municipality_word": MUNICIPALITY_WORDS, "municipality_name_word": MUNICIPALITY_NAME_WORDS,
}  # fmt: skip
COLUMNS = ", ".join(f"'{name}': 'varchar'" for name in terms.HEADER)
FOLDED = r"""lower(regexp_replace(nfc_normalize(trim("{}")), '\s+', ' ', 'g'))"""

CODED = """
select
    file.delivery_id,
    d.place,
    d.count_id,
    d.week_text,
    d.day_text,
    d.kle,
    d.number_text,
    d.name_word,
    m.code as municipality_code,
    n.code as named_code,
    c.code as channel,
    w.code as direction,
    t.code as enquiry_type,
    cast(try_strptime(day_text, '%d-%m-%Y') as date) as day
from delivered as d
join file on file.file_name = d.filename
left join municipality_word as m on m.word = d.municipality_word
left join municipality_name_word as n on n.word = d.name_word
left join channel_word as c on c.word = d.channel_word
left join direction_word as w on w.word = d.direction_word
left join enquiry_type_word as t on t.word = d.enquiry_type_word
"""
RULES = {
    "count_id_invalid": ("Tælling", "not coalesce(regexp_full_match(count_id, '[0-9]{4}[EF]'), false)"),
    "week_invalid": ("Uge", "not coalesce(regexp_full_match(week_text, '[0-9]{1,2}'), false)"),
    "date_invalid": ("Dato", "day is null or not regexp_full_match(day_text, '[0-9]{2}-[0-9]{2}-[0-9]{4}')"),
    "municipality_unknown": ("Kommunenr", "municipality_code is null"),
    "municipality_name_missing": ("Kommune", "coalesce(name_word, '') = ''"),
    "kle_invalid": ("KLE-nr", r"not coalesce(regexp_full_match(kle, '[0-9]{2}\.[0-9]{2}\.[0-9]{2}'), false)"),
    "channel_unknown": ("Kanal", "channel is null"),
    "direction_unknown": ("Retning", "direction is null"),
    "enquiry_type_unknown": ("Henvendelsestype", "enquiry_type is null"),
    "number_invalid": ("Antal", "not coalesce(regexp_full_match(number_text, '[0-9]{1,7}'), false)"),
    "week_date_disagree": ("Uge", "week(day) <> try_cast(week_text as integer)"),
    "channel_not_in_direction": ("Kanal", "channel || ' ' || direction not in (select pair from pair)"),
}  # fmt: skip
"""Rule -> (column to name, condition that is true where it is broken), in the order in which they are told."""
CALENDAR_RULES = {
    "count_unknown": ("Tælling", "own.count_id <> judged.count_id"),
    "date_outside_count": ("Dato", "day not between own.first_day and own.last_day"),
}
"""The same for rules that ask for the file's count."""


def _first_broken(rules: dict[str, tuple[str, str]]) -> str:
    cases = (f"when {broken} then '{rule}'" for rule, (_, broken) in rules.items())
    return f"case {' '.join(cases)} end"


JUDGED = f"""
create or replace temp table judged as
with delivered as materialized (
    select
        filename,
        row_number() over () as place,
        trim("Tælling") as count_id,
        trim("Uge") as week_text,
        trim("Dato") as day_text,
        trim("KLE-nr") as kle,
        trim("Antal") as number_text,
        {FOLDED.format("Kommunenr")} as municipality_word,
        {FOLDED.format("Kommune")} as name_word,
        {FOLDED.format("Kanal")} as channel_word,
        {FOLDED.format("Retning")} as direction_word,
        {FOLDED.format("Henvendelsestype")} as enquiry_type_word
    from read_csv(?, delim = ';', quote = '"', header = true, auto_detect = false, encoding = ?, filename = true,
                  columns = {{{COLUMNS}}})
),

coded as ({CODED})

select
    delivery_id, place, count_id, municipality_code, named_code, day, kle, channel, direction, enquiry_type,
    try_cast(number_text as bigint) as enquiry_count,
    {_first_broken(RULES)} as rule
from coded
"""  # noqa: S608 - names of ours
STANDING = f"""
create or replace temp view standing as
with own as (
    select delivery_id, min(place) as first_place, mode(count_id) as count_id from judged group by delivery_id
)

select judged.* exclude (rule), own.first_place, coalesce(rule, {_first_broken(CALENDAR_RULES)}) as rule
from judged
join (select own.*, first_day, last_day from own join calendar using (count_id)) as own using (delivery_id)
"""  # noqa: S608 - names of ours
FACTS = """
create or replace temp table facts as
with by_day as (
    select
        delivery_id, count_id, municipality_code, day, kle, channel, direction, enquiry_type,
        sum(enquiry_count) as enquiry_count
    from standing
    where rule is null
    group by all
)

select
    delivery_id, count_id, municipality_code, strftime(day, '%G-W%V') as week, kle, channel, direction, enquiry_type,
    sum(enquiry_count) as enquiry_count
from by_day
group by all
"""
FOUND = """
select rows_read, rows_rejected, misnamed, coalesce(outside, 0), coalesce(total, 0)
from (
    select
        delivery_id,
        count(*) as rows_read,
        count(rule) as rows_rejected,
        count(*) filter (where rule is null and named_code is distinct from municipality_code) as misnamed
    from standing
    group by delivery_id
)
left join (
    select
        delivery_id,
        sum(enquiry_count) as total,
        sum(enquiry_count) filter (where kle not in (select kle from package_task)) as outside
    from facts
    group by delivery_id
) using (delivery_id)
"""


def load(inbox: Path, database: Path, *, together: bool = False) -> Answer:
    """Load the deliveries of an inbox into a new DuckDB file; return what it then says."""
    connection = duckdb.connect(str(database))
    _prepare(connection)
    files = dict(enumerate(sorted(inbox.rglob("*.csv")), 1))
    encodings = {number: encoding(path.read_bytes()) for number, path in files.items()}
    if together:
        groups = [[number for number in files if encodings[number] == each] for each in ("utf-8", "latin-1")]
    else:
        groups = [[number] for number in files]
    for group in filter(None, groups):
        connection.begin()
        _load(connection, {number: files[number] for number in group}, encodings[group[0]])
        connection.commit()
    found = answer.ask(connection)
    connection.close()
    return found


def encoding(content: bytes) -> str:
    """Return the encoding of a delivery, after a look at its header.

    DuckDB knows cp1252 only as an extension that it fetches from the network; the letters of Danish stand where
    latin-1 has them.

    Raises:
        ValueError: its header is not the layout's, in the layout's order.
    """
    try:
        text, name = content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text, name = content.decode("cp1252"), "latin-1"
    header, _, _ = text.partition("\r\n")
    if tuple(map(fold, header.split(";"))) != tuple(map(fold, terms.HEADER)):
        raise ValueError("the columns are not those of the layout")
    return name


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    answer.make_tables(connection)
    for table, words in VOCABULARIES.items():
        connection.execute(f"create temp table {table} (word text, code text)")
        connection.executemany(f"insert into {table} values (?, ?)", list(words.items()))  # noqa: S608 - names of ours
    connection.execute("create temp table pair (pair text)")
    connection.executemany("insert into pair values (?)", [[f"{channel} {way}"] for channel, way in terms.PAIRS])
    connection.execute("create temp table calendar (count_id text, first_day date, last_day date)")
    connection.executemany(
        "insert into calendar values (?, ?, ?)",
        [(count.count_id, count.first_day, count.last_day) for count in terms.CALENDAR],
    )
    connection.execute("create temp table file (delivery_id integer, file_name text)")


def _load(connection: duckdb.DuckDBPyConnection, files: dict[int, Path], encoding: str) -> None:
    """Load files of one encoding.

    Raises:
        ValueError: a person must look at a file first.
    """
    connection.execute("delete from file")
    connection.executemany("insert into file values (?, ?)", [(number, str(path)) for number, path in files.items()])
    connection.execute(JUDGED, [[str(path) for path in files.values()], encoding])
    connection.execute(STANDING)
    connection.execute(FACTS)
    for rows, rejected, misnamed, outside, total in connection.execute(FOUND).fetchall():
        if terms.is_held(rows=rows, rejected=rejected, misnamed=misnamed, outside=outside, total=total):
            raise ValueError("a person must look at a delivery")
    connection.execute("""
        insert into delivery
        select delivery_id, file_name, count(*), count(rule) from standing join file using (delivery_id) group by all
    """)
    columns = " ".join(f"when '{rule}' then '{column}'" for rule, (column, _) in (RULES | CALENDAR_RULES).items())
    connection.execute(f"""
        insert into rejected_row
        select delivery_id, place - first_place + 2, case rule {columns} end, rule from standing where rule is not null
    """)  # noqa: S608 - names of ours
    connection.execute("insert into enquiry select * from facts")


def main() -> None:
    """Load, and write the answer."""
    parser = argparse.ArgumentParser()
    for name in ("inbox", "database", "answer"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--together", action="store_true")
    options = parser.parse_args()
    load(options.inbox, options.database, together=options.together).write(options.answer)


if __name__ == "__main__":
    main()
