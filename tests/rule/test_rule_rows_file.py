"""Large maps: rows from a CSV file beside the book, found by code, and one row shown alone."""

import itertools
from contextlib import nullcontext
from datetime import date
from fractions import Fraction

import attrs
import pytest
from hypothesis import given, strategies as st
from rule_support import HEAD, case_of_data, run

from creditbank.codec.book import book_bytes, book_digest, book_files, book_of, read_book, row_proof
from creditbank.codec.row_file import read_rows_file
from creditbank.codec.row_tree import check_row, lines_root, path_of
from creditbank.domain.rule import decide
from creditbank.domain.rule.rows import AllFrom, AnyFrom, ListedRows, Named, codes_of, selects
from creditbank.errors import MalformedBookError, MalformedError, UnverifiedError
from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.merkle import inclusion_path, root

TEXT = HEAD + 'clause = [{ id = "r", kind = "map", basis = "b:1", rows_file = "x.csv" }]\n'
DATED = """from,to,none,credits,gives,since,until
CAPU HIST 109,SFU HIST 213,,3,,1995-09-01,2004-09-01
CAPU HIST 109,SFU HIST 213,,3,B-Hum,2004-09-01,
HIST 900,,no equivalent,,,,
(HIST A & HIST B) | HIST C,SFU HIST 101,,4,,,
S 1,T 1 & T 2,,3 & 2,,,
"""


def book_with(rows, text=TEXT):
    return read_book(text, name="town.toml", files={"x.csv": rows.encode()}.get)


def asked(source, target, day="2003-01-01"):
    sources = source if isinstance(source, list) else [source]
    return {
        "application": {
            "id": "a", "act": "convert", "dates": {"applied_on": "2021-06-01"},
            "items": [{"id": "1", "sources": sources, "targets": target if isinstance(target, list) else [target]}],
        },
        "outcomes": {one: {"achieved_on": day} for one in sources},
        "targets": {one: {"kind": "course", "credits": c} for one, c in
                    (("SFU HIST 213", 3), ("SFU HIST 101", 4), ("T 1", 3), ("T 2", 2))},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("day", "expected", "gives"),
    [
        ("1995-08-31", "map.none", ()),
        ("1995-09-01", "3", ()),
        ("2004-08-31", "3", ()),
        ("2004-09-01", "3", ("B-Hum",)),
        ("2030-01-01", "3", ("B-Hum",)),
    ],
)
def test_the_day_of_completion_decides_the_row(day, expected, gives):
    book = book_with(DATED)
    data = asked("CAPU HIST 109", "SFU HIST 213", day)
    assert run(book, data) == [expected]
    assert decide(book, case_of_data(data, book)).results[0].gives == gives


@pytest.mark.parametrize(
    ("sources", "target", "expected"),
    [
        (["HIST A", "HIST B"], "SFU HIST 101", "4"),
        (["HIST C"], "SFU HIST 101", "4"),
        (["HIST A"], "SFU HIST 101", "map.none"),
        (["HIST 900"], "SFU HIST 101", "map.nothing"),
        (["S 1"], ["T 1", "T 2"], "5"),
        (["S 1"], ["T 1"], "map.none"),
    ],
)
def test_joined_codes(sources, target, expected):
    assert run(book_with(DATED), asked(sources, target)) == [expected]


def test_a_code_finds_the_rows_too_and_files_say_what_lists_say():
    book = book_with(DATED)
    data = asked("x-1", "SFU HIST 213")
    data["outcomes"]["x-1"]["code"] = "CAPU HIST 109"
    assert run(book, data) == ["3"]
    rows = ", ".join(
        (
            '{ from = "CAPU HIST 109", to = "SFU HIST 213", credits = 3, since = 1995-09-01, until = 2004-09-01 }',
            '{ from = "CAPU HIST 109", to = "SFU HIST 213", credits = 3, gives = ["B-Hum"], since = 2004-09-01 }',
            '{ from = "HIST 900", none = "no equivalent" }',
            '{ from = { any = [{ all = ["HIST A", "HIST B"] }, "HIST C"] }, to = "SFU HIST 101", credits = 4 }',
            '{ from = "S 1", to = { all = ["T 1", "T 2"] }, credits = [3, 2] }',
        )
    )
    listed = read_book(TEXT.replace('rows_file = "x.csv"', f"rows = [{rows}]"), name="t")
    assert tuple(book.clauses[0].rows) == listed.clauses[0].rows


