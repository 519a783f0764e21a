"""Slips that people make in books and cases: the whole message says what, where, and what to do."""

import copy
import json

import pytest
from rule_support import HEAD, book_of_text, case_of_data, shipped_book, x_case

from creditbank.codec.book import book_bytes, read_book
from creditbank.codec.case import read_case
from creditbank.errors import MalformedBookError, MalformedError

MAP = '{ id = "m", kind = "map", match = { "target.kind" = "course" }, basis = "b:1" }'
FIELDS = """
levels = { x = ["初级", "中级"] }
fields = { "pair.similarity" = "percent", "target.county" = "text", "source.places" = "number", "learner.left_on" = "date" }
"""


def one(clause, head=HEAD + FIELDS):
    """A book of a map and *clause*, which begins on line 15."""
    return f"{head}\nclause = [\n  {MAP},\n  {clause},\n]\n"


# What people write by mistake, and the whole message: what, where, and what to do. Every clause begins on line 15.
GATE = '{ id = "g", kind = "gate", basis = "b:1", require = %s }'
CAP = '{ id = "c", kind = "cap", basis = "b:1", %s }'
SLIPS = [
    ('{ id = "g", knd = "gate", basis = "b:1" }', "clause 'g', key 'knd': unknown key 'knd'; did you mean 'kind'?"),
    (
        '{ id = "g", kind = "gate", basis = "b:1", requires = { "target.id" = "a" } }',
        "clause 'g', key 'requires': unknown key 'requires'; did you mean 'require'?",
    ),
    (
        '{ id = "m2", kind = "map", basis = "b:1", matches = { "target.id" = "a" } }',
        "clause 'm2', key 'matches': unknown key 'matches'; did you mean 'match'?",
    ),
    (
        '{ id = "w", kind = "worth", basis = "b:1", credits = 3, of = "@source.hours" }',
        "clause 'w', key 'of': credits says the amount already; leave credits or of out",
    ),
    (
        '{ id = "r", kind = "map", basis = "b:1", rows = [{ from = "A", to = "B", credits = "40 %" }] }',
        "clause 'r', key 'rows 1 credits': '40 %' is a share, and no amount; write the credits of each target",
    ),
    (
        '{ id = "w", kind = "worth", basis = "b:1", credit = 3 }',
        "clause 'w', key 'credit': unknown key 'credit'; did you mean 'credits'?",
    ),
    (
        '{ id = "w", kind = "worth", basis = "b:1" }',
        "clause 'w': it says no amount; give credits = 3, of = \"@source.credits\", or rows of them",
    ),
    (
        '{ id = "p", kind = "policy", basis = "b:1", unit = "parts" }',
        "clause 'p', key 'unit': unknown key 'unit'; did you mean 'units'?",
    ),
    (
        '{ id = "f", kind = "floor", basis = "b:1", atleast = 3 }',
        "clause 'f', key 'atleast': unknown key 'atleast'; did you mean 'at_least'?",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b：1", require = { "target.id" = "a" } }',
        "clause 'g', key 'basis': basis 'b：1' names no article; write it like \"d1:4\"",
    ),
    (
        GATE % "{ target.compulsory = true }",
        "clause 'g', key 'require target': 'target' alone is no field; write the whole name in quotes: \"target.…\"",
    ),
    (
        GATE % '{ "target.conty" = "a" }',
        "clause 'g', key 'require target.conty': field 'target.conty' is not declared; "
        'did you mean "target.county"? Or add "target.conty" to [fields] with its type',
    ),
    (
        GATE % '{ "target.colour" = "a" }',
        "clause 'g', key 'require target.colour': field 'target.colour' is not declared; "
        'add "target.colour" to [fields] with its type',
    ),
    (
        GATE % '{ any = [{ "target.id" = "a" }] }',
        "clause 'g', key 'require any': 'any' is no field; "
        "all tests of a table must hold; for any, write a list: [{ … }, { … }]",
    ),
    (
        GATE % '{ "source.places" = { ">=" = 3 } }',
        "clause 'g', key 'require source.places >=': unknown key '>='; "
        "a test is one of is, not, present, absent, at_least, at_most, above, below, plus, minus, times",
    ),
    (
        GATE % '{ "target.category" = { isnt = "a" } }',
        "clause 'g', key 'require target.category isnt': unknown key 'isnt'; "
        "a test is one of is, not, present, absent, at_least, at_most, above, below, plus, minus, times",
    ),
    (
        GATE
        % '{ "learner.left_on" = { at_least = "@source.ended_on", at_most = "@source.ended_on", plus = "1 year" } }',
        "clause 'g', key 'require learner.left_on': plus or minus cannot stand here; "
        "move one bound of a date, one way; a window with two ends is two clauses",
    ),
    (
        GATE % '{ "pair.similarity" = { at_least = 80 } }',
        "clause 'g', key 'require pair.similarity at_least': 80 is 8000 %; "
        'write "80 %" or "0.8"; a share is 100 % at most',
    ),
    (
        CAP % 'at_most = 1, per = ["course"]',
        "clause 'c', key 'per': 'course' makes no groups; "
        'write "source", "target", or a field such as "target.category"',
    ),
    (
        CAP % 'at_most = "20 %"',
        "clause 'c', key 'at_most': '20 %' is a share, and no amount; say of what: { percent = 20, of = \"…\" }",
    ),
    (
        CAP % 'at_most = { percent = 0.2, of = "programme" }',
        "clause 'c', key 'at_most percent': 'percent' is 0.2 %; write percent = 20 for 20 %; at least 1",
    ),
    (
        CAP % 'at_most = { percent = "20 %", of = "programme" }',
        "clause 'c', key 'at_most percent': '20 %' is a share, and no amount; "
        'say of what: { percent = 20, of = "…" }',
    ),
    (
        CAP % 'at_most = { percent = 20, of = "programme" }, measure = "targets"',
        "clause 'c', key 'at_most of': a share of credits, and what is counted are targets; "
        "measure credits or target_credits, or take the share of a field",
    ),
    (
        CAP % 'at_most = 1, system = "cn-college"',
        "clause 'c', key 'system': unknown key 'system'; if it is the book's own, write it before the first [table]; "
        "here: across, acts, at_most, basis, code, dated_by, exceed, id, ignore, kind, measure, over, per, say, since, until, "
        "waivable_by, when",
    ),
]


