"""The one converter between our values and plain ones (the one home of cattrs)."""

from datetime import date
from fractions import Fraction
from itertools import accumulate, pairwise
from types import UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError, StructureHandlerNotFoundError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from creditbank.domain.application import Fact
from creditbank.domain.credit import number_text, parse_number
from creditbank.domain.event import AccountErased
from creditbank.domain.name import Claim, Token
from creditbank.domain.outcome import Outcome
from creditbank.domain.rule.decision import EffectValue

__all__ = ["FAULTS", "committed", "converter", "dashed", "identifier"]

FAULTS = (
    BaseValidationError,
    ForbiddenExtraKeysError,
    StructureHandlerNotFoundError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    AssertionError,  # bytes from elsewhere may break what our own values promise each other
)
"""What structuring raises on values that are not what they should be."""


def dashed(name: str, by: str = "-") -> str:
    """Return ``SkillCertificate`` as ``skill-certificate``."""
    return "".join(f"{by}{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip(by)


def _exact(number: Fraction) -> str:
    return f"-{number_text(-number)}" if number < 0 else number_text(number)


def _from_exact(text: Any, _: Any) -> Fraction:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is no exact number")
    number = -parse_number(text[1:]) if text.startswith("-") else parse_number(text)
    if _exact(number) != text:
        raise ValueError(f"{text!r} is not in lowest terms")
    return number


def _from_day(text: Any, _: Any) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(f"{text!r} is no day")
    return day


def _plain(kind: type) -> Any:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind.__name__}")
        return value

    return structure


def _from_fact(value: Any, _: Any) -> Any:
    if not isinstance(value, str | bool | int):
        raise TypeError(f"{value!r} is no fact")
    return value


def _from_effect_value(value: Any, _: Any) -> Any:
    if not isinstance(value, str | bool):
        raise TypeError(f"{value!r} is neither a text nor true or false")
    return value


def _word_reader(kind: Any) -> Any:
    words = frozenset(_words(kind))

    def read(value: Any, _: Any) -> Any:
        # The library's own hook raises a bare exception here, which no list of faults can name.
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(map(str, words))}")
        return value

    return read


def _register_outcomes(made: Converter) -> None:
    """An outcome carries its class beside its fields."""
    kinds = {dashed(kind.__name__): kind for kind in get_args(Outcome)}
    names = {kind: name for name, kind in kinds.items()}

    def write(outcome: Any) -> dict[str, Any]:
        return {"class": names[type(outcome)], **made.unstructure(outcome, type(outcome))}

    readers = {name: (made.get_structure_hook(kind), kind) for name, kind in kinds.items()}

    def read(value: Any, _: Any) -> Any:
        fields = dict(value)
        reader, kind = readers[fields.pop("class")]
        return reader(fields, kind)

    made.register_unstructure_hook(Outcome, write)
    made.register_structure_hook(Outcome, read)


def _register_erasure(made: Converter) -> None:
    """The positions that an erasure lists are written as gaps, each from the one before: thousands fit into a payload."""
    write, read = _dict_writer(made, AccountErased), _dict_reader(made, AccountErased)

    def writer(event: AccountErased) -> dict[str, Any]:
        written: dict[str, Any] = write(event)
        positions = written.pop("positions")
        written["gaps"] = [after - before for before, after in pairwise((0, *positions))]
        return written

    def reader(value: Any, kind: Any) -> Any:
        fields = dict(value)
        gaps = fields.pop("gaps")
        if any(type(gap) is not int or gap < (number > 0) for number, gap in enumerate(gaps)):
            raise ValueError("gaps are whole numbers, and only the first may be zero")
        return read({**fields, "positions": list(accumulate(gaps))}, kind)

    made.register_unstructure_hook(AccountErased, writer)
    made.register_structure_hook(AccountErased, reader)


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and len(get_args(kind)) == 2 and type(None) in get_args(kind)


def _register_shortcuts(made: Converter) -> None:
    """A name is read as the text it is made of, an optional field as what it holds: the library finds that out at every value."""

    def optional(kind: Any) -> Any:
        (held,) = (one for one in get_args(kind) if one is not type(None))
        read = made.get_structure_hook(held)
        return lambda value, _: None if value is None else read(value, held)

    made.register_structure_hook_factory(_is_optional, optional)
    made.register_structure_hook_factory(
        lambda kind: isinstance(kind, NewType), lambda kind: made.get_structure_hook(kind.__supertype__)
    )