# Every row: the file, the line, the column that is named, and words of the message.
FAULTS = [
    ("from,to\nA,\n", 2, "to", "leads to something"),
    ("from,to\n,B\n", 2, "from", "a code is missing"),
    ("from,to\nA,B\n \t,B\n", 3, "from", "a code is missing"),
    ("from,to\nA,B\nA;C,B\n", 3, "from", "bare list"),
    ('from,to\n"A, C",B\n', 2, "from", "bare list"),
    ("from,to\nA、C,B\n", 2, "from", "bare list"),
    ("from,to\nA & B | C,D\n", 2, "from", "side by side"),
    ("from,to\n(A & B,D\n", 2, "from", "not closed"),
    ("from,to\nA & B),D\n", 2, "from", "not opened"),
    ("from,to\nA & ,D\n", 2, "from", "a code is missing"),
    ("from,to\nA & (B | (C & (D | E))),X\n", 2, "from", "nested deeper"),
    ("from,to\nA,B & (C | D)\n", 2, "to", "targets are codes"),
    ("from,to\nA,B & B\n", 2, "to", "each once"),
    ("from,to,none\nA,B,no\n", 2, "to", "to and none in one row"),
    ("from,none,credits\nA,no,3\n", 2, "none", "gives nothing"),
    ("from,to,credits\nA,B,3\nC,D,x\n", 3, "credits", "not a number"),
    ("from,to,credits\nA,B,inf\n", 2, "credits", "not a number"),
    ("from,to,credits\nA,B,40 %\n", 2, "credits", "is a share, and no amount"),
    ("from,to\nA,B\n" + "C" * 200_000 + ",D\n", 3, "", "mend that line"),
    ('from,to\r"A\rB",C\r', 2, "", "line break"),
    ("from,to,credits\nA,B & C,8\n", 2, "credits", "1 amounts for 2"),
    ("from,to,since\nA,B,nan\n", 2, "since", "not a day"),
    ("from,to,since\nA,B,2020-02-30\n", 2, "since", "not a day"),
    ("from,to,since\nA,B,20200230\n", 2, "since", "not a day"),
    ("from,to,since,until\nA,B,2020-01-01,2020-01-01\n", 2, "until", "not after since"),
    ("from,to,gives\nA,B,x | y\n", 2, "gives", "not alternatives"),
    ("from,to\nA,B\nA\n", 3, "", "1 cells for 2 columns"),
    ("from,to\nA,B,C\n", 2, "", "3 cells for 2 columns"),
    ('from,to\n"A\nB",C\n', 2, "", "line break"),
    ('from,to\n"A"x,C\n', 2, "", "not CSV"),
    ('from,to\nA,B\nB,C\n"A&B" & C,C\nC,D\n', 4, "", "write each twice"),
    ("from,too\nA,B\n", 1, "too", "unknown column"),
    ("from,to,to\nA,B,C\n", 1, "from", "one twice"),
    ("to\nB\n", 1, "from", "no column from"),
    ("from,to\nA,B\nC,D\nA,B\n", 4, "", "rows 1 and 3 overlap"),
    ("from,to,since,until\nA,B,2000-01-01,2001-01-01\nA,B,2000-12-31,\n", 3, "", "rows 1 and 2 overlap"),
    ("from,to,since,until\nA,B,2000-01-01,2001-01-01\nA,B,2001-01-02,\n", 3, "", "rows 1 and 2 leave a gap"),
    ("from,to,since,until\nA,B,2000-01-01,2001-01-01\nX,Y,,\nA,B,2001-01-02,\n", 4, "", "rows 1 and 3 leave a gap"),
    ("from,to,until,since,series\nA,B,2001-01-01,,s\nA,C,,2001-01-02,s\n", 3, "", "leave a gap"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "line", "column", "words"), FAULTS)
