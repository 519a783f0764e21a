"""
``explain``: a decision as people read it, in Chinese or English, as text or as an HTML document.

A learner reads why, what to do next and who can supply what is missing; a registrar which clause, with its source, the
numbers compared, what else failed, and which clauses did not speak.
"""

from collections.abc import Sequence
from typing import Literal

from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import Case
from creditbank.domain.rule.decision import Decision, Working
from creditbank.domain.rule.explain_html import html_of
from creditbank.domain.rule.explain_text import text_of
from creditbank.domain.rule.explain_told import told
from creditbank.domain.rule.explain_words import Language

__all__ = ["Format", "Language", "explain"]

Format = Literal["text", "html"]


def explain(
    decision: Decision,
    workings: Sequence[Working],
    *,
    language: Language = "zh",
    format: Format = "text",
    case: Case | None = None,
    book: RuleBook | None = None,
) -> str:
    """
    Return *decision* explained: item by item, the answer, why, what to do next, the source.

    Args:
        workings: Those of :func:`workings` for the same book and case; without them the clauses are left out.
        format: ``text``, or ``html`` for one document that stands by itself, with every text of others escaped.
        case: The case that was decided, for the names of outcomes and courses; without it they go by their ids.
        book: The book that decided. With it and *case*, an item that no map accepts is told what the closest rule asks.
    """
    found = told(decision, workings, language, case, book)
    return text_of(found) if format == "text" else html_of(found)
