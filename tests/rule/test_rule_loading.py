"""Loading a rule book: every fault is told with file, line, clause, key and the mend; the canonical form has one reading."""

import pytest
from rule_support import HEAD, book_of_text

from creditbank.codec.book import book_bytes, book_of, read_book
from creditbank.codec.book_table import clause_lines
from creditbank.domain.rule.field import Ref
from creditbank.domain.rule.selection import Range
from creditbank.errors import MalformedBookError, MalformedError

MAP = '{ id = "m", kind = "map", match = { "target.kind" = "course" }, basis = "b:1" }'
FIELDS = """
levels = { x = ["初级", "中级"] }
fields = { "source.level" = "level:x", "target.county" = "text", "source.places" = "number", "learner.left_on" = "date" }
"""


def one(clause: str, head: str = HEAD + FIELDS) -> str:
    """A book of a map and *clause*, which begins on line 15."""
    return f"{head}\nclause = [\n  {MAP},\n  {clause},\n]\n"


# Every row: a clause, the key that is named, and words of the message.
CLAUSES = [
    ('{ kind = "gate", basis = "b:1" }', "id", "no 'id'"),
    ('{ id = "g", basis = "b:1" }', "kind", "no 'kind'"),
    ('{ id = "g", kind = "gaet", basis = "b:1" }', "kind", "no kind 'gaet'"),
    ('{ id = "m", kind = "gate", require = { "target.id" = "a" }, basis = "b:1" }', "id", "two clauses 'm'"),
    ('{ id = "g h", kind = "gate", basis = "b:1" }', "id", "'g h'"),
    ('{ id = "g", kind = "gate", require = { "target.id" = "a" } }', "basis", "no 'basis'"),
    ('{ id = "g", kind = "gate", require = { "target.id" = "a" }, basis = "c:1" }', "basis", "'c' is not declared"),
    ('{ id = "g", kind = "gate", require = { "target.id" = "a" }, basis = "b" }', "basis", "names no article"),
    ('{ id = "g", kind = "gate", basis = "b:1", acts = ["sit"] }', "acts", "no act 'sit'"),
    ('{ id = "g", kind = "gate", basis = "b:1" }', "", "asks one thing"),
    ('{ id = "g", kind = "gate", basis = "b:1", require = { "target.id" = "a" }, forbid = {} }', "", "asks one thing"),
    ('{ id = "g", kind = "gate", basis = "b:1", require = {} }', "require", "without a test"),
    ('{ id = "g", kind = "gate", basis = "b:1", require = [] }', "require", "selects nothing"),
    ('{ id = "g", kind = "gate", basis = "b:1", require = "x" }', "require", "not a table"),
    ('{ id = "g", kind = "gate", basis = "b:1", requires = { "target.id" = "a" } }', "requires", "unknown key"),
    ('{ id = "g", kind = "gate", basis = "b:1", require = { "target.id" = "a" }, cod = "x" }', "cod", "unknown key"),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "target.id" = "a" }, count = 2 }',
        "count",
        "held and done",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "target.colour" = "a" } }',
        "target.colour",
        "not declared",
    ),
    ('{ id = "g", kind = "gate", basis = "b:1", require = { "teacher.id" = "a" } }', "teacher.id", "no namespace"),
    ('{ id = "g", kind = "gate", basis = "b:1", require = { "earlier.act" = "a" } }', "earlier.act", "cannot be read"),
    ('{ id = "g", kind = "gate", basis = "b:1", held = { "target.id" = "a" } }', "target.id", "cannot be read here"),
    ('{ id = "g", kind = "gate", basis = "b:1", done = { "source.id" = "a" } }', "source.id", "cannot be read here"),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.level" = "高级" } }',
        "source.level",
        "no level of 'x'",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = true } }',
        "source.places",
        "not a number",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = 1e3 } }',
        "source.places",
        "not a number",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = inf } }',
        "source.places",
        "not a number",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = nan } }',
        "source.places",
        "not a number",
    ),
    ('{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = -1 } }', "source.places", "not a number"),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "target.compulsory" = 1 } }',
        "target.compulsory",
        "neither",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "learner.left_on" = "1/2" } }',
        "learner.left_on",
        "not a day",
    ),
    ('{ id = "g", kind = "gate", basis = "b:1", require = { "target.id" = [] } }', "target.id", "empty list"),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "target.id" = { at_least = 1 } } }',
        "target.id",
        "no order",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = { at_least = 3, at_most = 2 } } }',
        "source.places",
        "nothing is in",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = { at_least = 2, below = 2 } } }',
        "source.places",
        "nothing is in",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.level" = { above = "中级", below = "初级" } } }',
        "source.level",
        "nothing is in",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = { at_least = 1, above = 2 } } }',
        "source.places",
        "more bounds",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = {} } }',
        "source.places",
        "tests nothing",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = { at_least = 1, plus = "1 year" } } }',
        "source.places",
        "cannot stand here",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "source.places" = { at_least = 1, times = 2 } } }',
        "times",
        "cannot stand here",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", '
        'require = { "learner.left_on" = { at_most = "@source.ended_on", times = 2 } } }',
        "times",
        "cannot stand here",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", '
        'require = { "source.places" = { at_least = "@source.credits", below = "@source.hours", times = 2 } } }',
        "times",
        "cannot stand here",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", '
        'require = { "source.places" = { at_least = "@source.credits", times = 0 } } }',
        "times",
        "above 0",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", '
        'require = { "learner.left_on" = { at_most = "@source.ended_on", plus = "1 y" } } }',
        "plus",
        "not a duration",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "target.county" = "@source.places" } }',
        "target.county",
        "compared with text",
    ),
    ('{ id = "g", kind = "gate", basis = "b:1", require = { "target.id" = "@x.y" } }', "target.id", "no namespace"),
    ('{ id = "g", kind = "gate", basis = "b:1", since = 2020-01-02, until = 2020-01-02 }', "until", "not after since"),
    ('{ id = "g", kind = "gate", basis = "b:1", dated_by = "target.id" }', "dated_by", "not a date"),
    ('{ id = "w", kind = "worth", basis = "b:1" }', "", "says no amount"),
    ('{ id = "w", kind = "worth", basis = "b:1", of = "source.credits" }', "of", "is not a field"),
    ('{ id = "w", kind = "worth", basis = "b:1", of = "@source.id" }', "of", "not a number"),
    ('{ id = "w", kind = "worth", basis = "b:1", of = "@source.hours", per = 0 }', "per", "is 0"),
    ('{ id = "w", kind = "worth", basis = "b:1", of = "@source.hours", whole = true }', "whole", "blocks of what"),
    ('{ id = "w", kind = "worth", basis = "b:1", of = "@target.credits", sum = "item" }', "sum", "of the sources"),
    ('{ id = "w", kind = "worth", basis = "b:1", rows = [{ credits = 1 }, { credits = 2 }] }', "rows", "always holds"),
    ('{ id = "o", kind = "once", basis = "b:1" }', "per", "once per what"),
    ('{ id = "o", kind = "once", basis = "b:1", per = ["item"] }', "per", "makes no groups"),
    ('{ id = "o", kind = "once", basis = "b:1", per = ["learner.left_on"] }', "per", "cannot be read here"),
    ('{ id = "o", kind = "once", basis = "b:1", per = ["source"], by = "day" }', "by", "'day'"),
    ('{ id = "o", kind = "once", basis = "b:1", per = ["source"], across = "town" }', "across", "'town'"),
    ('{ id = "c", kind = "cap", basis = "b:1", per = ["source"] }', "at_most", "no 'at_most'"),
    ('{ id = "c", kind = "cap", basis = "b:1", at_most = "@source.places" }', "at_most", "differs inside a group"),
    ('{ id = "c", kind = "cap", basis = "b:1", at_most = { percent = 20 } }', "of", "no 'of'"),
    ('{ id = "c", kind = "cap", basis = "b:1", at_most = { percent = 0, of = "programme" } }', "percent", "is 0"),
    ('{ id = "c", kind = "cap", basis = "b:1", at_most = { percent = 5, of = "counted" } }', "of", "for floors"),
    ('{ id = "c", kind = "cap", basis = "b:1", at_most = { percent = 5, of = "all" } }', "of", "nothing to take"),
    ('{ id = "h", kind = "highest", basis = "b:1" }', "earlier", "no 'earlier'"),
    ('{ id = "h", kind = "highest", basis = "b:1", earlier = "keep" }', "earlier", "'keep'"),
    ('{ id = "h", kind = "highest", basis = "b:1", earlier = "refuse", others = 2 }', "others", "more than the whole"),
    ('{ id = "h", kind = "highest", basis = "b:1", earlier = "refuse", by = "source.class" }', "by", "has no order"),
    (
        '{ id = "h", kind = "highest", basis = "b:1", earlier = "refuse", by = "target.credits" }',
        "by",
        "cannot be read",
    ),
    ('{ id = "h", kind = "highest", basis = "b:1", earlier = "refuse", by = [] }', "by", "is empty"),
    ('{ id = "h", kind = "highest", basis = "b:1", earlier = "refuse", across = "town" }', "across", "'town'"),
    ('{ id = "h", kind = "highest", basis = "b:1", earlier = "refuse", per = ["item.x"] }', "per", "not declared"),
    ('{ id = "c", kind = "cap", basis = "b:1", at_most = 1, measure = "level_points" }', "measure", "is no number"),
    ('{ id = "f", kind = "floor", basis = "b:1" }', "", "one limit"),
    ('{ id = "f", kind = "floor", basis = "b:1", at_least = 1, at_most = 2 }', "", "one limit"),
    ('{ id = "f", kind = "floor", basis = "b:1", at_least = 1, per = ["source"] }', "per", "unknown key"),
    ('{ id = "f", kind = "floor", basis = "b:1", at_least = 1, measure = "marks" }', "measure", "'marks'"),
    ('{ id = "f", kind = "floor", basis = "b:1", at_least = "@target.credits" }', "at_least", "differs inside a group"),
    (
        '{ id = "f", kind = "floor", basis = "b:1", at_least = { percent = 5, of = "all" } }',
        "at_least of",
        "nothing to take",
    ),
    (
        '{ id = "f", kind = "floor", basis = "b:1", at_least = 1, when = { "source.places" = 1 } }',
        "when",
        "speaks about the whole",
    ),
    (
        '{ id = "f", kind = "floor", basis = "b:1", at_least = 1, when = { "target.county" = "a" } }',
        "when",
        "speaks about the whole",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", forbid = { "target.id" = "a" }, at_most = 0 }',
        "at_most",
        "held and done",
    ),
    ('{ id = "g", kind = "gate", basis = "b:1", held = { "source.id" = "a" }, at_most = 0.5 }', "at_most", "from 0 to"),
    (
        '{ id = "g", kind = "gate", basis = "b:1", held = { "source.id" = "a" }, at_most = -1 }',
        "at_most",
        "not a number",
    ),
    ('{ id = "g", kind = "gate", basis = "b:1", held = { "source.id" = "a" }, count = 0 }', "count", "from 1 to"),
    (
        '{ id = "g", kind = "gate", basis = "b:1", done = { "earlier.act" = "a" }, count = 2, at_most = 1 }',
        "at_most",
        "no less than count",
    ),
    (
        '{ id = "c", kind = "cap", basis = "b:1", at_most = 1, ignore = { "source.id" = "a" } }',
        "source.id",
        "cannot be read here",
    ),
    (
        '{ id = "s", kind = "score", basis = "b:1", parts = { a = 1 }, pass_mark = "@source.places" }',
        "pass_mark",
        "not a source's",
    ),
    (
        '{ id = "s", kind = "score", basis = "b:1", parts = { a = 1 }, pass_mark = "@target.county" }',
        "pass_mark",
        "not a number",
    ),
    (
        '{ id = "s", kind = "score", basis = "b:1", parts = { a = 1 }, pass_mark = "@target.mark" }',
        "pass_mark",
        "not declared",
    ),
    (
        '{ id = "s", kind = "score", basis = "b:1", parts = { a = 1 }, pass_mark = "sixty" }',
        "pass_mark",
        "not a number",
    ),
    ('{ id = "s", kind = "score", basis = "b:1" }', "parts", "come to 0"),
    ('{ id = "s", kind = "score", basis = "b:1", parts = { a = 30, b = 60 } }', "parts", "come to 90"),
    ('{ id = "s", kind = "score", basis = "b:1", parts = { a = 1, b = 0 } }', "parts b", "is 0"),
    ('{ id = "s", kind = "score", basis = "b:1", parts = { a = 1 }, exempted = 60 }', "exempted", "no part is exempt"),
    (
        '{ id = "s", kind = "score", basis = "b:1", parts = { a = 1 }, '
        'exempt = [{ part = "a", when = { "source.places" = 1 } }] }',
        "exempted",
        "no 'exempted'",
    ),
    (
        '{ id = "s", kind = "score", basis = "b:1", parts = { a = 1 }, exempted = "zero", '
        'exempt = [{ part = "a", when = { "source.places" = 1 } }] }',
        "exempted",
        "not a number",
    ),
    (
        '{ id = "s", kind = "score", basis = "b:1", parts = { a = 1 }, exempted = 1, '
        'exempt = [{ part = "b", when = { "source.places" = 1 } }] }',
        "exempt 1 part",
        "no part 'b'",
    ),
    (
        '{ id = "s", kind = "score", basis = "b:1", parts = { a = 1 }, exempted = 1, exempt = [{ part = "a" }] }',
        "exempt 1 when",
        "exempt whom",
    ),
    ('{ id = "e", kind = "effect", basis = "b:1", set = { a = 1 } }', "on", "no 'on'"),
    ('{ id = "e", kind = "effect", basis = "b:1", on = "both", set = { a = 1 } }', "on", "'both'"),
    ('{ id = "e", kind = "effect", basis = "b:1", on = "granted" }', "set", "sets nothing"),
    ('{ id = "e", kind = "effect", basis = "b:1", on = "granted", set = { a = [] } }', "set a", "not a number"),
    ('{ id = "e", kind = "effect", basis = "b:1", on = "granted", set = { a = "@x" } }', "set a", "is a field"),
    (
        '{ id = "e", kind = "effect", basis = "b:1", on = "granted", codes = ["gate.x"], set = { a = 1 } }',
        "codes",
        "has no code",
    ),
    (
        '{ id = "e", kind = "effect", basis = "b:1", on = "refused", codes = ["gate.x"], set = { a = 1 } }',
        "codes",
        "nothing here is refused with 'gate.x'",
    ),
    ('{ id = "p", kind = "policy", basis = "b:1", debit = "all" }', "debit", "without an award"),
    (
        '{ id = "h", kind = "highest", basis = "b:1", earlier = "difference" }, '
        '{ id = "p", kind = "policy", basis = "b:1", leftover = "keep" }',
        "earlier",
        "'p' keeps what is left",
    ),
    (
        '{ id = "h", kind = "highest", basis = "b:1", earlier = "refuse", others = 0.5 }, '
        '{ id = "p", kind = "policy", basis = "b:1", leftover = "keep" }',
        "others",
        "'p' keeps what is left",
    ),
    ('{ id = "p", kind = "policy", basis = "b:1" }', "", "sets nothing"),
    ('{ id = "p", kind = "policy", basis = "b:1", units = "half" }', "units", "'half'"),
    ('{ id = "p", kind = "policy", basis = "b:1", round = { to = 1 } }', "way", "no 'way'"),
    ('{ id = "p", kind = "policy", basis = "b:1", grade = "90", several = "mean" }', "several", "one grade"),
    ('{ id = "h", kind = "chain", basis = "b:1" }', "steps", "without steps"),
    ('{ id = "h", kind = "chain", basis = "b:1", steps = [{ by = "college" }] }', "does", "no 'does'"),
    (
        '{ id = "h", kind = "chain", basis = "b:1", steps = [{ by = "a", does = "b", within = "soon" }] }',
        "within",
        "not a duration",
    ),
    ('{ id = "r", kind = "map", basis = "b:1" }', "match", "neither match nor rows"),
    ('{ id = "r", kind = "map", basis = "b:1", rows_file = "x.csv" }', "rows_file", "no file 'x.csv'"),
    ('{ id = "r", kind = "map", basis = "b:1", rows_file = 3 }', "rows_file", "not a text"),
    ('{ id = "r", kind = "map", basis = "b:1", rows_file = { sha256 = "0" } }', "rows_file", "not a text"),
    (
        '{ id = "g", kind = "gate", replaces = "x", basis = "b:1", require = { "target.id" = "a" } }',
        "replaces",
        "no parent",
    ),
    (
        '{ id = "r", kind = "map", basis = "b:1", rows = [{ from = { all = ["A"], any = ["B"] }, to = "C" }] }',
        "all",
        "all and any side by side",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "learner.left_on" = inf } }',
        "learner.left_on",
        "not a day",
    ),
    (
        '{ id = "g", kind = "gate", basis = "b:1", require = { "learner.left_on" = { at_most = nan } } }',
        "at_most",
        "not a day",
    ),
    ('{ id = "g", kind = "gate", basis = "b:1", since = inf }', "since", "not a day"),
    ('{ id = "r", kind = "map", basis = "b:1", rows = [{ from = "A" }] }', "to", "leads to something"),
    ('{ id = "r", kind = "map", basis = "b:1", rows = [{ from = ["A", "B"], to = "C" }] }', "from", "bare list"),
    ('{ id = "r", kind = "map", basis = "b:1", rows = [{ from = "A", to = ["B", "C"] }] }', "to", "bare list"),
    ('{ id = "r", kind = "map", basis = "b:1", rows = [{ from = { of = ["A"] }, to = "C" }] }', "of", "how much"),
    (
        '{ id = "r", kind = "map", basis = "b:1", rows = [{ from = { pick = 2, of = ["A"] }, to = "C" }] }',
        "pick",
        "2 of 1",
    ),
    (
        '{ id = "r", kind = "map", basis = "b:1", '
        'rows = [{ from = { any = [{ any = [{ any = [{ any = ["A"] }] }] }] }, to = "C" }] }',
        "any",
        "nested deeper",
    ),
    (
        '{ id = "r", kind = "map", basis = "b:1", rows = [{ from = "A", none = "no", credits = 1 }] }',
        "none",
        "gives nothing",
    ),
    (
        '{ id = "r", kind = "map", basis = "b:1", rows = [{ from = "A", to = { all = ["B", "C"] }, credits = 8 }] }',
        "credits",
        "one amount per target|1 amounts for 2",
    ),
    (
        '{ id = "r", kind = "map", basis = "b:1", '
        'rows = [{ from = "A", to = "B", until = 2004-09-01 }, { from = "A", to = "B", since = 2004-08-31 }] }',
        "rows",
        "rows 1 and 2 overlap",
    ),
    (
        '{ id = "r", kind = "map", basis = "b:1", '
        'rows = [{ from = "A", to = "B", until = 2004-09-01 }, { from = "A", to = "B", since = 2004-09-02 }] }',
        "rows",
        "rows 1 and 2 leave a gap",
    ),
    ('{ id = "r", kind = "map", basis = "b:1", match = { "target.id" = "a" }, to = "B" }', "to", "is for rows"),
]


