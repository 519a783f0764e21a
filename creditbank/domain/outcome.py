"""
Learning outcomes (学习成果): courses, diplomas, skill certificates, contest awards, training.

Five kinds, one closed union. None holds personal data: a certificate's number is a :class:`Claim`, a keyed hash that the
payload does not carry. Titles and names are the catalogue's, never the learner's.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, get_args

import attrs

from creditbank.domain.credit import Credit
from creditbank.domain.level import Level
from creditbank.domain.name import Claim, InstitutionId
from creditbank.errors import MalformedError

__all__ = [
    "TIERS",
    "TIER_NAMES",
    "ContestAward",
    "CourseResult",
    "Diploma",
    "Outcome",
    "SkillCertificate",
    "Tier",
    "Training",
]

Tier = Literal["international", "national", "province", "city", "school"]
"""竞赛级别: 国际, 国家, 省(自治区), 市, 校."""

TIER_NAMES: Mapping[Tier, str] = {
    "international": "国际",
    "national": "国家级",
    "province": "省级",
    "city": "市级",
    "school": "校级",
}
"""What a tier is called before the prize: 省级一等奖."""

TIERS: tuple[str, ...] = get_args(Tier)


@attrs.frozen(kw_only=True)
class _Achievement:
    """
    What every outcome says.

    Attributes:
        title: Its name in the issuer's catalogue.
        issuer: The registered institution that vouches for it.
        achieved_on: The day of learning that counts (of issue, of completion).
        expires_on: The first day on which it no longer holds; None where nothing lapses.
        credits: What it is worth by its issuer, in the issuer's credit system; None where it bears no credit of its own.
        hours: Its hours of study (学时), where known.
        number: Its number, unique for its issuer, as a keyed hash.
    """

    title: str = attrs.field(validator=[attrs.validators.min_len(1), attrs.validators.max_len(200)])
    issuer: InstitutionId
    achieved_on: date
    expires_on: date | None = None
    credits: Credit | None = None
    hours: int | None = None
    number: Claim | None = None

    def __attrs_post_init__(self) -> None:
        if self.expires_on is not None and self.expires_on <= self.achieved_on:
            raise MalformedError(
                "the outcome expires before it is achieved", f"outcome {self.title!r}", "check both days"
            )
        if self.credits is not None and self.credits.quanta <= 0:
            raise MalformedError(
                "the outcome's credits are not positive", f"outcome {self.title!r}", "leave credits out"
            )
        if self.hours is not None and self.hours <= 0:
            raise MalformedError("the outcome's hours are not positive", f"outcome {self.title!r}", "leave hours out")


@attrs.frozen(kw_only=True)
class CourseResult(_Achievement):
    """A completed course (课程成绩). *grade* as its school records it; *category* such as 专业核心."""

    code: str
    grade: str | None = None
    category: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Diploma(_Achievement):
    """A diploma (毕业证书) of *level* in *major*. Its number is kept as a claim; accounts holding one are restricted."""

    level: Level
    major: str


@attrs.frozen(kw_only=True)
class SkillCertificate(_Achievement):
    """A skill certificate (职业技能等级证书), such as an X certificate 初级/中级/高级, of *category* (类别)."""

    level: Level
    category: str


@attrs.frozen(kw_only=True)
class ContestAward(_Achievement):
    """A prize (1 to 3) in a contest (竞赛获奖) of *tier*; *position* counts the members of a team from 1."""

    tier: Tier
    prize: int
    team: bool
    position: int | None = None

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.tier not in TIERS:
            raise MalformedError(
                f"{self.tier!r} is no tier", f"outcome {self.title!r}", f"give one of {', '.join(TIERS)}"
            )
        if not 1 <= self.prize <= 3:
            raise MalformedError(f"prize {self.prize} is none of 1 to 3", f"outcome {self.title!r}", "check the prize")
        if (self.position is not None) != self.team or (self.position is not None and self.position < 1):
            raise MalformedError(
                "a team's award needs the place in the team, an individual's has none",
                f"outcome {self.title!r}",
                "give position",
            )


@attrs.frozen(kw_only=True)
class Training(_Achievement):
    """Hours of training (培训), counted by :attr:`hours`; *category* such as 家政."""

    category: str

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.hours is None:
            raise MalformedError("training has no hours", f"outcome {self.title!r}", "give hours")


Outcome = CourseResult | Diploma | SkillCertificate | ContestAward | Training
