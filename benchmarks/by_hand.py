"""
What somebody at a college would write by hand for the regulation of :mod:`benchmarks.thirty_clauses`, and for no other.

It answers what a decision answers: of each item what is granted and how, or the code, clause, source and numbers of its
refusal with the codes of whatever else refuses it; totals; what the floor lacks. It keeps no workings, has no book to read
clauses, numbers or words from, and takes every case to be well formed, with one source and one target an item.
"""

import json
from datetime import date
from decimal import Decimal
from typing import Any

__all__ = ["by_hand"]

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
_PLACES = {
    "gate.expired": "6", "gate.similarity": "9", "once.course-used": "23", "cap.class": "25", "cap.core": "26",
    "cap.trainings": "28", "map.none": "1", "highest.superseded": "22", "highest.earlier": "22",
}  # fmt: skip

_Said = dict[str, Any]
_Fails = list[tuple[str, *tuple[tuple[str, str, str, str], ...]]]
"""Codes, each followed by what was compared: what, have, test, limit."""


def by_hand(text: str) -> _Said:
    """Decide a case of the benchmark; the answer is as :func:`creditbank.codec.decision.decision_dict` writes it."""
    case = json.loads(text)
    outcomes, targets, items = case["outcomes"], case["targets"], case["application"]["items"]
    for outcome in outcomes.values():
        outcome["achieved_on"] = date.fromisoformat(outcome["achieved_on"])
    applied = date.fromisoformat(case["application"]["dates"]["applied_on"])
    enrolled = date.fromisoformat(case["learner"]["enrolled_on"])
    pairs = {(pair["source"], pair["target"]): pair["facts"] for pair in case["pairs"]}
    held = sum(one["class"] == "x-certificate" for one in outcomes.values() if not one.get("revoked"))
    said: dict[str, _Said] = {}
    worths: dict[str, Decimal] = {}
    for item in items:
        id, source_id, target_id = item["id"], item["sources"][0], item["targets"][0]
        source, target = outcomes[source_id], targets[target_id]
        mapped, credits = _mapped(source, target)
        fails: _Fails = [] if mapped else [("map.none", ("sources", source_id, "map", target_id))]
        similarity = pairs.get((source_id, target_id), {}).get("similarity")
        fails += _gates(source, target, similarity, applied, enrolled, case["learner"]["status"], held)
        worth = None if fails else _worth(source, credits)
        if fails:
            said[id] = _refused(id, fails)
        elif worth is None:
            said[id] = _refused(id, [("worth.none", ("target", target_id, "worth", ""))])
        else:
            worths[id] = worth
    _highest(case, worths, said)
    counts = _Counts(case)
    for item in items:
        if item["id"] not in said:
            said[item["id"]] = counts.grant(item, worths[item["id"]])
    results = [said[item["id"]] for item in items]
    whole = sum(counts.by_class.values(), _ZERO)
    short = {"clause": "29", "code": "floor.29", "measure": "credits", "have": _text(whole), "at_least": "2"}
    return {
        "results": results,
        "totals": _totals(results, targets),
        **({} if whole >= 2 else {"short": [short | {"short": _text(2 - whole)}]}),
    }


def _refused(id: str, fails: _Fails) -> _Said:
    code, *rows = fails[0]
    result: _Said = {"item": id, "refused": code}
    if code != "worth.none":
        clause = _PLACES.get(code) or code.partition(".")[2]
        result |= {"clause": clause, "basis": f"学习成果转换办法, {clause}, https://example.org/b"}
    result["compared"] = [
        {"what": what, "have": have, "test": test, "limit": limit} for what, have, test, limit in rows
    ]
    also = [other for other, *_ in fails[1:]]
    return result | {"also": also} if also else result


def _totals(results: list[_Said], targets: _Said) -> list[_Said]:
    totals = {"": _ZERO}
    for result in results:
        for one in result.get("targets", ()):
            for name in ("", *targets[one["target"]]["category"]):
                totals[name] = totals.get(name, _ZERO) + Decimal(one["credits"])
    return [
        {"system": "cn-college", "category": name, "credits": _text(amount)} for name, amount in sorted(totals.items())
    ]


# --- clauses 1 to 17 --------------------------------------------------------------------------------------------------


