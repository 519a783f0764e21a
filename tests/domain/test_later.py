"""A mapping that is read later says what it would say had it been read at once."""

import copy
import pickle

import hypothesis.strategies as st
from hypothesis import given

from creditbank.domain.later import Later, put

keys = st.integers(0, 5)
steps = st.lists(st.tuples(keys, st.integers()))


@given(st.dictionaries(keys, st.integers()), steps)
def test_it_is_what_a_dict_would_be(first: dict[int, int], puts: list[tuple[int, int]]) -> None:
    plain, later = dict(first), Later(b"raw", lambda raw: first if raw == b"raw" else {})
    found = later
    for key, value in puts:
        plain = put(plain, key, value)  # type: ignore[assignment] # a dict stays one
        found = put(found, key, value)  # type: ignore[assignment] # and the other as it is
    assert isinstance(plain, dict)
    assert isinstance(found, Later)
    assert found == plain
    assert plain == found
    assert list(found.items()) == list(plain.items())
    assert (repr(found), len(found), set(found)) == (repr(plain), len(plain), set(plain))
    assert later == first


def test_it_is_read_once_and_only_when_it_is_looked_into() -> None:
    reads = []

    def read(raw: bytes) -> dict[str, bytes]:
        reads.append(raw)
        return {"a": raw}

    later = Later(b"x", read).with_("b", b"y")
    assert (reads, later.raw, dict(later.more)) == ([], b"x", {"b": b"y"})
    assert (later["a"], later["b"], later.get("c"), "a" in later) == (b"x", b"y", None, True)
    assert reads == [b"x"]


def test_copies_are_plain() -> None:
    later = Later(b"x", lambda raw: {"a": raw}).with_("b", b"y")
    for other in (copy.deepcopy(later), pickle.loads(pickle.dumps(later))):
        assert type(other) is dict
        assert other == later
