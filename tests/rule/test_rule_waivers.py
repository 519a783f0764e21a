"""Waivers: only by a role that the clause names, for the item that is named, and always shown."""

import pytest
from hypothesis import given, strategies as st
from rule_support import book_of_text, case_of_data

from creditbank.domain.rule import decide, workings
from creditbank.errors import MalformedBookError

CLAUSES = {
    "gate": 'kind = "gate", require = { "source.class" = "good" }',
    "held": 'kind = "gate", held = { "source.class" = "diploma" }',
    "once": 'kind = "once", per = ["source"]',
    "cap": 'kind = "cap", at_most = 2',
    "count": 'kind = "cap", measure = "items", at_most = 1',
    "highest": 'kind = "highest", per = ["source.class"], by = ["source.credits"], earlier = "refuse"',
}
ROLES = ("dean", "office", "clerk")


@st.composite
def books(draw):
    """Clauses that refuse, each waivable by some roles."""
    rows = ['{ id = "m", kind = "map", match = { "target.kind" = "course" }, basis = "b:1" }']
    rows.append('{ id = "w", kind = "worth", of = "@target.credits", basis = "b:1" }')
    rows.append(
        f'{{ id = "u", kind = "policy", units = "{draw(st.sampled_from(["whole", "parts"]))}", basis = "b:1" }}'
    )
    for id in draw(st.lists(st.sampled_from(sorted(CLAUSES)), min_size=1, unique=True)):
        roles = ", ".join(f'"{role}"' for role in draw(st.sets(st.sampled_from(ROLES[:2]))))
        rows.append(f'{{ id = "{id}", {CLAUSES[id]}, waivable_by = [{roles}], basis = "b:1" }}')
    return book_of_text(f"clause = [{', '.join(rows)}]")


waivers = st.dictionaries(st.tuples(st.sampled_from(sorted(CLAUSES)), st.sampled_from("123")), st.sampled_from(ROLES))


@given(books(), waivers, st.lists(st.sampled_from("XYZ"), min_size=3, max_size=3))
def test_a_clause_is_passed_only_by_whom_it_names_and_never_unseen(book, given_, targets):
    clauses = {clause.id: clause for clause in book.clauses}
    asked = enumerate(zip("ABA", targets, strict=True), 1)
    items = [{"id": str(n), "sources": [source], "targets": [target]} for n, (source, target) in asked]
    data = {
        "application": {
            "id": "a", "act": "convert", "dates": {"applied_on": "2022-01-01"},
            "items": items,
        },
        "outcomes": {"A": {"class": "bad", "credits": 3}, "B": {"class": "bad", "credits": 2}},
        "targets": {name: {"kind": "course", "credits": 2} for name in "XYZ"},
        "waivers": [
            {"clause": clause, "item": item, "by": by, "reason": "r"}
            for (clause, item), by in given_.items()
            if clause in clauses
        ],
    }  # fmt: skip
    case = case_of_data(data, book)
    rows = workings(book, case)
    shown = {(row.item, row.clause): dict(row.saw) for row in rows if row.said == "waived"}
    for result in decide(book, case).results:
        for clause in result.waived:
            by = given_[clause, result.item]
            assert by in clauses[clause].waivable_by
            assert shown[result.item, clause] == {by: "r"}
        assert {clause for item, clause in shown if item == result.item} == set(result.waived)
        # Nobody may let off by a role that the clause does not name: it refuses, or trims, or had nothing against it.
        if "gate" in clauses and given_.get(("gate", result.item)) not in clauses["gate"].waivable_by:
            assert result.refused is not None
    bare = decide(book, case_of_data(data | {"waivers": []}, book))
    useless = [one for one in data["waivers"] if one["by"] == "clerk"]
    assert decide(book, case_of_data(data | {"waivers": useless}, book)).results == bare.results


@pytest.mark.parametrize(
    "clause",
    [
        'kind = "map", match = { "target.kind" = "c" }',
        'kind = "worth", credits = 1',
        'kind = "policy", units = "parts"',
        'kind = "chain", steps = [{ by = "a", does = "b" }]',
        'kind = "effect", on = "granted", set = { status = "x" }',
    ],
)
def test_what_refuses_nothing_cannot_be_waived(clause):
    with pytest.raises(MalformedBookError, match="cannot be waived"):
        book_of_text(
            'clause = [{ id = "m", kind = "map", match = { "target.kind" = "course" }, basis = "b:1" }, '
            f'{{ id = "x", {clause}, waivable_by = ["dean"], basis = "b:1" }}]'
        )