def _mapped(source: _Said, target: _Said) -> tuple[bool, int | None]:
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


def _gates(
    source: _Said, target: _Said, similarity: str | None, applied: date, enrolled: date, status: str, held: int
) -> _Fails:
    kind, level, category, day = source["class"], source.get("level"), target["category"], source["achieved_on"]
    fails: _Fails = []
    if "思政" in category:
        fails.append(("gate.3", ("target.category", _tags(category), "forbidden is", "思政")))
    if source.get("revoked"):
        fails.append(("gate.4", ("source.revoked", "true", "forbidden is", "true")))
    if kind == "x-certificate" and source["issuer"] not in ("甲", "乙", "丙"):
        fails.append(("gate.5", ("source.issuer", source["issuer"], "is", "甲、乙、丙")))
    if applied > (limit := _years(day, 7)):
        fails.append(("gate.expired", ("application.applied_on", str(applied), "at_most", str(limit))))
    if level == "初级" and "专业核心" in category:
        fails.append(("gate.7", ("target.category", _tags(category), "forbidden is", "专业核心")))
    if level in ("中级", "高级") and not {"专业核心", "专业基础", "选修"} & set(category):
        fails.append(("gate.8", ("target.category", _tags(category), "is", "专业核心、专业基础、选修")))
    if similarity is not None and (share := Decimal(similarity.removesuffix(" %")) / 100) < Decimal("0.8"):
        fails.append(("gate.similarity", ("pair.similarity", _text(share), "at_least", "0.8")))
    if kind == "award" and target["compulsory"] and not held:
        fails.append(("gate.10", ("held", "0", "at_least", "1")))
    if status not in ("在籍", "保留学籍"):
        fails.append(("gate.11", ("learner.status", status, "is", "在籍、保留学籍")))
    if kind == "training" and source["hours"] < 16:
        fails.append(("gate.12", ("source.hours", str(source["hours"]), "at_least", "16")))
    if day < (limit := _years(enrolled, -3)):
        fails.append(("gate.13", ("source.achieved_on", str(day), "at_least", str(limit))))
    if not (target["credits"] <= 3 or kind == "x-certificate" or source.get("tier") == "国家"):
        shown = ("target.credits", str(target["credits"]), "at_most", "3")
        classes = [("source.class", kind, "is", "x-certificate"), ("source.class", kind, "is", "award")]
        fails.append(("gate.14", shown, *classes, ("source.tier", source.get("tier", ""), "is", "国家")))
    return fails


def _tags(category: list[str]) -> str:
    return "、".join(sorted(category))


def _years(day: date, years: int) -> date:
    """No day of the benchmark is in February."""
    return day.replace(year=day.year + years)


def _worth(source: _Said, credits: int | None) -> Decimal | None:
    if credits is not None:
        return Decimal(credits)
    match source["class"]:
        case "x-certificate":
            return _BY_LEVEL.get(source["level"])
        case "award":
            return _BY_TIER.get(source["tier"])
        case _:
            return Decimal(source["hours"]) / 16


# --- clause 22 --------------------------------------------------------------------------------------------------------


def _highest(case: _Said, worths: dict[str, Decimal], said: dict[str, _Said]) -> None:
    outcomes = case["outcomes"]
    groups: dict[str, list[tuple[Decimal, str, str, str]]] = {}
    for line in case["history"]:
        id = line["sources"][0]
        if outcomes[id]["class"] == "award":
            shown = f"{line['application']} {line['item']} {line['on']}"
            groups.setdefault(outcomes[id]["content"], []).append((Decimal(line["credits"]), id, "", shown))
    for item in case["application"]["items"]:
        id = item["sources"][0]
        if outcomes[id]["class"] == "award" and item["id"] in worths:
            groups.setdefault(outcomes[id]["content"], []).append((_rounded(worths[item["id"]]), id, item["id"], ""))
    for members in groups.values():
        top = max(members, key=lambda member: member[0])
        earlier = [member for member in members if not member[2]]
        for one in members:
            worth, id, item, _ = one
            if not item:
                continue
            if one is not top:
                compared = ("worth", f"{_text(worth)} ({id})", "highest", f"{_text(top[0])} ({top[1]})")
                said[item] = _refused(item, [("highest.superseded", compared)])
            elif earlier:
                before = max(earlier, key=lambda member: member[0])
                compared = ("worth", f"{_text(worth)} ({id})", "earlier", before[3])
                said[item] = _refused(item, [("highest.earlier", compared)])


