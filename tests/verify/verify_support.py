"""A ledger written by hand, that can be forged: its writer holds every key, as a dishonest operator with friends might."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

import attrs

from creditbank import ledger
from creditbank.codec.book import book_bytes, book_digest, book_of, read_book
from creditbank.codec.case_write import case_digest
from creditbank.codec.payload import Payload, Read, encode
from creditbank.domain.application import Application, Item
from creditbank.domain.credit import CreditSystem, parse_number
from creditbank.domain.decide.account import deposit, enrol, erase, open_account
from creditbank.domain.decide.convert import convert
from creditbank.domain.decide.keys import found, publish, publish_system, register
from creditbank.domain.effect import claims, stream_of
from creditbank.domain.event import Event
from creditbank.domain.known import Known, Remains
from creditbank.domain.level import Level
from creditbank.domain.name import (
    AccountId,
    Claim,
    Digest,
    InstitutionId,
    OutcomeId,
    StreamId,
    Token,
    account_id,
    institution_id,
)
from creditbank.domain.outcome import SkillCertificate, Training
from creditbank.domain.profile import Profile
from creditbank.domain.programme import Course, Enrolment, Programme
from creditbank.domain.request import Request
from creditbank.domain.rule import Case, RuleBook
from creditbank.domain.state import State, before
from creditbank.verify import Report, Row, Signed, verify

ORIGIN = "bank.example/city"
OPERATOR, COLLEGE, ASSESSOR = map(institution_id, ("keys:operator", "keys:college", "keys:assessor"))
DAY = date(2026, 5, 28)
AT_MS = 1_779_940_800_000
"""Noon of that day in Shanghai."""

LIFE_MS = 600_000

PROFILES = {
    OPERATOR: Profile("学分银行", "operator", ("operator", "registrar", "eraser"), "370305"),
    COLLEGE: Profile("学院", "college", ("school",), "370305"),
    ASSESSOR: Profile("评价组织", "assessor", ("issuer",), ""),
}
CREDIT = CreditSystem("cn-college", parse_number("0.5"), "学分", None)

BOOK = """
book = "small"
version = "1"
title = "试行办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "办法", url = "https://example.org/b" } }

[[clause]]
id = "map"
kind = "map"
basis = "b:1"
code = "no-rule"
say = { zh = "证书对应课程", en = "A certificate stands for a course" }
match = { "source.class" = "x-certificate", "target.kind" = "course" }

[[clause]]
id = "worth"
kind = "worth"
of = "@target.credits"
basis = "b:2"
say = { zh = "按课程学分", en = "As many credits as the course has" }

[[clause]]
id = "once"
kind = "once"
per = ["source"]
across = "bank"
code = "outcome-used"
basis = "b:3"
say = { zh = "只能使用一次", en = "Used once" }

[[clause]]
id = "mode"
kind = "policy"
mode = "credit"
grade = "免考"
basis = "b:4"
say = { zh = "免考", en = "Exempt" }
"""


def signer(name: str) -> ledger.Ed25519Signer:
    """The same key for the same name."""
    return ledger.Ed25519Signer.from_seed(sha256(name.encode()).digest())


def key_text(by: ledger.Signer) -> str:
    return str(ledger.PublicKey.of(by))


def proof(by: ledger.Signer, institution: InstitutionId, key: ledger.Signer, origin: str = ORIGIN) -> str:
    """*by* signs that *institution* holds *key*."""
    message = ledger.possession_message(origin, institution, ledger.PublicKey.of(key))
    return base64.b64encode(by.sign(message)).decode()


def account(number: int) -> AccountId:
    return account_id(f"account:{number:032x}")


def person(number: int) -> Claim:
    return Claim("person", Token(f"{number:064x}"))


@attrs.define
class Kept:
    """One stream of the writer's."""

    key: bytes
    positions: list[int] = attrs.field(factory=list)
    commitments: list[bytes] = attrs.field(factory=list)
    events: list[Event] = attrs.field(factory=list)
    erased: bool = False

    def last(self, version: int) -> bytes:
        return (
            self.commitments[min(version, len(self.commitments)) - 1] if version and self.commitments else ledger.ZERO
        )


