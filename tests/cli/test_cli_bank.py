"""Every command on a bank of its own: what works, and every family of errors with its exit code."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from creditbank.codec.payload import to_plain

Run = Callable[..., Result]
Errors = Callable[[Result], dict[str, Any]]

NOBODY = "account:" + "0" * 32
NUMBER = "11010519491231002X"
FOUNDING = ("--origin", "creditbank.example.org/other", "--operator", "other", "--name", "别的银行")


def as_json(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def written(name: str, value: Any) -> str:
    Path(name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return name


def deposited(run: Run, college: Any, **changed: Any) -> dict[str, Any]:
    file = written("outcome.json", college.certificate(**changed))
    said = as_json(run("deposit", college.folder, college.account, file, "--json"))
    assert isinstance(said, dict)
    return said


def applying(run: Run, college: Any, *credits: str, **changed: Any) -> str:
    event = deposited(run, college, **changed)["events"][0]["event"]
    return written("application.json", to_plain(college.application(event["id"], *credits)))


# --- init -------------------------------------------------------------------------------------------------------------


def test_init_founds_a_bank_with_a_key_that_only_its_owner_reads(run: Run) -> None:
    result = run("init", "bank", *FOUNDING)
    assert result.exit_code == 0
    key = Path("bank/keys/other.pem")
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert key.read_text().splitlines()[1] not in result.output
    assert "creditbank.example.org/other+" in result.stdout
    assert run("verify", "bank").exit_code == 0


def test_init_takes_a_url_and_says_what_it_made_in_json(run: Run) -> None:
    said = as_json(run("init", "sqlite:///bank", *FOUNDING, "--json"))
    assert said["position"] == 0
    receipt = as_json(run("receipt", "sqlite:///bank", 0, "--json"))
    assert receipt["verifier_key"] == said["verifier_key"]


def test_init_leaves_a_bank_that_is_there(run: Run, errors: Errors) -> None:
    run("init", "bank", *FOUNDING)
    key = Path("bank/keys/other.pem").read_text()
    assert errors(run("init", "bank", *FOUNDING, "--json"))["error"] == "AlreadyError"
    assert Path("bank/keys/other.pem").read_text() == key
    assert as_json(run("verify", "bank", "--json"))["report"]["entries"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ("--zone", "Mars/Olympus"),
        ("--zone", "../../etc/passwd"),
        ("--operator", "two words"),
        ("--origin", "two words"),
        ("--origin", ""),
        ("--region", "x" * 20_000),
    ],
)
def test_a_founding_that_is_malformed_leaves_nothing(run: Run, errors: Errors, wrong: tuple[str, str]) -> None:
    assert errors(run("init", "bank", *FOUNDING, *wrong, "--json"))["exit"] == 2
    assert not Path("bank").exists()


def test_init_goes_on_where_it_was_cut_off_before_the_first_entry(run: Run) -> None:
    run("init", "bank", *FOUNDING)
    kept = Path("bank/keys/other.pem").read_text()
    for path in Path("bank").glob("*.db*"):
        path.unlink()
    assert run("init", "bank", *FOUNDING).exit_code == 0
    assert Path("bank/keys/other.pem").read_text() == kept


# --- deposit ----------------------------------------------------------------------------------------------------------


def test_deposit_records_what_the_file_says(run: Run, college: Any) -> None:
    said = deposited(run, college)
    (event,) = said["events"]
    assert event["kind"] == "outcome_deposited"
    assert event["event"]["outcome"] == college.certificate()
    text = run("deposit", college.folder, college.account, "-", input=json.dumps(college.certificate())).stdout
    assert "数字影像处理" in text
    assert "10 学分银行学分" in text


def test_a_request_key_makes_a_deposit_happen_once(run: Run, college: Any) -> None:
    file = written("outcome.json", college.certificate())
    words = ("deposit", college.folder, college.account, file, "--request-key", "once", "--json")
    assert as_json(run(*words)) == as_json(run(*words))


def test_a_number_is_taken_once_and_stands_nowhere(run: Run, college: Any, errors: Errors) -> None:
    secret = "X-2026-0815"
    said = deposited(run, college, number=secret)
    assert said["events"][0]["event"]["outcome"]["number"] == {"kind": "certificate-number"}
    again = run("deposit", college.folder, college.account, "outcome.json", "--json")
    assert errors(again)["code"] == "already"
    assert secret not in again.output
    held = b"".join(path.read_bytes() for path in college.folder.glob("*.db*"))
    assert secret.encode() not in held


@pytest.mark.parametrize(
    "changed",
    [
        {"number": {"kind": "certificate-number"}},
        {"number": {"kind": "certificate-number", "token": "0" * 64}},
        {"number": ""},
        {"number": " "},
        {"number": 7},
        {"class": "badge"},
        {"credits": {"system": "cn-bank", "quanta": 0}},
        {"credits": {"system": "cn-bank", "quanta": "2"}},
        {"issuer": "assessor"},
        {"issuer": 7},
        {"achieved_on": "20260101"},
        {"title": ""},
        {"title": "\ud800"},
        {"colour": "red"},
    ],
)
def test_an_outcome_that_is_none_is_malformed(run: Run, college: Any, errors: Errors, changed: dict[str, Any]) -> None:
    Path("outcome.json").write_text(json.dumps(college.certificate() | changed))
    assert errors(run("deposit", college.folder, college.account, "outcome.json", "--json"))["exit"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "null",
        '{"a": 1, "a": 2}',
        '{"hours": 1.5}',
        '{"hours": NaN}',
        "[" * 10_000,
        '{"hours": 9007199254740992}',
    ],
)
def test_a_file_that_is_no_json_of_ours_is_malformed(run: Run, college: Any, errors: Errors, text: str) -> None:
    Path("outcome.json").write_text(text)
    assert errors(run("deposit", college.folder, college.account, "outcome.json", "--json"))["exit"] == 2


def test_bytes_that_are_no_text_are_malformed(run: Run, college: Any, errors: Errors) -> None:
    Path("outcome.json").write_bytes(b"\xff\xfe")
    assert errors(run("deposit", college.folder, college.account, "outcome.json", "--json"))["exit"] == 2


def test_who_has_no_key_here_or_is_not_the_issuer_is_refused(run: Run, college: Any, errors: Errors) -> None:
    file = written("outcome.json", college.certificate())
    words = ("deposit", college.folder, college.account, file, "--json")
    assert errors(run(*words, "--by", "keys:college"))["code"] == "not-permitted"
    (college.folder / "keys" / "assessor.pem").unlink()
    assert errors(run(*words))["code"] == "not-permitted"


def test_a_key_file_that_is_none_is_malformed_and_not_shown(run: Run, college: Any, errors: Errors) -> None:
    (college.folder / "keys" / "assessor.pem").write_text("MC4CAQAwBQYDK2VwBCIEIsecret")
    file = written("outcome.json", college.certificate())
    result = run("deposit", college.folder, college.account, file, "--json")
    assert errors(result)["exit"] == 2
    assert "secret" not in result.output


# --- quote and convert ------------------------------------------------------------------------------------------------


def test_quote_records_nothing_and_explains_in_two_languages(run: Run, college: Any) -> None:
    file = applying(run, college, "4", "4", "2")
    before = as_json(run("verify", college.folder, "--json"))["report"]["entries"]
    results = as_json(run("quote", college.folder, college.account, file, "--json"))["decision"]["results"]
    assert [result.get("refused") for result in results] == [None, None, "cap.certificate"]
    chinese = run("quote", college.folder, college.account, file).stdout
    english = run("quote", college.folder, college.account, file, "--lang", "en").stdout
    assert "超过上限" in chinese
    assert "a limit would be passed" in english
    assert "超过上限" not in english
    assert len(run("quote", college.folder, college.account, file, "--workings").stdout) > 2 * len(chinese)
    assert as_json(run("quote", college.folder, college.account, file, "--workings", "--json"))["workings"]
    assert as_json(run("verify", college.folder, "--json"))["report"]["entries"] == before


def test_convert_says_what_was_granted_and_who_is_next(run: Run, college: Any) -> None:
    file = applying(run, college, "4", "2")
    text = run("convert", college.folder, college.account, file)
    assert text.exit_code == 0
    assert "学院审核, 职业技术学院" in text.stdout
    (state,) = as_json(run("statement", college.folder, college.account, "--json"))["statement"]["applications"]
    assert state["status"] == "pending"


def test_convert_in_json_is_what_was_recorded(run: Run, college: Any) -> None:
    file = applying(run, college, "4")
    said = as_json(run("convert", college.folder, college.account, file, "--json"))
    assert [event["kind"] for event in said["events"]] == ["applied"]
    assert said["events"][0]["event"]["application"] == json.loads(Path(file).read_text())


def test_convert_is_refused_where_the_account_or_the_enrolment_is_unknown(
    run: Run, college: Any, errors: Errors
) -> None:
    file = applying(run, college, "4")
    assert errors(run("convert", college.folder, NOBODY, file, "--json"))["code"] == "unknown"
    application = json.loads(Path(file).read_text()) | {"enrolment": "0" * 32}
    written(file, application)
    assert errors(run("convert", college.folder, college.account, file, "--json"))["code"] == "unknown"
    assert errors(run("convert", college.folder, college.account, written(file, {}), "--json"))["exit"] == 2


@pytest.mark.parametrize(("day", "exit"), [("2026-13-01", 2), ("20260101", 2), ("tomorrow", 2)])
def test_a_day_is_written_one_way(run: Run, college: Any, errors: Errors, day: str, exit: int) -> None:
    file = applying(run, college, "4")
    assert errors(run("quote", college.folder, college.account, file, "--on", day, "--json"))["exit"] == exit


# --- statement --------------------------------------------------------------------------------------------------------


def test_statement_is_for_people_and_for_machines(run: Run, college: Any) -> None:
    deposited(run, college)
    text = run("statement", college.folder, college.account).stdout
    assert "张三" in text
    assert NUMBER not in text
    assert "学分银行学分           可用 held              10" in text
    said = as_json(run("statement", college.folder, college.account, "--json"))
    (outcome,) = said["statement"]["outcomes"]
    assert outcome["outcome"] == college.certificate()
    assert said["statement"]["held"] == [{"quanta": 20, "system": "cn-bank"}]
    assert said["systems"]["cn-bank"]["quantum"] == "0.5"
    assert "张三" not in json.dumps(said, ensure_ascii=False)


def test_statement_as_known_at_an_earlier_time(run: Run, college: Any) -> None:
    position = deposited(run, college)["position"]
    words = ("statement", college.folder, college.account, "--json", "--at")
    assert len(as_json(run(*words, position + 1))["statement"]["outcomes"]) == 1
    assert len(as_json(run(*words, position))["statement"].get("outcomes", [])) == 0
    with college.opened() as bank:
        today = bank.today()
    assert len(as_json(run(*words, today))["statement"]["outcomes"]) == 1, "a day is all of it"
    assert "As known at" in run("statement", college.folder, college.account, "--at", today).stdout


@pytest.mark.parametrize(
    ("at", "exit"), [("0", 1), ("2001-01-01", 1), ("2001-01-01T12:00+08:00", 1), ("99", 2), ("-1", 2), ("soon", 2), ("", 2)]
)  # fmt: skip
def test_moments_before_the_account_and_moments_that_are_none(
    run: Run, college: Any, errors: Errors, at: str, exit: int
) -> None:
    assert errors(run("statement", college.folder, college.account, f"--at={at}", "--json"))["exit"] == exit


# --- receipt and verify -----------------------------------------------------------------------------------------------


def test_a_receipt_is_checked_offline(run: Run, college: Any, errors: Errors, tmp_path: Path) -> None:
    position = deposited(run, college)["position"]
    given = as_json(run("receipt", college.folder, position, "--json"))
    Path("receipt.txt").write_text(given["receipt"], encoding="utf-8")
    Path("key.txt").write_text(given["verifier_key"] + "\n")
    assert run("receipt", college.folder, position).stdout == given["receipt"]
    assert run("receipt", college.folder, position, "--out", "other.txt").exit_code == 0
    assert Path("other.txt").read_text(encoding="utf-8") == given["receipt"]
    (tmp_path / "city").rename(tmp_path / "gone")
    for key in (given["verifier_key"], "key.txt"):
        said = as_json(run("verify", "receipt.txt", "--key", key, "--json"))["receipt"]
        assert (said["position"], said["kind"], said["author"]) == (position, "outcome_deposited", "keys:assessor")
    assert "数字影像处理" in run("verify", "-", "--key", "key.txt", input=given["receipt"]).stdout
    Path("receipt.txt").write_text(given["receipt"].replace("index ", "index 1", 1), encoding="utf-8")
    assert errors(run("verify", "receipt.txt", "--key", "key.txt", "--json"))["exit"] in (2, 3)
    other = as_json(run("init", "bank", *FOUNDING, "--json"))["verifier_key"]
    assert errors(run("verify", "other.txt", "--key", other, "--json"))["exit"] == 3
    assert errors(run("verify", "other.txt", "--key", "no key", "--json"))["exit"] == 2
    assert errors(run("verify", "other.txt", "--json"))["exit"] == 2


def test_a_receipt_needs_the_operator_once_and_an_entry(run: Run, college: Any, errors: Errors) -> None:
    assert errors(run("receipt", college.folder, 999, "--json"))["code"] == "unknown"
    (college.folder / "keys" / "city-bank.pem").rename(college.folder / "city-bank.pem")
    assert errors(run("receipt", college.folder, 0, "--json"))["code"] == "not-permitted"
    (college.folder / "city-bank.pem").rename(college.folder / "keys" / "city-bank.pem")
    assert run("receipt", college.folder, 0).exit_code == 0
    (college.folder / "keys" / "city-bank.pem").unlink()
    assert run("receipt", college.folder, 0).exit_code == 0, "a checkpoint covers it"
    assert errors(run("receipt", college.folder, 0, "--out", "no/where", "--json"))["exit"] == 4


def test_verify_counts_and_finds(run: Run, college: Any, errors: Errors) -> None:
    position = deposited(run, college)["position"]
    assert "还没有检查点" in run("verify", college.folder).stdout
    assert run("receipt", college.folder, position).exit_code == 0
    assert "还没有检查点" not in run("verify", college.folder).stdout
    good = as_json(run("verify", college.folder, "--json"))
    assert good["ok"] is True
    assert good["report"]["requests"] == good["report"]["verified"]
    assert "发现问题 Findings" in run("verify", college.folder).stdout
    database = sqlite3.connect(college.folder / "ledger.db")
    try:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        changed = database.execute("UPDATE entry SET at = at + 1 WHERE seq = 3").rowcount
        for _, sql in triggers:
            database.execute(sql)
        database.commit()
    finally:
        database.close()
    assert changed == 1
    found = run("verify", college.folder, "--json")
    assert found.exit_code == 3
    assert json.loads(found.stdout)["ok"] is False
    assert json.loads(found.stderr)["error"] == "UnverifiedError"
    text = run("verify", college.folder)
    assert text.exit_code == 3
    assert "检查 Check" in text.stdout


def test_a_folder_that_was_put_back_is_noticed(run: Run, college: Any, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(college.folder, copy)
    position = deposited(run, college)["position"]
    assert run("receipt", college.folder, position).exit_code == 0
    shutil.rmtree(college.folder)
    copy.rename(college.folder)
    result = run("verify", college.folder)
    assert result.exit_code == 3
    assert "published from here" in result.stderr
    reading = run("statement", college.folder, college.account)
    assert reading.exit_code == 0
    assert "read-only" in reading.stderr
    written("outcome.json", college.certificate())
    assert run("deposit", college.folder, college.account, "outcome.json").exit_code == 3


# --- what every command has in common -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bank", ["nowhere", "sqlite:///nowhere"])
@pytest.mark.parametrize("command", ["statement", "receipt"])
def test_where_there_is_no_bank(run: Run, errors: Errors, bank: str, command: str) -> None:
    words = (NOBODY,) if command == "statement" else (0,)
    assert errors(run(command, bank, *words, "--json"))["code"] == "store"
    assert not Path("nowhere").exists(), "a question makes no bank"


@pytest.mark.parametrize("bank", ["postgresql://host/db", "memory:", "sqlite:///", ""])
def test_what_is_no_folder_is_malformed(run: Run, errors: Errors, bank: str) -> None:
    assert errors(run("statement", bank, NOBODY, "--json"))["exit"] == 2


def test_a_database_that_is_none(run: Run, errors: Errors) -> None:
    Path("bank").mkdir()
    Path("bank/ledger.db").write_text("this is no database, but a long enough text to look at " * 40)
    assert errors(run("verify", "bank", "--json"))["exit"] == 4


@pytest.mark.parametrize(
    "words", [("frobnicate",), ("statement",), ("statement", "a", "b", "--colour"), ("receipt", "a", "x")]
)
def test_mistyped_commands(run: Run, errors: Errors, words: tuple[str, ...]) -> None:
    assert errors(run(*words, "--json"))["error"] == "UsageError"
    text = run(*words)
    assert text.exit_code == 2
    assert "Error:" in text.stderr


def test_a_refusal_is_one_line_for_people(run: Run, college: Any) -> None:
    result = run("statement", college.folder, NOBODY)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == f"creditbank: refused: there is no account '{NOBODY}': open it first\n"


@pytest.mark.parametrize("command", ["init", "demo", "deposit", "quote", "convert", "statement", "receipt", "verify"])
def test_every_command_has_help_and_json(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--json" in result.stdout
    assert command in run("--help").stdout
