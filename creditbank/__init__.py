"""
creditbank: learning accounts, certificates, credit conversion and transfers over a signed, append-only ledger (学分银行).

Record a verb, ask a question, verify everything::

    bank = creditbank.connect("sqlite:///city", signers={college: signer})
    bank.record(Request(college, "key-1", bank.today()), creditbank.deposit, account, outcome)
    creditbank.balance(bank.known(), account)
    bank.verify()

Names are bound when they are first asked for (PEP 562), so importing the package loads no store and nothing optional.
"""

import importlib
import logging
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from creditbank.bank import (
        Bank as Bank,
        Call as Call,
        Draft as Draft,
        Recorded as Recorded,
        call as call,
        connect as connect,
        enter as enter,
        memory_bank as memory_bank,
        number_claim as number_claim,
        person_claim as person_claim,
    )
    from creditbank.bank.comparing import (
        Changed as Changed,
        DiffGroup as DiffGroup,
        DiffReport as DiffReport,
        diff as diff,
    )
    from creditbank.bank.decided import (
        Decided as Decided,
        decided as decided,
    )
    from creditbank.codec.audit import (
        audit_dict as audit_dict,
    )
    from creditbank.codec.book import (
        book_bytes as book_bytes,
        book_digest as book_digest,
        book_of as book_of,
        parent_books as parent_books,
        read_book as read_book,
        row_proof as row_proof,
    )
    from creditbank.codec.book_difference import (
        ClauseDifference as ClauseDifference,
        KeyChange as KeyChange,
    )
    from creditbank.codec.case import (
        case_bytes as case_bytes,
        case_digest as case_digest,
        read_case as read_case,
    )
    from creditbank.codec.decision import (
        decision_dict as decision_dict,
        decision_digest as decision_digest,
    )
    from creditbank.codec.programme import (
        programme_bytes as programme_bytes,
        programme_digest as programme_digest,
        programme_from as programme_from,
        read_programme as read_programme,
    )
    from creditbank.codec.row_tree import (
        RowProof as RowProof,
        check_row as check_row,
    )
    from creditbank.domain.account import (
        Account as Account,
    )
    from creditbank.domain.application import (
        Application as Application,
        Item as Item,
        TransferOffer as TransferOffer,
    )
    from creditbank.domain.certificate_number import (
        match_certificate_number as match_certificate_number,
        number_warning as number_warning,
    )
    from creditbank.domain.check import (
        BookFinding as BookFinding,
        lint as lint,
    )
    from creditbank.domain.credit import (
        Credit as Credit,
        CreditSystem as CreditSystem,
    )
    from creditbank.domain.curriculum import (
        Curriculum as Curriculum,
        CurriculumCourse as CurriculumCourse,
        Hours as Hours,
        Requirement as Requirement,
    )
    from creditbank.domain.decide.account import (
        correct as correct,
        deposit as deposit,
        end_enrolment as end_enrolment,
        enrol as enrol,
        erase as erase,
        open_account as open_account,
        restrict as restrict,
        revoke as revoke,
    )
    from creditbank.domain.decide.catalogue import (
        publish_curriculum as publish_curriculum,
    )
    from creditbank.domain.decide.convert import (
        agree as agree,
        convert as convert,
        lapse as lapse,
        reject as reject,
        withdraw as withdraw,
    )
    from creditbank.domain.decide.keys import (
        add_key as add_key,
        found as found,
        publish as publish,
        publish_system as publish_system,
        register as register,
        restore_key as restore_key,
        retire_key as retire_key,
        revoke_key as revoke_key,
        set_seats as set_seats,
        withdraw_book as withdraw_book,
    )
    from creditbank.domain.decide.objection import (
        answer_objection as answer_objection,
        object_to as object_to,
    )
    from creditbank.domain.decide.transfer import (
        accept_transfer as accept_transfer,
        decline_transfer as decline_transfer,
        offer_transfer as offer_transfer,
    )
    from creditbank.domain.degree.audit import (
        Audit as Audit,
        Change as Change,
        RequirementFound as RequirementFound,
    )
    from creditbank.domain.degree.from_curriculum import (
        CurriculumOddity as CurriculumOddity,
        programme_of as programme_of,
    )
    from creditbank.domain.degree.record import (
        Holding as Holding,
        Record as Record,
    )
    from creditbank.domain.degree.requirement import (
        DegreeProgramme as DegreeProgramme,
    )
    from creditbank.domain.hours import (
        Convention as Convention,
        HourRate as HourRate,
        Span as Span,
        by_convention as by_convention,
        by_hours as by_hours,
        credits_to_hours as credits_to_hours,
        hour_rate as hour_rate,
        hours_to_credits as hours_to_credits,
    )
    from creditbank.domain.identifier import (
        PupilNumber as PupilNumber,
        ResidentId as ResidentId,
        SocialCreditCode as SocialCreditCode,
    )
    from creditbank.domain.known import (
        Known as Known,
    )
    from creditbank.domain.level import (
        Crosswalk as Crosswalk,
        Framework as Framework,
        Level as Level,
        across as across,
        framework as framework,
    )
    from creditbank.domain.major_code import (
        MajorCode as MajorCode,
    )
    from creditbank.domain.name import (
        AccountId as AccountId,
        ApplicationId as ApplicationId,
        Claim as Claim,
        Digest as Digest,
        EnrolmentId as EnrolmentId,
        InstitutionId as InstitutionId,
        ObjectionId as ObjectionId,
        OutcomeId as OutcomeId,
        StreamId as StreamId,
        Token as Token,
        TransferId as TransferId,
        account_id as account_id,
        institution_id as institution_id,
        seats_stream as seats_stream,
    )
    from creditbank.domain.outcome import (
        ContestAward as ContestAward,
        CourseResult as CourseResult,
        Diploma as Diploma,
        Outcome as Outcome,
        SkillCertificate as SkillCertificate,
        Training as Training,
    )
    from creditbank.domain.profile import (
        Profile as Profile,
    )
    from creditbank.domain.programme import (
        Course as Course,
        Enrolment as Enrolment,
        Programme as Programme,
    )
    from creditbank.domain.request import (
        Request as Request,
    )
    from creditbank.domain.rule import (
        Case as Case,
        Decision as Decision,
        ItemResult as ItemResult,
        RuleBook as RuleBook,
        Waiver as Waiver,
        decide as decide,
        explain as explain,
        workings as workings,
    )
    from creditbank.domain.school_number import (
        DiplomaNumber as DiplomaNumber,
        InstitutionCode as InstitutionCode,
    )
    from creditbank.domain.view.account import (
        Statement as Statement,
        balance as balance,
        quote as quote,
        statement as statement,
    )
    from creditbank.domain.view.advice import (
        advise as advise,
    )
    from creditbank.domain.view.advice_page import (
        advice_page as advice_page,
    )
    from creditbank.domain.view.advice_parts import (
        Advice as Advice,
        Planned as Planned,
    )
    from creditbank.domain.view.book import (
        book_for as book_for,
    )
    from creditbank.domain.view.case import (
        case_of as case_of,
    )
    from creditbank.domain.view.difference import (
        ItemChange as ItemChange,
    )
    from creditbank.domain.view.reconsider import (
        Reconsidered as Reconsidered,
        reconsider as reconsider,
    )
    from creditbank.domain.view.record import (
        record_of as record_of,
    )
    from creditbank.errors import (
        AlreadyError as AlreadyError,
        BookNotInForceError as BookNotInForceError,
        ClockError as ClockError,
        ConflictError as ConflictError,
        CreditBankError as CreditBankError,
        DecisionRefusedError as DecisionRefusedError,
        ErasedError as ErasedError,
        FlawedBookError as FlawedBookError,
        ForkedError as ForkedError,
        KeyReusedError as KeyReusedError,
        MalformedBookError as MalformedBookError,
        MalformedError as MalformedError,
        NewerDatabaseError as NewerDatabaseError,
        NotPermittedError as NotPermittedError,
        RefusedError as RefusedError,
        RestrictedError as RestrictedError,
        RollbackError as RollbackError,
        StaleDraftError as StaleDraftError,
        StateError as StateError,
        StoreError as StoreError,
        UnknownError as UnknownError,
        UnverifiedError as UnverifiedError,
    )
    from creditbank.ledger import (
        Ed25519Signer as Ed25519Signer,
        PublicKey as PublicKey,
        Receipt as Receipt,
        Redemption as Redemption,
        Signer as Signer,
        possession_message as possession_message,
    )
    from creditbank.planner.advised import (
        planned as planned,
    )
    from creditbank.planner.degree import (
        audit as audit,
        degree_audit as degree_audit,
    )
    from creditbank.planner.result import (
        Barred as Barred,
        Plan as Plan,
        PlannedItem as PlannedItem,
    )
    from creditbank.planner.search import (
        plan_case as plan_case,
        plan_cases as plan_cases,
    )
    from creditbank.planner.study import (
        StudyPlan as StudyPlan,
        plan as plan,
    )
    from creditbank.tables import (
        ExportReport as ExportReport,
        ImportReport as ImportReport,
        export_postings as export_postings,
        export_statements as export_statements,
        import_table as import_table,
    )
    from creditbank.vault import (
        Person as Person,
    )
    from creditbank.verify import (
        Finding as Finding,
        Report as Report,
        check_receipt as check_receipt,
        check_redemption as check_redemption,
    )