@attrs.define
class Forge:
    """Writes entries, true and false ones; and is the evidence of what it wrote."""

    at_ms: int = AT_MS
    list_rows: list[Row] = attrs.field(factory=list)
    signed: dict[int, Signed] = attrs.field(factory=dict)
    streams: dict[str, Kept] = attrs.field(factory=dict)
    holders: dict[str, StreamId] = attrs.field(factory=dict)
    documents: dict[str, bytes] = attrs.field(factory=dict)
    books: dict[Digest, RuleBook] = attrs.field(factory=dict)
    origins: dict[int, str] = attrs.field(factory=dict)
    notes: list[tuple[int, str]] = attrs.field(factory=list)
    numbers: Iterator[int] = attrs.field(factory=lambda: iter(range(1, 10**6)))

    # --- evidence -----------------------------------------------------------------------------------------------------

    def size(self) -> int:
        return len(self.list_rows)

    def rows(self, since: int, upto: int) -> Iterator[Row]:
        yield from self.list_rows[since:upto]

    def submission(self, id: int) -> Signed:
        return self.signed[id]

    def document(self, digest: str) -> bytes | None:
        return self.documents.get(digest)

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        yield from self.notes

    def place_key(self, stream: str) -> bytes | None:
        kept = self.streams.get(stream)
        return None if kept is None or kept.erased else kept.key

    # --- what verbs know ----------------------------------------------------------------------------------------------

    def state(self, stream: StreamId, version: int | None = None) -> tuple[State, int]:
        events = self.kept(stream).events[:version]
        state = before(stream)
        for event in events:
            state = state.after(event)
        return state, len(events)

    def holder(self, claim: Claim) -> StreamId | None:
        return self.holders.get(claim.name)

    def book(self, digest: Digest) -> RuleBook | None:
        return self.books.get(digest)

    def remains(self, stream: StreamId) -> Remains:
        return Remains(tuple(self.kept(stream).positions), self.kept(stream).key.hex())

    def case_digest(self, case: Case) -> str:
        return case_digest(case)

    def kept(self, stream: str) -> Kept:
        if stream not in self.streams:
            self.streams[stream] = Kept(sha256(stream.encode()).digest())
        return self.streams[stream]

    # --- writing ------------------------------------------------------------------------------------------------------

    def request(self, by: InstitutionId, on: date = DAY) -> Request:
        return Request(by, "-", on, nonce=f"{next(self.numbers):032x}")

    def decide(
        self, by: InstitutionId, verb: Callable[..., Iterator[Event]], *args: Any, **forged: Any
    ) -> list[Payload]:
        """Let *verb* decide on what is known (*old*: on these versions), and return its payloads. *on*: the day."""
        request = self.request(by, forged.get("on", DAY))
        loader = _Old(self, forged.get("old", {}))
        known = Known(loader, self.size())
        known.stranger(by)
        events = tuple(verb(known, request, *args))
        return self.payloads(request, events, known.reads, known.documents)

    def payloads(
        self,
        request: Request,
        events: Sequence[Event],
        reads: Mapping[StreamId, int],
        documents: tuple[Digest, ...] = (),
    ) -> list[Payload]:
        listed = tuple(
            Read(stream, version, self.kept(stream).last(version).hex()) for stream, version in sorted(reads.items())
        )
        return [
            Payload(event, ORIGIN, request, number, len(events), listed, documents)
            for number, event in enumerate(events)
        ]

    def do(self, by: InstitutionId, verb: Callable[..., Iterator[Event]], *args: Any, **forged: Any) -> int:
        """Record one request, and return the position of its first entry."""
        return self.write(self.decide(by, verb, *args, **forged), **forged)

    def write(self, payloads: Sequence[Payload], **forged: Any) -> int:
        """
        Write *payloads* in one submission, and return the position of the first.

        Forged are *by* (who signs), *key* (with which key), *signature* (the place commits to it all the same), *count* and
        *origin* (that the submission says), *after_ms*, *not_after_ms*, *place_key*, and *version* with
        *previous* for an entry that is given another place than the next.
        """
        first = self.size()
        author = forged.get("by", payloads[0].request.by)
        key = forged.get("key", signer(author))
        self.at_ms += forged.get("after_ms", 1_000)
        not_after = forged.get("not_after_ms", self.at_ms + LIFE_MS)
        salts = [sha256(b"salt %d" % (first + number)).digest() for number in range(len(payloads))]
        bodies = [encode(payload) for payload in payloads]
        commitments = [ledger.commit(salt, body) for salt, body in zip(salts, bodies, strict=True)]
        origin, count = forged.get("origin", ORIGIN), forged.get("count", len(payloads))
        said = ledger.Submission(origin, author, not_after, count, ledger.commitments_root(commitments))
        note = ledger.sign_submission(said, key)
        line = ledger.Note.parse(note).signatures[0]
        signature = forged.get("signature", line.signature)
        note = str(ledger.Note(str(said), (attrs.evolve(line, signature=signature),)))
        self.signed[first] = Signed(first, count, author, key_text(key), not_after, signature)
        self.origins[first] = origin
        for number, payload in enumerate(payloads):
            kept = self.kept(payload.stream)
            version = forged.get("version", len(kept.positions))
            previous = forged.get("previous", kept.last(version))
            salt = ledger.place_salt(forged.get("place_key", kept.key), version)
            place = ledger.place(salt, payload.stream, version, previous, ledger.digest(note))
            names = tuple(claim.name for claim in claims(payload.event))
            opened = (salts[number], bodies[number])
            self.list_rows.append(Row(first + number, self.at_ms, commitments[number], place, first, opened, names))
            kept.positions.append(first + number)
            kept.commitments.append(commitments[number])
            kept.events.append(payload.event)
            for name in names:
                self.holders[name] = stream_of(payload.event)
        return first

    def publish(self, size: int | None = None) -> None:
        """Sign a checkpoint over what is there."""
        size = self.size() if size is None else size
        leaves = [
            ledger.leaf_hash(ledger.leaf_data(row.at_ms, row.commitment, row.place)) for row in self.list_rows[:size]
        ]
        checkpoint = ledger.Checkpoint(ORIGIN, size, ledger.root(leaves))
        self.notes.append((size, ledger.sign_checkpoint(checkpoint, signer(OPERATOR))))

    def change(self, position: int, **fields: Any) -> None:
        """Change the row at *position*."""
        self.list_rows[position] = attrs.evolve(self.list_rows[position], **fields)

    def lose(self, *positions: int) -> None:
        """Lose payloads, as an erasure does."""
        for position in positions:
            self.change(position, opened=None, claims=())

    def put_book(self, text: str = BOOK) -> tuple[Digest, int]:
        """Keep a rule book as a document; return its digest and size."""
        body = book_bytes(read_book(text, name="small.toml"))
        digest = Digest(book_digest(body))
        self.documents[digest], self.books[digest] = body, book_of(body)
        return digest, len(body)


