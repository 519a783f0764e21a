"""Reading tables: encodings, lines, quotes, guards; and every file that is none."""

import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from creditbank.errors import MalformedError, StoreError
from creditbank.tables import reading
from creditbank.tables.reading import LINE_MAX, ROW_LINES_MAX, guarded, source_of, unguarded

TEXT = "姓名,数\n张三,1\n"


def _file(tmp_path: Path, body: bytes) -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(body)
    return path


def _rows(path: Path, encoding: str | None = None) -> list[tuple[int, list[str]]]:
    return list(source_of(path, encoding).rows())


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("gb18030"), "gb18030"),
        (("\ufeff" + TEXT).encode("gb18030"), "gb18030"),
        (TEXT.replace("\n", "\r\n").encode(), "utf-8"),
        (TEXT.rstrip("\n").encode(), "utf-8"),
    ],
)
def test_the_encoding_is_found_out_and_the_rows_are_the_same(tmp_path: Path, body: bytes, encoding: str) -> None:
    path = _file(tmp_path, body)
    assert source_of(path).encoding == encoding
    assert _rows(path) == _rows(path, encoding) == [(1, ["姓名", "数"]), (2, ["张三", "1"])]


def test_the_whole_file_is_looked_at_before_it_is_taken_for_utf_8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BYTES_AT_ONCE", 7)
    path = _file(tmp_path, b"a,b\n" * 50 + "张,𠀀\n".encode("gb18030"))
    assert source_of(path).encoding == "gb18030"
    assert _rows(path)[-1] == (51, ["张", "𠀀"])
    assert _rows(_file(tmp_path, b"a,b\n" * 50 + "张,𠀀\n".encode()))[-1] == (51, ["张", "𠀀"])


def test_bytes_that_are_no_text_are_found_far_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BYTES_AT_ONCE", 7)
    with pytest.raises(MalformedError, match=r"a\.csv:51: bytes that are not UTF-8 nor GB18030"):
        source_of(_file(tmp_path, b"a,b\n" * 50 + b"\xff\xff\n"))


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\0\ufeff"), min_size=1, max_size=9),
            min_size=2,
            max_size=3,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_a_csv_writer_writes_is_read_with_its_lines(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    text = io.StringIO()
    writer, lines = csv.writer(text, lineterminator="\n"), []
    for row in table:
        lines.append(text.getvalue().count("\n") + 1)
        writer.writerow(row)
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(text.getvalue().encode())
    assert _rows(path, "utf-8") == list(zip(lines, table, strict=True))


def test_lines_are_counted_over_blank_lines_and_breaks_in_quotes(tmp_path: Path) -> None:
    path = _file(tmp_path, b'a,b\r\n\r\n"x\r\ny\r\n",1\r\n,,\r\nz,2\r\n')
    assert _rows(path) == [(1, ["a", "b"]), (3, ["x\r\ny\r\n", "1"]), (7, ["z", "2"])]


QUOTES = 'close every quote, and write a quote inside a cell twice ("")'
BROKEN = [
    (b"", "a.csv: it is empty; give a table with a header"),
    (codecs.BOM_UTF16_LE + "a,b\n".encode("utf-16-le"), 'a.csv: it is UTF-16; save it as "CSV UTF-8"'),
    (codecs.BOM_UTF16_BE + "a,b\n".encode("utf-16-be"), 'a.csv: it is UTF-16; save it as "CSV UTF-8"'),
    (
        "a,b\n1,2\n".encode("utf-16-le"),
        "a.csv:1: a NUL byte; save it as CSV again, in UTF-8 (not UTF-16)",
    ),
    (b"a,b\n1,\0\n", "a.csv:2: a NUL byte; save it as CSV again, in UTF-8 (not UTF-16)"),
    (b"a,b\r1,2\r", "a.csv:1: a carriage return without a line feed; save it with line ends CR LF or LF"),
    (b'a,b\n1,"x\ry"\n', "a.csv:2: a carriage return without a line feed; save it with line ends CR LF or LF"),
    (b"a,b\n\n1,\xff\xff\n", 'a.csv:3: bytes that are not UTF-8 nor GB18030; save it as "CSV UTF-8"'),
    (codecs.BOM_UTF8 + b"a\n1\n\xd6\xd0\n", 'a.csv:3: bytes that are not UTF-8; save it as "CSV UTF-8"'),
    (
        b'a,b\n1,2\n"1,2\n1,2\n',
        f"a.csv:3: its quotes are not in order (unexpected end of data); {QUOTES}",
    ),
    (
        b'a,b\n1,2\n"1"x,2\n',
        f"a.csv:3: its quotes are not in order (',' expected after '\"'); {QUOTES}",
    ),
    (
        b'a\n"' + b"x\n" * (ROW_LINES_MAX + 1),
        f"a.csv:2: a row of more than 1000 lines; {QUOTES}",
    ),
    (b"a\n" + b"x" * LINE_MAX + b"\n", "a.csv:2: a line of more than 65536 characters; check that it is a table"),
]


@pytest.mark.parametrize(("body", "message"), BROKEN)
def test_what_is_no_table_is_refused_with_its_line(tmp_path: Path, body: bytes, message: str) -> None:
    with pytest.raises(MalformedError) as raised:
        _rows(_file(tmp_path, body))
    assert str(raised.value) == message


def test_limits_are_met_exactly(tmp_path: Path) -> None:
    assert len(_rows(_file(tmp_path, b"a\n" + b"x" * (LINE_MAX - 1) + b"\n"))) == 2
    assert len(_rows(_file(tmp_path, b'a\n"' + b"x\n" * (ROW_LINES_MAX - 1) + b'"\n'))) == 2


def test_a_given_encoding_is_held_to(tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match=r"a\.csv:1: bytes that are not UTF-8;"):
        source_of(_file(tmp_path, TEXT.encode("gb18030")), "utf-8")
    with pytest.raises(MalformedError, match="give one of utf-8, gb18030"):
        source_of(_file(tmp_path, TEXT.encode()), "latin-1")
    with pytest.raises(StoreError, match="cannot be read"):
        source_of(tmp_path / "none.csv")


@given(st.text(st.sampled_from("'=+-@\t\r＝＠ a张"), max_size=6))
def test_a_guard_is_taken_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+-@\t\r＝＠")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("'=1", "''=1"),
        ("'t Hooft", "'t Hooft"),
        ("A-", "A-"),
        ("-", "'-"),
        ("＠x", "'＠x"),
        ("", ""),
    ],
)
def test_cells_that_begin_like_formulas_are_guarded(text: str, cell: str) -> None:
    assert guarded(text) == cell
    assert unguarded(cell) == text
    assert unguarded(text) == (text if text == cell else (text[1:] if text.startswith("'") else None))
