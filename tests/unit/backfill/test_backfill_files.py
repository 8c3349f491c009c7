"""Files of the backfill: every row of a file is an event, refused by its number or skipped on purpose; none is lost."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standing.backfill.conversion import RowCountMismatch
from standing.backfill.files.formats import Format, files_in, lines_counted, rows_of
from standing.backfill.files.rows import FileRow, Unreadable
from standing.backfill.files.text import likely_encoding
from standing.backfill.partition import RowCounts
from standing.rules.ruleset import Ruleset
from xlsxwriter import Workbook

from tests.make.chinese import english_sentences
from tests.make.support import real_ruleset, taking_in

MAPPING = """
source: shop.checkout
type: purchase.v1
fields:
  id: "{order}"
  customer: "{client}"
  time: {column: placed}
  amount: {column: total, decimals: 2}
  currency: USD
"""
HEAD = "order,client,placed,total,article"


def row(number: int, article: str = "Desk", total: str = "10.00") -> str:
    return f"{number},c{number},2026-01-0{number}T10:00:00Z,{total},{article}"


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    """The rules of this clone."""
    return real_ruleset()


def tally_of(path: Path, ruleset: Ruleset, mapping: str = MAPPING) -> RowCounts:
    (path.parent / "map.yaml").write_text(mapping)
    tally = RowCounts()
    for became in taking_in([path], ruleset, path.parent, path.parent / "map.yaml"):
        tally.add(became)
    return tally


def written(folder: Path, *lines: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    return path


def read(path: Path, form: Format | None = None, columns: set[str] | None = None) -> list[FileRow]:
    return list(rows_of(path, form or Format(), columns or set()))


def test_what_is_wrong_in_a_column_that_nobody_asks_for_is_wrong(ruleset: Ruleset, tmp_path: Path) -> None:
    rows = [row(1, 'Monitor 27" black'), row(2), row(3), row(4, 'Monitor 24" white'), row(5)]
    tally = tally_of(written(tmp_path, *rows), ruleset)
    assert (tally.rows, tally.taken, tally.refused.total(), tally.skipped) == (5, 3, 2, 0)
    ((_, _, expected),) = tally.refused
    assert expected.startswith('has a `"` within a cell that is not quoted')
    assert [one.number for one in tally.examples["no-event", "row", expected]] == [1, 4]


def test_a_row_with_more_or_fewer_cells_than_names_is_refused(ruleset: Ruleset, tmp_path: Path) -> None:
    tally = tally_of(written(tmp_path, row(1), row(2, total="1,200.00"), "3,c3", row(4)), ruleset)
    assert (tally.events, [expected for _, _, expected in tally.refused]) == (
        2,
        [
            "has 6 cells, and the line of names has 5: is there `,` in a cell that is not quoted?",
            "has 2 cells, and the line of names has 5",
        ],
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'2,c2,2026-01-02T10:00:00Z,5.00,"Desk" x', "within a cell that is not quoted"),
        (b'2,c2,2026-01-02T10:00:00Z,5.00,De"sk', "within a cell that is not quoted"),
        (b'2,c2,2026-01-02T10:00:00Z,5.00,"Desk', "is not closed properly"),
        (b"2,c\xff,2026-01-02T10:00:00Z,5.00,Desk", "has a byte that is no UTF-8"),
        (b"2,c2,2026-01-02T10:00:00Z,5.00", "has 4 cells"),
    ],
)
def test_one_bad_line_is_refused_by_its_number_and_the_rest_goes_on(
    line: bytes, expected: str, ruleset: Ruleset, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\n".join([HEAD.encode(), row(1).encode(), line, b"", b"  ", row(3).encode(), row(4).encode()]))
    tally = tally_of(path, ruleset)
    assert (tally.rows, tally.events) == (4, 3)
    ((_, _, said),) = tally.refused
    assert expected in said
    assert [one.number for one in tally.examples["no-event", "row", said]] == [2]


def test_a_quote_that_nobody_closes_takes_no_rows_in(tmp_path: Path) -> None:
    path = written(tmp_path, row(1), row(2, '"19 inch'), row(3), row(4, '24 inch"'), row(5))
    found = read(path)
    assert [(one.number, one.row is not None) for one in found] == [
        (1, True),
        (2, False),
        (3, True),
        (4, False),
        (5, True),
    ]
    assert "takes in a line which looks like a row" in str(found[1].why)


def test_a_quoted_cell_may_have_lines_separators_and_quotes_in_it(tmp_path: Path) -> None:
    path = written(tmp_path, row(1, '"two\r\n\r\nlines, ""quoted"""'), row(2))
    found = read(path)
    assert [one.row["article"] for one in found if one.row] == ['two\r\n\r\nlines, "quoted"', "Desk"]
    assert [one.lines for one in found] == [2, 1]
    assert lines_counted(path, Format()) == 3


