"""
Deciding: applications of 1, 5 and 40 items under a book of 30 clauses, from the text of the case to the decision's JSON.

What it should cost. A function that somebody writes by hand for one regulation reads the text with json.loads (some 10 µs,
and 2 for every line of the record), asks some 25 questions of an item at a tenth of a microsecond each and writes the
answer: about 10 µs an item. It answers all that the decision answers (codes, clauses, numbers compared, whatever else
refuses, what is left over, totals), and the run asserts that both say the same. It keeps no workings.

The engine asks every clause, says what each saw and hashes that, checks every key and type of the case, and is exact. For
each of 30 clauses that is a selection (two calls, 0.5 µs), what it saw (1 µs), a row of the workings and its hash (1.5 µs):
some 100 µs an item, and a tenth of that to read the case and write the result. So 3,000 items a second are promised on this
machine, and ten times the function by hand anywhere. A line of the record costs its reading (9 µs here, 2 by hand), and is
grouped once by each clause that counts, not once an item.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

from benchmarks.by_hand import by_hand
from benchmarks.common import Result, Run, main
from benchmarks.thirty_clauses import BOOK
from creditbank.codec.book import read_book
from creditbank.codec.case import read_case
from creditbank.codec.decision import decision_dict
from creditbank.domain.rule import RuleBook, decide

ROUNDS = 7
ITEMS = 600
SEED = 11
TIMES_MOST = 10.0
ITEMS_PER_S = 3_000

_COURSES = 60
_CATEGORIES = (["专业核心"], ["专业核心", "专业课"], ["专业基础"], ["专业基础", "专业课"], ["选修"], ["选修", "思政"])


def measure(run: Run) -> Iterator[Result]:
    """Yield seven results: our time by that of a function by hand, six times; and seconds for as many items as promised."""
    book = read_book(BOOK, name="benchmark")
    assert len(book.clauses) == 30, "it is a book of thirty clauses"
    mixed: list[str] = []
    for lines in (0, 50):
        for items in (1, 5, 40):
            count = run.pick(ITEMS, 80) // items
            cases = [_case(random.Random(f"{SEED} {items} {lines} {n}"), items, lines) for n in range(count)]
            _check(book, cases)
            mixed += cases if not lines else []
            pairs = run.paired(
                lambda cases=cases: run.ours(lambda: _decide(book, cases)),  # type: ignore[misc] # bound now
                lambda cases=cases: run.floor(lambda: _by_hand(cases)),  # type: ignore[misc] # bound now
                ROUNDS,
            )
            yield run.result(
                f"decided, {items} item{'s' * (items > 1)} and {lines} lines of record ÷ by hand", pairs.cost(),
                target=TIMES_MOST, bound="at most", ours_s=pairs.ours_s, floor_s=pairs.floor_s, size=count * items,
                entries=True, note="entries are items, the reading of the case and the writing of the decision included",
            )  # fmt: skip
    size = sum(len(json.loads(case)["application"]["items"]) for case in mixed)
    took = [run.ours(lambda: _decide(book, mixed)) for _ in range(run.pick(ROUNDS, 2))]
    yield run.result(
        f"{ITEMS_PER_S:,} items decided", [each / size * ITEMS_PER_S for each in took], target=1.0, bound="at most",
        ours_s=took, floor_s=None, size=size, entries=True, unit="s",
        note="a third of the items each in applications of 1, 5 and 40, without a record",
    )  # fmt: skip


def _decide(book: RuleBook, cases: list[str]) -> list[dict[str, Any]]:
    return [decision_dict(decide(book, read_case(text, book))) for text in cases]


def _by_hand(cases: list[str]) -> list[dict[str, Any]]:
    return [by_hand(text) for text in cases]


def _check(book: RuleBook, cases: list[str]) -> None:
    """Both say the same of every item: they are two ways to do one thing."""
    granted = refused = 0
    for ours, hand in zip(_decide(book, cases), _by_hand(cases), strict=True):
        assert {key: ours[key] for key in ("results", "totals", "short") if key in ours} == hand, "both say the same"
        granted += sum(not one.get("refused") for one in ours["results"])
        refused += sum(bool(one.get("refused")) for one in ours["results"])
    assert 3 * granted > refused > 0, "much is granted, and some is not"


# --- cases ------------------------------------------------------------------------------------------------------------


def _case(drawn: random.Random, items: int, lines: int) -> str:
    courses = {f"c{n}": _course(n) for n in range(_COURSES + lines)}
    outcomes = {f"s{n}": _outcome(drawn) for n in range(items)}
    earlier = {f"e{n}": _outcome(drawn) for n in range(lines)}
    named = drawn.sample(range(_COURSES), items)
    targets = [_target(drawn, outcomes[f"s{n}"], f"c{course}") for n, course in enumerate(named)]
    record = [
        {
            "application": f"earlier-{n}", "item": "1", "act": "convert", "sources": [f"e{n}"],
            "target": f"c{_COURSES + n}", "credits": "0.5", "on": f"2023-{1 + n % 12:02}-01", "programme": "p",
            "institution": "college", "book": "benchmark",
        }
        for n in range(lines)
    ]  # fmt: skip
    used = {*targets, *(line["target"] for line in record)}
    case = {
        "application": {
            "id": "a", "act": "convert", "dates": {"applied_on": "2024-06-01"},
            "items": [{"id": str(n), "sources": [f"s{n}"], "targets": [target]} for n, target in enumerate(targets)],
        },
        "learner": {"enrolled_on": "2022-09-01", "status": "在籍"},
        "programme": {
            "id": "p", "institution": "college", "credits": 140,
            "totals": [{"where": {"category": [name]}, "credits": 40} for name in ("专业核心", "专业基础", "选修")],
        },
        "outcomes": outcomes | earlier,
        "targets": {id: course for id, course in courses.items() if id in used},
        "pairs": [
            {"source": f"s{n}", "target": target, "facts": {"similarity": drawn.choice(["70 %", "80 %", "90 %", "95 %"])}}
            for n, target in enumerate(targets) if drawn.random() < 0.3
        ],
        "history": record,
        "systems": {"cn-college": "0.5"},
    }  # fmt: skip
    return json.dumps(case, ensure_ascii=False)


def _course(number: int) -> dict[str, Any]:
    category = _CATEGORIES[number % len(_CATEGORIES)]
    return {
        "kind": "course",
        "code": f"K{number}",
        "category": category,
        "compulsory": number % 3 == 0,
        "credits": 1 + number % 4,
    }


def _outcome(drawn: random.Random) -> dict[str, Any]:
    kind = drawn.choice(["x-certificate", "x-certificate", "award", "training"])
    day = f"{drawn.choice([2016] + 9 * [2021, 2022, 2023])}-0{1 + drawn.randrange(9)}-10"
    found: dict[str, Any] = {"class": kind, "issuer": drawn.choice("甲乙丙甲乙丙甲乙丙丁"), "achieved_on": day}
    match kind:
        case "x-certificate":
            found["level"] = drawn.choice(["初级", "中级", "高级"])
        case "award":
            found |= {"tier": drawn.choice(["国家", "国家", "国家", "省", "市"]), "content": f"n{drawn.randrange(20)}"}
        case _:
            found |= {"code": f"T{drawn.randrange(10)}", "hours": drawn.choice([8, 16, 24, 40, 40, 48, 56, 70])}
    return found


def _target(drawn: random.Random, outcome: dict[str, Any], any_course: str) -> str:
    """A training is mostly asked for the course that its row names."""
    return f"c{int(outcome['code'][1:])}" if "code" in outcome and drawn.random() < 0.97 else any_course


if __name__ == "__main__":
    main(measure)
