"""Exports: exact, guarded, whole or not at all; what was imported comes out as it went in."""

import csv
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from creditbank.domain.decide.account import end_enrolment, restrict, revoke
from creditbank.domain.name import AccountId, account_id
from creditbank.errors import MalformedError, StoreError, UnknownError
from creditbank.tables import export_postings, export_statements, exporting, import_table
from creditbank.tables.lines import POSTINGS, STATEMENTS
from creditbank.tables.reading import unguarded
from creditbank.testing.world import ASSESSOR, COLLEGE, HIGH, OPERATOR, World
from creditbank.vault import Person

Write = Callable[..., Path]


def _csv(path: Path) -> list[dict[str, str]]:
    body = path.read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = [[unguarded(cell) for cell in row] for row in csv.reader(file, strict=True)]
    assert None not in [cell for row in table for cell in row], "no cell may be taken for a formula"
    return [{name: cell for name, cell in zip(table[0], row, strict=True) if cell} for row in table[1:]]  # type: ignore[misc] # just asserted


@pytest.fixture
def busy(world: World) -> AccountId:
    """Return an account in which every kind of line stands."""
    account = world.learner(1)
    world.enrol(account, HIGH, "x")
    source, spare = (
        world.deposit(account, world.certificate(credits="10.5")),
        world.deposit(account, world.certificate()),
    )
    world.converted(account, [world.item("1", source, world.course("c1", "4.5"))])
    world.convert(account, [world.item("1", spare, world.course("c2"))])
    for outcome in world.outcomes():
        if outcome.issuer == COLLEGE:
            world.deposit(account, outcome)
    world.record(ASSESSOR, revoke, account, world.deposit(account, world.certificate(credits="7")), "wrong")
    world.record(COLLEGE, end_enrolment, account, world.enrolled(account), world.clock.day, "left")
    world.offered(account)
    return account


