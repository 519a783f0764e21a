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


def test_beside_a_bank_it_says_what_publishing_there_would(run, college, tmp_path):
    """Half up to halves, and doubled back: whole credits gain nothing, a half does, and the bank counts in halves."""
    there, back = (
        BOOK.replace('"pump"', f'"{name}"').replace('"3/2"', f'"{times}"').replace('"cn-college"', f'"{to}"', 1)
        .replace("of = ", f'when = {{ "source.system" = "{of}" }}, of = ')
        for name, of, to, times in (("there", "cn-bank", "cn-college", "1/2"), ("back", "cn-college", "cn-bank", "2"))
    )  # fmt: skip
    policy = '  { id = "round", kind = "policy", round = { to = 0.5, way = "half-up" }, leftover = "forfeit", basis = "b:3" },\n]'
    files = [tmp_path / "there.toml", tmp_path / "back.toml"]
    files[0].write_text(there.replace("\n]", f"\n{policy}"), "utf-8")
    files[1].write_text(back, "utf-8")
    assert run("lint", *files).exit_code == 0
    assert run("lint", files[1], "--beside", college.folder).exit_code == 0
    both = run("lint", *files, "--beside", college.folder)
    assert both.exit_code == 3
    assert "cn-bank的0.5学分换回1学分" in both.stdout
    assert run("publish", college.folder, files[0]).exit_code == 0
    beside = run("lint", files[1], "--beside", college.folder)
    assert beside.exit_code == 3
    assert "cn-bank的0.5学分换回1学分" in beside.stdout
    refused = run("publish", college.folder, files[1])
    assert refused.exit_code == 1
    assert "0.5 of cn-bank come back as 1" in refused.stderr


PARENT = """
book = "{name}"
version = "1"
title = "上位办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = {{ p = {{ title = "上位办法" }} }}
clause = [
  {{ id = "scope", kind = "map", match = {{ "target.kind" = "course" }}, basis = "p:1" }},
  {{ id = "most", kind = "cap", at_most = 4, basis = "p:2" }},
]
"""
CHILD = """
book = "{name}-school"
version = "1"
title = "学校细则"
since = 2020-01-01
extends = ["{name}@1"]
basis = {{ s = {{ title = "学校细则" }} }}
clause = [{{ id = "most", kind = "cap", at_most = 6, replaces = "most", basis = "s:1" }}]
"""


def test_each_of_several_books_is_compared_with_its_own_parent(run, tmp_path):
    schools = []
    for name in ("north", "south"):
        (tmp_path / f"{name}.toml").write_text(PARENT.format(name=name), "utf-8")
        schools.append(tmp_path / f"{name}-school.toml")
        schools[-1].write_text(CHILD.format(name=name), "utf-8")
    found = json.loads(run("lint", *schools, "--json").stdout)["findings"]
    assert [one["book"] for one in found if one["kind"] == "loosened"] == ["north-school@1", "south-school@1"]


def test_a_parent_that_is_no_text_is_told(run, tmp_path):
    (tmp_path / "pump.toml").write_bytes(BOOK.replace("试行办法", "試行").encode("big5"))
    child = BOOK.replace('book = "pump"', 'book = "own"').replace('system = "cn-college"', 'extends = ["pump@1"]')
    (tmp_path / "own.toml").write_text(child.replace('acts = ["convert"]\n', ""), "utf-8")
    said = run("lint", tmp_path / "own.toml")
    assert said.exit_code == 2
    assert "pump@1: it is not UTF-8" in said.stderr
