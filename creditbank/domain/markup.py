"""
Markup: what every HTML page of ours is made of. No script, nothing loaded, whatever comes from a record escaped; it prints.

On a phone the rows of a table stand under each other, each cell with the heading of its column. The roles are written out, since
browsers forget what a table is once it is shown as something else.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, NewType

__all__ = ["Html", "both", "joined", "link", "named", "page", "plain", "section", "table", "tag", "visible"]

Html = NewType("Html", str)
"""What is markup already. The type checker lets no other text into a page than through :func:`plain`."""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"

STYLE: Final = """\
:root{color-scheme:light;--ink:#1a1a1a;--paper:#fff;--soft:#525252;--line:#767676;--yes:#1b6e3c;--no:#a3181d;--link:#1a4f9c}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--ink:#ececec;--paper:#161616;--soft:#b8b8b8;\
--line:#8c8c8c;--yes:#7fd1a0;--no:#ff9d9d;--link:#9cc3ff}}
body{font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:var(--ink);\
background:var(--paper);max-width:60rem;margin:1.5rem auto;padding:0 1rem;overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
h1{font-size:1.6rem;line-height:1.3}h2{font-size:1.25rem;margin:0 0 .5rem}h3{font-size:1.05rem;margin:1rem 0 .25rem}
section{border-top:1px solid var(--line);margin-top:2rem;padding-top:.8rem}
a{color:var(--link)}.soft{color:var(--soft);font-size:.9em}.yes{color:var(--yes)}.no{color:var(--no)}ul{padding-left:1.2rem}
table{border-collapse:collapse;width:100%;margin:.8rem 0 1.4rem;font-size:.95rem}caption{text-align:left;font-weight:600}
th,td{border:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top}
td ul{margin:0;padding-left:1.1rem}
dt{font-weight:600}dd{margin:0 0 .3rem 1rem}footer{margin-top:2rem;font-size:.875rem}
@media screen and (max-width:40rem){
body{margin:1rem auto}table,tbody,tr,th,td,caption{display:block}table{font-size:1rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{border:1px solid var(--line);border-radius:.4rem;padding:.4rem .6rem;margin:.5rem 0}
th,td{border:0;padding:.1rem 0}td{display:grid;grid-template-columns:6rem minmax(0,1fr);column-gap:.6rem}
td::before{content:attr(data-label);content:attr(data-label) / "";color:var(--soft);font-size:.875rem;\
line-height:1.3;padding-top:.2rem}}
@media print{body{margin:0;max-width:none;font-size:10.5pt}tr,li{break-inside:avoid}h1,h2,h2+p,h3,caption{break-after:avoid}\
nav{display:none}a{color:inherit;text-decoration:none}}
@page{margin:15mm;@bottom-right{content:counter(page) " / " counter(pages);font-size:9pt}}
"""
"""What the pages share. English under a Chinese heading is smaller; colours keep a contrast of 4.5 in light, dark and print."""

_HIDDEN: Final = {
    each: f"\\u{each:04x}"
    for each in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x061C,
        0x200E,
        0x200F,
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    )
}
"""What would break a line, move a cursor, turn the direction of reading, or is half a character."""


def visible(text: str) -> str:
    """Return *text* with everything that hides or displaces other text spelt out: names come from anybody."""
    return text.translate(_HIDDEN)


def page(lang: str, title: str, style: str, *content: Html) -> str:
    """Return a whole document, UTF-8, that stands by itself; *style* comes after what all pages share."""
    head = joined(
        Html('<meta charset="utf-8"/>'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1"/>'),
        tag("title", plain(title)),
        tag("style", Html(STYLE + style)),
    )
    body = tag("body", *content)
    return f'<!doctype html>\n<html lang="{lang}">\n{tag("head", head)}\n{body}\n</html>\n'


def plain(text: str) -> Html:
    """Return *text* as markup that shows just it."""
    return Html(escape(visible(text), quote=True))


def named(text: str) -> Html:
    """Return text from a record or a book, kept from turning the direction of what stands around it."""
    return tag("bdi", plain(text)) if text else Html("")


def both(zh: str, en: str) -> Html:
    """Return Chinese, then English: a voice that reads the page aloud is told which is which."""
    return joined(plain(f"{zh} "), tag("span", plain(en), lang="en"))


def joined(*parts: Html) -> Html:
    """Return *parts*, one after the other."""
    return Html("".join(parts))


def tag(name: str, *content: Html, **attributes: str) -> Html:
    """Return an element. Of an attribute's name ``_`` is written ``-``, and left out at the end (``class_``)."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{plain(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{written}>{joined(*content)}</{name}>")


def link(id: str, *content: Html) -> Html:
    """Return a link to the part of the same page that is called *id*."""
    return tag("a", *content, href=f"#{id}")


def section(id: str, heading: Html, *content: Html) -> Html:
    """Return a part of the page, named by its heading."""
    return tag("section", tag("h2", heading, id=id), *content, aria_labelledby=id)


def table(caption: Html, headings: Sequence[tuple[str, ...]], rows: Iterable[Sequence[Html]]) -> Html:
    """Return a table; a heading is one text, or Chinese and English. The first cell of a row names the row."""
    columns = [
        tag("th", both(*one) if len(one) == 2 else plain(*one), scope="col", role="columnheader") for one in headings
    ]
    labels = [" ".join(one) for one in headings]
    body = []
    for first, *rest in rows:
        cells = [
            tag("td", tag("div", cell or plain("—")), data_label=label, role="cell")
            for label, cell in zip(labels[1:], rest, strict=True)
        ]
        body.append(tag("tr", tag("th", first, scope="row", role="rowheader"), *cells, role="row"))
    head = tag("thead", tag("tr", *columns, role="row"), role="rowgroup")
    return tag("table", tag("caption", caption), head, tag("tbody", *body, role="rowgroup"), role="table")
