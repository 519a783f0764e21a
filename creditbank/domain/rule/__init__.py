"""
Rules: a regulation is a book of clauses, a case is all that one decision may look at, ``decide`` is pure.

Eleven kinds of clause are known: map, gate, worth, highest, once, cap, floor, score, policy, effect, chain.
"""

from creditbank.domain.rule.book import EXCHANGE_ACTS, Basis, Dates, Derived, RuleBook
from creditbank.domain.rule.case import Case, CaseItem, CurriculumPart, Facts, HistoryLine, LineState, Waiver
from creditbank.domain.rule.clause import (
    AnyClause,
    Cap,
    Chain,
    Clause,
    Effect,
    Floor,
    Gate,
    Highest,
    Map,
    Once,
    Policy,
    Row,
    Score,
    Step,
    Worth,
)
from creditbank.domain.rule.decision import (
    SEMANTICS,
    Compared,
    Decision,
    Declined,
    DeclinedLine,
    ItemResult,
    Line,
    Measured,
    SetEffect,
    Total,
    Working,
)
from creditbank.domain.rule.evaluate import decide, workings
from creditbank.domain.rule.explain import explain
from creditbank.domain.rule.field import FieldType, Value
from creditbank.domain.rule.selection import Selection

__all__ = [
    "EXCHANGE_ACTS",
    "SEMANTICS",
    "AnyClause",
    "Basis",
    "Cap",
    "Case",
    "CaseItem",
    "Chain",
    "Clause",
    "Compared",
    "CurriculumPart",
    "Dates",
    "Decision",
    "Declined",
    "DeclinedLine",
    "Derived",
    "Effect",
    "Facts",
    "FieldType",
    "Floor",
    "Gate",
    "Highest",
    "HistoryLine",
    "ItemResult",
    "Line",
    "LineState",
    "Map",
    "Measured",
    "Once",
    "Policy",
    "Row",
    "RuleBook",
    "Score",
    "Selection",
    "SetEffect",
    "Step",
    "Total",
    "Value",
    "Waiver",
    "Working",
    "Worth",
    "decide",
    "explain",
    "workings",
]