@pytest.mark.parametrize(("clause", "key", "words"), CLAUSES)
def test_a_fault_in_a_clause(clause, key, words):
    with pytest.raises(MalformedBookError, match=words) as caught:
        read_book(one(clause), name="town.toml")
    error = caught.value
    assert error.where.startswith("town.toml:15: clause '"), error.where
    assert f"{key}'" in error.where if key else "key" not in error.where
    assert error.mend
    assert str(error).startswith("town.toml:15: ")


HEADS = [
    ("since = 2020-01-01", "", "since", "no 'since'"),
    ("since = 2020-01-01", "since = 2020-01-01\nuntil = 2020-01-01", "until", "not after since"),
    ("since = 2020-01-01", "since = 2020-01-01T00:00:00", "since", "not a day"),
    ('acts = ["convert"]', "acts = []", "acts", "is empty"),
    ('acts = ["convert"]', 'acts = ["sell"]', "acts", "no act 'sell'"),
    ('acts = ["convert"]', 'acts = ["convert", "convert"]', "acts", "twice"),
    ('system = "cn-college"', "", "system", "without a credit system"),
    ('book = "test"', 'book = "Test Book"', "book", "'Test Book'"),
    ('book = "test"', 'book = ""', "book", "is empty"),
    ('book = "test"', 'book = "test"\nextends = ["province@2025"]', "extends", "no book province@2025"),
    ('book = "test"', 'book = "test"\nextends = ["province"]', "extends", "names no book"),
    ('book = "test"', 'book = "test"\nextends = ["test@1"]', "extends", "extends itself: test@1 → test@1"),
    ('book = "test"', 'book = "test"\nextends = "province@2025"', "extends", "not a list of texts"),
    ('book = "test"', 'book = "test"\nparents = []', "parents", "unknown key 'parents'"),
    (
        'book = "test"',
        'book = "test"\nparity = { q = { at_most = 1, basis = "c:1" } }',
        "parity q basis",
        "not declared",
    ),
    ('book = "test"', 'book = "test"\nparity = { q = { basis = "b:1" } }', "parity q at_most", "no 'at_most'"),
    ('book = "test"', 'book = "test"\nparity = { cn-college = { at_most = 1 } }', "parity cn-college", "own system"),
    ('book = "test"', 'book = "test"\ncrosswalk = [{ from = "x", to = "y:1" }]', "crosswalk 1 from", "is no level"),
    ('book = "test"', 'book = "test"\ncolour = "red"', "colour", "unknown key 'colour'"),
    ('book = "test"', 'book = "test"\nfields = { "source.id" = "text" }', "fields source.id", "engine's own"),
    ('book = "test"', 'book = "test"\nfields = { "source.x" = "float" }', "fields source.x", "no type"),
    ('book = "test"', 'book = "test"\nfields = { "source.x" = "level:y" }', "fields source.x", "'y' is not declared"),
    ('book = "test"', 'book = "test"\nfields = { "earlier.x" = "text" }', "fields earlier.x", "is no field"),
    ('book = "test"', 'book = "test"\nfields = { "colour" = "text" }', "fields colour", "is no field"),
    ('book = "test"', 'book = "test"\ndates = { version = "source.achieved_on" }', "dates version", "date a version"),
    ('book = "test"', 'book = "test"\ndates = { rows = "target.id" }', "dates rows", "date a rows"),
    ('book = "test"', 'book = "test"\ndates = { month_end = "last" }', "dates month_end", "'last'"),
    ('book = "test"', 'book = "test"\ncalendars = { t = { starts = ["02-29"] } }', "calendars t starts", "not a day"),
    (
        'book = "test"',
        'book = "test"\nderive = { "source.term" = { calendar = "t", of = "source.id" } }',
        "derive source.term of",
        "not a date field",
    ),
]


