"""A driver's record: a label, never a name in the demonstration; licence; phone."""

from __future__ import annotations

import re
from datetime import date, timedelta

from fleet.model.records import LICENCE_CLASSES, DriverRecord
from fleet.registry.problems import Problem, error, warning

SOON = timedelta(days=60)
_PHONE = re.compile(r"\+?[0-9][0-9 -]{4,18}[0-9]")


def driver_problems(driver: DriverRecord, *, today: date) -> list[Problem]:
    found: list[Problem] = []
    if not driver.label.strip() or driver.label.strip() != driver.label:
        found.append(error("label", "blank", "编号不能为空，首尾不能有空格", "Not empty, no space at either end"))
    if driver.licence_class not in LICENCE_CLASSES:
        known = " ".join(LICENCE_CLASSES)
        found.append(error("licence_class", "licence_class", f"准驾车型应为 {known} 之一", f"One of {known}"))
    if driver.phone is not None and not _PHONE.fullmatch(driver.phone):
        found.append(error("phone", "phone", "电话号码应为 6 至 20 位数字", "6 to 20 digits"))
    left = driver.licence_expires_on - today
    if driver.retired_on is None and left < timedelta(0):
        zh = f"驾驶证已于 {driver.licence_expires_on} 到期"
        found.append(warning("licence_expires_on", "licence_expired", zh, f"Expired on {driver.licence_expires_on}"))
    elif driver.retired_on is None and left < SOON:
        zh = f"驾驶证将于 {driver.licence_expires_on} 到期"
        found.append(warning("licence_expires_on", "licence_expires", zh, f"Expires on {driver.licence_expires_on}"))
    return found
