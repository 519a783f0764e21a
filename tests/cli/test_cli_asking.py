"""Who asks, where the command does not say so; keys kept elsewhere; tables; what a wrong file is told."""

import copy
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import Result
from hypothesis import given, settings, strategies as st

from creditbank.bank import Draft, connect
from creditbank.cli.read import person_of
from creditbank.cli.shape import shaped
from creditbank.codec.convert import converter
from creditbank.codec.payload import to_plain
from creditbank.domain.application import Application, Item, TransferOffer
from creditbank.domain.credit import Credit
from creditbank.domain.level import Level
from creditbank.domain.name import Digest, EnrolmentId, OutcomeId, institution_id, seats_stream
from creditbank.domain.outcome import ContestAward, CourseResult, Diploma, Outcome, SkillCertificate, Training
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.errors import MalformedError
from creditbank.rulebooks import read

Run = Callable[..., Result]
Errors = Callable[[Result], dict[str, Any]]

NUMBER = "11010519491231002X"


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def written(name: str, value: Any) -> str:
    Path(name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return name


def person(number: str = "E00000001", **changed: Any) -> str:
    return written("person.json", {"name": "李四", "document": "passport", "number": number} | changed)


# --- who asks ---------------------------------------------------------------------------------------------------------


def size(college: Any) -> int:
    """Return how many entries the bank has."""
    with connect(f"sqlite:///{college.folder}") as bank:
        return bank.store.size()


def test_the_operator_asks_where_its_key_is_here_or_else_the_only_one(run: Run, college: Any, errors: Errors) -> None:
    keys, away = college.folder / "keys", college.folder / "away"
    away.mkdir()
    (keys / "no institution.pem").write_text("passed over")
    (keys / "stranger.pem").write_text("not registered")
    positions: list[int] = []

    def opens(number: str, *words: str) -> None:
        positions.append(size(college))
        told(run("open-account", college.folder, person(number), "--json", *words))

    opens("E1")
    opens("E2", "--by", "college")
    opens("E3", "--by", "keys:college")
    (keys / "city-bank.pem").rename(away / "city-bank.pem")
    several = errors(run("open-account", college.folder, person("E4"), "--json"))
    assert (several["exit"], several["fields"]["where"]) == (2, "--by")
    assert "keys:assessor, keys:college" in several["message"]
    (keys / "assessor.pem").rename(away / "assessor.pem")
    opens("E4")
    (away / "city-bank.pem").rename(keys / "city-bank.pem")
    authors = []
    for position in positions:
        given = told(run("receipt", college.folder, position, "--json"))
        Path("receipt.txt").write_text(given["receipt"], encoding="utf-8")
        checked = told(run("verify", "receipt.txt", "--key", given["verifier_key"], "--json"))
        authors.append(checked["receipt"]["author"])
    assert authors == ["keys:city-bank", "keys:college", "keys:college", "keys:college"]


def test_where_nobody_has_a_key_here_the_bank_says_whose_is_missing(run: Run, college: Any, errors: Errors) -> None:
    shutil.rmtree(college.folder / "keys")
    refused = errors(run("open-account", college.folder, person(), "--json"))
    assert (refused["code"], refused["fields"]["by"]) == ("not-permitted", "keys:city-bank")


def test_agreeing_twice_under_one_key_is_not_anothers_agreement(run: Run, college: Any, errors: Errors) -> None:
    outcome = told(run("deposit", college.folder, college.account, written("o.json", college.certificate()), "--json"))[
        "events"
    ][0]["event"]["id"]
    application = to_plain(college.application(OutcomeId(outcome), "4"))
    asked = told(run("convert", college.folder, college.account, written("a.json", application), "--json"))
    id = asked["events"][0]["event"]["id"]
    words = ("agree", college.folder, college.account, id, "--request-key", "once", "--json")
    assert errors(run(*words))["fields"]["where"] == "--request-key"
    first = told(run(*words, "--by", "college"))
    assert [event["kind"] for event in first["events"]] == ["step_agreed"]
    assert told(run(*words, "--by", "college")) == first, "not the second step, whose approver is the same college"
    rejected = ("reject", college.folder, college.account, id, "--reason", "too late", "--request-key", "no", "--json")
    assert errors(run(*rejected))["fields"]["where"] == "--request-key"


def test_each_step_is_agreed_to_by_whom_it_waits_for(run: Run, college: Any) -> None:
    affairs = ("--name", "教务处", "--kind", "office", "--role", "office")
    assert run("register", college.folder, "affairs", *affairs).exit_code == 0
    outcome = told(run("deposit", college.folder, college.account, written("o.json", college.certificate()), "--json"))[
        "events"
    ][0]["event"]["id"]
    application = to_plain(college.application(OutcomeId(outcome), "4"))
    application["parties"] = [["academic-affairs", "keys:affairs"], ["college", "keys:college"]]
    shown = run("convert", college.folder, college.account, written("a.json", application))
    assert "待审核 Waits for: 学院审核, 职业技术学院" in shown.stdout
    statement = told(run("statement", college.folder, college.account, "--json"))["statement"]
    words = ("agree", college.folder, college.account, statement["applications"][0]["id"])
    first = run(*words)
    assert "待审核 Waits for: 教务审批, 教务处" in first.stdout
    (college.folder / "keys" / "affairs.pem").rename("affairs.pem")
    refused = run(*words)
    assert refused.exit_code == 1
    assert "keys:affairs" in refused.stderr
    shutil.move("affairs.pem", college.folder / "keys" / "affairs.pem")
    assert "已转换 Converted" in run(*words).stdout


# --- institutions and their keys --------------------------------------------------------------------------------------


COLLEGE = ("--name", "另一学院", "--kind", "college", "--role", "school")


def test_a_registration_that_is_refused_leaves_no_key(run: Run, college: Any, errors: Errors) -> None:
    key = college.folder / "keys" / "other.pem"
    assert errors(run("register", college.folder, "other", *COLLEGE, "--by", "assessor", "--json"))["exit"] == 1
    assert not key.exists()
    assert run("register", college.folder, "other", *COLLEGE).exit_code == 0
    kept = key.read_text()
    assert key.stat().st_mode & 0o777 == 0o600
    assert errors(run("register", college.folder, "other", *COLLEGE, "--json"))["code"] == "already"
    assert key.read_text() == kept, "a key that was there before stays"


def test_a_proof_may_lie_in_a_file(run: Run, college: Any) -> None:
    card = told(
        run("new-key", "luban.pem", "--institution", "luban", "--origin", "creditbank.example.org/cli", "--json")
    )
    Path("proof.txt").write_text(card["possession"] + "\n")
    words = ("--public-key", card["public_key"], "--possession", "proof.txt")
    said = told(run("register", college.folder, "luban", *COLLEGE, *words, "--json"))
    assert said["institution"] == "keys:luban"
    assert not (college.folder / "keys" / "luban.pem").exists()


def test_a_new_key_is_its_owners_and_overwrites_none(run: Run) -> None:
    words = ("new-key", "a.pem", "--institution", "luban", "--origin", "bank.example.org/city")
    shown = run(*words)
    assert shown.exit_code == 0
    assert "ed25519:" in shown.stdout
    kept = Path("a.pem").read_text()
    assert kept.splitlines()[1] not in shown.output
    assert Path("a.pem").stat().st_mode & 0o777 == 0o600
    assert run(*words).exit_code == 4
    assert Path("a.pem").read_text() == kept
    assert run("new-key", "b.pem", "--institution", "luban", "--origin", "two words").exit_code == 2
    assert not Path("b.pem").exists()


def drafted(run: Run, college: Any) -> tuple[str, str]:
    """Return the name of a draft of the assessor, and of its key, which is no longer in the bank's folder."""
    shutil.move(college.folder / "keys" / "assessor.pem", "assessor.pem")
    file = written("o.json", college.certificate(number="X-7"))
    shown = run("deposit", college.folder, college.account, file, "--draft", "draft.txt", "--request-key", "mine")
    assert shown.exit_code == 0
    assert Draft.parse(Path("draft.txt").read_text(encoding="utf-8")).key == "mine"
    assert "creditbank sign draft.txt" in shown.stdout
    return "draft.txt", "assessor.pem"


def test_what_is_signed_is_shown_and_nothing_is_recorded_before(run: Run, college: Any) -> None:
    before = told(run("verify", college.folder, "--json"))["report"]["entries"]
    draft, key = drafted(run, college)
    shown = run("sign", draft, "--key", key)
    assert shown.exit_code == 0
    assert "数字影像处理" in shown.stdout
    assert "outcome_deposited" in shown.stdout
    assert told(run("verify", college.folder, "--json"))["report"]["entries"] == before
    signature = told(run("sign", draft, "--key", key, "--json"))["signature"]
    assert f"签名 Signature: {signature}" in shown.stdout
    said = run("submit", college.folder, draft, "--signature", signature)
    assert "Recorded for keys:assessor: outcome_deposited" in said.stdout
    assert told(run("verify", college.folder, "--json"))["report"]["entries"] == before + 1


def test_nothing_of_what_is_signed_is_hidden_by_its_own_text(run: Run, college: Any) -> None:
    shutil.move(college.folder / "keys" / "assessor.pem", "assessor.pem")
    for title in ("好\x1b[2K坏", "好\r坏", "好\n  issuer  坏", "好\u202e坏", "好\x9b2K坏"):
        file = written("o.json", college.certificate(title=title))
        assert run("deposit", college.folder, college.account, file, "--draft", "draft.txt").exit_code == 0
        shown = run("sign", "draft.txt", "--key", "assessor.pem").stdout
        hidden = f"\\u{ord(title[1]):04x}"
        assert f"好{hidden}{title[2:]}" in shown
        Path("draft.txt").unlink()


def test_a_draft_that_was_changed_or_signed_by_another_is_not_recorded(run: Run, college: Any, errors: Errors) -> None:
    draft, key = drafted(run, college)
    assert run("sign", draft, "--key", key, "--out", "good.sig").exit_code == 0
    assert run("sign", draft, "--key", college.folder / "keys" / "college.pem", "--out", "other.sig").exit_code == 0
    assert run("sign", draft, "--key", key, "--out", "good.sig").exit_code == 4, "a signature is not written over"
    submit = ("submit", college.folder, draft, "--json", "--signature")
    assert errors(run(*submit, "other.sig"))["exit"] == 3
    assert errors(run(*submit, "not base64!"))["exit"] == 2
    text = Path(draft).read_text(encoding="utf-8")
    Path("changed.txt").write_text(text.replace("key ", "key AA", 1), encoding="utf-8")
    assert errors(run("submit", college.folder, "changed.txt", "--signature", "good.sig", "--json"))["exit"] in (2, 3)
    first = told(run(*submit, "good.sig"))
    assert told(run(*submit, "good.sig")) == first, "submitted again, it is answered"


def test_a_rule_book_comes_from_a_file_from_standard_input_or_along_with_us(run: Run, college: Any) -> None:
    text = read("shandong-transfer")
    Path("rules.toml").write_text(text, encoding="utf-8")
    words = ("publish", college.folder)
    first = told(run(*words, "rules.toml", "--request-key", "once", "--json"))
    assert first["book"] == "shandong-transfer"
    assert told(run(*words, "-", "--request-key", "once", "--json", input=text)) == first
    assert told(run(*words, "shandong-transfer", "--request-key", "once", "--json")) == first
    Path("shandong-transfer").write_text(text.replace("2026-1", "2026-2"), encoding="utf-8")
    other = told(run(*words, "shandong-transfer", "--json"))
    assert other["version"] == "2026-2", "a file of that name comes first"


def test_a_key_too_long_for_a_file_name_is_a_key(run: Run, errors: Errors) -> None:
    Path("receipt.txt").write_text("none")
    assert errors(run("verify", "receipt.txt", "--key", "x" * 600, "--json"))["exit"] == 2


# --- persons, tables, the end -----------------------------------------------------------------------------------------


def test_a_person_is_the_same_in_a_file_on_standard_input_and_in_a_table(run: Run, college: Any) -> None:
    value = {"name": " 张三 ", "document": "居民身份证", "number": NUMBER.lower(), "details": {"phone": "1"}}
    text = json.dumps(value, ensure_ascii=False)
    assert told(run("open-account", college.folder, "-", "--json", input=text))["account"] == college.account
    Path("people.csv").write_text(f"name,document,number\n张三,resident-id,{NUMBER}\n", encoding="utf-8")
    assert told(run("import", college.folder, "people", "people.csv", "--json"))["report"]["known_before"] == 1


def test_nothing_of_a_table_lands_unless_all_can_or_the_good_are_kept(run: Run, college: Any) -> None:
    rows = "".join(f"某人,护照,E{number:08}\n" for number in range(3))
    Path("people.csv").write_text(f"姓名,证件类型,证件号码\n{rows}李四,居民身份证,{NUMBER[::-1]}\n", encoding="gb18030")
    words = ("import", college.folder, "people", "people.csv")
    text = run(*words)
    assert text.exit_code == 2
    assert "证件号码" in text.stdout
    assert "nothing was recorded" in text.stderr
    said = run(*words, "--json")
    assert (said.exit_code, json.loads(said.stderr)["exit"]) == (2, 2)
    report = json.loads(said.stdout)["report"]
    assert (report["rows"], report["recorded"], report["bad_count"]) == (4, 0, 1)
    assert (report["bad"][0]["line"], report["bad"][0]["column"]) == (5, "证件号码")
    kept = run(*words, "--keep-good", "--json")
    assert kept.exit_code == 2
    assert json.loads(kept.stdout)["report"]["recorded"] == 3
    assert "the others were recorded" in json.loads(kept.stderr)["message"]
    wrong = run(*words, "--encoding", "utf-8", "--json")
    assert wrong.exit_code == 2
    for output in (text.output, said.output, kept.output):
        assert NUMBER[::-1] not in output
        assert "李四" not in output


def test_outcomes_are_imported_by_whoever_is_named(run: Run, college: Any) -> None:
    Path("o.csv").write_text(
        "account,class,title,achieved_on,credits,system,level,category,certificate\n"
        f"{college.account},skill-certificate,数字影像处理,2025-05-20,8,cn-bank,x:中级,信息技术,X-1\n",
        encoding="utf-8",
    )
    said = told(run("import", college.folder, "outcomes", "o.csv", "--by", "assessor", "--json"))
    assert (said["by"], said["report"]["recorded"]) == ("keys:assessor", 1)
    balance = told(run("balance", college.folder, college.account, "--json"))
    assert balance["held"] == {"cn-bank": {"credits": "8", "quanta": 16}}
    assert "学分银行学分" in run("balance", college.folder, college.account).stdout


def test_an_account_without_credit_says_so(run: Run, college: Any) -> None:
    assert "没有学分" in run("balance", college.folder, college.account).stdout


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl"])
def test_an_export_names_no_one(run: Run, college: Any, kind: str) -> None:
    file = written("o.json", college.certificate())
    assert run("deposit", college.folder, college.account, file).exit_code == 0
    for what in ("statements", "postings"):
        said = told(run("export", college.folder, what, "--out", f"{what}.{kind}", "--format", kind, "--json"))
        text = Path(f"{what}.{kind}").read_text(encoding="utf-8")
        assert said["report"]["accounts"] == 1
        assert college.account in text
        assert "张三" not in text
        assert NUMBER not in text


def test_erasing_asks_first_where_somebody_can_be_asked(
    run: Run, college: Any, errors: Errors, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("letter.pdf").write_bytes(b"a letter")
    words = ("erase", college.folder, college.account, "--reason", "PIPL 47", "--demand", "letter.pdf")
    assert errors(run(*words, "--json"))["exit"] == 2
    monkeypatch.setattr("creditbank.cli.account.asked", lambda: True)
    refused = run(*words, input="n\n")
    assert refused.exit_code == 1
    assert run("balance", college.folder, college.account).exit_code == 0
    said = run(*words, input="y\n")
    assert said.exit_code == 0
    assert "已删除" in said.stdout
    assert run("balance", college.folder, college.account).exit_code == 1


def test_a_demand_is_its_hash_or_a_file_with_that_hash(run: Run, college: Any) -> None:
    Path("letter.pdf").write_bytes(b"a letter")
    digest = hashlib.sha256(b"a letter").hexdigest()
    words = ("erase", college.folder, college.account, "--reason", "PIPL 47", "--yes", "--request-key", "k", "--json")
    said = told(run(*words, "--demand", "letter.pdf"))
    assert said["events"][0]["event"]["demand"] == digest
    assert told(run(*words, "--demand", digest)) == said, "the same request"


# --- what a wrong file is told ----------------------------------------------------------------------------------------

SCHOOL = institution_id("keys:college")
OTHER = institution_id("keys:trade-school")
PROGRAMME = Programme("510203", "软件技术", "college-3", 36, Credit("cn-college", 280))
COURSE = Course("c1", "广告创意", ("专业核心",), True, Credit("cn-college", 8))
ITEM = Item("1", ("0" * 32,), (COURSE,), "专业核心", "4", (("item.note", "x"),))
DAY = date(2026, 1, 31)
COMMON: dict[str, Any] = {"title": "某某", "issuer": SCHOOL, "achieved_on": DAY, "credits": Credit("cn-bank", 1)}

VALUES: list[tuple[Any, Any]] = [
    (Enrolment(SCHOOL, PROGRAMME, "2025级", DAY, (("exam_score", 512), ("local", True))), Enrolment),
    (Application(Digest("0" * 64), "convert", EnrolmentId("1"), (ITEM,), (("college", SCHOOL),)), Application),
    (
        TransferOffer(
            Digest("0" * 64), EnrolmentId("1"), OTHER, PROGRAMME, "高一", seats_stream(OTHER, "cook"), DAY, ()
        ),
        TransferOffer,
    ),
    (CourseResult(**COMMON, code="c", grade="80", category=("专业核心",)), Outcome),
    (Diploma(**COMMON, level=Level("education", "专科"), major="软件技术"), Outcome),
    (SkillCertificate(**COMMON, level=Level("x", "中级"), category="信息技术", hours=40), Outcome),
    (ContestAward(**COMMON, tier="province", prize=1, team=True, position=2), Outcome),
    (Training(**COMMON, category="家政", hours=40, expires_on=date(2027, 1, 31)), Outcome),
]


def plain(value: Any, kind: Any) -> Any:
    return converter.unstructure(value, kind)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every part of a plain value."""
    yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*path, key))


def changed(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    if not path:
        return to
    made = copy.deepcopy(value)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return made


@pytest.mark.parametrize(("value", "kind"), VALUES, ids=lambda each: type(each).__name__)
def test_what_is_right_is_read(value: Any, kind: Any) -> None:
    assert shaped(plain(value, kind), kind, "file.json") == value


def fault(value: Any, kind: Any) -> MalformedError | None:
    try:
        shaped(value, kind, "file.json")
    except MalformedError as error:
        return error
    return None


SECRET = "340402199001011234"
JUNK = (None, [SECRET], {SECRET[:1]: SECRET}, [[SECRET]], 7, True, {"name": SECRET}, [])
SAID_BY_VALUES = ("class", "outcome ", "application", "transfer offer", "item ", "programme ", "credit of")
"""How what is wrong begins where a value itself says it, or where the class decides what should stand there."""


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_whatever_is_wrong_says_where_and_repeats_nothing(data: st.DataObject) -> None:
    value, kind = data.draw(st.sampled_from(VALUES))
    right = plain(value, kind)
    path = data.draw(st.sampled_from(list(places(right))))
    error = fault(changed(right, path, data.draw(st.sampled_from(JUNK))), kind)
    if error is None:
        return
    assert error.where == "file.json"
    assert SECRET not in str(error)
    assert "contradicts" not in error.what, "what is wrong is found"
    named = ".".join(str(part + 1 if isinstance(part, int) else part) for part in path)  # lists are counted from 1
    assert error.what.startswith((named, *SAID_BY_VALUES))


@pytest.mark.parametrize(("value", "kind"), VALUES, ids=lambda each: type(each).__name__)
def test_a_field_that_lacks_or_that_nobody_knows_is_named(value: Any, kind: Any) -> None:
    right = plain(value, kind)
    needed = [field.name for field in attrs.fields(type(value)) if field.default is attrs.NOTHING]
    for name in needed:
        error = fault({key: each for key, each in right.items() if key != name}, kind)
        assert error is not None
        assert error.what == f"it lacks {name}"
    unknown = fault(right | {"colour": SECRET}, kind)
    assert unknown is not None
    assert "'colour'" in unknown.what
    assert SECRET not in unknown.what


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("x", "no object"),
        ({}, "name, document and number"),
        ({"name": "李四", "document": "passport"}, "name, document and number"),
        ({"name": "李四", "document": "passport", "number": 7}, "name, document and number"),
        ({"name": "李四", "document": "passport", "number": "E1", "sex": "f"}, "name, document and number"),
        ({"name": "", "document": "passport", "number": "E1"}, "name: it is empty"),
        ({"name": "李四", "document": "passport", "number": " "}, "number: it is empty"),
        ({"name": "李四", "document": "Reisepass!", "number": "E1"}, "document: it is no kind of document"),
        ({"name": "李四", "document": "resident-id", "number": "110105194912310021"}, "number: "),
        ({"name": "=1+1", "document": "passport", "number": "E1"}, "name: it begins like a formula"),
        ({"name": "李" * 201, "document": "passport", "number": "E1"}, "name: 201 characters"),
        ({"name": "李四", "document": "passport", "number": "E1", "details": []}, "details"),
        ({"name": "李四", "document": "passport", "number": "E1", "details": {"a": 1}}, "details"),
    ],
)
def test_what_is_no_person_says_which_field(value: Any, says: str) -> None:
    with pytest.raises(MalformedError) as caught:
        person_of(value, "person.json")
    assert says in caught.value.what
    assert caught.value.where == "person.json"
    assert "李四" not in str(caught.value)
    assert "1101051949" not in str(caught.value)


def test_a_person_keeps_its_details() -> None:
    made = person_of({"name": "李四", "document": "护照", "number": "E1", "details": {"phone": "1"}}, "-")
    assert (made.name, made.document, made.number, made.details) == ("李四", "passport", "E1", {"phone": "1"})
