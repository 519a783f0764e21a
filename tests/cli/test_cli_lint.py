"""``creditbank lint``, and ``publish --despite``."""

import json

import pytest

BOOK = """
book = "pump"
version = "1"
title = "试行办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "试行办法" } }
clause = [
  { id = "scope", kind = "map", match = { "target.kind" = "course" }, basis = "b:1" },
  { id = "worth", kind = "worth", of = "@source.credits", times = "3/2", basis = "b:2" },
]
"""


@pytest.fixture
def pump(tmp_path):
    path = tmp_path / "pump.toml"
    path.write_text(BOOK, "utf-8")
    return path


def test_a_clean_book_is_said_to_be(run):
    said = run("lint", "x-certificate-conversion")
    assert said.exit_code == 0
    assert "错误 errors: 0, 提醒 warnings: 0" in said.stdout


def test_warnings_are_no_failure_and_open_clauses_are_listed(run):
    said = run("lint", "hkqf", "hangzhou-elective-credits")
    assert said.exit_code == 0
    assert "余额未写明 leftover · hkqf@1" in said.stdout
    assert "不能断定 Open (hkqf@1): level" in said.stdout


def test_errors_end_with_3_and_show_the_circle(run, pump):
    said = run("lint", pump)
    assert said.exit_code == 3
    assert "错误 error · 循环套利 arbitrage · pump@1" in said.stdout
    assert "      cn-college (pump@1:worth): 1.5" in said.stdout
    assert "unverified" in said.stderr
    plain = run("lint", pump, "--json")
    value = json.loads(plain.stdout)
    assert plain.exit_code == 3
    assert (value["ok"], value["books"]) == (False, ["pump@1"])
    (found,) = [one for one in value["findings"] if one["weight"] == "error"]
    assert found["kind"] == "arbitrage"
    assert found["clauses"] == ["pump@1:worth"]
    assert found["example"] == [["cn-college", "1"], ["cn-college (pump@1:worth)", "1.5"]]
    assert json.loads(plain.stderr)["exit"] == 3


def test_what_is_no_book_is_malformed(run, tmp_path):
    (tmp_path / "x.toml").write_text("book = 1", "utf-8")
    assert run("lint", tmp_path / "x.toml").exit_code == 2
    assert run("lint").exit_code == 2
    assert run("lint", "no-such-book").exit_code == 4


def test_publishing_refuses_what_lint_does(run, errors, college, pump):
    refused = run("publish", college.folder, pump, "--json")
    assert refused.exit_code == 1
    assert errors(refused)["code"] == "book.flawed"
    assert run("publish", college.folder, pump, "--despite", "试点").exit_code == 0
    assert run("verify", college.folder).exit_code == 0
