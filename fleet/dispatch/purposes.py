"""What a vehicle may be ordered for. The list below is the only one; each purpose names the facts it must state.

A fact is a short text that an auditor can follow up: the number of the letter, the route, the notice. `emergency`
says whether the purpose may depart first and be approved afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.dispatch.reasons import Reason, data

LONGEST_FACT = 200

CONFIDENTIAL = frozenset({"confidential_mail"})
"""Missions of which nobody is told where they go, but who may see confidential vehicles."""


@dataclass(frozen=True, slots=True)
class Fact:
    """`least`: how many characters a stated one has at least."""

    slug: str
    zh: str
    en: str
    required: bool = True
    least: int = 2


@dataclass(frozen=True, slots=True)
class Purpose:
    slug: str
    zh: str
    en: str
    facts: tuple[Fact, ...]
    emergency: bool = False


_ALL: tuple[Purpose, ...] = (
    Purpose(
        "official_reception",
        "公务接待",
        "Official reception",
        (
            Fact("letter_number", "公函文号", "Number of the letter", least=4),
            Fact("guests", "来访单位", "The organ received"),
        ),
    ),
    Purpose(
        "confidential_mail",
        "机要通信",
        "Confidential mail",
        (Fact("route", "固定路线", "Fixed route"), Fact("shift", "班次", "Run", required=False, least=1)),
    ),
    Purpose(
        "document_delivery",
        "公文递送",
        "Delivery of documents",
        (Fact("recipient", "收件单位", "Organ that receives them"),),
    ),
    Purpose(
        "law_enforcement",
        "执法执勤",
        "Law enforcement",
        (Fact("matter", "执法事项或案号", "Matter or number of the case"),),
        emergency=True,
    ),
    Purpose(
        "emergency_rescue",
        "抢险救灾",
        "Emergency and rescue",
        (Fact("incident", "险情或事件", "What happened, and where"),),
        emergency=True,
    ),
    Purpose(
        "flood_duty",
        "防汛抗旱",
        "Flood and drought duty",
        (Fact("response_level", "应急响应级别", "Level of the response", least=1),),
        emergency=True,
    ),
    Purpose(
        "medical",
        "医疗卫生",
        "Medical service",
        (Fact("task", "任务（转运、采样、接种等）", "Task: transfer, testing, vaccination"),),
        emergency=True,
    ),
    Purpose(
        "petition_handling",
        "信访处置",
        "Handling of petitions",
        (Fact("matter", "信访事项编号或概述", "Number or summary of the matter"),),
        emergency=True,
    ),
    Purpose(
        "inspection_research",
        "调研检查",
        "Inspection and research",
        (Fact("topic", "调研检查主题", "Topic"), Fact("notice", "通知文号", "Number of the notice", required=False)),
    ),
    Purpose(
        "meeting_training",
        "会议培训",
        "Meetings and training",
        (Fact("notice", "会议或培训通知", "Notice of the meeting or training"),),
    ),
    Purpose(
        "school_examination",
        "考试保障",
        "School examinations",
        (Fact("examination", "考试名称", "Name of the examination"),),
    ),
    Purpose(
        "rural_work",
        "驻村帮扶",
        "Work in villages",
        (Fact("village", "村（社区）", "Village or community"),),
    ),
    Purpose(
        "vehicle_servicing",
        "车辆维保",
        "Servicing of the vehicle",
        (Fact("service", "加油、充电、维修、年检等", "Fuel, charging, repair, inspection"),),
    ),
    Purpose(
        "other",
        "其他公务",
        "Other official business",
        (Fact("description", "事由说明", "Description", least=10),),
        emergency=True,
    ),
)

PURPOSES: dict[str, Purpose] = {purpose.slug: purpose for purpose in _ALL}


def purpose_reasons(slug: str, facts: Mapping[str, str], *, emergency: bool) -> list[Reason]:
    """What is missing or wrong about the purpose and its facts."""
    purpose = PURPOSES.get(slug)
    if purpose is None:
        return [data("purpose", "purpose_unknown", f"没有“{slug}”这一用车事由", f"There is no purpose {slug!r}", slug)]
    found: list[Reason] = []
    known = {fact.slug: fact for fact in purpose.facts}
    for fact in purpose.facts:
        stated = facts.get(fact.slug, "").strip()
        field = f"facts.{fact.slug}"
        if not stated and fact.required:
            zh, en = f"{purpose.zh}须填写{fact.zh}", f"{purpose.en} needs: {fact.en}"
            found.append(data(field, "fact_missing", zh, en, fact.slug))
        elif stated and not fact.least <= len(stated) <= LONGEST_FACT:
            zh = f"{fact.zh}应为 {fact.least} 至 {LONGEST_FACT} 个字"
            en = f"{fact.en}: from {fact.least} to {LONGEST_FACT} characters"
            found.append(data(field, "fact_length", zh, en, len(stated)))
    for name in facts:
        if name not in known:
            zh, en = f"{purpose.zh}没有“{name}”这一项", f"{purpose.en} has no fact {name!r}"
            found.append(data(f"facts.{name}", "fact_unknown", zh, en, name))
    if emergency and not purpose.emergency:
        zh, en = f"{purpose.zh}不能按应急用车办理", f"{purpose.en} cannot be an emergency"
        found.append(data("emergency", "no_emergency", zh, en, slug))
    return found
