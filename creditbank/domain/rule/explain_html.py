"""
``explain`` as one HTML document: no script, nothing loaded, whatever comes from a file escaped; it prints.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final, NewType

from creditbank.domain.rule.explain_text import visible
from creditbank.domain.rule.explain_told import Asked, Numbers, Source, Told, ToldItem
from creditbank.domain.rule.explain_words import Words

__all__ = ["html_of"]

_Html = NewType("_Html", str)
"""What is markup already. The type checker lets no other text into the document than through :func:`_text`."""

_STYLE: Final = """\
body{font:16px/1.6 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1rem}
section{border-top:1px solid #767676;margin-top:2rem}
h1{font-size:1.6rem}h2{font-size:1.25rem}h3{font-size:1rem;margin-bottom:.25rem}
.answer{font-size:1.1rem;border-left:.4rem solid #767676;padding-left:.6rem}
.granted{border-color:#1b6e3c}.refused{border-color:#a3181d}
table{border-collapse:collapse;width:100%;margin:1rem 0;font-size:.9rem}
caption{text-align:left;font-weight:600}
th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
dt{font-weight:600}dd{margin:0 0 .3rem 1rem}code,footer{overflow-wrap:anywhere}footer{margin-top:2rem;font-size:.85rem}
@media print{body{margin:0;max-width:none;font-size:11pt}tr,.answer{break-inside:avoid}h2,h3,caption{break-after:avoid}
a[href]::after{content:" (" attr(href) ")"}}"""

_TITLE: Final[Words] = ("决定说明", "Explanation of a decision")
_NUMBERS: Final[tuple[Words, ...]] = (("比较项", "Compared"), ("实际", "Have"), ("要求", "Required"))
_CLAUSES: Final[tuple[Words, ...]] = (
    ("条款", "Clause"),
    ("种类", "Kind"),
    ("依据", "Basis"),
    ("结果", "Result"),
    ("内容", "What it says"),
    ("所见", "What it saw"),
)
_TOTALS: Final[tuple[Words, ...]] = (("类别", "Category"), ("学分", "Credits"), ("学分制", "Credit system"))


def html_of(told: Told) -> str:
    """Return *told* as a whole document, UTF-8, that stands by itself."""
    at = ("zh", "en").index(told.language)
    title = _text(_TITLE[at])
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head = _join(
        _Html('<meta charset="utf-8">'),
        _Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        _Html('<meta name="viewport" content="width=device-width">'),
        _tag("title", title),
        _tag("style", _Html(_STYLE)),
    )
    items = [_item(number, item, at) for number, item in enumerate(told.items, 1)]
    body = _tag("main", _tag("h1", title), *items, *_totals(told, at), *_short(told, at), _footer(told, at))
    return f'<!doctype html>\n<html lang="{_lang(at)}">\n{_tag("head", head)}\n{_tag("body", body)}\n</html>\n'


# --- parts ------------------------------------------------------------------------------------------------------------


def _item(number: int, item: ToldItem, at: int) -> _Html:
    name = f"item-{number}"
    heading = _join(_text(f"{item.item} "), _name(item.about)) if item.about else _text(item.item)
    answer = [_tag("strong", _text(item.answer))]
    if item.code:
        answer += [_text(f" — {item.why[0]} "), _tag("code", _text(item.code))]
    parts = [
        _tag("h2", heading, id=name),
        _tag("p", *answer, **{"class": f"answer {'granted' if item.granted else 'refused'}"}),
        *(_tag("p", _name(why)) for why in item.why[1:]),
        *_listed(("下一步", "What to do next")[at], item.next),
        *_described(item.facts),
    ]
    if item.numbers:
        caption = ("比较的数据", "What was compared")[at]
        parts.append(_table(caption, _NUMBERS, [_numbers(one) for one in item.numbers], at))
    if item.source is not None:
        parts += [_tag("h3", _text(("依据", "Basis")[at])), _source(item.source, at)]
    parts += _listed(("另外不符合", "Also refused by")[at], item.also)
    if item.asked:
        parts.append(_clauses(item.asked, at))
    if item.silent:
        words = ("未涉及的条款: ", "Clauses that do not speak about it: ")[at]
        parts.append(_tag("p", _text(words + "、".join(item.silent))))
    return _tag("section", *parts, **{"aria-labelledby": name})


def _source(source: Source, at: int) -> _Html:
    words = _text((f"第 {source.clause} 条款 — ", f"clause {source.clause} — ")[at])
    cited = _name(source.citation or source.address)
    if not source.address:
        return _tag("p", words, cited)
    return _tag("p", words, _tag("a", cited, href=source.address, rel="noreferrer"))


def _numbers(one: Numbers) -> tuple[_Html, ...]:
    return _name(one.what), _name(one.have), _name(one.should)


def _clauses(asked: Sequence[Asked], at: int) -> _Html:
    return _table(("逐条核对", "Clause by clause")[at], _CLAUSES, [_asked(one, at) for one in asked], at)


def _asked(one: Asked, at: int) -> tuple[_Html, ...]:
    said = _join(_text(one.said), *([_text(" "), _tag("code", _text(one.code))] if one.code else []))
    other = one.language != ("zh", "en")[at]
    says = _tag("span", _name(one.says), lang=_lang(1 - at)) if other and one.says else _name(one.says)
    seen = [_tag("div", _name(text)) for text in (*one.saw, *map(str, one.numbers))]
    return _text(one.clause), _text(one.kind), _text(one.basis), said, says, _join(*seen)


def _totals(told: Told, at: int) -> Iterator[_Html]:
    if told.totals:
        rows = [(_name(category), _text(credits), _text(system)) for category, credits, system in told.totals]
        yield _tag(
            "section",
            _tag("h2", _text(("合计", "Totals")[at]), id="totals"),
            _table(("准予的学分", "Credits granted")[at], _TOTALS, rows, at),
            **{"aria-labelledby": "totals"},
        )


def _short(told: Told, at: int) -> Iterator[_Html]:
    """Say what is not reached over the whole of it, and which clauses looked at the whole."""
    parts: list[_Html] = []
    if told.short:
        caption = ("未达到的总量或比例", "Totals and shares not reached")[at]
        parts.append(_table(caption, _NUMBERS, map(_numbers, told.short), at))
    if told.asked:
        parts.append(_clauses(told.asked, at))
    if parts:
        heading = _tag("h2", _text(("整体", "As a whole")[at]), id="whole")
        yield _tag("section", heading, *parts, **{"aria-labelledby": "whole"})


def _footer(told: Told, at: int) -> _Html:
    """Say by what a stranger decides it again."""
    words = (
        "任何人持有下列办法和案卷,都可以重新计算并得到同样的决定。",
        "Whoever has this rule book and this case can decide again and gets the same.",
    )
    named = ((("办法", "Rule book"), told.book), (("案卷", "Case"), told.case))
    facts = [(f"{label[at]} SHA-256", digest) for label, digest in named if digest]
    facts.append((("规则语义版本", "Semantics")[at], str(told.semantics)))
    return _tag("footer", _tag("p", _text(words[at])), *_described(facts))


# --- markup -----------------------------------------------------------------------------------------------------------


def _lang(at: int) -> str:
    return ("zh-CN", "en")[at]


def _text(text: str) -> _Html:
    return _Html(escape(visible(text), quote=True))


def _name(text: str) -> _Html:
    """Return text from a book or a case, kept from turning the direction of what stands around it."""
    return _tag("bdi", _text(text)) if text else _Html("")


def _join(*parts: _Html) -> _Html:
    return _Html("".join(parts))


def _tag(name: str, *content: _Html, **attributes: str) -> _Html:
    written = "".join(f' {key}="{_text(value)}"' for key, value in attributes.items())
    return _Html(f"<{name}{written}>{_join(*content)}</{name}>")


def _listed(heading: str, texts: Sequence[str]) -> list[_Html]:
    if not texts:
        return []
    return [_tag("h3", _text(heading)), _tag("ul", *(_tag("li", _name(text)) for text in texts))]


def _described(facts: Iterable[tuple[str, str]]) -> list[_Html]:
    rows = [_join(_tag("dt", _name(label)), _tag("dd", _name(value))) for label, value in facts]
    return [_tag("dl", *rows)] if rows else []


def _table(caption: str, headings: Sequence[Words], rows: Iterable[Sequence[_Html]], at: int) -> _Html:
    head = _tag("tr", *(_tag("th", _text(words[at]), scope="col") for words in headings))
    body = [_tag("tr", _tag("th", row[0], scope="row"), *(_tag("td", cell) for cell in row[1:])) for row in rows]
    return _tag("table", _tag("caption", _text(caption)), _tag("thead", head), _tag("tbody", *body))
