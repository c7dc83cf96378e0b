"""Vehicle identification numbers: ISO 3779 / GB 16735, 17 characters without I, O and Q; the ninth is a check digit."""

from __future__ import annotations

import unicodedata

from fleet.registry.problems import Problem, error

LENGTH = 17
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES = {str(digit): digit for digit in range(10)} | dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
)


def normalise(vin: str) -> str:
    """Full-width forms folded, upper case, without spaces and hyphens."""
    return unicodedata.normalize("NFKC", vin).upper().replace(" ", "").replace("-", "")


def check_digit(vin: str) -> str:
    """The ninth character that the other sixteen ask for. `vin` has 17 valid characters."""
    remainder = sum(_VALUES[character] * weight for character, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if remainder == 10 else str(remainder)


def vin_problems(vin: str) -> list[Problem]:
    """What is wrong with a normalised VIN."""
    if len(vin) != LENGTH:
        return [
            error("vin", "vin_length", f"车辆识别代号应为 17 位，现为 {len(vin)} 位", f"17 characters, not {len(vin)}")
        ]
    strange = sorted({character for character in vin if character not in _VALUES})
    if strange:
        named = " ".join(strange)
        return [
            error(
                "vin", "vin_letter", f"车辆识别代号不使用 {named}（没有 I、O、Q）", f"{named} is not used (no I, O, Q)"
            )
        ]
    wanted = check_digit(vin)
    if vin[8] != wanted:
        zh = f"校验位（第 9 位）应为 {wanted}，现为 {vin[8]}：有字符抄错"
        return [
            error("vin", "vin_check_digit", zh, f"The check digit (9th) should be {wanted}, not {vin[8]}: a misprint")
        ]
    return []
