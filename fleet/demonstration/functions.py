"""What the organs of the demonstration city do: invented by function, the same list for the city and each county.

A function's `profile` decides which vehicles it needs, its `size` how many relative to the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fleet.model.registry import OrganKind


class Profile(Enum):
    OFFICE = "office"  # leading offices: much communications traffic
    BUREAU = "bureau"
    ENFORCEMENT = "enforcement"  # inspects in the field
    POLICE = "police"
    JUDICIAL = "judicial"
    RESCUE = "rescue"
    HOSPITAL = "hospital"
    DISEASE_CONTROL = "disease_control"
    WORKS = "works"  # roads, water, streets
    TOWN = "town"
    ASSOCIATION = "association"


@dataclass(frozen=True, slots=True)
class Function:
    name: str  # follows the name of the city or county
    kind: OrganKind
    profile: Profile
    size: float


def _of(kind: OrganKind, profile: Profile, size: float, *names: str) -> tuple[Function, ...]:
    return tuple(Function(name, kind, profile, size) for name in names)


_PARTY, _GOVERNMENT, _INSTITUTION = OrganKind.PARTY, OrganKind.GOVERNMENT, OrganKind.INSTITUTION

FUNCTIONS: tuple[Function, ...] = (
    *_of(_PARTY, Profile.OFFICE, 12, "委办公室"),
    *_of(_GOVERNMENT, Profile.OFFICE, 13, "人民政府办公室"),
    *_of(OrganKind.PEOPLES_CONGRESS, Profile.OFFICE, 8, "人大常委会办公室"),
    *_of(OrganKind.CONSULTATIVE_CONFERENCE, Profile.OFFICE, 8, "政协办公室"),
    *_of(OrganKind.COURT, Profile.JUDICIAL, 18, "人民法院"),
    *_of(OrganKind.PROCURATORATE, Profile.JUDICIAL, 12, "人民检察院"),
    *_of(_GOVERNMENT, Profile.POLICE, 62, "公安局"),
    *_of(_PARTY, Profile.ENFORCEMENT, 9, "纪委监委机关"),
    *_of(_GOVERNMENT, Profile.RESCUE, 16, "应急管理局"),
    *_of(_GOVERNMENT, Profile.WORKS, 15, "水务局", "交通运输局"),
    *_of(_GOVERNMENT, Profile.ENFORCEMENT, 17, "市场监督管理局", "综合行政执法局"),
    *_of(_GOVERNMENT, Profile.ENFORCEMENT, 12, "自然资源局", "生态环境局", "林业和草原局", "农业农村局"),
    *_of(_INSTITUTION, Profile.HOSPITAL, 26, "人民医院"),
    *_of(_INSTITUTION, Profile.DISEASE_CONTROL, 14, "疾病预防控制中心"),
    *_of(_GOVERNMENT, Profile.BUREAU, 7, "财政局", "民政局", "司法局", "教育体育局", "卫生健康局"),
    *_of(_GOVERNMENT, Profile.BUREAU, 6, "发展和改革局", "住房和城乡建设局", "人力资源和社会保障局"),
    *_of(_INSTITUTION, Profile.OFFICE, 22, "机关事务服务中心"),
    *_of(_INSTITUTION, Profile.HOSPITAL, 16, "中医医院", "妇幼保健院"),
    *_of(_PARTY, Profile.OFFICE, 5, "委组织部", "委宣传部"),
    *_of(_GOVERNMENT, Profile.BUREAU, 5, "工业和信息化局", "文化和旅游局", "审计局"),
    *_of(_INSTITUTION, Profile.RESCUE, 13, "急救中心"),
    *_of(OrganKind.MASS_ORGANISATION, Profile.ASSOCIATION, 3, "总工会", "妇女联合会"),
    *_of(_INSTITUTION, Profile.WORKS, 13, "公路养护中心", "环境卫生服务中心"),
    *_of(_GOVERNMENT, Profile.BUREAU, 4, "统计局", "商务局", "医疗保障局", "退役军人事务局"),
    *_of(_PARTY, Profile.OFFICE, 4, "委政法委", "委统战部"),
    *_of(_INSTITUTION, Profile.BUREAU, 5, "农业技术推广中心", "融媒体中心", "动物疫病预防控制中心"),
    *_of(OrganKind.MASS_ORGANISATION, Profile.ASSOCIATION, 2, "残疾人联合会", "科学技术协会"),
    *_of(_INSTITUTION, Profile.WORKS, 10, "供水排水服务中心", "园林绿化服务中心"),
    *_of(_GOVERNMENT, Profile.BUREAU, 4, "乡村振兴局", "信访局", "投资促进局"),
    *_of(_INSTITUTION, Profile.BUREAU, 3, "公共资源交易中心", "不动产登记中心", "档案馆", "图书馆"),
    *_of(OrganKind.MASS_ORGANISATION, Profile.ASSOCIATION, 2, "红十字会", "工商业联合会"),
    *_of(_PARTY, Profile.OFFICE, 4, "委党校", "委机构编制委员会办公室"),
    *_of(_INSTITUTION, Profile.BUREAU, 3, "气象服务中心", "地震监测中心", "职业技术学校", "文化馆"),
)
"""In the order of importance: a county has the first of them, the city has all."""

TOWN = Function("镇人民政府", _GOVERNMENT, Profile.TOWN, 10)
