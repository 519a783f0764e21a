"""
Who lives in Linfeng (临沣), a town that is nowhere: its institutions, its learners, its courses.

Nobody here is anybody. Numbers are of no form that a real document has.
"""

from typing import Final

import attrs

from creditbank.domain.name import InstitutionId, institution_id
from creditbank.domain.profile import InstitutionKind, Profile, Role

__all__ = [
    "AFFAIRS",
    "ASSESSOR",
    "BANK",
    "BUREAU",
    "COLLEGE",
    "COLLEGE_STUDENTS",
    "COMMUNITY",
    "COMMUNITY_LEARNERS",
    "EAST",
    "GENERAL_PUPILS",
    "INSTITUTIONS",
    "KIND_NAMES",
    "LUBAN",
    "ORIGIN",
    "ROLE_NAMES",
    "SENIOR",
    "VOCATIONAL_PUPILS",
    "WEST",
    "Member",
]

ORIGIN: Final = "creditbank.example.org/linfeng-demo"

BANK: Final = institution_id("keys:linfeng-bank")
BUREAU: Final = institution_id("keys:linfeng-bureau")
SENIOR: Final = institution_id("keys:linfeng-senior")
EAST: Final = institution_id("keys:east-vocational")
WEST: Final = institution_id("keys:west-vocational")
COLLEGE: Final = institution_id("keys:linfeng-college")
AFFAIRS: Final = institution_id("keys:college-affairs")
COMMUNITY: Final = institution_id("keys:community-school")
ASSESSOR: Final = institution_id("keys:qiming-assessor")
LUBAN: Final = institution_id("keys:luban-assessor")

_EAST_COUNTY: Final = "379901"
_WEST_COUNTY: Final = "379902"


@attrs.frozen
class Member:
    """An institution of the town; *here* says whether this bank holds its key."""

    id: InstitutionId
    profile: Profile
    here: bool = True


def _member(id: InstitutionId, name: str, kind: InstitutionKind, roles: tuple[Role, ...], region: str) -> Member:
    return Member(id, Profile(name, kind, roles, region), here=id != LUBAN)


INSTITUTIONS: Final = (
    _member(BANK, "临沣市学分银行", "operator", ("operator", "registrar"), _EAST_COUNTY),
    _member(BUREAU, "临沣市教育局", "office", ("office", "eraser"), _EAST_COUNTY),
    _member(SENIOR, "临沣一中", "general-school", ("school",), _EAST_COUNTY),
    _member(EAST, "沣东中专", "vocational-school", ("school",), _EAST_COUNTY),
    _member(WEST, "沣西职教中心", "vocational-school", ("school",), _WEST_COUNTY),
    _member(COLLEGE, "临沣职业技术学院", "college", ("school",), _EAST_COUNTY),
    _member(AFFAIRS, "临沣职业技术学院教务处", "college", ("office",), _EAST_COUNTY),
    _member(COMMUNITY, "临沣社区学院", "community", ("school", "issuer"), _EAST_COUNTY),
    _member(ASSESSOR, "启明培训评价中心", "assessor", ("issuer",), _EAST_COUNTY),
    _member(LUBAN, "鲁班技能评价中心", "assessor", ("issuer",), _WEST_COUNTY),
)

KIND_NAMES: Final = {
    "operator": "学分银行",
    "office": "教育行政部门",
    "general-school": "普通高中",
    "vocational-school": "中等职业学校",
    "college": "高等职业学校",
    "community": "社区学校",
    "assessor": "培训评价组织",
}

ROLE_NAMES: Final = {
    "operator": "运营",
    "registrar": "登记",
    "school": "办学",
    "issuer": "发证",
    "office": "监督",
    "eraser": "删除",
}

COLLEGE_STUDENTS: Final = (
    "林晓雯", "周子涵", "陈思远", "赵一鸣", "孙若溪", "钱文博", "吴佳怡", "郑凯文", "王诗涵", "冯俊杰",
    "褚明轩", "卫欣然", "蒋雨桐", "沈浩然", "韩梦琪", "杨志远", "朱雅婷", "秦子墨", "尤嘉豪", "许静怡",
)  # fmt: skip
GENERAL_PUPILS: Final = (
    "何宇航", "吕思琪", "施天佑", "张语嫣", "孔令辉", "曹雪晴", "严子轩", "华明月", "金泽宇", "魏可欣",
    "陶俊熙", "姜乐瑶", "戚文昊",
)  # fmt: skip
VOCATIONAL_PUPILS: Final = (
    "谢一凡", "邹晓彤", "喻子航", "柏雨欣", "水清扬", "窦晨曦", "章浩宇", "云思雨", "苏建明", "潘美玲",
    "葛志强", "奚梦洁",
)  # fmt: skip
COMMUNITY_LEARNERS: Final = ("范桂英", "彭国庆", "郎秀兰", "鲁建国", "韦爱华")