def test_a_fault_in_a_rows_file(rows, line, column, words):
    with pytest.raises(MalformedBookError, match=words) as caught:
        book_with(rows)
    assert caught.value.where == f"x.csv:{line}" + (f": column {column!r}" if column else "")
    assert caught.value.mend


@pytest.mark.parametrize("before", [0, 255, 256, 257, 600])
def test_a_fault_far_down_is_found_where_it_is(before):
    many = "".join(f"A{n},B{n},2000-01-01,2001-01-01\nA{n},B{n},2001-01-01,\n" for n in range(before))
    head = "from,to,since,until\n"
    assert len(book_with(f"{head}{many}Z,Y,,\n").clauses[0].rows) == 2 * before + 1
    with pytest.raises(MalformedBookError, match="not a day") as caught:
        book_with(f"{head}{many}Z,Y,,soon\n")
    assert caught.value.where.startswith(f"x.csv:{2 * before + 2}:")
    if before:
        with pytest.raises(MalformedBookError, match=f"rows 2 and {2 * before + 1} overlap"):
            book_with(f"{head}{many}A0,B0,2005-01-01,\n")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (b"\xff", "not UTF-8"),
        (b"from,to\n", "without rows"),
        (b"", "no column from"),
        (None, "no file 'x.csv'"),
    ],
)
def test_a_fault_of_the_whole_file(rows, words):
    with pytest.raises(MalformedBookError, match=words):
        read_book(TEXT, name="town.toml", files=lambda name: rows)


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", "a/x.csv", "x.toml", ".csv", "x.csv\\n"])
def test_a_rows_file_lies_beside_its_book(name):
    def never(name: str) -> bytes | None:
        raise AssertionError("nobody looks for it")

    with pytest.raises(MalformedBookError, match="without a folder"):
        read_book(TEXT.replace("x.csv", name), name="t", files=never)


def test_byte_order_mark_line_ends_and_composition_do_not_matter():
    plain = book_with("from,to\ncafé,B\nC,D\n")
    for rows in (
        "\ufefffrom,to\r\ncafé,B\r\nC,D\r\n",
        "from,to\ncafe\u0301,B\nC,D",
        '"from","to"\n"café",B\nC,D\n'[7:],
    ):
        text = rows if rows.startswith(("\ufeff", "from")) else f"from,{rows}"
        assert tuple(book_with(text).clauses[0].rows) == tuple(plain.clauses[0].rows)
    assert book_bytes(book_with("\ufefffrom,to\r\ncafé,B\r\nC,D\r\n")) == book_bytes(plain)
    assert book_bytes(book_with("from,to\rcafé,B\rC,D")) == book_bytes(plain)
    assert book_with("from,to\ncafé,B\nC,E\n") != plain


def test_a_lapse_fills_the_gap():
    head = "from,to,none,since,until\n"
    rows = "A,B,,2000-01-01,2001-01-01\nA,,suspended,2001-01-01,2002-01-01\nA,B,,2002-01-01,\n"
    book = book_with(head + rows)
    days = {"2000-12-31": "3", "2001-01-01": "map.nothing", "2001-12-31": "map.nothing", "2002-01-01": "3"}
    for day, expected in days.items():
        data = asked("A", "B", day)
        data["targets"]["B"] = {"kind": "course", "credits": 3}
        text = TEXT.replace("}]", '}, { id = "w", kind = "worth", of = "@target.credits", basis = "b:1" }]')
        assert run(book_with(head + rows, text), data) == [expected]
    assert len(book.clauses[0].rows) == 3
    for short in (rows.replace("01-01,2002-01-01", "01-02,2002-01-01"), rows.replace(",2002-01-01\n", ",2001-12-31\n")):
        with pytest.raises(MalformedBookError, match="rows 1 and 3 leave a gap"):
            book_with(head + short)


