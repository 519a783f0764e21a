"""
The text of a case is decoded plainly where that loses nothing, and with care everywhere else: one reading, whichever it is.
"""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st
from rule_support import book_of_text, shipped_book, x_case

from creditbank.codec import case as case_module
from creditbank.codec.case import case_bytes, read_case
from creditbank.codec.case_json import all_kept, case_data
from creditbank.domain.rule import Case, RuleBook
from creditbank.errors import MalformedError
from creditbank.testing import strategies

BOOK = book_of_text(
    """
    [[clause]]
    id = "map"
    kind = "map"
    match = { "target.kind" = "course" }
    basis = "b:1"

    [[clause]]
    id = "mark"
    kind = "score"
    parts = { theory = "40 %", practice = "60 %" }
    pass_mark = 60
    basis = "b:2"
    """,
    more="""
levels = { x = ["初级", "中级"] }
fields = { "source.level" = "level:x", "pair.same" = "percent", "item.note" = "text", "application.reason" = "text" }
""",
)
# An object of every kind, and a value of every type.
FULL: dict[str, Any] = {
    "application": {
        "id": "a",
        "act": "convert",
        "dates": {"applied_on": "2024-06-01"},
        "facts": {"reason": "搬家"},
        "items": [
            {"id": "1", "sources": ["s"], "targets": ["t"], "as": "选修", "ask": 2, "facts": {"note": "n"}},
            {"id": "2", "sources": ["s", "e"], "targets": ["u"], "marks": {"theory": 60, "practice": "70.5"}},
        ],
    },
    "learner": {"enrolled_on": "2022-09-01"},
    "programme": {"id": "p", "credits": 140, "totals": [{"where": {"category": "选修"}, "credits": 40}]},
    "outcomes": {
        "s": {"class": "x-certificate", "level": "中级", "achieved_on": "2023-01-10", "revoked": False, "hours": "16"},
        "e": {"id": "e", "class": "award", "category": ["b", "a"]},
    },
    "targets": {"t": {"kind": "course", "category": ["选修"], "compulsory": True, "credits": 2}, "u": {"code": "K"}},
    "pairs": [{"source": "s", "target": "t", "facts": {"same": "80 %"}}, {"source": "e", "target": "t"}],
    "history": [
        {
            "application": "b",
            "item": "1",
            "act": "convert",
            "sources": ["e"],
            "target": "u",
            "credits": "0.5",
            "worth": 1,
            "on": "2023-01-01",
            "state": "reserved",
        }
    ],
    "systems": {"cn-college": "0.5"},
    "calendars": {"c": {"terms": [{"id": "1", "since": "2022-03-01", "until": "2022-09-01"}]}},
    "waivers": [{"clause": "map", "item": "1", "by": "dean", "reason": "r"}],
}
VALUES = [
    *(None, True, False, 0, 1, -1, 2**60, 10**40, 1.5, "", "x", "all", "convert", "x:中级", "id", "2/3", "40 %"),
    *("2020-01-01", "2020-13-01", [], ["s"], ["s", "s"], [1], [[]], [{}], {}, {"id": 1}, {"credits": 1}),
]
KEYS = ["id", "as", "ask", "facts", "marks", "dates", "sources", "worth", "courses", "where", "credits", "colour"]


def places(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where anything stands in *value*."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*at, key)
        yield from places(one, (*at, key))


@st.composite
def changed_cases(draw: st.DrawFn) -> str:
    """Draw the text of a case in which something was taken out, put in or replaced, or nothing."""
    data = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(0, 3))):
        *outer, last = draw(st.sampled_from(list(places(data))))
        place: Any = data
        for key in outer:
            place = place[key]
        match draw(st.sampled_from(["out", "in", "instead"])):
            case "out":
                del place[last]
            case "in" if isinstance(place, dict):
                place[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(VALUES)))
            case _:
                place[last] = copy.deepcopy(draw(st.sampled_from(VALUES)))
    return json.dumps(data, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))


def read_or_told(text: str, book: RuleBook = BOOK) -> Case | str:
    try:
        return read_case(text, book)
    except MalformedError as error:
        return str(error)


def with_care(text: str) -> Case | str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case_module, "all_kept", lambda text, keys: False)
        return read_or_told(text)


def plainly(text: str, book: RuleBook) -> Case:
    """Read *text*; fail where it is not read plainly."""

    def never(text: str, name: str) -> object:
        raise AssertionError("a good case is read plainly")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case_module, "case_data", never)
        return read_case(text, book)


