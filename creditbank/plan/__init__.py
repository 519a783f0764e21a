"""
The optimiser: the best use of what a learner has, under all clauses at once. Needs the extra ``creditbank[plan]``.

The engine says which items are eligible and what they are worth; a model of whole numbers says which of them fit together;
HiGHS finds the best; and the engine decides it again before anybody sees it.
"""

from creditbank.plan.result import Barred, Plan, PlannedItem
from creditbank.plan.search import plan_case, plan_cases

__all__ = ["Barred", "Plan", "PlannedItem", "plan_case", "plan_cases"]
