"""
``explain`` as one HTML document: no script, nothing loaded, whatever comes from a file escaped; it prints.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from creditbank.domain.markup import Html, joined, named, page, plain, section, table, tag
from creditbank.domain.rule.explain_told import Asked, Numbers, Source, Told, ToldItem
from creditbank.domain.rule.explain_words import Words

__all__ = ["html_of"]

_STYLE: Final = """\
.answer{font-size:1.1rem;border-left:.4rem solid var(--line);padding-left:.6rem}
.granted{border-color:var(--yes)}.refused{border-color:var(--no)}
@media print,(min-width:40.01rem){th[scope=row]{overflow-wrap:normal}\
td:nth-child(2):nth-last-child(5),td:nth-child(3):nth-last-child(4){white-space:nowrap}\
td:nth-child(4):nth-last-child(3){min-width:4em}}
@media print{.answer{break-inside:avoid}a[href]::after{content:" (" attr(href) ")"}}
"""

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
    title = _TITLE[at]
    items = [_item(number, item, at) for number, item in enumerate(told.items, 1)]
    heading = tag("h1", plain(title))
    body = tag("main", heading, *items, *_totals(told, at), *_short(told, at))
    return page(_lang(at), title, _STYLE, body, _footer(told, at))


# --- parts ------------------------------------------------------------------------------------------------------------


def _item(number: int, item: ToldItem, at: int) -> Html:
    heading = joined(plain(f"{item.item} "), named(item.about)) if item.about else plain(item.item)
    answer = [tag("strong", plain(item.answer))]
    if item.code:
        answer += [plain(f" — {item.why[0]} "), tag("code", plain(item.code))]
    parts = [
        tag("p", *answer, class_=f"answer {'granted' if item.granted else 'refused'}"),
        *(tag("p", named(why)) for why in item.why[1:]),
        *_listed(("下一步", "What to do next")[at], item.next),
        *_described(item.facts),
    ]
    if item.numbers:
        caption = ("比较的数据", "What was compared")[at]
        parts.append(_table(caption, _NUMBERS, [_numbers(one) for one in item.numbers], at))
    if item.source is not None:
        parts += [tag("h3", plain(("依据", "Basis")[at])), _source(item.source, at)]
    parts += _listed(("另外不符合", "Also refused by")[at], item.also)
    if item.asked:
        parts.append(_clauses(item.asked, at))
    if item.silent:
        words = ("未涉及的条款: ", "Clauses that do not speak about it: ")[at]
        parts.append(tag("p", plain(words + "、".join(item.silent))))
    return section(f"item-{number}", heading, *parts)


def _source(source: Source, at: int) -> Html:
    words = plain((f"第 {source.clause} 条款 — ", f"clause {source.clause} — ")[at])
    cited = named(source.citation or source.address)
    if not source.address:
        return tag("p", words, cited)
    return tag("p", words, tag("a", cited, href=source.address, rel="noreferrer"))


def _numbers(one: Numbers) -> tuple[Html, ...]:
    return named(one.what), named(one.have), named(one.should)


def _clauses(asked: Sequence[Asked], at: int) -> Html:
    return _table(("逐条核对", "Clause by clause")[at], _CLAUSES, [_asked(one, at) for one in asked], at)


def _asked(one: Asked, at: int) -> tuple[Html, ...]:
    said = joined(plain(one.said), *([plain(" "), tag("code", plain(one.code))] if one.code else []))
    other = one.language != ("zh", "en")[at]
    says = tag("span", named(one.says), lang=_lang(1 - at)) if other and one.says else named(one.says)
    seen = [tag("div", named(text)) for text in (*one.saw, *map(str, one.numbers))]
    return plain(one.clause), plain(one.kind), plain(one.basis), said, says, joined(*seen)


def _totals(told: Told, at: int) -> Iterator[Html]:
    if told.totals:
        rows = [(named(category), plain(credits), plain(system)) for category, credits, system in told.totals]
        shown = _table(("准予的学分", "Credits granted")[at], _TOTALS, rows, at)
        yield section("totals", plain(("合计", "Totals")[at]), shown)


def _short(told: Told, at: int) -> Iterator[Html]:
    """Say what is not reached over the whole of it, and which clauses looked at the whole."""
    parts: list[Html] = []
    if told.short:
        caption = ("未达到的总量或比例", "Totals and shares not reached")[at]
        parts.append(_table(caption, _NUMBERS, map(_numbers, told.short), at))
    if told.asked:
        parts.append(_clauses(told.asked, at))
    if parts:
        yield section("whole", plain(("整体", "As a whole")[at]), *parts)


def _footer(told: Told, at: int) -> Html:
    """Say by what a stranger decides it again."""
    words = (
        "任何人持有下列办法和案卷,都可以重新计算并得到同样的决定。",
        "Whoever has this rule book and this case can decide again and gets the same.",
    )
    digests = ((("办法", "Rule book"), told.book), (("案卷", "Case"), told.case))
    facts = [(f"{label[at]} SHA-256", digest) for label, digest in digests if digest]
    facts.append((("规则语义版本", "Semantics")[at], str(told.semantics)))
    return tag("footer", tag("p", plain(words[at])), *_described(facts))


# --- markup -----------------------------------------------------------------------------------------------------------


def _lang(at: int) -> str:
    return ("zh-CN", "en")[at]


def _listed(heading: str, texts: Sequence[str]) -> list[Html]:
    if not texts:
        return []
    return [tag("h3", plain(heading)), tag("ul", *(tag("li", named(text)) for text in texts))]


def _described(facts: Iterable[tuple[str, str]]) -> list[Html]:
    rows = [joined(tag("dt", named(label)), tag("dd", named(value))) for label, value in facts]
    return [tag("dl", *rows)] if rows else []


def _table(caption: str, headings: Sequence[Words], rows: Iterable[Sequence[Html]], at: int) -> Html:
    return table(plain(caption), [(words[at],) for words in headings], rows)
