"""
The words of ``explain``, each in Chinese and in English: what a code means and what to do next, fields, tests, results.

The families of codes are closed, and so are the engine's own codes; a test holds both tables to them. A clause's own slug has
no words here: the clause says in its book what it says.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from creditbank.domain.rule.field import namespace_of

__all__ = [
    "CODES",
    "DAY_TESTS",
    "FAMILIES",
    "FIELDS",
    "FORBIDDEN",
    "KINDS",
    "MEASURES",
    "MODES",
    "NO_RULE",
    "REQUIRED",
    "ROOM",
    "SAID",
    "SUPPLIERS",
    "TESTS",
    "UNUSABLE",
    "Advice",
    "Language",
    "Words",
    "advice",
    "name_of",
]

Language = Literal["zh", "en"]
Words: TypeAlias = tuple[str, str]
"""The same in Chinese and in English."""

Advice: TypeAlias = tuple[Words, Words]
"""What is the matter, and what to do next."""

FAMILIES: Final[Mapping[str, Advice]] = {
    "book": (
        ("办法不适用", "the rule book does not apply"),
        (
            "请查明适用的办法及其版本,再行申请",
            "find out which rule book, and which version of it, applies, and apply again",
        ),
    ),
    "item": (
        ("申请的写法不符", "it cannot be asked for in this way"),
        ("请改正申请项后重新申请", "correct the item and apply again"),
    ),
    "missing": (
        ("材料不全,尚不能决定;这不是否决", "not decidable yet, for want of information; this is no rejection"),
        ("补齐后可以重新申请", "apply again once it is there"),
    ),
    "map": (
        ("没有对应的转换规则", "no rule lets this stand for that"),
        (
            "请核对成果和课程是否选对,或改选办法列出的课程",
            "check outcome and course, or choose a course that the rules list",
        ),
    ),
    "gate": (
        ("不符合条件", "a condition is not met"),
        (
            "请核对所比较的数据:有误的,请提供方更正;无误的,待条件具备后重新申请",
            "check what was compared: if it is wrong, have it corrected; if not, apply again once the condition is met",
        ),
    ),
    "worth": (
        ("学分不足,或无法计值", "it is not worth enough, or its worth cannot be told"),
        ("请改选学分较少的课程,或增加成果", "choose a course of fewer credits, or add outcomes"),
    ),
    "highest": (
        ("同类成果只取最高一项", "of outcomes of one kind only the highest counts"),
        ("较高的一项已经计算,这一项不再另计", "the higher one counts, so this one adds nothing"),
    ),
    "once": (
        ("不得重复使用", "it may be used only once"),
        ("请改用未使用过的成果,或改选其他课程", "use an outcome that was not used, or choose another course"),
    ),
    "cap": (
        ("超过上限", "a limit would be passed"),
        ("请减少申请的学分或项目,或改用其他成果", "ask for less, or use another outcome"),
    ),
    "floor": (
        ("未达到规定的总量或比例", "a total or a share that is required is not reached"),
        (
            "请对照差额:不足的补足、超出的调整后,再申请",
            "see what is lacking, or too much, and apply again when that is mended",
        ),
    ),
    "score": (
        ("未达到规定的成绩", "the mark that is required is not reached"),
        ("请核对各部分成绩;可以补考或补交的,完成后再申请", "check the mark of each part; apply again after a resit"),
    ),
}
"""By family: what is the matter, and what to do next."""

CODES: Final[Mapping[str, Advice]] = {
    "book.act": (
        ("该办法不办理这类事项", "the rule book is not about this kind of application"),
        ("请按办理这类事项的办法申请", "apply under a rule book that is"),
    ),
    "book.not-in-force": (
        ("决定之日该办法不在施行期内", "the rule book is not in force on the day that decides"),
        ("请按当日施行的版本申请", "apply under the version that is in force on that day"),
    ),
    "item.ask": (
        ("所要求的学分数不能照给", "the amount asked for cannot be granted as asked"),
        ("请不指定学分数,或改为所列范围内的数", "leave the amount out, or ask for one within what is shown"),
    ),
    "item.targets": (
        ("一项只能申请一个目标", "one item asks for one qualification or programme"),
        ("请每项只写一个目标,分项申请", "name one in each item"),
    ),
    "map.none": (
        ("没有规则使这些成果对应这门课程", "no rule lets these outcomes stand for this course"),
        FAMILIES["map"][1],
    ),
    "map.nothing": (
        ("办法明确规定该成果不能转换", "the rules say explicitly that this stands for nothing"),
        ("请改用其他成果", "use another outcome"),
    ),
    "map.ambiguous": (
        ("可以对应几门课程,而申请没有指明", "several courses are possible, and none is named"),
        ("请在申请中指明其中一门;学分银行不代为选择", "name one of them: the bank never chooses for you"),
    ),
    "map.too-wide": (
        ("可能的组合太多,无法逐一核对", "there are too many combinations to try"),
        ("请只列出所需的成果,分项申请", "list only the outcomes that are needed, in several items"),
    ),
    "worth.none": (
        ("办法没有规定它值多少学分", "the rules do not say what it is worth"),
        ("请向制定办法的机构查询", "ask the institution that made the rules"),
    ),
    "worth.insufficient": (
        ("成果的学分少于课程的学分", "the outcome is worth less than the course"),
        FAMILIES["worth"][1],
    ),
    "worth.other-system": (
        ("成果的学分属于另一学分制,办法没有规定折算", "its credits are of another system, and no rate is given"),
        ("请向制定办法的机构查询折算比例", "ask the institution that made the rules for a rate"),
    ),
    "worth.quantum": (
        (
            "学分不是最小单位的整数倍,办法没有规定舍入",
            "its credits are no whole steps of the system, and no rule rounds them",
        ),
        ("请向制定办法的机构查询舍入规则", "ask the institution that made the rules how to round"),
    ),
    "highest.superseded": (
        ("同类成果中另有更高的一项", "another outcome of the same kind is higher"),
        FAMILIES["highest"][1],
    ),
    "highest.earlier": (
        ("同类成果中已有一项在以前获得准予", "one of the same kind was granted before"),
        ("同类成果只计一次,这一项不再另计", "the kind counts once, so this one adds nothing"),
    ),
}
"""By code, where the engine itself refuses: what is the matter, and what to do next."""

KINDS: Final[Mapping[str, Words]] = {
    "map": ("对应", "map"),
    "gate": ("条件", "gate"),
    "worth": ("计值", "worth"),
    "highest": ("取高", "highest"),
    "once": ("一次", "once"),
    "cap": ("上限", "cap"),
    "floor": ("下限", "floor"),
    "score": ("成绩", "score"),
    "policy": ("方式", "policy"),
    "effect": ("效果", "effect"),
    "chain": ("程序", "chain"),
    "book": ("办法", "book"),
    "item": ("申请项", "item"),
    "missing": ("材料", "missing"),
}

SAID: Final[Mapping[str, Words]] = {
    "passed": ("符合", "passed"),
    "silent": ("不涉及", "does not speak"),
    "refused": ("不符合", "refused"),
    "missing": ("待补", "missing"),
    "waived": ("准予豁免", "waived"),
    "valued": ("计值", "valued"),
    "trimmed": ("核减", "trimmed"),
    "set": ("适用", "applied"),
    "short": ("尚缺", "short"),
}

MODES: Final[Mapping[str, Words]] = {
    "credit": ("免修免考", "exempt, with credit"),
    "waive": ("免修,不计学分", "waived, without credit"),
    "waive-attendance": ("免修不免考", "exempt from attendance, not from the examination"),
}

SUPPLIERS: Final[Mapping[str, Words]] = {
    "source": ("存入该成果的机构", "the institution that deposited the outcome"),
    "target": ("开设课程的学校", "the school that offers the course"),
    "pair": ("接收学校", "the receiving school"),
    "item": ("申请人(经受理申请的机构)", "the applicant, through the institution that files the application"),
    "learner": ("学籍所在学校", "the school of enrolment"),
    "programme": ("学籍所在学校", "the school of enrolment"),
    "application": ("受理申请的机构", "the institution that files the application"),
    "earlier": ("学分银行", "the bank"),
}
"""By namespace of a field: who can supply it."""

MEASURES: Final[Mapping[str, Words]] = {
    "credits": ("学分", "credits"),
    "target_credits": ("所免课程的学分", "credits of the courses"),
    "level_points": ("等级学分积", "level points"),
    "hours": ("学时", "hours"),
    "items": ("申请项数", "items"),
    "applications": ("申请次数", "applications"),
    "sources": ("成果数", "outcomes"),
    "targets": ("课程数", "courses"),
    "held": ("账户中符合的成果数", "such outcomes in the account"),
    "done": ("以前符合的使用次数", "such uses before"),
    "act": ("事项", "act"),
    "target": ("课程", "course"),
    "score": ("加权成绩", "weighted mark"),
}
"""What a clause measures or counts, where it compares no field."""

REQUIRED: Final[Words] = ("应", "must be ")
FORBIDDEN: Final[Words] = ("属于排除情形:", "is excluded if ")
"""Before one of the first six of :data:`TESTS`."""

TESTS: Final[Mapping[str, Words]] = {
    "is": ("为 {limit}", "{limit}"),
    "not": ("不是 {limit}", "not {limit}"),
    "at_least": ("不低于 {limit}", "at least {limit}"),
    "at_most": ("不超过 {limit}", "at most {limit}"),
    "above": ("高于 {limit}", "above {limit}"),
    "below": ("低于 {limit}", "below {limit}"),
    "once": ("只能使用一次,已用于 {limit}", "may be used once, and was used by {limit}"),
    "multiple of": ("应为 {limit} 的整数倍", "must be a multiple of {limit}"),
    "none": ("不予转换,原因:{limit}", "stands for nothing: {limit}"),
    "map": ("没有对应规则转换为 {limit}", "no rule leads to {limit}"),
    "also": ("还需要 {limit}", "wanted beside it: {limit}"),
    "one of": ("须从中指明一项:{limit}", "one must be named of {limit}"),
    "worth": ("没有计值规则", "no clause says its worth"),
    "highest": ("另有更高的一项:{limit}", "another one is higher: {limit}"),
    "earlier": ("同类成果以前已获准予:{limit}", "one of the kind was granted before: {limit}"),
}

DAY_TESTS: Final[Mapping[str, Words]] = {
    "at_least": ("不早于 {limit}", "on or after {limit}"),
    "at_most": ("不晚于 {limit}", "on or before {limit}"),
    "above": ("晚于 {limit}", "after {limit}"),
    "below": ("早于 {limit}", "before {limit}"),
}
"""The same of days."""

ROOM: Final[Words] = ("上限内只余 {limit}", "only {limit} is left under the limit")
"""Of a cap that cut what was asked for to the room it left."""

NO_RULE: Final[Words] = ("没有适用的规则", "no rule takes it")
"""Of an item that names no target."""

UNUSABLE: Final[Words] = (
    "{name}为 {value},但办法没有规定如何据此比较或计算(如等级没有对照、成绩不是数字);"
    "请核对其写法,或向制定办法的机构查询",
    "{name} is {value}, and the rules do not say how to compare or count it (a level that the crosswalk lacks, a grade"
    " that is no number); check how it is written, or ask the institution that made the rules",
)
"""Of a value that is there, and was no use."""

FIELDS: Final[Mapping[str, Words]] = {
    "source.id": ("成果", "outcome"),
    "source.class": ("成果类别", "class of the outcome"),
    "source.form": ("成果形式", "form of the outcome"),
    "source.code": ("成果代码", "code of the outcome"),
    "source.name": ("成果名称", "name of the outcome"),
    "source.category": ("成果门类", "category of the outcome"),
    "source.issuer": ("颁发机构", "issuer"),
    "source.system": ("成果的学分制", "credit system of the outcome"),
    "source.credits": ("成果学分", "credits of the outcome"),
    "source.hours": ("成果学时", "hours of the outcome"),
    "source.grade": ("成果成绩", "grade of the outcome"),
    "source.score": ("成果分数", "score of the outcome"),
    "source.content": ("成果内容", "content of the outcome"),
    "source.achieved_on": ("成果取得日期", "day of achievement"),
    "source.ended_on": ("学习结束日期", "last day of learning"),
    "source.expires_on": ("成果到期日", "day of expiry"),
    "source.revoked": ("成果是否已撤销", "whether the outcome was revoked"),
    "target.id": ("课程", "course"),
    "target.kind": ("目标类型", "kind of target"),
    "target.code": ("课程代码", "code of the course"),
    "target.name": ("课程名称", "name of the course"),
    "target.category": ("课程类别", "category of the course"),
    "target.compulsory": ("课程是否必修", "whether the course is compulsory"),
    "target.credits": ("课程学分", "credits of the course"),
    "target.institution": ("开课学校", "school of the course"),
    "target.term": ("开课学期", "term of the course"),
    "programme.id": ("专业", "programme"),
    "programme.kind": ("专业类型", "kind of programme"),
    "programme.credits": ("专业总学分", "credits of the programme"),
    "programme.institution": ("学籍所在学校", "school of enrolment"),
    "programme.courses": ("培养方案的课程或学分", "courses or totals of the programme"),
    "learner.enrolled_on": ("入学日期", "day of enrolment"),
    "application.applied_on": ("申请日期", "day of the application"),
    "application.decided_on": ("决定日期", "day of the decision"),
    "item.as": ("申请计作", "what it is asked as"),
    "item.ask": ("申请的学分", "credits asked for"),
    "item.marks": ("各部分成绩", "marks of the parts"),
    "earlier.application": ("以前的申请", "earlier application"),
    "earlier.item": ("以前的申请项", "earlier item"),
    "earlier.act": ("以前的事项", "act of the earlier use"),
    "earlier.as": ("以前计作", "what it was used as"),
    "earlier.target": ("以前的课程", "course of the earlier use"),
    "earlier.sources": ("以前使用的成果", "outcomes used earlier"),
    "earlier.credits": ("以前准予的学分", "credits granted earlier"),
    "earlier.worth": ("以前用去的学分", "worth used earlier"),
    "earlier.on": ("以前使用的日期", "day of the earlier use"),
    "earlier.programme": ("以前的专业", "programme of the earlier use"),
    "earlier.institution": ("以前的学校", "school of the earlier use"),
    "earlier.book": ("以前的办法", "rule book of the earlier use"),
    "earlier.state": ("以前使用的状态", "state of the earlier use"),
}
"""The engine's own fields; a book's own are called what the book calls them."""

_UNKNOWN: Final[Advice] = (("不予批准", "it is refused"), ("请向受理机构查询", "ask the institution that decided"))


def advice(code: str) -> Advice:
    """Return what *code* means and what to do next; for a code of a later creditbank, where to ask."""
    return CODES.get(code) or FAMILIES.get(namespace_of(code), _UNKNOWN)


def name_of(what: str, at: int) -> str:
    """Return what a field, a measure or several fields are called, with the name that the book writes."""
    words = FIELDS.get(what)
    if words is not None:
        return f"{words[at]} ({what})"
    measure = MEASURES.get(what)
    return what if measure is None else measure[at]
