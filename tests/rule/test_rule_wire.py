"""Decisions as they are recorded: every new field comes back, and what says nothing is not written."""

import json

import pytest
from rule_support import case_of_data
from test_rule_award import ABC, THREE, book as award_book, case as award_case
from test_rule_score import BOTH, HOLDER, MAY, book as stage_book, case as stage_case, score

from creditbank.codec.convert import FAULTS, converter, identifier
from creditbank.domain.rule import Decision, decide

LATE = ("score", "effects", "floors", "declined_lines", "level_points")


def award(day="2026-06-30"):
    rules = award_book(*ABC)
    return decide(rules, case_of_data(award_case(THREE, day=day), rules))


def stage(marks=BOTH):
    rules = stage_book(score(), MAY % ("a", "granted", "false", ""), MAY % ("b", "refused", '"later"', ""))
    return decide(rules, case_of_data(stage_case(marks, HOLDER), rules))


@pytest.mark.parametrize("decision", [award(), award("2026-07-01"), stage(), stage({"文化": 0, "技能": 0})])
@pytest.mark.parametrize("one", [converter, identifier])
def test_a_decision_is_written_and_read_back(decision, one):
    written = json.loads(json.dumps(one.unstructure(decision, Decision)))
    assert one.structure(written, Decision) == decision


def test_what_came_later_is_left_out_where_it_says_nothing():
    plain = converter.unstructure(stage().results[0])
    assert plain["score"] == "61"
    assert not set(plain) & {"floors", "declined_lines", "level_points"}
    refused = converter.unstructure(award("2026-07-01"), Decision)
    assert [one["need"] for one in refused["short"]] == ["120"]
    assert "short" not in converter.unstructure(stage(), Decision)


def test_a_value_of_an_effect_is_text_or_flag():
    written = converter.unstructure(stage(), Decision)
    written["results"][0]["effects"][0]["value"] = 1.5
    with pytest.raises(FAULTS):
        converter.structure(written, Decision)
