"""Publishing books that name other files: rows beside them, parents published before."""

import pytest

import creditbank as cb
from creditbank.codec.book import book_bytes
from creditbank.testing.town import COLLEGE_CREDIT, small_town

PROVINCE = """
book = "province"
version = "2025"
title = "省学分转换办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { p = { title = "省办法", url = "https://example.org/p" } }
[[clause]]
id = "list"
kind = "map"
basis = "p:1"
rows_file = "list.csv"
"""
COLLEGE = """
book = "college"
version = "1"
title = "学院细则"
since = 2020-01-01
extends = ["province@2025"]
basis = { c = { title = "学院细则", url = "https://example.org/c" } }
clause = [{ id = "most", kind = "cap", at_most = 2, basis = "c:1" }]
"""
LIST = "from,to,credits\n养老护理,健康与照护,2\n插花,花艺,2\n"


@pytest.fixture
def town():
    return small_town()


def published(town, folder):
    """The province's book by its file, with rows beside it; the college's by its text, extending what is published."""
    folder.joinpath("province.toml").write_text(PROVINCE, "utf-8")
    folder.joinpath("list.csv").write_text("\ufeff" + LIST.replace("\n", "\r\n"), "utf-8", newline="")
    parent = town.bank.publish(town.request(town.operator), folder / "province.toml")
    return parent, town.bank.publish(town.request(town.college), COLLEGE)


def test_a_child_of_a_published_book_decides_by_its_rows(town, tmp_path):
    bank = town.bank
    parent, digest = published(town, tmp_path)
    book = bank.known().book(digest)
    assert [one.digest for one in book.parents] == [parent]
    assert len(book.clauses[0].rows) == 2
    outcome = cb.Training(title="x", issuer=town.assessor, achieved_on=bank.today(), hours=40, category="家政")
    held = bank.record(town.request(town.assessor), cb.deposit, town.learner, outcome).event.id
    course = cb.Course("健康与照护", "健康与照护", ("公共选修",), False, COLLEGE_CREDIT.credit("2"))
    asked = cb.Application(digest, "convert", town.enrolment, (cb.Item("1", (held,), (course,)),), ())
    decision = cb.quote(bank.known(), town.learner, asked, bank.today())
    assert decision.results[0].refused == "map.none"
    assert bank.verify().findings == ()


def test_rows_are_documents_of_the_bank_and_verified_with_it(town, tmp_path):
    _, digest = published(town, tmp_path)
    store = town.bank.store
    documents = {name: store.document(name) for name in store.documents()}
    assert LIST.encode() in documents.values()
    assert documents[digest] == book_bytes(town.bank.known().book(digest))
    proof = cb.row_proof(town.bank.known().book(digest), "list", 2)
    assert cb.check_row(proof, digest) == {"from": "插花", "to": "花艺", "credits": "2"}


def test_what_is_not_there_is_told_and_nothing_is_kept(town, tmp_path):
    before = list(town.bank.store.documents())
    with pytest.raises(cb.MalformedBookError, match=r"no file 'list\.csv'"):
        town.bank.publish(town.request(town.operator), PROVINCE)
    with pytest.raises(cb.MalformedBookError, match="no book province@2025"):
        town.bank.publish(town.request(town.college), COLLEGE)
    assert list(town.bank.store.documents()) == before
    given = {"list.csv": LIST.encode(), "province@2025": PROVINCE.encode()}
    assert town.bank.publish(town.request(town.college), COLLEGE, files=given.get)


def test_a_withdrawn_parent_is_still_in_its_child(town, tmp_path):
    parent, digest = published(town, tmp_path)
    town.bank.record(town.request(town.operator), cb.withdraw_book, "province", parent, "superseded")
    assert [clause.id for clause in town.bank.known().book(digest).clauses] == ["list", "most"]
    later = COLLEGE.replace('version = "1"', 'version = "2"')
    assert town.bank.publish(town.request(town.college), later) != digest


def test_a_file_that_is_no_text_is_told(town, tmp_path):
    tmp_path.joinpath("province.toml").write_bytes(PROVINCE.encode("gb18030"))
    with pytest.raises(cb.MalformedBookError, match=r"province\.toml: it is not UTF-8"):
        town.bank.publish(town.request(town.operator), tmp_path / "province.toml")