@pytest.mark.parametrize(("old", "new", "key", "words"), HEADS)
def test_a_fault_in_the_head(old, new, key, words):
    text = one('{ id = "g", kind = "gate", basis = "b:1", require = { "target.id" = "a" } }', HEAD)
    assert old in text
    with pytest.raises(MalformedBookError, match=words) as caught:
        read_book(text.replace(old, new, 1), name="town.toml")
    assert f"key '{key}'" in caught.value.where


def test_a_head_fault_names_the_line():
    with pytest.raises(MalformedBookError) as caught:
        read_book(f"{HEAD}\nclause = [{MAP}]".replace('acts = ["convert"]', 'acts = ["sell"]'), name="town.toml")
    assert caught.value.where == "town.toml:6: key 'acts'"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD, "without a map|without clauses"),
        (HEAD + '\nclause = [{ id = "w", kind = "worth", of = "@target.credits", basis = "b:1" }]', "without a map"),
        (HEAD + "\nclause = 3", "not a list of tables"),
        (
            HEAD
            + f'\nclause = [{MAP}, {{ id = "h1", kind = "chain", basis = "b:1", steps = [{{ by = "a", does = "b" }}] }},'
            + ' { id = "h2", kind = "chain", basis = "b:1", steps = [{ by = "a", does = "b" }] }]',
            "two chains for 'convert': h1, h2",
        ),
        (HEAD.partition("basis =")[0] + f"basis = {{}}\nclause = [{MAP}]", "no basis"),
        ("a = [", "not TOML"),
    ],
)
def test_a_fault_of_the_whole(text, words):
    with pytest.raises(MalformedBookError, match=words):
        read_book(text, name="town.toml")