_HOMES = {
    "creditbank.bank": (
        "Bank", "Call", "Draft", "Recorded", "call", "connect", "enter", "memory_bank", "number_claim",
        "person_claim",
    ),
    "creditbank.bank.comparing": ("Changed", "DiffGroup", "DiffReport", "diff"),
    "creditbank.bank.decided": ("Decided", "decided"),
    "creditbank.codec.audit": ("audit_dict",),
    "creditbank.codec.book": ("book_bytes", "book_digest", "book_of", "parent_books", "read_book", "row_proof"),
    "creditbank.codec.book_difference": ("ClauseDifference", "KeyChange"),
    "creditbank.codec.case": ("case_bytes", "case_digest", "read_case"),
    "creditbank.codec.decision": ("decision_dict", "decision_digest"),
    "creditbank.codec.programme": ("programme_bytes", "programme_digest", "programme_from", "read_programme"),
    "creditbank.codec.row_tree": ("RowProof", "check_row"),
    "creditbank.domain.account": ("Account",),
    "creditbank.domain.application": ("Application", "Item", "TransferOffer"),
    "creditbank.domain.certificate_number": ("match_certificate_number", "number_warning"),
    "creditbank.domain.check": ("BookFinding", "lint"),
    "creditbank.domain.credit": ("Credit", "CreditSystem"),
    "creditbank.domain.curriculum": ("Curriculum", "CurriculumCourse", "Hours", "Requirement"),
    "creditbank.domain.decide.account": (
        "correct", "deposit", "end_enrolment", "enrol", "erase", "open_account", "restrict", "revoke",
    ),
    "creditbank.domain.decide.catalogue": ("publish_curriculum",),
    "creditbank.domain.decide.convert": ("agree", "convert", "lapse", "reject", "withdraw"),
    "creditbank.domain.decide.keys": (
        "add_key", "found", "publish", "publish_system", "register", "restore_key", "retire_key", "revoke_key",
        "set_seats", "withdraw_book",
    ),
    "creditbank.domain.decide.objection": ("answer_objection", "object_to"),
    "creditbank.domain.decide.transfer": ("accept_transfer", "decline_transfer", "offer_transfer"),
    "creditbank.domain.degree.audit": ("Audit", "Change", "RequirementFound"),
    "creditbank.domain.degree.from_curriculum": ("CurriculumOddity", "programme_of"),
    "creditbank.domain.degree.record": ("Holding", "Record"),
    "creditbank.domain.degree.requirement": ("DegreeProgramme",),
    "creditbank.domain.hours": (
        "Convention", "HourRate", "Span", "by_convention", "by_hours", "credits_to_hours", "hour_rate",
        "hours_to_credits",
    ),
    "creditbank.domain.identifier": ("PupilNumber", "ResidentId", "SocialCreditCode"),
    "creditbank.domain.known": ("Known",),
    "creditbank.domain.level": ("Crosswalk", "Framework", "Level", "across", "framework"),
    "creditbank.domain.major_code": ("MajorCode",),
    "creditbank.domain.name": (
        "AccountId", "ApplicationId", "Claim", "Digest", "EnrolmentId", "InstitutionId", "ObjectionId", "OutcomeId",
        "StreamId", "Token", "TransferId", "account_id", "institution_id", "seats_stream",
    ),
    "creditbank.domain.outcome": (
        "ContestAward", "CourseResult", "Diploma", "Outcome", "SkillCertificate", "Training",
    ),
    "creditbank.domain.profile": ("Profile",),
    "creditbank.domain.programme": ("Course", "Enrolment", "Programme"),
    "creditbank.domain.request": ("Request",),
    "creditbank.domain.rule": ("Case", "Decision", "ItemResult", "RuleBook", "decide", "Waiver", "explain", "workings"),
    "creditbank.domain.school_number": ("DiplomaNumber", "InstitutionCode"),
    "creditbank.domain.view.account": ("Statement", "balance", "quote", "statement"),
    "creditbank.domain.view.advice": ("advise",),
    "creditbank.domain.view.advice_page": ("advice_page",),
    "creditbank.domain.view.advice_parts": ("Advice", "Planned"),
    "creditbank.domain.view.book": ("book_for",),
    "creditbank.domain.view.case": ("case_of",),
    "creditbank.domain.view.difference": ("ItemChange",),
    "creditbank.domain.view.reconsider": ("Reconsidered", "reconsider"),
    "creditbank.domain.view.record": ("record_of",),
    "creditbank.errors": (
        "AlreadyError", "BookNotInForceError", "ClockError", "ConflictError", "CreditBankError",
        "DecisionRefusedError", "ErasedError", "FlawedBookError", "ForkedError", "KeyReusedError", "MalformedBookError",
        "MalformedError", "NewerDatabaseError", "NotPermittedError", "RefusedError", "RestrictedError",
        "RollbackError", "StaleDraftError", "StateError", "StoreError", "UnknownError", "UnverifiedError",
    ),
    "creditbank.ledger": ("Ed25519Signer", "PublicKey", "Receipt", "Redemption", "Signer", "possession_message"),
    "creditbank.planner.advised": ("planned",),
    "creditbank.planner.degree": ("audit", "degree_audit"),
    "creditbank.planner.result": ("Barred", "Plan", "PlannedItem"),
    "creditbank.planner.search": ("plan_case", "plan_cases"),
    "creditbank.planner.study": ("StudyPlan", "plan"),
    "creditbank.tables": ("ExportReport", "ImportReport", "export_postings", "export_statements", "import_table"),
    "creditbank.vault": ("Person",),
    "creditbank.verify": ("Finding", "Report", "check_receipt", "check_redemption"),
}  # fmt: skip

_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # one table is the only list of public names; a test holds it against the docs

logging.getLogger("creditbank").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'creditbank' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