def test_quotes_can_be_text(tmp_path: Path) -> None:
    found = read(written(tmp_path, row(1, 'Monitor 27"'), row(2, '"Desk')), Format(quotes=False))
    assert [one.row["article"] for one in found if one.row] == ['Monitor 27"', '"Desk']


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff0123456789"), max_size=8).filter(
    lambda cell: cell.count(",") < 4  # a line like a row is refused
)
BROKEN = st.sampled_from(['"', ',"', '"x" y', "a,b,c,d,e,f", "\xff", "", "x", '"\n', 'a"b,c'])


@given(st.lists(st.lists(TEXTS, min_size=5, max_size=5), min_size=1, max_size=8))
def test_what_a_csv_writer_writes_is_read_cell_by_cell(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEAD.split(","), *rows])
    found = list(_read_bytes(text.getvalue().encode()))
    there = [one for one in rows if any(cell.strip() for cell in one) or len(one) > 1]
    assert [list(one.row.values()) for one in found if one.row] == there


@settings(max_examples=300)
@given(st.lists(st.one_of(st.lists(TEXTS, min_size=5, max_size=5), BROKEN), max_size=12), st.sampled_from("\n\r"))
def test_lines_are_lost_in_no_file(rows: list[list[str] | str], end: str) -> None:
    """The law: another reader counts as many lines as the rows stand on, whatever is wrong with them."""
    text = io.StringIO(newline="")
    for one in [HEAD.split(","), *rows]:
        if isinstance(one, str):
            text.write(f"{one}{end}")
        else:
            csv.writer(text, lineterminator=end).writerow(one)
    body = text.getvalue().encode("latin-1", "replace")
    found = list(_read_bytes(body))
    with _file(body) as path:
        assert sum(one.lines for one in found) == lines_counted(path, Format())
    assert [one.number for one in found] == list(range(1, len(found) + 1))


def _file(body: bytes) -> Any:
    import tempfile  # noqa: PLC0415
    from contextlib import contextmanager  # noqa: PLC0415

    @contextmanager
    def made() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            (path := Path(folder) / "rows.csv").write_bytes(body)
            yield path

    return made()


def _read_bytes(body: bytes) -> list[FileRow]:
    with _file(body) as path:
        return read(path)


