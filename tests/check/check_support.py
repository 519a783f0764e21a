"""Small books for checking, written as a registrar would."""

from creditbank.codec.book import read_book
from creditbank.domain.rule import RuleBook

HEAD = """
book = "{name}"
version = "{version}"
title = "试行办法"
since = {since}
{more}
acts = {acts}
system = "{system}"
basis = {{ b = {{ title = "试行办法" }} }}
levels = {{ x = ["初级", "中级", "高级"] }}
fields = {{ "source.level" = "level:x", "target.county" = "text", "source.county" = "text", "source.ways" = "tags" }}
clause = [
{clauses}
]
"""
MAP = '{ id = "scope", kind = "map", match = { "target.kind" = "course" }, basis = "b:0" }'
WORTH = '{ id = "worth", kind = "worth", of = "@target.credits", basis = "b:0" }'


def small(
    *clauses: str,
    name: str = "small",
    version: str = "1",
    since: str = "2020-01-01",
    more: str = "",
    acts: str = '["convert"]',
    system: str = "cn-college",
) -> RuleBook:
    """A book of these clauses; those without a basis of their own get one."""
    lines = []
    for clause in clauses:
        lines.append(clause if "basis" in clause else clause.rstrip().removesuffix("}") + ', basis = "b:1" }')
    text = HEAD.format(
        name=name, version=version, since=since, more=more, acts=acts, system=system, clauses=",\n".join(lines)
    )
    return read_book(text, name="small.toml")


def plain(*clauses: str, **more: str) -> RuleBook:
    """A book with a map for courses, worth what they are, and *clauses*."""
    return small(MAP, *clauses, WORTH, **more)