@given(changed_cases())
def test_a_case_is_read_alike_however_it_is_decoded(text: str) -> None:
    assert read_or_told(text) == with_care(text)


@given(strategies.case_and_book())
def test_a_good_case_is_read_plainly(found: tuple[Case, RuleBook]) -> None:
    case, book = found
    text = case_bytes(case).decode()
    assert plainly(text, book) == case_module.read_case(text, book)
    assert plainly(json.dumps(json.loads(text), indent=2), book) == plainly(text, book)


def test_every_object_of_a_case_is_counted_once() -> None:
    assert plainly(json.dumps(FULL, ensure_ascii=False), BOOK) == with_care(json.dumps(FULL))
    courses = FULL | {"programme": {"courses": [{"kind": "course", "credits": 3}]}}
    assert plainly(json.dumps(courses), BOOK).curriculum[0].credits == 3


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":"), (",", " : "), (",", "\n:")])
@pytest.mark.parametrize("note", ["n", "x:中级", 'he said "a": b', ":", " :"])
def test_a_key_that_stands_there_twice_is_refused_wherever_it_stands(separators: tuple[str, str], note: str) -> None:
    data = copy.deepcopy(FULL)
    data["application"]["items"][0]["facts"]["note"] = note
    text = json.dumps(data, ensure_ascii=False, separators=separators)
    assert isinstance(read_or_told(text), Case)
    written = list(re.finditer(r'(?<=[{,])\s*"([^"\\]+)"\s*:', text))
    assert len(written) == sum(isinstance(place[-1], str) for place in places(data))
    for key in written:
        twice = f'{text[: key.start()]}"{key[1]}": 1,{text[key.start() :]}'
        assert f"key {key[1]!r} is there twice" in str(read_or_told(twice))


def test_a_number_of_too_many_digits_is_told_as_such() -> None:
    for digits in (1001, 5000):
        text = json.dumps(FULL).replace('"credits": 140', f'"credits": {"1" * digits}')
        assert read_or_told(text) == f"case: it is not JSON (a number of {digits} digits); mend the syntax there"
    assert "not JSON (NaN is no number)" in str(read_or_told(json.dumps(FULL).replace("140", "NaN")))


# --- keys counted by their colons -------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", ":", 'q":', "x:y", " :"])


@st.composite
def texts_of_json(draw: st.DrawFn, depth: int = 3) -> tuple[str, int]:
    """Draw a JSON text in which keys may stand twice, and how many keys were written."""
    if not depth or draw(st.booleans()):
        return json.dumps(draw(st.one_of(NAMES, st.integers(0, 9)))), 0
    parts, written = [], 0
    if draw(st.booleans()):
        for _ in range(draw(st.integers(0, 3))):
            inner, keys = draw(texts_of_json(depth - 1))
            parts.append(inner)
            written += keys
        return f"[{','.join(parts)}]", written
    for _ in range(draw(st.integers(0, 3))):
        inner, keys = draw(texts_of_json(depth - 1))
        blank = draw(st.sampled_from(["", "", " ", "\n", "\t\r"]))
        parts.append(f"{json.dumps(draw(NAMES))}{blank}:{blank}{inner}")
        written += keys + 1
    return f"{{{','.join(parts)}}}", written


def kept(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(kept, value.values()))
    return sum(map(kept, value)) if isinstance(value, list) else 0


@given(texts_of_json())
def test_all_are_said_to_be_kept_only_where_none_was_lost(drawn: tuple[str, int]) -> None:
    text, written = drawn
    assert written == kept(json.loads(text)) or not all_kept(text, kept(json.loads(text)))
    assert not any(all_kept(text, fewer) for fewer in range(written))
    if written == kept(json.loads(text)):
        assert case_data(text, "case") == json.loads(text)
    else:
        with pytest.raises(MalformedError, match="is there twice"):
            case_data(text, "case")


def test_colons_in_texts_do_not_hide_that_all_keys_are_kept() -> None:
    assert all_kept('{"level": "x:中级", "a": "b"}', 2)
    assert not all_kept('{"level": "x:中级", "a" : "b"}', 2), "this cannot be told from two of a key"
    book = shipped_book("x-certificate-conversion")
    assert plainly(case_bytes(read_case(json.dumps(x_case(["创意"])), book)).decode(), book).outcomes["x"]["level"]
