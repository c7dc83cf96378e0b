"""Plates by GA 36-2018: 7 characters, new-energy plates 8. I and O are not used.

A light new-energy vehicle carries the letter of its energy kind third (云D D12345), a heavy one last (云D 12345D).
"""

from __future__ import annotations

import re
import unicodedata

from fleet.model.registry import Energy
from fleet.registry.problems import Problem, error, warning

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
BATTERY = "DABCE"
OTHER_NEW_ENERGY = "FGHJK"
SEPARATORS = " \u00b7\u2022\u30fb\uff65\u2027\u2219.-"
"""What people write between the parts of a plate: 云D·12345, 云D•12345, 云D 12345, 云D.12345."""

_USED = "0-9A-HJ-NP-Z"
_FIRST = re.compile(f"[{BATTERY}{OTHER_NEW_ENERGY}][{_USED}][0-9]{{4}}")
_LAST = re.compile(f"[0-9]{{5}}[{BATTERY}{OTHER_NEW_ENERGY}]")
_ORDINARY = re.compile(f"[{_USED}]{{5}}|[{_USED}]{{4}}警")


def normalise(plate: str) -> str:
    """A plate as it is stored and compared: full-width forms folded, upper case, without spaces, dots and hyphens."""
    folded = unicodedata.normalize("NFKC", plate).upper()
    return "".join(character for character in folded if character not in SEPARATORS)


def plate_problems(plate: str, energy: Energy, *, heavy: bool | None = None) -> list[Problem]:
    """What is wrong with a normalised plate on a vehicle of this energy; `heavy` None = not known."""

    def wrong(code: str, zh: str, en: str) -> list[Problem]:
        return [error("plate", code, zh, en)]

    if len(plate) not in (7, 8):
        return wrong(
            "plate_length", f"号牌应为 7 位或 8 位，现为 {len(plate)} 位", f"7 or 8 characters, not {len(plate)}"
        )
    if plate[0] not in PROVINCES:
        return wrong("plate_province", f"“{plate[0]}”不是省份简称", f"{plate[0]!r} is not the character of a province")
    if any(letter in plate[1:] for letter in "IO"):
        return wrong(
            "plate_letter", "号牌不使用字母 I 和 O（请核对数字 1 和 0）", "I and O are not used: 1 or 0 is meant"
        )
    if not re.fullmatch("[A-HJ-NP-Z]", plate[1]):
        return wrong("plate_city", "第二位应为发牌机关字母", "The second character is the letter of the issuing office")
    serial = plate[2:]
    if len(plate) == 7:
        if not _ORDINARY.fullmatch(serial):
            return wrong("plate_serial", "序号应为 5 位字母或数字", "The serial has five letters or digits")
        if energy.new_energy:
            zh = "新能源车通常使用 8 位新能源号牌"
            return [
                warning("plate", "plate_not_new_energy", zh, "New-energy vehicles usually have an 8-character plate")
            ]
        return []
    if not energy.new_energy:
        zh = "8 位号牌仅用于新能源车，请核对能源类型（普通混合动力不是新能源）"
        return wrong("plate_energy", zh, "Plates of 8 characters are for new-energy vehicles; HEV is not one")
    first, last = _FIRST.fullmatch(serial), _LAST.fullmatch(serial)
    if not first and not last:
        zh = "新能源号牌：小型车第 3 位、大型车末位为能源字母（D A B C E 或 F G H J K）"
        return wrong("plate_serial", zh, "The energy letter comes third (light) or last (heavy), with digits beside it")
    letter = serial[0] if first else serial[-1]
    wanted = BATTERY if energy is Energy.BEV else OTHER_NEW_ENERGY
    if letter not in wanted:
        zh = f"字母 {letter} 与能源类型不符：纯电动为 D A B C E，其他新能源为 F G H J K"
        return wrong("plate_energy", zh, f"{letter} does not fit {energy.value}: expected one of {' '.join(wanted)}")
    if heavy is not None and heavy != bool(last):
        zh = "大型车的能源字母应在末位，小型车应在第 3 位，请核对"
        return [warning("plate", "plate_size", zh, "Heavy vehicles carry the energy letter last, light ones third")]
    return []