# --- found by code ----------------------------------------------------------------------------------------------------

CODES = ("A", "B", "C", "D E", "甲")
cells = st.recursive(
    st.sampled_from(CODES),
    lambda inner: st.tuples(st.sampled_from("&|"), st.lists(inner, min_size=2, max_size=3)).map(
        lambda drawn: "(" + f" {drawn[0]} ".join(drawn[1]) + ")"
    ),
    max_leaves=4,
)
files = st.lists(st.tuples(cells, st.integers(0, 1)), min_size=1, max_size=12).map(
    lambda rows: "from,to,series\n" + "".join(f"{from_},T{n},{n}\n" for n, (from_, _) in enumerate(rows))
)


@given(files, st.lists(st.sampled_from((*CODES, "Z")), max_size=3))
def test_the_index_finds_what_a_scan_finds(text, names):
    rows = read_rows_file(text.encode(), "x.csv")
    scanned = [row for row in rows if not set(names).isdisjoint(codes_of(row.from_))]
    assert list(rows.touched(names)) == scanned
    assert list(ListedRows(tuple(rows)).touched(names)) == scanned
    assert rows[0] == next(iter(rows))
    assert rows[-1:] == tuple(rows)[-1:]
    assert not any(selects(row.from_) for row in rows)


class Scanned(ListedRows.__mro__[1]):
    """Rows without an index: all are looked at."""

    def __init__(self, rows):
        self.rows = tuple(rows)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, at):
        return self.rows[at]

    def touched(self, names):
        return iter(self.rows)


@given(files, st.permutations(CODES).flatmap(lambda codes: st.integers(1, 4).map(lambda n: codes[:n])), st.booleans())
def test_the_index_decides_as_a_scan_does(text, sources, named):
    book = book_with(text, TEXT.replace("}]", '}, { id = "w", kind = "worth", credits = 1, basis = "b:1" }]'))
    data = asked(list(sources), ["T0"] if named else [])
    data["targets"] = {f"T{n}": {"kind": "course", "credits": 1} for n in range(3)}
    case = case_of_data(data, book)
    scanning = attrs.evolve(book.clauses[0], rows=Scanned(book.clauses[0].rows))
    assert decide(book, case) == decide(attrs.evolve(book, clauses=(scanning, *book.clauses[1:])), case)


def test_rows_that_select_are_always_looked_at():
    rows = (
        '{ from = { "source.class" = "c" }, to = "B", credits = 1 }, '
        '{ from = { any = ["A", { "source.class" = "d" }] }, to = "B", credits = 1 }'
    )
    book = read_book(TEXT.replace('rows_file = "x.csv"', f"rows = [{rows}]"), name="t")
    for cls, expected in (("c", "1"), ("d", "1"), ("e", "map.none")):
        data = asked("s", "B")
        data["targets"]["B"] = {"kind": "course", "credits": 1}
        data["outcomes"]["s"]["class"] = cls
        assert run(book, data) == [expected]


def test_a_wide_choice_is_not_too_wide_for_who_has_little_of_it():
    parts = ", ".join(f'"C{n}"' for n in range(64))
    row = f'{{ from = {{ pick = 3, of = [{parts}] }}, to = "B", credits = 1 }}'
    book = read_book(TEXT.replace('rows_file = "x.csv"', f"rows = [{row}]"), name="t")
    for sources, expected in ((["C1", "C30", "C63"], "1"), (["C1", "C30"], "map.none")):
        data = asked(sources, "B")
        data["targets"]["B"] = {"kind": "course", "credits": 1}
        assert run(book, data) == [expected]


def test_written_signs():
    rows = read_rows_file(b'from,to\n"""A & B"" | C",X\n(A | B) & C,Y\n', "x.csv")
    assert rows[0].from_ == AnyFrom((Named("A & B"), Named("C")))
    assert rows[1].from_ == AllFrom((AnyFrom((Named("A"), Named("B"))), Named("C")))
    assert [list(rows.touched([name])) for name in ("A & B", "A")] == [[rows[0]], [rows[1]]]


