"""An organ's record. Where it hangs in the tree (no cycles) is the store's to see."""

from __future__ import annotations

import re
from datetime import date

from fleet.model.records import OrganRecord
from fleet.model.registry import OrganKind
from fleet.registry.problems import Problem, error, warning

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


def organ_problems(organ: OrganRecord, *, today: date) -> list[Problem]:
    found: list[Problem] = []
    if not _CODE.fullmatch(organ.code):
        zh = "编码由字母、数字、点、横线组成，最多 40 位"
        found.append(error("code", "organ_code", zh, "Letters, digits, dot, dash, underscore; at most 40"))
    if organ.name.strip() != organ.name or not organ.name:
        found.append(error("name", "blank", "名称不能为空，首尾不能有空格", "Not empty, no space at either end"))
    if (organ.kind is OrganKind.CITY) != (organ.parent_id is None):
        zh = "只有市级根节点没有上级单位"
        found.append(error("parent_id", "organ_parent", zh, "The city's root has no organ above it, all others have"))
    if organ.vehicle_quota is not None and not 0 <= organ.vehicle_quota <= 10_000:
        found.append(error("vehicle_quota", "out_of_range", "编制应在 0 至 10000 之间", "From 0 to 10000"))
    if organ.vehicle_quota is None and organ.kind not in (OrganKind.CITY, OrganKind.COUNTY):
        found.append(warning("vehicle_quota", "quota_unknown", "未填写车辆编制", "The vehicle quota is not known"))
    if organ.retired_on is not None and organ.retired_on > today:
        found.append(
            error("retired_on", "date_ahead", f"{organ.retired_on} 晚于今天", f"{organ.retired_on} lies ahead")
        )
    return found
