"""``creditbank diff``: what a board reads, and what a program reads."""

import json

import pytest

from creditbank.cli.shape import shaped
from creditbank.domain.decide.account import deposit
from creditbank.domain.decide.convert import convert
from creditbank.domain.name import InstitutionId
from creditbank.domain.outcome import Outcome
from creditbank.domain.request import Request
from creditbank.rulebooks import read

TEXT = read("x-certificate-conversion")


@pytest.fixture
def decided(college):
    """The college's bank, after one application for four courses of 4 credits: two are granted."""
    with college.opened() as bank:
        outcome = shaped(college.certificate(), Outcome, "outcome")
        held = bank.record(Request(InstitutionId(outcome.issuer), "d", bank.today()), deposit, college.account, outcome)
        school = Request(InstitutionId("keys:college"), "c", bank.today())
        bank.record(school, convert, college.account, college.application(held.event.id, "4", "4", "4", "4"))
    return college


def revised(tmp_path, *changes):
    text = TEXT.replace("2022-1", "2026-1")
    for old, new in changes:
        text = text.replace(old, new)
    path = tmp_path / "revised.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_board_reads_what_changes_and_why(run, decided, tmp_path):
    said = run(
        "diff",
        "x-certificate-conversion@2022-1",
        revised(tmp_path, ("at_most = 8", "at_most = 4")),
        "--against",
        decided.folder,
    )
    assert said.exit_code == 0
    assert "x-certificate-conversion@2022-1 → x-certificate-conversion@2026-1" in said.stdout
    assert (
        "  3.1 每个X证书转换的学分不超过8学分(含) A certificate converts to at most 8 credits\n      at_most: 8 → 4\n"
        in said.stdout
    )
    assert "原准予,现不予批准 granted → refused · 条款 clause 3.1" in said.stdout
    assert "    1 项 items, -4 学分 credits; 准予 granted → cap.certificate" in said.stdout
    assert ": 4 → cap.certificate" in said.stdout
    same = run("diff", "x-certificate-conversion", revised(tmp_path), "--against", decided.folder)
    assert "条款 clause" not in same.stdout


def test_a_draft_that_did_not_change_its_version_is_told_by_its_file(run, decided, tmp_path):
    path = tmp_path / "draft.toml"
    path.write_text(TEXT.replace('\n[[clause]]\nid = "2.2"', '\n[[clause]]\nid = "2.9"'), "utf-8")
    said = run("diff", "x-certificate-conversion", path, "--against", decided.folder)
    assert "x-certificate-conversion@2022-1 (x-certificate-conversion)" in said.stdout
    assert "draft.toml)" in said.stdout
    assert "  2.2 删除 dropped 几个X证书" in said.stdout
    assert "  2.9 新增 added 几个X证书" in said.stdout


def test_a_program_reads_every_change(run, decided, tmp_path):
    out = tmp_path / "changed.jsonl"
    words = "x-certificate-conversion", revised(tmp_path, ("at_most = 8", "at_most = 3")), "--against", decided.folder
    said = run("diff", *words, "--out", out, "--json")
    assert said.exit_code == 0
    value = json.loads(said.stdout)
    assert (value["ok"], value["file"]) == (True, str(out))
    report = value["report"]
    assert (report["decisions"], report["items"], report["changed"], report["otherwise"]) == (1, 4, 1, 0)
    assert (report["granted_old"], report["granted_new"]) == ("8", "0")
    assert [(one["change"], one["clauses"], one["items"], one["credits"]) for one in report["groups"]] == [
        ("refused", ["3.1"], 2, "-8")
    ]
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["item"] for line in lines] == ["1", "2"]
    assert lines[0]["old"] == {"granted": "4"}
    assert lines[0]["new"] == {"refused": "cap.certificate", "clause": "3.1"}
    again = run("diff", *words, "--out", out)
    assert again.exit_code == 4


@pytest.mark.parametrize(
    ("old", "exit_code"),
    [("hkqf", 2), ("x-certificate-conversion@1999", 4), ("quarter-to-semester", 2), ("nothing", 4)],
)
def test_what_cannot_be_compared(run, decided, tmp_path, old, exit_code):
    assert run("diff", old, revised(tmp_path), "--against", decided.folder).exit_code == exit_code


def test_a_bank_without_the_book(run, decided, tmp_path):
    path = revised(tmp_path, ('"x-certificate-conversion"', '"other"'))
    assert run("diff", path, path, "--against", decided.folder).exit_code == 1
    assert run("diff", path, path, "--against", tmp_path / "nowhere").exit_code == 4
