"""A grid -> its table: the header by its names, rows apart from totals and sources, strange columns refused."""

import pytest

from schemas.rules import Refused
from schemas.sources import sources_in
from tests.make import TALLY, csv_bytes, csv_text, findings, read, read_tallies, rejected, share, tallies, tally
from transforms.table import Grid, recognise

HEADER = list(TALLY)
CELLS = list(TALLY.values())


TEXT = sources_in(".csv")


def table(*records: list[str], sources=TEXT):
    return recognise(Grid("", list(records), list(range(1, len(records) + 1))), sources)


def refusal(*records: list[str]) -> str:
    with pytest.raises(Refused) as caught:
        table(*records)
    return caught.value.finding.rule


def test_a_table_is_recognised_by_its_names_in_any_order_and_spelling():
    turned = table([f" {name.upper()} " for name in reversed(HEADER)], CELLS[::-1])
    plain = table(HEADER, CELLS)
    assert turned.source == plain.source == "tracetool"
    assert turned.frame.select(plain.frame.columns).equals(plain.frame)


def test_header_names_may_be_decomposed():
    assert table([name.replace("æ", "æ").replace("å", "a\u030a") for name in HEADER], CELLS).frame.height == 1


def test_cells_are_trimmed_composed_and_empty_is_null():
    cells = [*CELLS[:4], "  Isho\u0338j ".replace("o\u0338", "ø"), "   ", *CELLS[6:]]
    row = table(HEADER, cells).frame.row(0, named=True)
    assert (row["Kommune"], row["Enhed"]) == ("Ishøj", None)


def test_titles_stand_above_and_rows_keep_their_own_number():
    found = table(["Udtræk"], ["uge", "43"], HEADER, CELLS, [""], CELLS)
    assert found.titles == ("Udtræk", "uge 43")
    assert found.frame["source_row"].to_list() == [4, 6]


def test_columns_in_another_order_give_the_same_facts():
    turned = read_tallies(tallies(3), header=HEADER[::-1])
    assert turned.facts["enquiry"].equals(read_tallies(tallies(3)).facts["enquiry"])


@pytest.mark.parametrize("name", [name for name in HEADER if name != "Straksafsluttet"])
def test_a_missing_column_refuses(name):
    content = csv_bytes(tallies(2), header=[each for each in HEADER if each != name])
    assert findings(read(content)) == ["column_missing"]


def test_straksafsluttet_may_be_missing():
    assert findings(read_tallies(tallies(2), header=[name for name in HEADER if name != "Straksafsluttet"])) == []


@pytest.mark.parametrize("name", ["Antal", " ANTAL", "Enhed", "Straksafsluttet"])
def test_a_doubled_column_refuses(name):
    assert refusal([*HEADER, name], [*CELLS, "2"]) == "column_twice"


@pytest.mark.parametrize("cell", ["", "x"])
def test_an_unknown_column_refuses_even_when_it_is_empty(cell):
    assert refusal([*HEADER, "Bemærkning"], [*CELLS, cell]) == "column_unknown"


def test_an_unnamed_column_with_a_value_refuses():
    assert refusal([*HEADER, ""], [*CELLS, ""], [*CELLS, "x"]) == "column_unknown"
    assert refusal(["", *HEADER], ["x", *CELLS]) == "column_unknown"


def test_unnamed_columns_without_values_are_ignored():
    assert table(["", *HEADER, "", " "], ["", *CELLS, "", ""]).frame["fields_agree"].to_list() == [True]


def test_separators_at_the_end_of_rows_are_ignored():
    assert table(HEADER, [*CELLS, "", ""]).frame["fields_agree"].to_list() == [True]
    assert table([*HEADER, ""], CELLS).frame["fields_agree"].to_list() == [True]


def test_a_refusal_names_columns_by_number_never_by_what_stands_in_them():
    with pytest.raises(Refused, match=r"Kolonne nr\. 14 ") as caught:
        table([*HEADER, "201014-1234"], [*CELLS, "x"])
    assert "201014" not in str(caught.value)


