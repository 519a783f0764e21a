"""
Canonical JSON: RFC 8785 in an integer-only profile, so that the same value is the same bytes everywhere.

Keys sorted, no space, UTF-8, whole numbers with |n| ≤ 2⁵³-1; no floats, no null (absent is absent), no lone surrogates, depth at
most 16. In that profile the standard library's ``json`` and ``orjson`` write the bytes that RFC 8785 asks for.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from creditbank.errors import MalformedError

try:
    import orjson
except ImportError:  # the extra [fast] is not installed
    orjson = None  # type: ignore[assignment] # the module is absent, and asked for below

__all__ = ["DEPTH_MAX", "INTEGER_MAX", "canonical", "from_canonical", "in_order"]

DEPTH_MAX: Final = 16
INTEGER_MAX: Final = 2**53 - 1

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_PLAIN_KEY = re.compile(r"[\u0000-\ud7ff\ue000-\uffff]*")


def _stdlib_dumps(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _orjson_dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)


_dumps: Callable[[Any], bytes] = _stdlib_dumps if orjson is None else _orjson_dumps


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of *value*: mappings with text keys, lists, tuples, text, whole numbers, booleans."""
    return _dumps(value)


def in_order(value: Any) -> bytes:
    """Return bytes as :func:`canonical` does, but mappings in the order they have: for what only ourselves read again."""
    if orjson is None:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)


def loads(text: bytes) -> Any:
    """Read JSON that needs no check: its hash was checked, or only ourselves wrote it. Raises ValueError."""
    return json.loads(text) if orjson is None else orjson.loads(text)


def from_canonical(text: bytes, where: str, *, keys: re.Pattern[str] | None = _KEY) -> Any:
    """
    Return the value whose canonical bytes are *text*.

    Args:
        keys: What a key of our own may look like; None where keys are names from outside.

    Raises:
        MalformedError: They are not canonical JSON of that profile.
    """
    try:
        value = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"it is no canonical JSON ({error})", where, "use the bytes as they were given") from None
    _check(value, where, keys, DEPTH_MAX)
    if _dumps(value) != text:
        raise MalformedError("it is not written canonically", where, "use the bytes as they were given")
    return value


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no whole number")


def _check(value: Any, where: str, keys: re.Pattern[str] | None, depth: int) -> None:
    if depth == 0:
        raise MalformedError(f"it is nested deeper than {DEPTH_MAX}", where, "use the bytes as they were given")
    match value:
        case dict():
            for key, inner in value.items():
                # RFC 8785 sorts by UTF-16, we by code point: the same for keys without surrogates and astral characters.
                if (keys is not None and not keys.fullmatch(key)) or not _PLAIN_KEY.fullmatch(key):
                    raise MalformedError(f"{key!r} is no key of ours", where, "use the bytes as they were given")
                _check(inner, where, keys, depth - 1)
        case list():
            for inner in value:
                _check(inner, where, keys, depth - 1)
        case bool():
            pass
        case int() if abs(value) > INTEGER_MAX:
            raise MalformedError(f"{value} is too large", where, "use the bytes as they were given")
        case None:
            raise MalformedError("null stands where nothing should", where, "use the bytes as they were given")
        case str() if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise MalformedError("a lone surrogate", where, "use the bytes as they were given")