@attrs.frozen
class _Old:
    """A loader that answers for some streams as they were."""

    forge: Forge
    old: Mapping[str, int]

    def state(self, stream: StreamId) -> tuple[State, int]:
        return self.forge.state(stream, self.old.get(stream))

    def holder(self, claim: Claim) -> StreamId | None:
        return self.forge.holder(claim)

    def book(self, digest: Digest) -> RuleBook | None:
        return self.forge.book(digest)

    def remains(self, stream: StreamId) -> Remains:
        return self.forge.remains(stream)

    def case_digest(self, case: Case) -> str:
        return case_digest(case)


# --- receipts -------------------------------------------------------------------------------------------------------------


def evidence(forge: Forge, position: int, size: int) -> ledger.Evidence:
    """The entry at *position*, with everything that shows it stands in the log of *size*."""
    row = forge.list_rows[position]
    assert row.opened is not None
    stream = next(name for name, kept in forge.streams.items() if position in kept.positions)
    kept = forge.streams[stream]
    version = kept.positions.index(position)
    signed = forge.signed[row.submission]
    commitments = [each.commitment for each in forge.list_rows[signed.first : signed.first + signed.count]]
    said = ledger.Submission(
        forge.origins[row.submission],
        signed.author,
        signed.not_after_ms,
        signed.count,
        ledger.commitments_root(commitments),
    )
    line = ledger.NoteSignature(
        signed.author, ledger.key_hash(signed.author, ledger.PublicKey.parse(signed.key)), signed.signature
    )
    leaves = [
        ledger.leaf_hash(ledger.leaf_data(row.at_ms, row.commitment, row.place)) for row in forge.list_rows[:size]
    ]
    return ledger.Evidence(
        position, row.at_ms, ledger.inclusion_path(leaves, position), stream, version, kept.last(version),
        ledger.place_salt(kept.key, version), *row.opened, str(ledger.Note(str(said), (line,))),
        position - signed.first, ledger.commitments_path(commitments, position - signed.first),
    )  # fmt: skip