def test_toml_syntax_error_names_its_line():
    with pytest.raises(MalformedBookError) as caught:
        read_book('book = "x"\nversion = \n', name="town.toml")
    assert caught.value.where == "town.toml:2"


def test_lines_of_clauses_in_both_spellings():
    text = '# clause = [ {\na = "[[clause]]"\n\n[[clause]]\nid = "1"\nrows = [\n {from = "x"} ]\n\n[[ clause ]]\nid = "2"\n'
    assert clause_lines(text) == (4, 9)
    inline = 'x = """\n[[clause]]\n"""\nclause = [\n  { a = { b = 1 } },\n  # { }\n  { a = "}" }, { c = \'{\' } ]\n'
    assert clause_lines(inline) == (5, 7, 7)


def test_numbers_and_texts_have_one_canonical_form():
    clause = '{ id = "c", kind = "cap", basis = "b:1", at_most = %s, say = { zh = "%s" } }'
    texts = [("8", "é"), ("8.0", "é"), ('"8"', "e\u0301"), ('"16/2"', "é")]
    forms = {book_bytes(read_book(one(clause % pair), name="t")) for pair in texts}
    assert len(forms) == 1
    assert book_bytes(read_book(one(clause % ("9", "é")), name="t")) not in forms


def test_defaults_are_filled_in():
    short = one('{ id = "o", kind = "once", basis = "b:1", per = ["source"] }')
    full = one(
        '{ id = "o", kind = "once", basis = "b:1", per = ["source.id"], by = "item", across = "bank", code = "o" }'
    )
    assert book_bytes(read_book(short, name="a")) == book_bytes(read_book(full, name="b"))