@pytest.mark.parametrize(("clause", "message"), SLIPS)
def test_a_slip_is_told_with_what_where_and_the_mend(clause, message):
    with pytest.raises(MalformedBookError) as caught:
        read_book(one(clause), name="town.toml")
    assert str(caught.value) == f"town.toml:15: {message}"


def test_one_clause_in_single_brackets_is_told_how_to_write_it():
    with pytest.raises(MalformedBookError, match=r"is not a list of tables; write each as \[\[clause\]\]"):
        read_book(f'{HEAD}\n[clause]\nid = "m"\nkind = "map"\nbasis = "b:1"\n', name="town.toml")


def test_a_text_of_a_book_that_is_empty_or_too_long_is_told_as_such():
    title = 'title = "试行办法"'
    assert title in HEAD
    for text, message in (
        ("", "'title' is empty; write at least one character"),
        ("长" * 10_001, "10001 characters; write at most 10000"),
    ):
        with pytest.raises(MalformedBookError, match=message):
            read_book(one(CAP % "at_most = 3", HEAD.replace(title, f'title = "{text}"') + FIELDS), name="town.toml")


@pytest.mark.parametrize("percent", ["1", "100", '"100/3"', "1.5"])
def test_one_percent_is_the_least_share(percent):
    read_book(one(CAP % f'at_most = {{ percent = {percent}, of = "programme" }}'), name="town.toml")


@pytest.mark.parametrize("bound", ['"100 %"', "1", "0", '"4/5"'])
def test_a_share_is_a_hundred_percent_at_most(bound):
    gate = GATE % f'{{ "pair.similarity" = {{ at_least = {bound} }} }}'
    book = read_book(one(gate), name="town.toml")
    assert len(book.clauses) == 2


