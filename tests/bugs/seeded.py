"""
The bugs we fear: each as a patch that would put it in, and the tests that have to notice.

``run.py`` puts them in, one at a time, in a copy. A patch's *old* text stands exactly once in its file, or a test fails here: a
list of bugs that can no longer be put in says nothing.
"""

import attrs

__all__ = ["SEEDED", "Seeded"]


@attrs.frozen
class Seeded:
    """
    One bug.

    Attributes:
        why: What it would do to somebody.
        file: Under ``creditbank/``.
        old, new: The text that is there, and the text that would be the bug.
        tests: What is run; one failure is enough.
    """

    name: str
    why: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


RACE = "tests/bank/test_bank_race.py"
LAWS = "tests/domain/test_decide_laws.py"
CHAIN = f"{LAWS}::test_a_revocation_takes_the_whole_chain_with_it"
LINES = "tests/domain/test_decide_boundaries.py"
REFUSALS = "tests/domain/test_decide_refusals.py"
QUESTIONS = "tests/bank/test_bank_questions.py"
HALFWAY = "tests/bank/test_bank_halfway.py"
PRIVACY = "tests/bank/test_bank_privacy.py"
KEYS = "tests/bank/test_bank_keys.py"
DESK = "tests/bank/test_bank_desk.py"
DRAFTS = "tests/bank/test_bank_draft.py"
STATES = "tests/bank/test_bank_states.py"
CANONICAL = "tests/codec/test_codec_canonical.py"
PAYLOAD = "tests/codec/test_codec_payload.py"
OBJECTIONS = "tests/domain/test_decide_objection.py"
UNDOING = "tests/domain/test_decide_undo.py"
VERSIONS = "tests/domain/test_decide_versions.py"
ACTS = "tests/domain/test_decide_acts.py"
GOLDEN = "tests/golden/test_golden_payloads.py"
REDEMPTIONS = "tests/verify/test_verify_redemption.py"
RECEIPTS = "tests/verify/test_verify_receipt.py"
LEDGERS = "tests/verify/test_verify_ledger.py"
DIFFS = "tests/bank/test_bank_diff.py"
COUNTS = "tests/rule/test_rule_counts.py"
HIGHEST = "tests/rule/test_rule_highest.py"
PLANS = "tests/plan/test_plan_case.py"
ROWS = "tests/rule/test_rule_rows_file.py"
AUDITS = "tests/degree/test_degree_bank.py"

