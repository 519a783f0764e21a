"""
The text of a case file as objects, lists, texts and numbers: no key stands twice in one object, no number loses a digit.
"""

import json
from decimal import Decimal
from typing import Any, Final

from creditbank.errors import MalformedError

__all__ = ["all_kept", "case_data", "plain_data"]

_DIGITS_MAX: Final = 1_000
"""Of a whole number, before it is looked at: what it is for has a limit of its own."""


def case_data(text: str, name: str) -> Any:
    """
    Return what the JSON *text* of the file called *name* says.

    Raises:
        MalformedError: not JSON, a key that is there twice, half a character, a number that is none; nested too deeply.
    """
    try:
        return _decoded(text, _CAREFUL)
    except RecursionError:
        raise MalformedError("it is nested too deeply", name, "write it flat") from None
    except UnicodeEncodeError as error:
        sign = f"U+{ord(error.object[error.start]):04X}"
        raise MalformedError(
            f"half a character ({sign})", name, "write the whole character, not as \\u escapes"
        ) from None
    except ValueError as error:
        raise MalformedError(f"it is not JSON ({error})", name, "mend the syntax there") from None


def plain_data(text: str) -> Any:
    """
    Return the same in half of the time for all that a case may hold. Of two equal keys one is lost: see :func:`all_kept`.

    Raises:
        ValueError, RecursionError: As :func:`case_data` would tell, or not; a number of too many digits may pass.
    """
    return _decoded(text, _PLAIN)


def all_kept(text: str, kept: int) -> bool:
    """Say whether *text* surely has no more than *kept* keys. Each has its colon, and colons stand in texts besides."""
    if text.count(":") == kept:
        return True
    # The colon of a key follows its quotation mark, but for blanks.
    return text.count('":') == kept and not any(f"{blank}:" in text for blank in " \t\n\r")


def _decoded(text: str, decoder: json.JSONDecoder) -> Any:
    text.encode()  # half a character is no text
    data = decoder.decode(text)
    if "\\u" in text:
        json.dumps(data, ensure_ascii=False, default=str).encode()
    return data


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _integer(text: str) -> int:
    if len(text) > _DIGITS_MAX:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


_CAREFUL: Final = json.JSONDecoder(
    parse_float=Decimal, parse_int=_integer, parse_constant=_refuse, object_pairs_hook=_unique
)
_PLAIN: Final = json.JSONDecoder()