def head_error(old, new):
    text = one(MAP.replace('"m"', '"g"'), HEAD + FIELDS)
    assert old in text
    with pytest.raises(MalformedBookError) as caught:
        read_book(text.replace(old, new, 1), name="town.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("basis = { b", "bases = { b", "town.toml:8: key 'bases': unknown key 'bases'; did you mean 'basis'?"),
        ("since =", "sinse =", "town.toml:5: key 'sinse': unknown key 'sinse'; did you mean 'since'?"),
        (
            "since = 2020-01-01",
            "",
            "town.toml: key 'since': no 'since'; say from which day the book is in force, before the first [table]",
        ),
        ('title = "试行办法"', "", "town.toml: key 'title': no 'title'; add 'title', before the first [table]"),
        (
            'fields = { "pair.similarity"',
            'field = { "pair.similarity"',
            "town.toml:11: key 'field': unknown key 'field'; did you mean 'fields'?",
        ),
        (
            '"target.county" = "text"',
            'target.county = "text"',
            "town.toml:11: key 'fields target': 'target' alone is no field; "
            'write the whole name in quotes: "target.…" = "text"',
        ),
        (
            '"target.county" = "text"',
            'system = "text"',
            "town.toml:11: key 'fields system': 'system' is no field; "
            "if it is the book's own, write it before the first [table]",
        ),
        (
            "title =",
            "标题 =",
            "town.toml:4: it is not TOML (Invalid statement (at line 4, column 1)); mend the syntax there: "
            'keys are English words, texts and names of fields stand in straight quotes "…"',
        ),
    ],
)
def test_a_slip_in_the_head(old, new, message):
    assert head_error(old, new) == message


def test_a_byte_order_mark_of_a_book_says_nothing():
    text = one(CAP % "at_most = 1")
    assert book_bytes(read_book("\ufeff" + text, name="a")) == book_bytes(read_book(text, name="a"))


# --- cases ------------------------------------------------------------------------------------------------------------

BOOK = shipped_book("x-certificate-conversion")
FULL = x_case(["创意"]) | {
    "learner": {"enrolled_on": "2020-09-01"},
    "programme": {"id": "广告", "credits": 140},
    "pairs": [{"source": "x", "target": "创意", "facts": {}}],
    "waivers": [{"clause": "3.1", "item": "1", "by": "dean", "reason": "r"}],
}


# Where somebody wrote something else: the whole message.
CASE_SLIPS = [
    (("outcomes",), "outcome", "case: outcome: unknown key 'outcome'; did you mean 'outcomes'?"),
    (("targets",), "target", "case: target: unknown key 'target'; did you mean 'targets'?"),
    (("application",), "aplication", "case: aplication: unknown key 'aplication'; did you mean 'application'?"),
    (
        ("learner",),
        "学习者",
        "case: 学习者: unknown key '学习者'; use one of application, book, calendars, history, learner, outcomes, pairs, "
        "programme, systems, targets, waivers",
    ),
    (
        ("application", "dates"),
        "applied_on",
        "case: application.applied_on: unknown key 'applied_on'; use one of act, dates, facts, id, items; "
        "days stand under 'dates'; other fields stand under 'facts'",
    ),
    (
        ("application", "dates", "applied_on"),
        "aplied_on",
        "case: application.dates.aplied_on: the book has no field application.aplied_on; "
        "did you mean 'applied_on'? Or leave it out, or declare it in the book",
    ),
    (
        ("learner", "enrolled_on"),
        "learner.enrolled_on",
        "case: learner.learner.enrolled_on: the book has no field learner.learner.enrolled_on; "
        "leave out 'learner.': where it stands says it",
    ),
    (
        ("outcomes", "x", "class"),
        "类别",
        "case: outcomes.x.类别: the book has no field source.类别; leave it out, or declare it in the book",
    ),
    (
        ("application", "items", 0, "sources"),
        "source",
        "case: application.items[0].source: unknown key 'source'; did you mean 'sources'?",
    ),
    (
        ("pairs", 0, "facts"),
        "same_content",
        "case: pairs[0].same_content: unknown key 'same_content'; use one of facts, source, target; "
        "other fields stand under 'facts'",
    ),
]


@pytest.mark.parametrize(("path", "written", "message"), CASE_SLIPS)
def test_a_misspelt_key_is_told_before_what_it_leaves_out(path, written, message):
    data = copy.deepcopy(FULL)
    *outer, last = path
    place = data
    for key in outer:
        place = place[key]
    place[written] = place.pop(last)
    with pytest.raises(MalformedError) as caught:
        case_of_data(data, BOOK)
    assert str(caught.value) == message


LINE = {
    "application": "a0",
    "item": "1",
    "act": "convert",
    "sources": ["x"],
    "target": "创意",
    "credits": 1,
    "on": "2021-01-01",
}

WRONG = [
    (("targets", "创意", "compulsory"), "true", "'true' is no flag; write true or false, without quotes"),
    (("targets", "创意", "category"), 5, '5 is no tags; write a text in quotes, or several: ["one", "two"]'),
    (("outcomes", "x", "name"), 5, "5 is no text; write a text in quotes"),
    (("outcomes", "x", "level"), "特级", "'特级' is no level of 'x'; use one of 初级, 中级, 高级"),
    (
        ("waivers", 0, "clause"),
        "99",
        "the book has no clause '99'; use one of " + ", ".join(c.id for c in BOOK.clauses),
    ),
    (("history",), {}, "'history' is not a list; write it like [ { … }, { … } ]"),
    (("history",), [LINE | {"act": "convrt"}], "there is no act 'convrt'; did you mean 'convert'?"),
    (
        ("history",),
        [LINE | {"act": "fly"}],
        "there is no act 'fly'; use one of convert, deposit, transfer, advance, sit, award, programme",
    ),
    (("history",), [LINE | {"on": "2023-02-30"}], "'2023-02-30' is not a day of the calendar; check month and day"),
    (("history",), [LINE | {"on": "2023/02/03"}], "'on' is not a day ('2023/02/03'); write it like \"2026-01-01\""),
    (("waivers", 0, "reason"), "", "'reason' is empty; write at least one character"),
    (("systems",), {"cn-college": 0}, "the smallest amount is 0; write one above 0, or leave the system out"),
]


@pytest.mark.parametrize(("path", "value", "message"), WRONG)
def test_a_wrong_value_is_told_with_the_mend(path, value, message):
    data = copy.deepcopy(FULL)
    *outer, last = path
    place = data
    for key in outer:
        place = place[key]
    place[last] = value
    with pytest.raises(MalformedError) as caught:
        case_of_data(data, BOOK)
    assert str(caught.value).endswith(f": {message}")


def test_a_case_begins_with_its_application():
    for text, message in (
        ("{}", "case: application: no 'application'; add 'application'"),
        ("[]", 'case: it is not an object; write it like { "key": value }'),
        ('{"a": 1, "b": 2, "a": 3}', "case: it is not JSON (key 'a' is there twice); mend the syntax there"),
        ("[" * 100_000 + "]" * 100_000, "case: it is nested too deeply; write it flat"),
        ('{"a": ' + "9" * 5_000 + "}", "case: it is not JSON (a number of 5000 digits); mend the syntax there"),
        ('{"a": "\\ud800"}', "case: half a character (U+D800); write the whole character, not as \\u escapes"),
    ):
        with pytest.raises(MalformedError) as caught:
            read_case(text, BOOK)
        assert str(caught.value) == message


def test_a_mark_is_for_a_part_that_a_score_of_the_book_has():
    book = book_of_text(
        f'clause = [{MAP}, {{ id = "s", kind = "score", parts = {{ theory = 30, skill = 70 }}, basis = "b:1" }}]'
    )

    def marked(book, **more):
        item = {"id": "1", "marks": {"theory": 60, "skil": 70, "oral": 80}} | more
        return case_of_data({"application": {"id": "a", "act": "convert", "items": [item]}}, book)

    for marks, message in (
        ({"theory": 60, "skil": 70}, "no score of the book has a part 'skil'; did you mean 'skill'?"),
        ({"oral": 60}, "no score of the book has a part 'oral'; use some of skill, theory"),
    ):
        with pytest.raises(MalformedError) as caught:
            marked(book, marks=marks)
        assert str(caught.value) == f"case: application.items[0].marks.{[*marks][-1]}: {message}"
    assert marked(book, marks={"skill": 70}).items[0].marks == {"skill": 70}
    # A book without scores looks at no marks, and what a bank recorded is read as it stands there.
    assert len(marked(book_of_text(f"clause = [{MAP}]")).items[0].marks) == 3
    recorded = {
        "application": {"id": "a", "act": "convert", "items": [{"id": "1", "marks": {"oral": 80}}]},
        "book": "cd" * 32,
    }
    assert case_of_data(recorded, book).items[0].marks == {"oral": 80}


def test_a_byte_order_mark_of_a_case_says_nothing():
    text = json.dumps(FULL, ensure_ascii=False)
    assert read_case("\ufeff" + text, BOOK) == read_case(text, BOOK)


def test_a_share_of_a_case_is_a_hundred_percent_at_most():
    book = book_of_text(
        'clause = [{ id = "m", kind = "map", match = { "pair.similarity" = { at_least = "80 %" } }, basis = "b:1" }]',
        more='fields = { "pair.similarity" = "percent" }',
    )

    def similar(share):
        pairs = [{"source": "x", "target": "t", "facts": {"similarity": share}}]
        data = {"outcomes": {"x": {}}, "targets": {"t": {"credits": 1}}, "pairs": pairs}
        return case_of_data(data | {"application": {"id": "a", "act": "convert", "items": []}}, book)

    for share in (1, "1", "100 %", "0", "0.8"):
        assert similar(share).pairs["x", "t"]["similarity"] <= 1
    for share, percent in ((80, "8000 %"), ("1.01", "101 %"), ("101 %", "101 %")):
        with pytest.raises(MalformedError) as caught:
            similar(share)
        assert str(caught.value) == (
            f'case: pairs[0].facts.similarity: {share} is {percent}; write "80 %" or "0.8"; a share is 100 % at most'
        )