def test_an_unquoted_separator_sets_the_row_aside():
    parsed = read_tallies([*tallies(5), tally(Enhed="Borger;service")])
    assert rejected(parsed) == [(7, "", "field_count")]


def test_a_quoted_separator_is_text():
    assert findings(read_tallies([tally(Enhed='"Borger;service"')])) == []


def test_too_few_fields_set_the_row_aside():
    short = csv_text(tallies(5)) + ";".join(CELLS[:-1]) + "\r\n" + "hej\r\n"
    assert rejected(read(short.encode("cp1252"))) == [(7, "", "field_count"), (8, "", "field_count")]


def test_a_quoted_line_break_does_not_move_the_rows_after_it():
    parsed = read_tallies([tally(Enhed='"Borger\r\nservice"'), tally(Kanal="Røgsignal"), *tallies(3)])
    assert rejected(parsed) == [(4, "Kanal", "channel_unknown")]


@pytest.mark.parametrize("line", ["Kilde: KL", "Kilde: KL;;;;;;;;;;;;", "KILDE:KL", "Kilde KL"])
def test_a_source_line_below_is_no_row(line):
    parsed = read_tallies(tallies(2), below=[line])
    assert (findings(parsed), parsed.rows_read) == ([], 2)


@pytest.mark.parametrize("line", ["Kilde:,KL,,,,,,,,,,,", "Kilde: KL, TraceTool"])
def test_a_source_line_may_fill_two_cells(line):
    parsed = read_tallies(tallies(2), separator=",", below=[line])
    assert (findings(parsed), parsed.rows_read) == ([], 2)


def test_a_row_whose_unit_is_called_kilde_is_a_row():
    turned = ["Enhed", *(name for name in HEADER if name != "Enhed")]
    parsed = read_tallies([tally(Enhed="Kildevældet")], header=turned)
    assert (findings(parsed), parsed.rows_read) == ([], 1)


@pytest.mark.parametrize("line", ["I alt;4", "I ALT:;;;;;;;;;;;;4", ";;;;;;;;;;;I alt;4", "Kilde: KL\r\nI alt;4"])
def test_a_total_line_below_is_no_row(line):
    parsed = read_tallies(tallies(2), below=[line])
    assert (findings(parsed), parsed.rows_read) == ([], 2)


def test_a_row_whose_unit_is_called_i_alt_is_a_row():
    assert read_tallies([tally(Enhed="I alt")]).rows_read == 1


def test_a_second_header_refuses():
    assert refusal(HEADER, CELLS, HEADER, CELLS) == "second_header"


@pytest.mark.parametrize("records", [[], [["hej"]], [["Dato", "Antal"], ["1", "2"]], [CELLS]])
def test_without_a_header_there_is_no_table(records):
    assert refusal(*records) == "header_not_found"


def test_a_header_below_row_fifty_is_not_looked_for():
    assert refusal(*[["titel"]] * 50, HEADER, CELLS) == "header_not_found"


def test_header_only_has_no_valid_row():
    assert findings(read(csv_bytes([], header=HEADER))) == ["no_valid_row"]


def test_the_file_name_decides_nothing():
    assert read(csv_bytes([share()]), "tracetool_183_2014E.csv").source == "landstal"


def test_a_wide_header_may_have_any_channels():
    record = ["KLE-nr", "Opgave", "Henvendelsestype", "NemRefusion", "Besøg på hjemmeside", "I alt"]
    found = table(record, ["32.03.12", "", "Transaktion", "1", "-", "1"], sources=sources_in(".xlsx"))
    assert {"NemRefusion", "Besøg på hjemmeside"} <= set(found.frame.columns)


def test_a_wide_header_with_an_unknown_channel_refuses():
    record = ["KLE-nr", "Opgave", "Henvendelsestype", "Røgsignal", "I alt"]
    with pytest.raises(Refused, match=r"Kolonne nr\. 4"):
        table(record, ["32.03.12", "", "Transaktion", "1", "1"], sources=sources_in(".xlsx"))
