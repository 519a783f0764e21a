"""Canonical JSON: RFC 8785 for the values that we write, held against other people's implementation and vectors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import rfc8785
from hypothesis import example, given

from creditbank.codec import canonical as codec
from creditbank.codec.canonical import DEPTH_MAX, INTEGER_MAX, canonical, from_canonical
from creditbank.errors import MalformedError

integers = st.integers(-INTEGER_MAX, INTEGER_MAX)
scalars = st.text(max_size=12) | integers | st.booleans()
our_keys = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
bmp_keys = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=6)


def values(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )


@given(values(our_keys))
@example({"a": '\x7f\u2028\u2029\ufeff\U0001f600"\\/\b\f\n\r\t\x00\x1f'})
@example({"a": [INTEGER_MAX, -INTEGER_MAX, 0], "a0": True, "a_": False, "b": {}})
def test_the_bytes_are_those_of_rfc_8785(value: Any) -> None:
    expected = rfc8785.dumps(value)
    assert canonical(value) == expected
    assert codec._stdlib_dumps(value) == expected
    assert codec._orjson_dumps(value) == expected
    assert from_canonical(expected, "here") == value


@given(values(bmp_keys))
def test_names_from_outside_are_sorted_as_rfc_8785_sorts_them(value: Any) -> None:
    expected = rfc8785.dumps(value)
    assert canonical(value) == expected
    assert from_canonical(expected, "here", keys=None) == value


@given(values(our_keys), st.data())
def test_every_other_way_to_write_it_is_refused(value: Any, data: st.DataObject) -> None:
    right = canonical(value)
    ways = (
        json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode(),
        json.dumps(value, ensure_ascii=False, sort_keys=True).encode(),
        json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode(),
        right + b"\n",
        b" " + right,
        b"\xef\xbb\xbf" + right,
        right.decode().encode("utf-16"),
        right.decode().encode("utf-32"),
    )
    way = data.draw(st.sampled_from(ways))
    if way != right:
        with pytest.raises(MalformedError):
            from_canonical(way, "here")


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1.0}', b'{"a":1.5}', b'{"a":1e2}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":-0}', b'{"a":01}',
        b'{"a":+1}', b'{"a":null}', b"null", b'[null]', b'{"a":9007199254740992}', b'{"a":-9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}", b'{"A":1}', b'{"a-b":1}', b'{"":1}', b'{"1a":1}', '{"é":1}'.encode(), b'{"a":1,"a":1}',
        b'{"a":1,"a":2}', b'{"b":1,"a":2}', b'{"a" :1}', b'{"a":1} ', b'{"a":"\\ud800"}', b'{"a":"\\u0041"}', b'{"a":"\\/"}',
        b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'{"a":1', b"", b"{}{}", b"'a'", b'{"a":"\x01"}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_of_the_profile_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedError):
        from_canonical(text, "here")


@pytest.mark.parametrize("text", [b'{"\\ud800":1}', '{"\U0001f600":1}'.encode(), b'{"\\ud83d\\ude00":1}'])
def test_keys_that_could_be_sorted_in_two_ways_are_refused_everywhere(text: bytes) -> None:
    with pytest.raises(MalformedError, match="no key"):
        from_canonical(text, "here", keys=None)


@pytest.mark.parametrize("dumps", [codec._stdlib_dumps, codec._orjson_dumps])
def test_both_writers_are_read_alike(dumps: Callable[[Any], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "_dumps", dumps)
    assert from_canonical(b'{"a":["\xe4\xb8\xad",1,true]}', "here") == {"a": ["中", 1, True]}
    with pytest.raises(MalformedError):
        from_canonical(b'{"a":1,"a":1}', "here")


def test_the_numbers_on_the_line() -> None:
    for number in (INTEGER_MAX, -INTEGER_MAX, INTEGER_MAX - 1):
        assert from_canonical(str(number).encode(), "here") == number
    for number in (INTEGER_MAX + 1, -INTEGER_MAX - 1):
        with pytest.raises(MalformedError, match="too large"):
            from_canonical(str(number).encode(), "here")


def _nested(depth: int) -> bytes:
    return b"[" * (depth - 1) + b"1" + b"]" * (depth - 1)


def test_the_depth_on_the_line() -> None:
    """A value in itself has depth 1."""
    assert from_canonical(_nested(DEPTH_MAX), "here")
    with pytest.raises(MalformedError, match="deeper"):
        from_canonical(_nested(DEPTH_MAX + 1), "here")


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_vectors_of_json_canonicalization(shared: Callable[[str], Path], name: str) -> None:
    """Those with null, floats or astral keys are outside our profile and refused; the others come out to the byte."""
    folder = shared("vectors/jcs")
    given_, expected = (folder / part / f"{name}.json" for part in ("input", "output"))
    right = expected.read_bytes()
    assert right.hex() == "".join((folder / "outhex" / f"{name}.txt").read_text().split())
    value = json.loads(right if name == "structures" else given_.read_bytes())  # the input says 56.0
    if name in ("arrays", "values", "weird"):
        with pytest.raises(MalformedError):
            from_canonical(right, name, keys=None)
    else:
        assert canonical(value) == right
        assert from_canonical(right, name, keys=None) == value
        assert codec._stdlib_dumps(value) == right