def test_a_statement_has_a_line_for_everything(world: World, busy: AccountId, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    report = export_statements(world.bank, [busy], path)
    rows = _csv(path)
    assert (report.accounts, report.rows) == (1, len(rows))
    assert {row["account"] for row in rows} == {busy}
    parts = [row["part"] for row in rows]
    assert {part: parts.count(part) for part in parts} == {
        "enrolment": 2,
        "outcome": 5,
        "item": 2,
        "transfer": 1,
        "held": 2,
        "reserved": 1,
    }
    ended = rows[0]
    assert (ended["status"], ended["until"], ended["credits"]) == ("ended", world.clock.day.isoformat(), "120")
    certificate = rows[2]
    assert (certificate["class"], certificate["credits"], certificate["system"]) == (
        "skill-certificate",
        "10.5",
        "cn-bank",
    )
    assert (certificate["level"], certificate["status"]) == ("x:中级", "standing")
    assert [row["status"] for row in rows if row["part"] == "outcome"][-1] == "revoked"
    items = [row for row in rows if row["part"] == "item"]
    assert [(row["credits"], row["system"], row["status"]) for row in items] == [
        ("4.5", "cn-college", "converted"),
        ("4", "cn-college", "pending"),
    ]
    assert [row["institution"] for row in rows if row["part"] == "transfer"] == ["keys:vocational-school"]


def test_postings_balance_to_the_quantum(world: World, busy: AccountId, tmp_path: Path) -> None:
    export_postings(world.bank, [busy], tmp_path / "out.csv")
    rows = _csv(tmp_path / "out.csv")
    assert all(row.keys() == POSTINGS.keys() for row in rows)
    places: dict[tuple[str, str], int] = {}
    systems = world.bank.known().catalogue().systems
    for row in rows:
        quanta = systems[row["system"]].credit(row["credits"]).quanta
        for place, sign in ((row["source"], -1), (row["target"], 1)):
            places[row["lot"], place] = places.get((row["lot"], place), 0) + sign * quanta
    lots = world.bank.known().account(busy).lots
    assert {key: quanta for key, quanta in places.items() if quanta} == {
        (id, place): quanta for id, lot in lots.items() for place, quanta in lot.places.items() if quanta
    }
    assert rows[0]["at"] == "2026-10-26T04:00:00.000Z"
    assert {row["event"] for row in rows} == {"outcome_deposited", "applied", "converted", "outcome_revoked"}
    entries = [int(row["entry"]) for row in rows]
    assert entries == sorted(entries)


@pytest.mark.parametrize("export", [export_statements, export_postings])
def test_json_says_what_csv_says_and_lines_say_what_json_says(
    world: World, busy: AccountId, tmp_path: Path, export: Callable[..., Any]
) -> None:
    whole, lines = tmp_path / "a.json", tmp_path / "a.jsonl"
    first, second = (export(world.bank, None, path, path.suffix[1:]) for path in (whole, lines))
    assert first == second
    said = json.loads(whole.read_text("utf-8"))
    noun = "statements" if export is export_statements else "postings"
    assert said.keys() == {"position", noun}
    assert said["position"] == first.position == world.bank.store.size()
    assert said[noun] == [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert len(said[noun]) == first.rows
    assert b'"quanta"' not in whole.read_bytes()
    if export is export_statements:
        (mine,) = (one for one in said[noun] if one["account"] == busy)
        assert mine["reserved"] == [{"credits": "10", "system": "cn-bank"}]
    else:
        export(world.bank, None, tmp_path / "a.csv")
        assert [{**one, "entry": str(one["entry"])} for one in said[noun]] == _csv(tmp_path / "a.csv")


def test_no_account_is_an_export_without_rows(tmp_path: Path) -> None:
    bank = World.founded().bank
    for format, body in (("json", b'{"position":%d,"statements":[\n]}\n' % bank.store.size()), ("jsonl", b"")):
        report = export_statements(bank, None, tmp_path / "a", format)  # type: ignore[arg-type] # one of the two
        assert (report.accounts, report.rows) == (0, 0)
        assert (tmp_path / "a").read_bytes() == body
    export_statements(bank, [], tmp_path / "a", headers="zh")
    assert (tmp_path / "a").read_text("utf-8-sig") == ",".join(STATEMENTS.values()) + "\n"
    assert len(set(STATEMENTS.values())) == len(STATEMENTS)


def test_erased_restricted_and_never_opened_accounts_are_left_out_and_said(world: World, tmp_path: Path) -> None:
    erased, restricted, kept = world.learner(1), world.learner(2), world.learner(3)
    world.record(OPERATOR, restrict, restricted, "law")
    world.bank.erase(world.request(OPERATOR), erased, "PIPL 47", "cd" * 32)
    world.bank.vault.put("account:" + "f" * 32, "a" * 64, Person("x", "passport", "never", {}))
    calls: list[tuple[int, int]] = []
    for export in (export_statements, export_postings):
        calls.clear()
        report = export(world.bank, None, tmp_path / "a", progress=lambda *each: calls.append(each))
        assert (report.accounts, report.erased, report.restricted, report.restricted_count) == (3, 0, (restricted,), 1)
        assert calls == [(done, 5) for done in range(1, 6)]
        report = export(world.bank, [erased, kept, restricted], tmp_path / "a")
        assert (report.accounts, report.erased, report.restricted) == (1, 1, (restricted,))
        assert restricted not in (tmp_path / "a").read_text("utf-8-sig")
        with pytest.raises(UnknownError, match="ffffffff"):
            export(world.bank, [account_id("account:" + "f" * 32)], tmp_path / "b")
        assert not (tmp_path / "b").exists()


def test_what_is_recorded_meanwhile_is_not_in_it(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "ACCOUNTS_AT_ONCE", 1)
    accounts = sorted(world.learner(number) for number in (1, 2, 3))
    size = world.bank.store.size()

    def progress(done: int, of: int) -> None:
        for account in accounts:
            world.deposit(account, world.certificate())

    report = export_statements(world.bank, accounts, tmp_path / "a", progress=progress)
    assert report.position == size
    assert {row["part"] for row in _csv(tmp_path / "a")} == {"enrolment"}
    export_postings(world.bank, accounts, tmp_path / "a", progress=progress)
    assert [row["account"] for row in _csv(tmp_path / "a")] == [each for each in accounts for _ in range(3)]


def test_a_file_is_there_whole_or_not_at_all(world: World, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")

    def failing(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_statements(world.bank, None, path, progress=failing)
    assert path.read_text() == "before"
    assert list(tmp_path.glob("*.part")) == list(tmp_path.glob(".*.part")) == []
    export_statements(world.bank, None, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(StoreError, match="cannot be written"):
        export_statements(world.bank, None, tmp_path / "none" / "a.csv")
    with pytest.raises(MalformedError, match="csv, json or jsonl"):
        export_statements(world.bank, None, path, "xml")  # type: ignore[arg-type] # that is the point
    with pytest.raises(MalformedError, match="en or zh"):
        export_postings(world.bank, None, path, headers="fr")  # type: ignore[arg-type] # that is the point


TEXT = st.text(st.sampled_from("=+-@＝'\",;\n 张aA1.、"), min_size=1, max_size=8).filter(
    lambda text: text == text.strip()
)
AMOUNT = st.integers(1, 40).map(lambda quanta: f"{quanta // 2}.5" if quanta % 2 else f"{quanta // 2}")
ROW = st.fixed_dictionaries(
    {
        "class": st.just("course-result"),
        "title": TEXT,
        "code": TEXT,
        "achieved_on": st.dates().map(str).filter(lambda day: "1900" < day < "2026"),
    },
    optional={
        "grade": TEXT,
        "hours": st.integers(1, 999).map(str),
        "category": st.lists(TEXT.filter(lambda text: not set(text) & set(";\n")), min_size=1, max_size=3).map(
            ";".join
        ),
    },
) | st.fixed_dictionaries(
    {
        "class": st.just("training"),
        "title": TEXT,
        "hours": st.just("7"),
        "category": TEXT,
        "achieved_on": st.just("2025-01-31"),
    }
)
COLUMNS = ("class", "title", "code", "grade", "category", "achieved_on", "hours", "credits", "system")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ROW, AMOUNT | st.none()), min_size=1, max_size=5, unique_by=str))
def test_what_was_imported_is_exported_and_what_is_exported_can_be_imported(
    tmp_path: Path, table: list[tuple[dict[str, str], str | None]]
) -> None:
    rows = [row if amount is None else {**row, "credits": amount, "system": "cn-bank"} for row, amount in table]
    for _ in range(2):
        world = World.founded()
        account, path = world.open(1), tmp_path / "in.csv"
        with path.open("w", encoding="gb18030", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("account", *COLUMNS))
            guard = exporting.guarded
            writer.writerows((account, *(guard(row.get(column, "")) for column in COLUMNS)) for row in rows)
        report = import_table(world.bank, ASSESSOR, "outcomes", path)
        assert (report.bad, report.recorded) == ((), len(rows))
        export_statements(world.bank, None, tmp_path / "out.csv")
        said = [row for row in _csv(tmp_path / "out.csv") if row["part"] == "outcome"]
        again = [{name: row[name] for name in COLUMNS if name in row} for row in said]
        assert again == rows
        rows = again