def receipt(forge: Forge, position: int, keys: Sequence[int]) -> ledger.Receipt:
    """The receipt of *position* under the last checkpoint, with these key entries."""
    size, note = forge.notes[-1]
    return ledger.Receipt(evidence(forge, position, size), tuple(evidence(forge, each, size) for each in keys), note)


# --- scenes ---------------------------------------------------------------------------------------------------------------


def founded() -> Forge:
    """Three institutions: entries 0, 1, 2."""
    forge = Forge()
    forge.do(OPERATOR, found, PROFILES[OPERATOR], key_text(signer(OPERATOR)), ORIGIN, "Asia/Shanghai")
    for id in (COLLEGE, ASSESSOR):
        forge.do(OPERATOR, register, id, PROFILES[id], key_text(signer(id)), proof(signer(id), id, signer(id)))
    return forge


def training(hours: int = 8, by: InstitutionId = ASSESSOR) -> Training:
    return Training(title="家政培训", issuer=by, achieved_on=DAY, hours=hours, category="家政")


def with_accounts() -> Forge:
    """Two accounts (entries 3 and 4), two outcomes in the first (5 and 6), one in the second (7); published."""
    forge = founded()
    for number in (1, 2):
        forge.do(COLLEGE, open_account, account(number), person(number))
    for number in (1, 1, 2):
        forge.do(ASSESSOR, deposit, account(number), training())
    forge.publish()
    return forge


@attrs.frozen
class Case:
    """A ledger in which an application can be made, and the application."""

    forge: Forge
    application: Application
    outcome: OutcomeId


def with_application() -> Case:
    """A credit system (3), a book (4), an account (5) with an enrolment (6) and a certificate (7)."""
    forge = founded()
    forge.do(OPERATOR, publish_system, CREDIT)
    digest, size = forge.put_book()
    forge.do(COLLEGE, publish, digest, size)
    forge.do(COLLEGE, open_account, account(1), person(1))
    programme = Programme("550101", "艺术设计", "college-3", 36)
    enrolled = forge.decide(COLLEGE, enrol, account(1), Enrolment(COLLEGE, programme, "2024级", date(2024, 9, 1)))
    forge.write(enrolled)
    certificate = SkillCertificate(
        title="数字影像处理", issuer=ASSESSOR, achieved_on=DAY, credits=CREDIT.credit("4"), level=Level("x", "中级"),
        category="艺术设计", number=Claim("certificate-number", Token("ab" * 32)),
    )  # fmt: skip
    deposited = forge.decide(ASSESSOR, deposit, account(1), certificate)
    forge.write(deposited)
    outcome = deposited[0].event.id  # type: ignore[union-attr] # deposit says OutcomeDeposited
    course = Course("C1", "图像处理", ("专业核心",), True, CREDIT.credit("4"))
    application = Application(digest, "convert", enrolled[0].event.id, (Item("1", (outcome,), (course,)),), ())  # type: ignore[union-attr] # enrol says Enrolled
    forge.publish()
    return Case(forge, application, outcome)


def converted() -> Case:
    """The same, with the application decided and converted (8 and 9), and an account erased (10 to 12)."""
    case = with_application()
    forge = case.forge
    forge.do(COLLEGE, convert, account(1), case.application)
    forge.do(COLLEGE, open_account, account(2), person(2))
    forge.do(ASSESSOR, deposit, account(2), training())
    forge.do(OPERATOR, erase, account(2), "PIPL 47(1)(3)", "cd" * 32)
    forge.lose(10, 11)
    forge.streams[account(2)].erased = True
    forge.publish()
    return case


def checked(forge: Forge) -> Report:
    """Publish what is there, and verify it."""
    if not forge.notes or forge.notes[-1][0] < forge.size():
        forge.publish()
    return verify(forge)


def found_by(report: Report) -> set[tuple[str, int | None]]:
    """What was found, without the words."""
    return {(finding.check, finding.position) for finding in report.findings}


def told(report: Report) -> str:
    return "\n".join(map(str, report.findings))