def test_order_of_clauses_is_kept_and_order_of_fields_is_not():
    a = '{ id = "a", kind = "gate", basis = "b:1", require = { "target.id" = "1", "target.kind" = "c" } }'
    turned = '{ id = "a", kind = "gate", basis = "b:1", require = { "target.kind" = "c", "target.id" = "1" } }'
    b = '{ id = "b", kind = "gate", basis = "b:1", require = { "target.id" = "1" } }'
    assert book_bytes(read_book(one(a), name="t")) == book_bytes(read_book(one(turned), name="t"))
    assert book_bytes(read_book(one(f"{a}, {b}"), name="t")) != book_bytes(read_book(one(f"{b}, {a}"), name="t"))


EVERYTHING = """
[[clause]]
id = "m"
kind = "map"
basis = "b:1"
acts = ["convert"]
rows = [
  { from = "A", to = "B", until = 2004-09-01, gives = ["人文"], credits = 3, when = { "target.kind" = { not = "x" } } },
  { from = { all = ["A", { any = ["B", { "source.class" = "c" }] }] }, to = { any = ["C", { all = ["D", "E"] }] } },
  { from = { pick = 2, of = ["A", "B", "C"] }, to = { all = ["D", "E"] }, credits = ["1/3", 0.5] },
  { from = { credits = "9.5", of = ["A", "B"] }, to = { pool = "自由选修" } },
  { from = "Z", none = "没有对应课程", series = "z" },
]

[[clause]]
id = "g"
kind = "gate"
basis = "b:2"
waivable_by = ["office"]
since = 2021-01-01
until = 2022-01-01
dated_by = "learner.left_on"
when = [{ "source.level" = ["初级", "中级"] }, { "source.places" = { at_least = 1, below = "5/2", absent = "pass" } }]
require = { "application.applied_on" = { at_most = "@source.achieved_on", plus = "7 years", absent = "fail" } }

[[clause]]
id = "h"
kind = "gate"
basis = "b:2"
held = { "source.class" = { is = "diploma", absent = "fail" }, "source.expires_on" = { present = true } }
count = 2

[[clause]]
id = "d"
kind = "gate"
basis = "b:2"
when = { "target.credits" = { at_most = "@source.credits", times = "50 %" } }
done = { "earlier.on" = { below = 2020-02-29 } }
count = 1
at_most = 3

[[clause]]
id = "w"
kind = "worth"
basis = "b:3"
rows = [
  { when = { "source.class" = "lecture" }, of = "@source.hours", per = 34, whole = true, times = "1/2", sum = "item" },
  { credits = 4 },
]

[[clause]]
id = "o"
kind = "once"
basis = "b:4"
per = ["source", "source.term.since"]
over = { "item.as" = "专业课" }
by = "application"
across = "institution"
ignore = { "earlier.book" = "@programme.kind" }

[[clause]]
id = "c"
kind = "cap"
basis = "b:5"
over = { "target.category" = "专业课" }
per = ["target.category"]
measure = "target_credits"
at_most = { percent = 20, of = "selection" }
exceed = "refuse"
across = "book"
ignore = { "earlier.on" = { below = "@application.applied_on", minus = "1 year" } }

[[clause]]
id = "c2"
kind = "cap"
basis = "b:5"
per = ["source"]
at_most = { percent = "100/3", of = "@source.places" }

[[clause]]
id = "p"
kind = "policy"
basis = "b:6"
units = "parts"
leftover = "keep"
round = { to = 0.5, way = "half-up", at = "item" }
mode = "waive"
grade = "@source.grade"
several = "mean"
counts_as = "60"
final = true

[[clause]]
id = "chain"
kind = "chain"
basis = "b:7"
steps = [{ by = "college", does = "审核", within = "10 days", notice = "5 days", panel = "认定小组" }]
"""

