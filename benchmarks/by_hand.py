"""A regulation of thirty clauses, invented: as a book, and as the function that somebody would write by hand for it."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

__all__ = ["BOOK", "by_hand"]

BOOK = """
book = "benchmark"
version = "1"
title = "学习成果转换办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "学习成果转换办法", url = "https://example.org/b" } }
levels = { x = ["初级", "中级", "高级"] }
[fields]
"source.level" = "level:x"
"source.tier" = "text"
"pair.similarity" = "percent"
"learner.status" = "text"
[[clause]]
id = "1"
kind = "map"
basis = "b:1"
rows = [
  { from = "T0", to = "K0", credits = 1 },
  { from = "T1", to = "K1", credits = 2, until = 2022-01-01 },
  { from = "T1", to = "K1", credits = 1, since = 2022-01-01 },
  { from = "T2", to = "K2" },
  { from = "T3", to = "K3" },
  { from = "T4", to = "K4", credits = 1 },
  { from = "T6", to = "K6", credits = 3, until = 2023-01-01 },
  { from = "T6", to = "K6", credits = 2, since = 2023-01-01 },
  { from = "T7", to = "K7" },
  { from = "T8", to = "K8" },
]
[[clause]]
id = "2"
kind = "map"
basis = "b:2"
match = { "source.class" = ["x-certificate", "award"], "target.kind" = "course" }
[[clause]]
id = "3"
kind = "gate"
basis = "b:3"
forbid = { "target.category" = "思政" }
say = { zh = "思想政治理论课不得转换", en = "courses in political theory are not exchanged" }
[[clause]]
id = "4"
kind = "gate"
basis = "b:4"
forbid = { "source.revoked" = true }
when = { "source.revoked" = { present = true } }
[[clause]]
id = "5"
kind = "gate"
basis = "b:5"
when = { "source.class" = "x-certificate" }
require = { "source.issuer" = ["甲", "乙", "丙"] }
say = { zh = "证书由列入名单的机构颁发", en = "the certificate is of a listed organisation" }
[[clause]]
id = "6"
kind = "gate"
basis = "b:6"
code = "expired"
require = { "application.applied_on" = { at_most = "@source.achieved_on", plus = "7 years" } }
say = { zh = "七年内有效", en = "valid for seven years" }
[[clause]]
id = "7"
kind = "gate"
basis = "b:7"
when = { "source.level" = { at_most = "初级", absent = "fail" } }
forbid = { "target.category" = "专业核心" }
[[clause]]
id = "8"
kind = "gate"
basis = "b:8"
when = { "source.level" = { at_least = "中级", absent = "fail" } }
require = { "target.category" = ["专业核心", "专业基础", "选修"] }
[[clause]]
id = "9"
kind = "gate"
basis = "b:9"
code = "similarity"
require = { "pair.similarity" = { at_least = "80 %", absent = "pass" } }
[[clause]]
id = "10"
kind = "gate"
basis = "b:10"
when = { "source.class" = "award", "target.compulsory" = true }
held = { "source.class" = "x-certificate" }
[[clause]]
id = "11"
kind = "gate"
basis = "b:11"
require = { "learner.status" = ["在籍", "保留学籍"] }
[[clause]]
id = "12"
kind = "gate"
basis = "b:12"
when = { "source.class" = "training" }
require = { "source.hours" = { at_least = 16 } }
[[clause]]
id = "13"
kind = "gate"
basis = "b:13"
require = { "source.achieved_on" = { at_least = "@learner.enrolled_on", minus = "3 years" } }
[[clause]]
id = "14"
kind = "gate"
basis = "b:14"
require = [
  { "target.credits" = { at_most = 3 } },
  { "source.class" = "x-certificate" },
  { "source.class" = "award", "source.tier" = "国家" },
]
[[clause]]
id = "15"
kind = "worth"
basis = "b:15"
when = { "source.class" = "x-certificate" }
rows = [
  { when = { "source.level" = "初级" }, credits = 2 },
  { when = { "source.level" = "中级" }, credits = 4 },
  { when = { "source.level" = "高级" }, credits = 6 },
]
[[clause]]
id = "16"
kind = "worth"
basis = "b:16"
when = { "source.class" = "award" }
rows = [
  { when = { "source.tier" = "国家" }, credits = 4 },
  { when = { "source.tier" = "省" }, credits = "1.5" },
]
[[clause]]
id = "17"
kind = "worth"
basis = "b:17"
when = { "source.class" = "training" }
of = "@source.hours"
per = 16
[[clause]]
id = "18"
kind = "policy"
basis = "b:18"
units = "parts"
leftover = "forfeit"
[[clause]]
id = "19"
kind = "policy"
basis = "b:19"
round = { to = "0.5", way = "down" }
[[clause]]
id = "20"
kind = "policy"
basis = "b:20"
when = { "source.level" = { at_least = "高级", absent = "fail" } }
grade = "优秀"
[[clause]]
id = "21"
kind = "policy"
basis = "b:21"
grade = "合格"
[[clause]]
id = "22"
kind = "highest"
basis = "b:22"
over = { "source.class" = "award" }
per = ["source.content"]
by = "worth"
earlier = "refuse"
[[clause]]
id = "23"
kind = "once"
basis = "b:23"
per = ["target"]
across = "programme"
code = "course-used"
[[clause]]
id = "24"
kind = "once"
basis = "b:24"
per = ["source"]
[[clause]]
id = "25"
kind = "cap"
basis = "b:25"
per = ["source.class"]
at_most = { percent = 20, of = "programme" }
across = "programme"
code = "class"
[[clause]]
id = "26"
kind = "cap"
basis = "b:26"
over = { "target.category" = "专业核心" }
at_most = { percent = 50, of = "selection" }
across = "programme"
code = "core"
[[clause]]
id = "27"
kind = "cap"
basis = "b:27"
per = ["source"]
at_most = 8
across = "bank"
[[clause]]
id = "28"
kind = "cap"
basis = "b:28"
over = { "source.class" = "training" }
measure = "items"
at_most = 20
across = "programme"
code = "trainings"
[[clause]]
id = "29"
kind = "floor"
basis = "b:29"
at_least = 2
[[clause]]
id = "30"
kind = "effect"
basis = "b:30"
on = "granted"
when = { "source.level" = { at_least = "高级", absent = "fail" } }
set = { "status" = "honours" }
"""

_ROWS = {
    "T0": ("K0", [(None, None, 1)]),
    "T1": ("K1", [(None, date(2022, 1, 1), 2), (date(2022, 1, 1), None, 1)]),
    "T2": ("K2", [(None, None, None)]),
    "T3": ("K3", [(None, None, None)]),
    "T4": ("K4", [(None, None, 1)]),
    "T6": ("K6", [(None, date(2023, 1, 1), 3), (date(2023, 1, 1), None, 2)]),
    "T7": ("K7", [(None, None, None)]),
    "T8": ("K8", [(None, None, None)]),
}
_BY_LEVEL = {"初级": Decimal(2), "中级": Decimal(4), "高级": Decimal(6)}
_BY_TIER = {"国家": Decimal(4), "省": Decimal("1.5")}
_ZERO, _HALF = Decimal(0), Decimal("0.5")


def by_hand(text: str) -> dict[str, str]:
    """Decide a case of the benchmark, of one source and one target an item: the amount or the refusal by item."""
    case = json.loads(text)
    outcomes, targets, record = case["outcomes"], case["targets"], case["history"]
    for outcome in outcomes.values():
        outcome["achieved_on"] = date.fromisoformat(outcome["achieved_on"])
    applied = date.fromisoformat(case["application"]["dates"]["applied_on"])
    enrolled = date.fromisoformat(case["learner"]["enrolled_on"])
    pairs = {(pair["source"], pair["target"]): pair["facts"] for pair in case["pairs"]}
    has_certificate = any(one["class"] == "x-certificate" for one in outcomes.values())
    said: dict[str, str] = {}
    worths: dict[str, Decimal] = {}
    items = case["application"]["items"]
    for item in items:
        source_id, target_id = item["sources"][0], item["targets"][0]
        source, target = outcomes[source_id], targets[target_id]
        mapped = _mapped(source, target)
        similarity = pairs.get((source_id, target_id), {}).get("similarity")
        refused = "" if mapped[0] else "map.none"
        refused = refused or _gate(
            source, target, similarity, applied, enrolled, case["learner"]["status"], has_certificate
        )
        worth = None if refused else _worth(source, mapped[1])
        if refused or worth is None:
            said[item["id"]] = refused or "worth.none"
        else:
            worths[item["id"]] = worth // _HALF * _HALF
    _highest(items, outcomes, record, worths, said)
    totals = case["programme"]["totals"]
    core = sum(Decimal(part["credits"]) for part in totals if "专业核心" in part["where"]["category"]) / 2
    share = Decimal(case["programme"]["credits"]) / 5
    _limits(items, outcomes, targets, record, worths, said, core, share)
    return said


def _mapped(source: dict[str, Any], target: dict[str, Any]) -> tuple[bool, int | None]:
    if source["class"] in ("x-certificate", "award"):
        return target["kind"] == "course", None
    to, rows = _ROWS.get(source["code"], ("", []))
    if to != target["code"]:
        return False, None
    day = source["achieved_on"]
    for since, until, credits in rows:
        if (since is None or since <= day) and (until is None or day < until):
            return True, credits
    return False, None


def _gate(
    source: dict[str, Any],
    target: dict[str, Any],
    similarity: str | None,
    applied: date,
    enrolled: date,
    status: str,
    has_certificate: bool,
) -> str:
    kind, level, category, day = source["class"], source.get("level"), target["category"], source["achieved_on"]
    if "思政" in category:
        return "gate.3"
    if source.get("revoked"):
        return "gate.4"
    if kind == "x-certificate" and source["issuer"] not in ("甲", "乙", "丙"):
        return "gate.5"
    if applied > _years(day, 7):
        return "gate.expired"
    if level == "初级" and "专业核心" in category:
        return "gate.7"
    if level in ("中级", "高级") and not {"专业核心", "专业基础", "选修"} & set(category):
        return "gate.8"
    if similarity is not None and Decimal(similarity.removesuffix(" %")) < 80:
        return "gate.similarity"
    if kind == "award" and target["compulsory"] and not has_certificate:
        return "gate.10"
    if status not in ("在籍", "保留学籍"):
        return "gate.11"
    if kind == "training" and source["hours"] < 16:
        return "gate.12"
    if day < _years(enrolled, -3):
        return "gate.13"
    if not (target["credits"] <= 3 or kind == "x-certificate" or source.get("tier") == "国家"):
        return "gate.14"
    return ""


def _years(day: date, years: int) -> date:
    """No day of the benchmark is in February."""
    return day.replace(year=day.year + years)


def _worth(source: dict[str, Any], credits: int | None) -> Decimal | None:
    if credits is not None:
        return Decimal(credits)
    match source["class"]:
        case "x-certificate":
            return _BY_LEVEL.get(source["level"])
        case "award":
            return _BY_TIER.get(source["tier"])
        case _:
            return Decimal(source["hours"]) / 16


def _highest(
    items: list[dict[str, Any]],
    outcomes: dict[str, Any],
    record: list[dict[str, Any]],
    worths: dict[str, Decimal],
    said: dict[str, str],
) -> None:
    groups: dict[str, list[tuple[Decimal, str | None]]] = {}
    for line in record:
        source = outcomes[line["sources"][0]]
        if source["class"] == "award":
            groups.setdefault(source["content"], []).append((Decimal(line["credits"]), None))
    for item in items:
        source = outcomes[item["sources"][0]]
        if source["class"] == "award" and item["id"] in worths:
            groups.setdefault(source["content"], []).append((worths[item["id"]], item["id"]))
    for members in groups.values():
        top = max(range(len(members)), key=lambda at: members[at][0])
        for at, (_, id) in enumerate(members):
            if id is None:
                continue
            if at != top:
                said[id] = "highest.superseded"
            elif any(other is None for _, other in members):
                said[id] = "highest.earlier"


def _limits(
    items: list[dict[str, Any]],
    outcomes: dict[str, Any],
    targets: dict[str, Any],
    record: list[dict[str, Any]],
    worths: dict[str, Decimal],
    said: dict[str, str],
    core_most: Decimal,
    class_most: Decimal,
) -> None:
    by_class: dict[str, Decimal] = {}
    by_source: dict[str, Decimal] = {}
    used: set[str] = set()
    core, trainings = _ZERO, 0

    def count(source: str, target: str, credits: Decimal) -> None:
        nonlocal core, trainings
        kind = outcomes[source]["class"]
        by_class[kind] = by_class.get(kind, _ZERO) + credits
        by_source[source] = by_source.get(source, _ZERO) + credits
        used.add(target)
        core += credits if "专业核心" in targets[target]["category"] else _ZERO
        trainings += kind == "training"

    for line in record:
        count(line["sources"][0], line["target"], Decimal(line["credits"]))
    for item in items:
        if item["id"] in said:
            continue
        source, target = item["sources"][0], item["targets"][0]
        kind = outcomes[source]["class"]
        wanted = min(worths[item["id"]], Decimal(targets[target]["credits"]))
        rooms = [("class", class_most - by_class.get(kind, _ZERO)), ("27", 8 - by_source.get(source, _ZERO))]
        if "专业核心" in targets[target]["category"]:
            rooms.insert(1, ("core", core_most - core))
        granted = max(min(wanted, *(room for _, room in rooms)), _ZERO) // _HALF * _HALF
        if target in used:
            said[item["id"]] = "once.course-used"
        elif source in by_source:
            said[item["id"]] = "once.24"
        elif not granted:
            said[item["id"]] = next(f"cap.{code}" for code, room in rooms if room < wanted)
        elif kind == "training" and trainings >= 20:
            said[item["id"]] = "cap.trainings"
        else:
            said[item["id"]] = _text(granted)
            count(source, target, granted)


def _text(amount: Decimal) -> str:
    return str(amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize())