# --- clauses 18 to 21 and 23 to 30 ------------------------------------------------------------------------------------


class _Counts:
    """What was granted so far, by whatever a limit counts by."""

    def __init__(self, case: _Said) -> None:
        self.outcomes, self.targets = case["outcomes"], case["targets"]
        self.applied = case["application"]["dates"]["applied_on"]
        self.application = case["application"]["id"]
        self.class_most = Decimal(case["programme"]["credits"]) / 5
        totals = case["programme"]["totals"]
        self.core_most = sum(Decimal(one["credits"]) for one in totals if "专业核心" in one["where"]["category"]) / 2
        self.by_class: dict[str, Decimal] = {}
        self.by_source: dict[str, Decimal] = {}
        self.first_of_target: dict[str, str] = {}
        self.first_of_source: dict[str, str] = {}
        self.core, self.trainings = _ZERO, 0
        for line in case["history"]:
            shown = f"{line['application']} {line['item']} {line['on']}"
            self.count(line["sources"][0], line["target"], Decimal(line["credits"]), shown)

    def count(self, source: str, target: str, credits: Decimal, shown: str) -> None:
        kind = self.outcomes[source]["class"]
        self.by_class[kind] = self.by_class.get(kind, _ZERO) + credits
        self.by_source[source] = self.by_source.get(source, _ZERO) + credits
        self.first_of_target.setdefault(target, shown)
        self.first_of_source.setdefault(source, shown)
        self.core += credits if "专业核心" in self.targets[target]["category"] else _ZERO
        self.trainings += kind == "training"

    def grant(self, item: _Said, worth: Decimal) -> _Said:
        id, source_id, target_id = item["id"], item["sources"][0], item["targets"][0]
        source, target = self.outcomes[source_id], self.targets[target_id]
        kind, need, rounded = source["class"], Decimal(target["credits"]), _rounded(worth)
        wanted = min(rounded, need)
        rooms = [("cap.class", self.class_most - self.by_class.get(kind, _ZERO))]
        if "专业核心" in target["category"]:
            rooms.append(("cap.core", self.core_most - self.core))
        rooms.append(("cap.27", 8 - self.by_source.get(source_id, _ZERO)))
        cuts = [(code, max(room, _ZERO)) for code, room in rooms if room < wanted]
        granted = min([wanted, *(room for _, room in cuts)]) // _HALF * _HALF
        fails: _Fails = []
        if target_id in self.first_of_target:
            fails.append(("once.course-used", ("target.id", target_id, "once", self.first_of_target[target_id])))
        if source_id in self.first_of_source:
            fails.append(("once.24", ("source.id", source_id, "once", self.first_of_source[source_id])))
        if not granted:
            fails.append((cuts[0][0], ("credits", _text(wanted), "at_most", _text(cuts[0][1]))))
        if kind == "training" and self.trainings >= 20:
            fails.append(("cap.trainings", ("items", str(self.trainings + 1), "at_most", "20")))
        if fails:
            return _refused(id, fails)
        self.count(source_id, target_id, granted, f"{self.application} {id} {self.applied}")
        honours = source.get("level") == "高级"
        result: _Said = {
            "item": id,
            "granted": _text(granted),
            "targets": [{"target": target_id, "credits": _text(granted)}],
            "used": [source_id],
            "grade": "优秀" if honours else "合格",
            "mode": "credit",
        }
        if rounded > wanted:
            result["leftover"] = {"forfeited": _text(rounded - wanted)}
        if worth > rounded:
            result["rounded"] = _text(worth - rounded)
        if wanted > granted:
            code = cuts[0][0]
            clause = _PLACES.get(code) or code.partition(".")[2]
            result["declined"] = [{"code": code, "clause": clause, "credits": _text(wanted - granted)}]
        if need > granted:
            result["make_up"] = [{"target": target_id, "credits": _text(need - granted)}]
        return result | {"effects": {"status": "honours"}} if honours else result


def _rounded(worth: Decimal) -> Decimal:
    return worth // _HALF * _HALF


def _text(amount: Decimal) -> str:
    return str(amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize())