SEEDED = (
    Seeded(
        "guard not checked",
        "a conversion slips past the withdrawal of its book: only what is written was compared, not what was read",
        "store/plan.py",
        '        if (now.version if now else 0) != version:\n            raise ConflictError(f"{stream} is not at',
        '        if (now.version if now else 0) < version:\n            raise ConflictError(f"{stream} is not at',
        (RACE,),
    ),
    Seeded(
        "claim as of now",
        "who held a name then is answered with who holds it now, so an old opening is decided otherwise",
        "bank/loader.py",
        "self.store.holder(claim.name, self.position)",
        "self.store.holder(claim.name)",
        (QUESTIONS,),
    ),
    Seeded(
        "cap excludes its own limit",
        "8 credits where the rule says at most 8 are refused",
        "domain/rule/limits.py",
        "        if used > most:",
        "        if used >= most:",
        (LINES,),
    ),
    Seeded(
        "a closed application frees everything it used",
        "a certificate that another application still reserves is free, and is spent twice",
        "domain/decide/undo.py",
        "freed = tuple(move for lot in sources for move in settled(after, lot))",
        "freed = tuple(move for lot in sources for move in settled(attrs.evolve(after, applications={}), lot))",
        (f"{LAWS}::test_two_applications_share_a_certificate",),
    ),
    Seeded(
        "cascade stops at depth one",
        "credit granted from credit stands when the certificate below it all was false",
        "domain/decide/undo.py",
        "            waiting += [use.lot for use in uses]",
        "            waiting += []",
        (CHAIN,),
    ),
    Seeded(
        "erased payloads stay in the file",
        "an erased person's learning record can still be read from the database with a copy of the key",
        "store/sqlite.py",
        'db.execute("DELETE FROM payload WHERE seq IN (SELECT seq FROM erasing)")',
        'db.execute("DELETE FROM payload WHERE seq IN (SELECT max(seq) FROM erasing)")',
        (PRIVACY,),
    ),
    Seeded(
        "place ignores the version",
        "an operator can open two entries at one place of a stream, or move one",
        "ledger/entry.py",
        'version.to_bytes(8, "big"), previous, submission)',
        "bytes(8), previous, submission)",
        (KEYS, "tests/ledger/test_ledger_entry.py"),
    ),
    Seeded(
        "time falls",
        "an entry is dated before the one in front of it; what was known on a day depends on who asks",
        "store/plan.py",
        "max(batch.at_ms, last_at_ms))",
        "batch.at_ms)",
        (QUESTIONS,),
    ),
    Seeded(
        "a retry writes twice",
        "two retries at once of one request both record: an outcome stands twice",
        "store/plan.py",
        "    if any(present.known(row.key_hash) for row in batch.requests):",
        "    if batch.at_ms < 0:",
        (RACE, "tests/store/test_store_memory.py"),
    ),
    Seeded(
        "what was undone still counts",
        "credit stays converted, and courses stay taken, after what they came from was revoked",
        "domain/account.py",
        "if result.refused is None and result.item not in state.undone:",
        "if result.refused is None:",
        (CHAIN,),
    ),
    Seeded(
        "a retired key still signs",
        "a key that left with a clerk goes on signing",
        "domain/institution.py",
        'if record.state == "in force")',
        'if record.state != "revoked")',
        (KEYS,),
    ),
    Seeded(
        "one place too many",
        "a school with n places gets n + 1 pupils",
        "domain/shelf.py",
        "return max(0, self.places - len(self.taken))",
        "return max(0, self.places + 1 - len(self.taken))",
        (LINES,),
    ),
    Seeded(
        "duplicate keys are canonical",
        "one payload says two things, and two readers read two different ones",
        "codec/canonical.py",
        "    if _dumps(value) != text:",
        "    if len(_dumps(value)) > len(text):",
        (CANONICAL,),
    ),
    Seeded(
        "the vault keeps the key of who was erased",
        "every backup of the ledger can be read after the erasure",
        "bank/recorder.py",
        "        self.vault.forget(account)\n",
        "        self.vault.person(account)\n",
        (HALFWAY,),
    ),
    Seeded(
        "a revoked outcome is looked at",
        "a certificate that was taken back is converted",
        "domain/view/case.py",
        "            if not held.revoked:",
        "            if held.id:",
        (REFUSALS,),
    ),
    Seeded(
        "the past is answered with the present",
        "a statement as of last year shows this year's credit, and old decisions come out otherwise",
        "bank/loader.py",
        "return self.store.tip(stream, self.position)",
        "return self.store.tip(stream)",
        (QUESTIONS,),
    ),
    Seeded(
        "a kept state forgets who was first",
        "after a restart applications stand in another order, and decisions name the wrong one",
        "codec/state.py",
        "return in_order(identifier.unstructure(mapping, _KINDS[name]))",
        "from creditbank.codec.canonical import canonical\n\n"
        "        return canonical(identifier.unstructure(mapping, _KINDS[name]))",
        (STATES, PAYLOAD),
    ),
    Seeded(
        "a kept state loses what came since",
        "after a second kept state the outcomes between the two are gone",
        "codec/state.py",
        "    if not mapping.more:",
        "    if mapping.more:",
        (STATES, PAYLOAD),
    ),
    Seeded(
        "a refusal outlives what it was for",
        "a number is refused as taken by a deposit that was never written",
        "bank/desk.py",
        "    failed = [*made.plans, *refused]",
        "    failed = [*made.plans]",
        (DESK,),
    ),
    Seeded(
        "who may sign changes in the middle of a batch",
        "deposits of bystanders fail because a key ended beside them",
        "bank/desk.py",
        'return kind_of(stream_of(event)) != "keys" and',
        'return kind_of(stream_of(event)) != "key" and',
        (DESK,),
    ),
    Seeded(
        "the same key twice at once",
        "a retry that overtakes its own request is told that the store failed",
        "bank/desk.py",
        "made.alone or each.key_hash in keys or",
        "made.alone or",
        (DESK,),
    ),
    Seeded(
        "a signed draft is believed",
        "an author signs another payload than the bank decided, and the ledger does not verify any more",
        "bank/recorder.py",
        '        if not hmac.compare_digest(self.vault.mac("prepared", *draft.sealed).hex(), draft.seal):',
        '        if not self.vault.mac("prepared", *draft.sealed):',
        (DRAFTS,),
    ),
    Seeded(
        "the day after the last day still counts",
        "a step is agreed after its time was over",
        "domain/decide/convert.py",
        "    if last is not None and on > last:",
        "    if last is not None and on > last.replace(year=last.year + 1):",
        (LINES,),
    ),
    Seeded(
        "a payload's field is renamed",
        "every ledger written so far can no longer be read",
        "codec/convert.py",
        'return {"class": names[type(outcome)],',
        'return {"kind": names[type(outcome)],',
        (GOLDEN,),
    ),
    Seeded(
        "one of a panel agrees for all",
        "a certificate is recognised by one assessor, though three institutions answer for it",
        "domain/decide/convert.py",
        "    if len(now.members) > 1:",
        "    if len(now.members) > 9:",
        (OBJECTIONS,),
    ),
    Seeded(
        "an objection is not waited for",
        "credit is converted while somebody says that the certificate is another's",
        "domain/decide/convert.py",
        "        if objection.upheld is None:\n            raise StateError",
        "        if objection.upheld:\n            raise StateError",
        (OBJECTIONS,),
    ),
    Seeded(
        "the last day of the notice is no notice",
        "an application is agreed on a day on which it could still be objected to",
        "domain/decide/convert.py",
        "    if until is not None and on <= until:",
        "    if until is not None and on < until:",
        (LINES, OBJECTIONS),
    ),
    Seeded(
        "a final award falls",
        "a qualification that was awarded for good is taken back when one certificate turns out false",
        "domain/decide/undo.py",
        "            if not use.final and spent_for_good",
        "            if spent_for_good",
        (UNDOING, ACTS),
    ),
    Seeded(
        "spent credit comes back by a false certificate",
        "one of two certificates behind a diploma is revoked, and the other is free to buy another one",
        "domain/decide/undo.py",
        "            if not use.final and spent_for_good(held, use.lot) is None:",
        "            if not use.final:",
        (UNDOING,),
    ),
    Seeded(
        "spent credit comes back by a correction",
        "a certificate that bought a diploma is corrected, and what takes its place buys another one",
        "domain/decide/account.py",
        "    if final is not None:",
        "    if final is not None and not final.final:",
        (UNDOING,),
    ),
    Seeded(
        "credit is redeemed twice",
        "one certificate buys two qualifications, where neither book says that it may not",
        "domain/view/case.py",
        "            if use.redeems or application.act in COLLECTION_ACTS:",
        "            if use.redeems and application.act not in COLLECTION_ACTS:",
        (ACTS,),
    ),
    Seeded(
        "an award issues what it redeems",
        "credit that was spent for a qualification comes back as new credit",
        "domain/decide/convert.py",
        "        if item.result.granted and not item.redeems",
        "        if item.result.granted",
        (ACTS,),
    ),
    Seeded(
        "an outcome that came later mends a decision that was wrong",
        "a grant that rests on a false certificate is not reported",
        "domain/account.py",
        "outcomes={id: held for id, held in self.outcomes.items() if held.entry < entry},",
        "outcomes=self.outcomes,",
        (UNDOING,),
    ),
    Seeded(
        "a superseded version goes on",
        "two versions of one rule book serve the same day, and the applicant picks",
        "domain/decide/keys.py",
        "        if version.since <= since and (version.until is None or since < version.until):",
        "        if version.since <= since and version.until is not None and since < version.until:",
        (VERSIONS,),
    ),
    Seeded(
        "the day of the request picks the version",
        "who enrolled under the old rules is decided under the new ones",
        "domain/view/book.py",
        "    if field == _OF_ENROLMENT:\n        return enrolled_on",
        "    if field == _OF_ENROLMENT:\n        return on",
        (VERSIONS,),
    ),
    Seeded(
        "a correction loses its number",
        "the paper's number is free for another certificate, in the corrected outcome at least",
        "domain/account.py",
        "        right = attrs.evolve(event.corrected, number=wrong.outcome.number)",
        "        right = event.corrected",
        (UNDOING,),
    ),
    Seeded(
        "deposits join what says who may sign",
        "a deposit stands in one batch with the end of the key that signs it",
        "bank/desk.py",
        "            made.alone = True",
        "            made.alone = False",
        (f"{DESK}::test_nobody_joins_what_goes_alone",),
    ),
    Seeded(
        "an entry of the account is not shown",
        "an operator proves that credit was spent once, with the second use numbered past what is shown",
        "verify/redemption.py",
        "if (entry.stream, entry.version, entry.previous) != (head.stream, version, previous):",
        "if (entry.stream, entry.previous) != (head.stream, previous):",
        (f"{REDEMPTIONS}::test_an_operator_can_sign_what_no_bank_records",),
    ),
    Seeded(
        "two logs of one size are one",
        "an operator shows half of an account from each of two logs that it signed",
        "verify/redemption.py",
        "if one.checkpoint != shown[0].checkpoint or one.checkpoint.size != head.size:",
        "if one.checkpoint.size != head.size:",
        (f"{REDEMPTIONS}::test_an_operator_can_sign_two_logs_of_one_size",),
    ),
    Seeded(
        "a conversion counts as redeemed",
        "credit that became a course passes for credit that was spent for a qualification",
        "domain/view/redeemed.py",
        "if item.application.id == application and item.redeems]",
        "if item.application.id == application]",
        (f"{REDEMPTIONS}::test_what_is_reserved_is_cited_where_it_was_applied_for",),
    ),
    Seeded(
        "a submission to another bank is taken",
        "what an institution signed for one bank is shown as signed for another",
        "verify/receipt.py",
        "if submission.origin != checkpoint.origin or said.origin != checkpoint.origin:",
        "if said.origin != checkpoint.origin:",
        (f"{RECEIPTS}::test_a_submission_to_another_log",),
    ),
    Seeded(
        "a second stream of an account is erased",
        "an operator hides entries behind the erasure of an account that is still there",
        "verify/walk.py",
        "        if living is not None\n        else check",
        "        if living is None and False\n        else check",
        (f"{LEDGERS}::test_an_erasure_of_a_second_stream_beside_a_living_account",),
    ),
    Seeded(
        "old decisions are compared on today's places",
        "a board is told that a revision changes decisions which only the calendar changed",
        "bank/comparing.py",
        "inner = StoreLoader(self.bank.store, self.bank.vault, self.cache, position)",
        "inner = StoreLoader(self.bank.store, self.bank.vault, self.cache, self.position)",
        (f"{DIFFS}::test_transfers_are_decisions_too",),
    ),
    Seeded(
        "what a gate counted is kept for every item",
        "who holds what the first course asks for passes the gate of every course",
        "domain/rule/gate.py",
        'alike = view.same_for_all(clause.selection.fields, earlier=clause.word == "done")',
        "alike = view is not None",
        (f"{COUNTS}::test_what_is_counted_may_differ_from_item_to_item",),
    ),
    Seeded(
        "a lower one that grew is let through",
        "of the same content more is granted than the highest is worth, in two applications",
        "domain/rule/highest.py",
        "(source == top or ranks[source] > ranks[before])",
        "ranks[source] > ranks[before]",
        (HIGHEST,),
    ),
    Seeded(
        "a plan forgets the record",
        "a learner is planned more than is left, and the plan says that nothing is certain",
        "planner/group.py",
        "record = Standing(view, list(view.case.history))",
        "record = Standing(view, [])",
        (f"{PLANS}::test_the_model_knows_every_limit_and_the_record",),
    ),
    Seeded(
        "the names of the columns are a row",
        "somebody proves a conversion from 'from' to 'to', which no table says",
        "codec/row_tree.py",
        "if proof.number < 1 or _root_by",
        "if _root_by",
        (f"{ROWS}::test_every_row_can_be_shown_alone",),
    ),
    Seeded(
        "spent credit still makes a course",
        "a graduation audit counts a course whose credit an award has used up",
        "domain/view/record.py",
        " and not held.spending(standing.lot):",
        ":",
        (f"{AUDITS}::test_a_course_whose_credit_an_award_spends_counts_no_more",),
    ),
)
