"""
Highest: of the same content, or within a class, only the highest counts (同一内容只取最高,不重复计算).

Sources are ranked, not items: over all items that stand after eligibility and worth, and over the record as it stood
before this application. What takes part here counts even if a limit refuses it later. Every clause and every group is
asked before an amount is cut, so their order changes no amount: it picks the code.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, TypeAlias

import attrs

from creditbank.domain.credit import number_text
from creditbank.domain.rule.case import HistoryLine
from creditbank.domain.rule.clause import Highest
from creditbank.domain.rule.decision import Compared, Declined
from creditbank.domain.rule.eligible import Eligible, Refusal
from creditbank.domain.rule.field import value_text
from creditbank.domain.rule.groups import Key, groups_of_line, keys_of_line
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import Place, place_of
from creditbank.domain.rule.standing import Standing
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import NOBODY, Pair, View
from creditbank.domain.rule.working import Fail, Log
from creditbank.domain.rule.worth import Lot

__all__ = ["WORTH", "rank"]

WORTH: Final = "worth"
"""Ranks by what a source is worth under the book, where no field is named."""

_ZERO: Final = Fraction(0)
_Rank: TypeAlias = tuple[Place, ...]
_LotAt: TypeAlias = tuple[int, int]
"""Which entry, and which of its lots."""


@attrs.frozen
class _Cut:
    """What a clause leaves of one lot."""

    clause: Highest
    code: str
    left: Fraction


@attrs.frozen
class _Member:
    """What a group has of one source: entries with it, lots it carries there, lines of the record, its worth in all."""

    entries: tuple[int, ...]
    lots: tuple[_LotAt, ...]
    lines: tuple[HistoryLine, ...]
    worth: Fraction


@attrs.define
class _Found:
    """
    What all clauses say: fails by entry, cuts by lot; *spoken* are the clauses that speak about an entry, *touched* the
    entries that do not stay as they are.
    """

    fails: dict[int, list[Fail]] = attrs.field(factory=dict)
    cuts: dict[_LotAt, list[_Cut]] = attrs.field(factory=dict)
    spoken: set[tuple[int, str]] = attrs.field(factory=set)
    touched: set[int] = attrs.field(factory=set)

    def fail(self, at: int, fail: Fail) -> None:
        known = self.fails.setdefault(at, [])
        if all(one.clause is not fail.clause for one in known):
            known.append(fail)
        self.touched.add(at)

    def cut(self, at: _LotAt, cut: _Cut) -> None:
        self.cuts.setdefault(at, []).append(cut)
        self.touched.add(at[0])


def rank(view: View, entries: Sequence[Eligible], standing: Standing, log: Log) -> tuple[Eligible | Refusal, ...]:
    """
    Return *entries* as the ``highest`` clauses leave them, in the order given.

    Refused, in this order of clauses: ``missing.<field>``, ``highest.superseded`` (or the clause's own code),
    ``highest.earlier``.
    """
    clauses = view.clauses.highests
    if not clauses:
        return tuple(entries)
    found = _Found()
    for clause in clauses:
        groups, lacking = _groups(view, clause, entries)
        for at, missing in lacking.items():
            found.fail(at, Fail(f"missing.{missing.field}", clause, ()))
        for key, members in groups.items():
            found.spoken.update((at, clause.id) for by_entry in members.values() for at in by_entry)
            _Group(view, clause, entries, key, found).judge(members, standing)
    ranked: list[Eligible | Refusal] = []
    for at, entry in enumerate(entries):
        if at in found.touched:
            ranked.append(_settle(view, clauses, entry, at, found, log))
            continue
        for clause in clauses:
            log.note(entry.item.id, clause, "passed" if (at, clause.id) in found.spoken else "silent")
        ranked.append(entry)
    return tuple(ranked)


# --- who is in which group --------------------------------------------------------------------------------------------

_InGroup: TypeAlias = dict[str, dict[int, set[str]]]
"""By source: the entries it takes part with, and the targets through which."""


def _groups(view: View, clause: Highest, entries: Sequence[Eligible]) -> tuple[dict[Key, _InGroup], dict[int, Missing]]:
    groups: dict[Key, _InGroup] = {}
    lacking: dict[int, Missing] = {}
    for at, entry in enumerate(entries):
        own: list[tuple[Key, Scope]] = []
        for scope in view.scopes(entry.item, entry.accepted.used, entry.accepted.targets):
            keys = keys_of_line(view, clause, (scope,), new=True)
            if isinstance(keys, Missing):
                lacking.setdefault(at, keys)
            elif keys:
                own += [(key, scope) for key in keys]
        # Where it cannot be told what an entry competes with, it is refused, and supersedes nothing.
        for key, scope in own if at not in lacking else ():
            groups.setdefault(key, {}).setdefault(scope.source, {}).setdefault(at, set()).add(scope.target)
    return groups, lacking


@attrs.frozen
class _Group:
    """One group of one clause."""

    view: View
    clause: Highest
    entries: Sequence[Eligible]
    key: Key
    found: _Found

    def judge(self, new: _InGroup, standing: Standing) -> None:
        """Rank the group's sources and say what becomes of the new ones."""
        group = standing.group(self.clause, self.key)
        if isinstance(group, Missing):
            self._lack(new, group)
            return
        if len(new) < 2 and not group.lines:
            # Nothing that it competes with.
            return
        earlier = tuple(group.lines)
        members = self._members(new, earlier)
        if len(members) < 2:
            return
        ranks = self._ranks(members)
        if isinstance(ranks, Missing):
            self._lack(new, ranks)
            return
        top = _first(ranks)
        for source, member in members.items():
            if source != top and member.entries:
                self._lower(source, top, members)
        if self.clause.earlier == "refuse":
            self._late(top, ranks, members)
        else:
            self._difference(top, members, earlier)

    def _lack(self, new: _InGroup, missing: Missing) -> None:
        for by_entry in new.values():
            for at in by_entry:
                self.found.fail(at, Fail(f"missing.{missing.field}", self.clause, ()))

    def _members(self, new: _InGroup, earlier: tuple[HistoryLine, ...]) -> dict[str, _Member]:
        """Return the group's sources: those of the record first, then in the order asked for."""
        lines: dict[str, list[HistoryLine]] = {}
        for line in earlier:
            for source in line.sources or (NOBODY,):
                groups = groups_of_line(
                    self.view, self.view.as_item(line), self.clause, (source,), line.target, new=False
                )
                if not isinstance(groups, Missing) and self.key in groups:
                    lines.setdefault(source, []).append(line)
        members: dict[str, _Member] = {}
        for source in dict.fromkeys((*lines, *new)):
            own, by_entry = tuple(lines.get(source, ())), new.get(source, {})
            lots = tuple(
                (at, n)
                for at, targets in by_entry.items()
                for n, lot in enumerate(self.entries[at].lots)
                if source in lot.sources and (not lot.target or lot.target in targets)
            )
            worth = _sum(own) + sum((self._lot(at).amount for at in lots), _ZERO)
            members[source] = _Member(tuple(by_entry), lots, own, worth)
        return members

    def _lot(self, at: _LotAt) -> Lot:
        return self.entries[at[0]].lots[at[1]]

    def _ranks(self, members: dict[str, _Member]) -> dict[str, _Rank] | Missing:
        ranks: dict[str, _Rank] = {}
        schemes: dict[str, str] = {}
        for source, member in members.items():
            places: list[Place] = []
            for field in self.clause.by:
                scope = self.view.scope(None, Pair(source, NOBODY))
                value = member.worth if field == WORTH else scope.find(field)
                place = None if value is None else place_of(value, scope)
                if place is None or schemes.setdefault(field, place[0]) != place[0]:
                    return scope.missing(field)
                places.append(place[1])
            ranks[source] = tuple(places)
        return ranks

    # --- what becomes of them -----------------------------------------------------------------------------------------

    def _lower(self, source: str, top: str, members: dict[str, _Member]) -> None:
        """Refuse the items of *source*, or leave them the share that the clause lets lower ones keep."""
        by = "、".join(self.clause.by)
        code = f"highest.{self.clause.code}" if self.clause.own_code else "highest.superseded"
        if not self.clause.others:
            shown = Compared(by, self._shown(source, members), "highest", self._shown(top, members))
            for at in members[source].entries:
                self.found.fail(at, Fail(code, self.clause, (shown,)))
            return
        for lot in members[source].lots:
            self._cut(lot, code, self._lot(lot).amount * self.clause.others)

    def _late(self, top: str, ranks: dict[str, _Rank], members: dict[str, _Member]) -> None:
        """Refuse whatever ranks above the highest of the record: a lower one was granted before."""
        alone = {source: attrs.evolve(one, worth=_sum(one.lines)) for source, one in members.items() if one.lines}
        if not alone:
            return
        recorded = self._ranks(alone)
        assert not isinstance(recorded, Missing), "what ranks among all ranks among fewer"
        before = _first(recorded)
        by, line = "、".join(self.clause.by), members[before].lines[0]
        for source, member in members.items():
            # One that was a lower one before may have come to be worth as much since, and stand first.
            if source != before and (source == top or ranks[source] > ranks[before]):
                limit = f"{line.application} {line.item} {line.on.isoformat()}"
                shown = Compared(by, self._shown(source, members), "earlier", limit)
                for at in member.entries:
                    self.found.fail(at, Fail("highest.earlier", self.clause, (shown,)))

    def _difference(self, top: str, members: dict[str, _Member], earlier: tuple[HistoryLine, ...]) -> None:
        """
        Let the group have no more than it is due beyond what it got, if a lower one was granted before.

        What it got too much is taken from the highest source first, then from the shares of the lower ones in their order.
        """
        if not any(member.lines for source, member in members.items() if source != top):
            return
        # What the record's lines are due together, now that this is the highest; they got more where it came later.
        due = sum(
            (_worth(line) * (1 if line in members[top].lines else self.clause.others) for line in earlier),
            _ZERO,
        )
        over = max(sum((line.credits for line in earlier), _ZERO) - due, _ZERO)
        lower = dict.fromkeys(lot for source, member in members.items() if source != top for lot in member.lots)
        shares = {lot: Fraction(1) for lot in members[top].lots if lot not in lower}
        shares |= dict.fromkeys(lower, self.clause.others)
        for lot, share in shares.items():
            left = self._lot(lot).amount * share
            take = min(over, left)
            over -= take
            self._cut(lot, "highest.earlier", left - take)

    def _cut(self, at: _LotAt, code: str, left: Fraction) -> None:
        if left < self._lot(at).amount:
            self.found.cut(at, _Cut(self.clause, code, left))

    def _shown(self, source: str, members: dict[str, _Member]) -> str:
        scope = self.view.scope(None, Pair(source, NOBODY))
        texts = []
        for field in self.clause.by:
            value = members[source].worth if field == WORTH else scope.find(field)
            texts.append("" if value is None else value_text(value))
        return f"{'、'.join(texts)} ({source})"


def _first(ranks: dict[str, _Rank]) -> str:
    """Return the highest source: of equals the first asked for, so that what was granted earlier comes first."""
    return max(ranks, key=ranks.__getitem__)


def _worth(line: HistoryLine) -> Fraction:
    """Return what a line of the record was worth: an award that debits nothing uses nothing up, and counts in full."""
    return max(line.worth, line.credits)


def _sum(lines: tuple[HistoryLine, ...]) -> Fraction:
    return sum((_worth(line) for line in lines), _ZERO)


# --- each entry in the end --------------------------------------------------------------------------------------------


def _settle(
    view: View, clauses: tuple[Highest, ...], entry: Eligible, at: int, found: _Found, log: Log
) -> Eligible | Refusal:
    """Gather what all clauses said about one entry; a waiver takes back what its clause said."""
    item, waived = entry.item, entry.waived
    fails: list[Fail] = []
    cuts = {n: list(found.cuts.get((at, n), ())) for n in range(len(entry.lots))}
    for clause in clauses:
        own = [fail for fail in found.fails.get(at, ()) if fail.clause is clause]
        cut = [one for row in cuts.values() for one in row if one.clause is clause]
        waiver = view.waiver(item, clause) if own or cut else None
        if waiver is not None:
            code = own[0].code if own else cut[0].code
            log.note(item.id, clause, "waived", code=code, saw=((waiver.by, waiver.reason),))
            waived += (clause.id,)
            cuts = {n: [one for one in row if one.clause is not clause] for n, row in cuts.items()}
        elif own:
            fails.append(log.fail(item.id, own[0]))
        elif cut:
            saw = tuple((WORTH, number_text(one.left)) for one in cut)
            log.note(item.id, clause, "trimmed", code=cut[0].code, saw=saw)
        else:
            log.note(item.id, clause, "passed" if (at, clause.id) in found.spoken else "silent")
    if fails:
        return Refusal(tuple(fails), waived)
    if not any(cuts.values()):
        return entry if waived == entry.waived else attrs.evolve(entry, waived=waived)
    lots = tuple(_cut_lot(view, entry, lot, cuts[n]) for n, lot in enumerate(entry.lots))
    gone = next((cuts[n][0] for n, lot in enumerate(lots) if lot.taken is not None), None)
    if gone is not None and not any(lot.amount for lot in lots):
        was = number_text(sum((lot.amount for lot in entry.lots), _ZERO))
        return Refusal((Fail(gone.code, gone.clause, (Compared(WORTH, was, "at_most", "0"),)),), waived)
    return attrs.evolve(entry, lots=lots, waived=waived)


def _cut_lot(view: View, entry: Eligible, lot: Lot, cuts: list[_Cut]) -> Lot:
    """Leave the least that any clause leaves, rounded down; the first clause in file order names what is taken."""
    if not cuts:
        return lot
    left = entry.down(view, min(cut.left for cut in cuts))
    return attrs.evolve(lot, amount=left, taken=Declined(cuts[0].code, cuts[0].clause.id, lot.amount - left))