# --- the canonical form, and one row alone ----------------------------------------------------------------------------


def test_the_book_names_its_rows_and_is_read_back_with_them():
    book = book_with(DATED)
    data, kept = book_bytes(book), book_files(book)
    assert book_of(data, kept.get) == book
    assert len(data) < 1_000
    (digest,) = kept
    assert digest.encode() in data
    with pytest.raises(MalformedBookError, match="is missing"):
        book_of(data)
    other = {digest: DATED.replace("3", "4").encode()}
    with pytest.raises(MalformedBookError, match="another SHA-256"):
        book_of(data, other.get)
    with pytest.raises(MalformedBookError, match="another SHA-256"):
        book_of(data, {digest: kept[digest].replace(b"\n", b"\r\n")}.get)
    # A root that is not the file's would let somebody show rows that are not in it.
    false = data.replace(book.clauses[0].rows.root.encode(), b"0" * 64)
    with pytest.raises(MalformedError, match="canonically"):
        book_of(false, kept.get)
    assert book_with(DATED.replace("B-Hum", "B-Sci")) != book


def test_every_row_can_be_shown_alone():
    for size in range(1, 20):
        book = book_with("from,to,credits\n" + "".join(f"A{n},B{n},{n}\n" for n in range(size)))
        digest = book_digest(book_bytes(book))
        for number in range(1, size + 1):
            proof = row_proof(book, "r", number)
            shown = check_row(proof, digest)
            assert shown == {"from": f"A{number - 1}", "to": f"B{number - 1}", "credits": str(number - 1)}
            for other in (
                attrs.evolve(proof, row=b"A0,B0,99"),
                attrs.evolve(proof, number=number + 1),
                attrs.evolve(proof, names=b"to,from,credits"),
                attrs.evolve(proof, row_path=proof.row_path[1:] if proof.row_path else (b"0" * 32,)),
                attrs.evolve(proof, row_path=(*proof.row_path, b"0" * 32)),
                attrs.evolve(proof, book=proof.book + b" "),
            ):
                with pytest.raises(UnverifiedError):
                    check_row(other, digest)
        # The line with the names is in the tree, too, and is no row.
        names = attrs.evolve(proof, number=0, row=proof.names, row_path=proof.names_path)
        with pytest.raises(UnverifiedError):
            check_row(names, digest)
    with pytest.raises(MalformedError, match="show the book itself"):
        check_row(attrs.evolve(proof, clause="m"), digest)
    for clause, number in (("m", 1), ("r", 0), ("r", size + 1)):
        with pytest.raises(MalformedError):
            row_proof(book, clause, number)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
def test_the_tree_is_that_of_the_ledger(lines, data):
    hashes = [leaf_hash(line) for line in lines]
    assert lines_root(lines) == root(hashes).hex()
    numbers = data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=3))
    assert path_of(lines, *numbers) == [inclusion_path(hashes, number) for number in numbers]


spans = st.lists(st.integers(0, 6), min_size=2, max_size=2, unique=True).map(sorted)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("XY"), spans), min_size=1, max_size=6))
def test_rows_of_one_series_meet_or_are_refused(rows):
    """Whatever the order of the file: settled by chunks, or row by row."""
    by_series = {}
    for from_, to, (since, until) in rows:
        by_series.setdefault((from_, to), []).append((since, until))
    meets = all(one[1] == other[0] for spans in by_series.values() for one, other in itertools.pairwise(sorted(spans)))
    text = "from,to,since,until\n" + "".join(
        f"{from_},{to},{date(2000 + since, 1, 1)},{date(2000 + until, 1, 1)}\n" for from_, to, (since, until) in rows
    )
    with nullcontext() if meets else pytest.raises(MalformedBookError, match=r"overlap|gap"):
        read_rows_file(text.encode(), "x.csv")


def test_credits_of_a_row_are_exact():
    assert read_rows_file(b"from,to,credits\nA,B,2/3\n", "x.csv")[0].credits == (Fraction(2, 3),)
