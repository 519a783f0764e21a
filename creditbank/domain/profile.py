"""What an institution says of itself when it is registered."""

from typing import Literal, get_args

import attrs

from creditbank.errors import MalformedError

__all__ = ["KINDS", "ROLES", "InstitutionKind", "Profile", "Role"]

Role = Literal["operator", "registrar", "school", "issuer", "office", "eraser"]
"""What an institution may do: run the bank, register others, keep enrolments, issue outcomes, supervise, erase."""

InstitutionKind = Literal[
    "general-school",  # 普通高中
    "vocational-school",  # 中等职业学校
    "technical-school",  # 技工学校
    "college",  # 高等职业学校
    "university",  # 本科院校
    "open-university",  # 开放大学
    "assessor",  # 培训评价组织
    "enterprise",  # 企业
    "community",  # 社区(老年)学校
    "office",  # 教育行政部门
    "operator",  # 学分银行管理机构
]

ROLES: tuple[str, ...] = get_args(Role)
KINDS: tuple[str, ...] = get_args(InstitutionKind)


@attrs.frozen
class Profile:
    """
    An institution's name, kind, roles and seat.

    Attributes:
        region: The six-digit code of its county (GB/T 2260), or empty where it has none. County and city of a
            transfer come from here.
        code: Its unified social credit code (统一社会信用代码), where it has one.
    """

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    kind: InstitutionKind
    roles: tuple[Role, ...]
    region: str
    code: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS:
            raise MalformedError(
                f"{self.kind!r} is no kind of institution", "profile", f"give one of {', '.join(KINDS)}"
            )
        for role in self.roles:
            if role not in ROLES:
                raise MalformedError(f"{role!r} is no role", "profile", f"give some of {', '.join(ROLES)}")
        if self.region and not (len(self.region) == 6 and self.region.isascii() and self.region.isdigit()):
            raise MalformedError(f"{self.region!r} is no region", "profile", "give the six digits of the county, or ''")