MORE = (
    FIELDS
    + """
until = 2030-01-01
dates = { rows = "source.ended_on", catalogue = "learner.enrolled_on", month_end = "roll" }
calendars = { t = { starts = ["03-01", "09-01"] } }
derive = { "source.term" = { calendar = "t", of = "source.ended_on" } }
"""
)


def test_every_kind_and_key_survives_the_canonical_form():
    book = book_of_text(EVERYTHING, more=MORE)
    data = book_bytes(book)
    assert book_of(data) == book
    gate = book.clauses[1]
    bound = dict(gate.selection.tables[0])["application.applied_on"]
    assert isinstance(bound, Range)
    assert bound.bounds[0].limit == Ref("source.achieved_on")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"form":1', b'"form":2'),
        (b'"form":1', b'"form": 1'),
        (b'"percent":"20"', b'"percent":"20.0"'),
        (b'"percent":"20"', b'"percent":20'),
        (b'"across":"book",', b""),
        (b'"version":"1"', b'"version":"1","zzz":"1"'),
        (b'"since":"2020-01-01"', b'"since":"2020-13-01"'),
        (b'"kind":"once"', b'"kind":"highest"'),
    ],
)
def test_only_canonical_bytes_are_read(old, new):
    data = book_bytes(book_of_text(EVERYTHING, more=MORE))
    assert old in data
    with pytest.raises(MalformedError):
        book_of(data.replace(old, new))


def test_too_large_a_book_is_refused():
    with pytest.raises(MalformedBookError, match="too large"):
        read_book("#" * (8 * 2**20 + 1), name="big.toml")
