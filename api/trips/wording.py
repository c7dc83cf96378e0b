"""Cuts, doubts, silences and places in words: made here from data, never stored."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from fleet.geography.divisions import COUNTIES
from fleet.geography.towns import Direction, nearest_town
from fleet.model.trips import Cut, CutKind, Doubt


class Words(NamedTuple):
    zh: str
    en: str

    def shown(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}


def duration(seconds: int) -> Words:
    """Whole minutes where they are whole or many, else seconds: 312 s, 5 min, 14 min, 2 h 5 min."""
    if seconds < 60 or (seconds < 600 and seconds % 60):
        return Words(f"{seconds} 秒", f"{seconds} s")
    minutes = seconds // 60
    if minutes < 60:
        return Words(f"{minutes} 分钟", f"{minutes} min")
    hours, minutes = divmod(minutes, 60)
    if not minutes:
        return Words(f"{hours} 小时", f"{hours} h")
    return Words(f"{hours} 小时 {minutes} 分钟", f"{hours} h {minutes} min")


def distance(metres: int) -> Words:
    """120 m, 3.1 km, 47 km."""
    if metres < 1_000:
        return Words(f"{metres} 米", f"{metres} m")
    kilometres = f"{metres / 1_000:.1f}" if metres < 10_000 else f"{metres / 1_000:.0f}"
    return Words(f"{kilometres} 公里", f"{kilometres} km")


_KINDS = MappingProxyType(
    {
        CutKind.FIRST_READING: Words("该车首条数据", "first reading of this vehicle"),
        CutKind.IGNITION_ON: Words("点火", "ignition on"),
        CutKind.IGNITION_OFF: Words("熄火", "ignition off"),
        CutKind.MOVEMENT: Words("车辆移动", "movement"),
        CutKind.NO_MOVEMENT: Words("静止", "no movement"),
        CutKind.LONG_IDLE: Words("原地怠速", "standing with the engine on"),
        CutKind.GAP: Words("数据中断", "gap"),
        CutKind.GAP_ENDED: Words("中断后恢复", "readings again after a gap"),
        CutKind.UNIT_CHANGED: Words("更换车载终端", "another onboard unit"),
    }
)

_APART = frozenset({CutKind.GAP, CutKind.GAP_ENDED})


def cut_words(cut: Cut) -> Words:
    """ "ignition off 312 s", "no movement 5 min", "gap 14 min, 3.1 km apart"."""
    zh, en = _KINDS[cut.kind]
    if cut.seconds:
        lasted = duration(cut.seconds)
        joint = " of" if cut.kind is CutKind.GAP_ENDED else ""
        zh, en = f"{zh} {lasted.zh}", f"{en}{joint} {lasted.en}"
        if cut.kind is CutKind.GAP_ENDED:
            zh = f"中断 {lasted.zh}后恢复"
    if cut.metres is not None:
        far = distance(cut.metres)
        if cut.kind in _APART:
            zh, en = f"{zh}，相距 {far.zh}", f"{en}, {far.en} apart"
        else:
            zh, en = f"{zh}，{far.zh}", f"{en}, {far.en}"
    return Words(zh, en)


DOUBTS = MappingProxyType(
    {
        Doubt.BRIDGED_GAP: Words(
            "途中有数据中断，其间距离按直线计", "silent on the way; the distance meanwhile is a straight line"
        ),
        Doubt.JUMP: Words("有位置跳变，已剔除", "positions jumped and were set aside"),
        Doubt.STUCK_CLOCK: Words("终端时钟停滞", "the unit's clock stood still"),
        Doubt.ODOMETER_DIFFERS: Words("里程表与轨迹里程不符", "odometer and track disagree"),
        Doubt.STARTS_IN_GAP: Words("起点之前数据中断，真实起点不明", "begins after a gap: the true start is unknown"),
        Doubt.ENDS_IN_GAP: Words("终点之后数据中断，真实终点不明", "ends in a gap: the true end is unknown"),
        Doubt.NO_ODOMETER: Words("无里程表数据", "no odometer"),
        Doubt.UNIT_CHANGED: Words("途中更换了车载终端", "another onboard unit took over on the way"),
        Doubt.IGNITION: Words(
            "熄火状态下移动：点火线故障或被拖车", "moved with the ignition off: a broken wire, or it was towed"
        ),
    }
)


def doubt_names(doubts: int) -> list[str]:
    return [one.name.lower() for one in Doubt if one & doubts and one.name]


def doubt_words(doubts: int) -> list[dict[str, str]]:
    """One object a doubt: its name and its sentence."""
    return [{"code": one.name.lower(), **DOUBTS[one].shown()} for one in Doubt if one & doubts and one.name]


def silence_words(seconds: int, metres: int, odometer_m: int | None) -> Words:
    """A bridged silence: "silent 4 min, 2.3 km straight, odometer 2.6 km"."""
    lasted, far = duration(seconds), distance(metres)
    zh, en = f"中断 {lasted.zh}，直线 {far.zh}", f"silent {lasted.en}, {far.en} straight"
    if odometer_m is not None:
        driven = distance(odometer_m)
        zh, en = f"{zh}，里程表 {driven.zh}", f"{en}, odometer {driven.en}"
    return Words(zh, en)


def undocumented_words(messages: int | None, metres: int | None, since: str, until: str | None) -> Words:
    """ "37 messages, 12.4 km undocumented between 18:02 and 21:40"; the moments are local and made by the caller."""
    zh_parts: list[str] = []
    en_parts: list[str] = []
    if messages is not None:
        zh_parts.append(f"{messages} 条报文")
        en_parts.append("1 message" if messages == 1 else f"{messages} messages")
    if metres is not None:
        kilometres = f"{metres / 1_000:.1f}"
        zh_parts.append(f"{kilometres} 公里")
        en_parts.append(f"{kilometres} km")
    what_zh, what_en = "、".join(zh_parts) or "数据", ", ".join(en_parts) or "everything"
    if until is None:
        return Words(f"自 {since} 起缺失{what_zh}", f"{what_en} undocumented since {since}")
    return Words(f"{since} 至 {until} 缺失{what_zh}", f"{what_en} undocumented between {since} and {until}")


ASIDE = MappingProxyType(
    {
        "jump": Words("位置跳变", "the position jumped"),
        "stuck_clock": Words("时钟停滞", "the clock stood still"),
        "implausible": Words("位置不可信", "the position cannot be true"),
    }
)


def aside_words(reason: str, kmh: int | None) -> Words:
    """Why a reading was set aside."""
    zh, en = ASIDE.get(reason, Words(reason, reason))
    if kmh is not None:
        zh, en = f"{zh}，需要时速 {kmh} 公里", f"{en}: {kmh} km/h would have been needed"
    return Words(zh, en)


_DIRECTIONS = MappingProxyType(
    {
        Direction.NORTH: Words("以北", "north"),
        Direction.NORTH_EAST: Words("东北", "north-east"),
        Direction.EAST: Words("以东", "east"),
        Direction.SOUTH_EAST: Words("东南", "south-east"),
        Direction.SOUTH: Words("以南", "south"),
        Direction.SOUTH_WEST: Words("西南", "south-west"),
        Direction.WEST: Words("以西", "west"),
        Direction.NORTH_WEST: Words("西北", "north-west"),
    }
)
_BESIDE_M = 2_000
_COUNTIES = MappingProxyType({one.code: Words(one.name, one.name_en) for one in COUNTIES})


def place_words(lat_e7: int, lon_e7: int, division: int) -> Words:
    """Where a place of WGS-84 lies: "near Huize", "14 km north of Huize"; far from every town the name of its county.

    `division`: the county it lies in; 0 = outside the city.
    """
    near = nearest_town(lat_e7, lon_e7)
    if near is None:
        return _COUNTIES.get(division, Words("曲靖市外", "outside Qujing"))
    town = near.town
    if near.distance_m < _BESIDE_M:
        return Words(f"{town.name}附近", f"near {town.name_en}")
    kilometres, direction = round(near.distance_m / 1_000), _DIRECTIONS[near.direction]
    return Words(f"{town.name}{direction.zh}约 {kilometres} 公里", f"{kilometres} km {direction.en} of {town.name_en}")