def _is_words(kind: Any) -> bool:
    """Tell whether *kind* is a Literal, or a union of such."""
    return get_origin(kind) is Literal or (get_origin(kind) is Union and all(map(_is_words, get_args(kind))))


def _words(kind: Any) -> tuple[Any, ...]:
    return (
        get_args(kind) if get_origin(kind) is Literal else tuple(word for one in get_args(kind) for word in _words(one))
    )


def _make(*, tokens: bool = False, checked: bool = True) -> Converter:
    made = Converter(
        omit_if_default=True, forbid_extra_keys=checked, detailed_validation=False, prefer_attrib_converters=False
    )
    made.register_unstructure_hook(date, date.isoformat)
    made.register_structure_hook(date, _from_day if checked else (lambda text, _: date.fromisoformat(text)))
    made.register_unstructure_hook(Fraction, _exact)
    made.register_structure_hook(Fraction, _from_exact)
    for kind in (str, int, bool):
        made.register_structure_hook(kind, _plain(kind) if checked else (lambda value, _: value))
    _register_shortcuts(made)
    made.register_structure_hook_factory(_is_words, _word_reader)
    assert isinstance(Fact, UnionType)
    made.register_unstructure_hook(Fact, lambda fact: fact)
    made.register_structure_hook(Fact, _from_fact)
    assert isinstance(EffectValue, UnionType)
    made.register_unstructure_hook(EffectValue, lambda value: value)
    made.register_structure_hook(EffectValue, _from_effect_value)
    # A claim's token never stands in a payload; it counts where two requests are told apart, and in a state.
    made.register_unstructure_hook(Claim, lambda claim: claim.name if tokens else {"kind": claim.kind})
    made.register_structure_hook(
        Claim, lambda value, _: _named_claim(value) if tokens else Claim(_only_kind(value), Token(""))
    )
    made.register_unstructure_hook_factory(attrs.has, lambda cls: _dict_writer(made, cls))
    made.register_structure_hook_factory(attrs.has, lambda cls: _dict_reader(made, cls))
    _register_outcomes(made)
    _register_erasure(made)
    return made


def _only_kind(value: Any) -> str:
    if set(value) != {"kind"} or not isinstance(value["kind"], str):
        raise ValueError("a claim is written as its kind")
    kind: str = value["kind"]
    return kind


def _named_claim(value: Any) -> Claim:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no claim's name")
    kind, _, token = value.partition(":")
    return Claim(kind, Token(token))


def _renames(cls: type) -> dict[str, Any]:
    """``as_`` is written ``as``; None is written by leaving it out, whether or not it is a default."""
    renames = {}
    for field in attrs.fields(cls):
        if not field.init:
            renames[field.name] = override(omit=True)
        elif field.name.endswith("_"):
            renames[field.name] = override(rename=field.name.rstrip("_"))
    return renames


def _nullable(cls: type) -> tuple[str, ...]:
    """Return the fields that may be None and have no default: absent means None."""
    attrs.resolve_types(cls)
    return tuple(
        field.name.rstrip("_")
        for field in attrs.fields(cls)
        if field.init and field.default is attrs.NOTHING and type(None) in get_args(field.type)
    )


def _dict_writer(made: Converter, cls: type) -> Any:
    write: Any = make_dict_unstructure_fn(cls, made, _cattrs_omit_if_default=True, **_renames(cls))
    nullable = _nullable(cls)
    if not nullable:
        return write

    def writer(value: Any) -> dict[str, Any]:
        written: dict[str, Any] = write(value)
        for name in nullable:
            if written[name] is None:
                del written[name]
        return written

    return writer


def _dict_reader(made: Converter, cls: type) -> Any:
    read: Any = make_dict_structure_fn(
        cls,
        made,
        _cattrs_forbid_extra_keys=made.forbid_extra_keys,
        _cattrs_detailed_validation=False,
        **_renames(cls),
    )
    nullable = dict.fromkeys(_nullable(cls))
    if not nullable:
        return read
    return lambda value, kind: read({**nullable, **value}, kind)


converter = _make()
"""Writes payloads and ``--json``, and reads them."""

committed = _make(checked=False)
"""Reads payloads that we wrote and committed to, by their hash: their types are not checked again."""

identifier = _make(tokens=True, checked=False)
"""
Keeps the tokens of claims: writes a verb's arguments, to be compared; writes states, and reads them. A state is our own cache and
never evidence, so its types are not checked again.
"""
