"""``explain`` as plain text: an item a paragraph, one thing a line."""

from collections.abc import Iterator

from creditbank.domain.markup import visible
from creditbank.domain.rule.explain_told import Asked, Source, Told, ToldItem

__all__ = ["text_of"]


def text_of(told: Told) -> str:
    """Return *told* as lines; every name stays inside its line."""
    at = ("zh", "en").index(told.language)
    lines = [line for item in told.items for line in _item(item, at)]
    lines += [f"{name}: {credits} ({system})" for name, credits, system in told.totals]
    lines += [("尚缺: ", "still short: ")[at] + str(numbers) for numbers in told.short]
    lines += [_asked(asked) for asked in told.asked]
    return "".join(f"{visible(line)}\n" for line in lines)


def _item(item: ToldItem, at: int) -> Iterator[str]:
    head = f"{item.item} {item.about}" if item.about else item.item
    yield f"{head}: {item.answer}" + (f" — {item.why[0]} ({item.code})" if item.code else "")
    for why in item.why[1:]:
        yield f"  {why}"
    for numbers in item.numbers:
        yield f"  {numbers}"
    for label, value in item.facts:
        yield f"  {label}: {value}"
    for following in item.next:
        yield ("  下一步: ", "  next: ")[at] + following
    if item.source is not None:
        yield ("  依据: ", "  basis: ")[at] + _source(item.source)
    if item.also:
        yield ("  另有: ", "  also: ")[at] + "、".join(item.also)
    for asked in item.asked:
        yield _asked(asked)
    if item.silent:
        yield ("  未涉及的条款: ", "  clauses that do not speak: ")[at] + "、".join(item.silent)


def _source(source: Source) -> str:
    return f"{source.clause} — " + ", ".join(part for part in (source.citation, source.address) if part)


def _asked(asked: Asked) -> str:
    head = f"{asked.kind} {asked.clause} [{asked.basis}]" if asked.clause else asked.kind
    parts = (head, asked.said, asked.code, asked.says, "; ".join(asked.saw), "; ".join(map(str, asked.numbers)))
    return "  · " + " — ".join(part for part in parts if part)