def test_a_row_that_the_reader_loses_is_missed_by_another(
    ruleset: Ruleset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from standing.backfill.files import delimited  # noqa: PLC0415

    whole = delimited.delimited
    monkeypatch.setattr(delimited, "delimited", lambda *all_: [*whole(*all_)][1:])
    with pytest.raises(RowCountMismatch, match="1 rows were read, and another reader counts 2: nothing was taken in"):
        tally_of(written(tmp_path, row(1), row(2)), ruleset)


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-16", "utf-16-le", "latin-1", "utf-8-sig", "big5"])
def test_encodings_by_name(encoding: str, tmp_path: Path) -> None:
    cell = "café" if encoding == "latin-1" else "桌子"
    path = tmp_path / "rows.csv"
    path.write_bytes(f"{HEAD}\r\n{row(1, cell)}\r\n".encode(encoding))
    (found,) = read(path, Format(encoding=encoding))
    assert found.row == {
        "order": "1",
        "client": "c1",
        "placed": "2026-01-01T10:00:00Z",
        "total": "10.00",
        "article": cell,
    }
    assert lines_counted(path, Format(encoding=encoding)) == 1


@pytest.mark.parametrize(
    ("encoding", "text", "likely"),
    [
        ("gbk", "桌子和椅子", "gb18030"),
        ("latin-1", "café", "cp1252"),
        ("utf-8", "桌子", None),
        ("utf-16", "桌", "utf-16"),
    ],
)
def test_an_encoding_is_proposed(encoding: str, text: str, likely: str | None, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(f"name\n{text} 1\n".encode(encoding))
    assert likely_encoding(tmp_path / "a.csv") == likely


def test_an_encoding_that_is_another_is_named_with_what_it_seems_to_be(ruleset: Ruleset, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(f"{HEAD}\n{row(1, '桌子和椅子')}\n".encode("gbk"))
    ((_, _, expected),) = tally_of(path, ruleset).refused
    assert expected == "has a byte that is no UTF-8: the file looks like `encoding: gb18030`"
    path.write_bytes(f"{HEAD}\n{row(1)}\n".encode("utf-16"))
    with pytest.raises(
        Unreadable, match="its line of names has a byte that is no UTF-8: the file looks like `encoding: utf-16`"
    ):
        tally_of(path, ruleset)


def test_compressed_files_tabs_and_names_that_look_like_patterns(ruleset: Ruleset, tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(f"{HEAD}\n{row(1)}\n".encode()))
    (tmp_path / "b.tsv").write_text(f"{HEAD}\n{row(2)}\n".replace(",", "\t"))
    (tmp_path / "sales[2019].csv").write_text(f"{HEAD}\n{row(3)}\n")
    (tmp_path / "sales2.csv").write_text(f"{HEAD}\n{row(4)}\n")
    for name, number in (("a.csv.gz", "1"), ("b.tsv", "2"), ("sales[2019].csv", "3")):
        assert [one.row["order"] for one in read(tmp_path / name) if one.row] == [number]
        assert tally_of(tmp_path / name, ruleset).taken == 1
    frame = pl.DataFrame({"order": [5]})
    frame.write_parquet(tmp_path / "sales[2019].parquet")
    frame.with_columns(order=6).write_parquet(tmp_path / "sales2.parquet")
    assert [one.row for one in read(tmp_path / "sales[2019].parquet", columns={"order"})] == [{"order": 5}]


def test_a_compressed_file_that_is_cut_off_is_named(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "a.jsonl.gz"):
        (tmp_path / name).write_bytes(gzip.compress(f"{HEAD}\n{row(1)}\n".encode() * 500)[:-20])
    with pytest.raises(Unreadable, match=r"a\.csv\.gz: cannot be read"):
        read(tmp_path / "a.csv.gz")
    with pytest.raises(Unreadable, match=r"a\.jsonl\.gz: the compressed file is damaged|a\.jsonl\.gz: "):
        list(taking_in([tmp_path / "a.jsonl.gz"], real_ruleset(), tmp_path))


def test_a_folder_of_parts_with_what_its_folders_say(tmp_path: Path) -> None:
    for year in (2025, 2026):
        (part := tmp_path / "sales" / f"year={year}").mkdir(parents=True)
        pl.DataFrame({"order": [year]}).write_parquet(part / "part-0.parquet")
        (part / "_SUCCESS").write_text("")
    files = files_in([tmp_path / "sales"])
    assert [one.row for path in files for one in read(path, columns={"order", "year"})] == [
        {"order": 2025, "year": 2025},
        {"order": 2026, "year": 2026},
    ]
    (tmp_path / "none").mkdir()
    with pytest.raises(Unreadable, match="expected a folder with files in it"):
        files_in([tmp_path / "none"])


def test_a_sheet_of_a_workbook(ruleset: Ruleset, tmp_path: Path) -> None:
    book = Workbook(tmp_path / "rows.xlsx")
    sheet = book.add_worksheet("Notes")
    sheet.write(0, 0, "nothing")
    sheet = book.add_worksheet("Orders")
    when = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for column, name in enumerate(HEAD.split(",")):
        sheet.write(0, column, name)
    for line, number in ((1, 1), (3, 2), (4, 3)):
        sheet.write(line, 0, number)
        sheet.write(line, 1, 17850 + number)
        sheet.write_datetime(line, 2, datetime(2026, 1, number, 10), when)  # noqa: DTZ001 -- as a sheet has it
        sheet.write(line, 3, 12.5)
        sheet.write(line, 4, "Desk")
    sheet.write_formula(4, 4, "=1/0", value="#DIV/0!")
    book.close()
    mapping = MAPPING.replace("{column: placed}", "{column: placed, zone: Europe/Berlin}") + "sheet: Orders\n"
    tally = tally_of(tmp_path / "rows.xlsx", ruleset, mapping)
    assert (tally.rows, tally.taken, tally.refused.total()) == (3, 2, 1)
    ((_, _, expected),) = tally.refused
    assert "formula failed" in expected
    assert [one.number for one in tally.examples["no-event", "row", expected]] == [4]


def test_whole_numbers_as_floats_and_what_is_no_number(ruleset: Ruleset, tmp_path: Path) -> None:
    frame = {
        "order": [1.0, 2.0, 3.0],
        "client": [17850.0, float("nan"), 17851.0],
        "placed": [datetime(2026, 1, 1), datetime(2026, 1, 2), datetime(2026, 1, 3)],  # noqa: DTZ001 -- as theirs
        "total": [1.5, 2.5, float("nan")],
        "article": [b"Desk", b"\xff", None],
    }
    pl.DataFrame(frame).write_parquet(tmp_path / "rows.parquet")
    mapping = MAPPING.replace("{column: placed}", "{column: placed, zone: UTC}") + '  category: "{article}"\n'
    (tmp_path / "map.yaml").write_text(mapping)
    events = [
        event
        for one in taking_in([tmp_path / "rows.parquet"], ruleset, tmp_path, tmp_path / "map.yaml")
        for event in one.events
    ]
    assert [(one.detail.id, one.detail.customer) for one in events] == [("1", "17850")]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("rows.csv", "m;o\n1;2\n", "has no column `client`; it has m;o; is its `separator` another one?"),
        ("rows.csv", "", "its line of names has no line of names"),
        ("rows.csv", "order,order,client,placed,total\n", "has two columns `order`: rename one of them"),
        ("rows.parquet", "PAR1 half of a file", "cannot be read"),
        ("rows.xlsx", "half of a file", "cannot be read"),
        ("rows.doc", "", "expected a name that ends with .csv, .jsonl, .ndjson, .parquet, .tsv, .txt, .xlsx"),
        ("rows.parquet.gz", "", "expected a name that ends with"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_was_expected(
    name: str, body: str, expected: str, ruleset: Ruleset, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(body)
    with pytest.raises(Unreadable) as caught:
        tally_of(tmp_path / name, ruleset)
    assert expected in str(caught.value)
    assert english_sentences(caught.value.in_language("zh")) == []


def test_a_table_needs_a_mapping_and_a_file_has_to_be_there(ruleset: Ruleset, tmp_path: Path) -> None:
    for name, expected in (("rows.csv", "a table needs a mapping"), ("none.jsonl", "No such file or directory")):
        with pytest.raises(Unreadable, match=expected) as caught:
            list(taking_in([tmp_path / name], ruleset, tmp_path))
        assert english_sentences(caught.value.in_language("zh")) == []


def test_days_of_a_table_begin_at_midnight_where_they_were(ruleset: Ruleset, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"order": [1], "client": ["c"], "placed": [date(2026, 1, 5)], "total": ["3.00"], "article": ["x"]}
    )
    frame.write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "map.yaml").write_text(f"zone: Asia/Shanghai\n{MAPPING}")
    (became,) = taking_in([tmp_path / "rows.parquet"], ruleset, tmp_path, tmp_path / "map.yaml")
    assert became.events[0].detail.time.isoformat() == "2026-01-05T00:00:00+08:00"
