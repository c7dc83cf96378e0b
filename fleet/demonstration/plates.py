"""Plates and VINs in the formats of GA 36-2018 and GB 16735; no two alike. The numbers are drawn, not looked up.

Ordinary plates have 7 characters, new-energy plates 8: on light vehicles the letter of the energy kind comes third,
on heavy ones last. I and O are not used on plates; I, O and Q not in VINs.
"""

from __future__ import annotations

import numpy as np

from fleet.model.registry import Energy

PREFIX = "云D"
BATTERY_LETTERS = "DABCE"  # driven by a battery alone
OTHER_NEW_ENERGY_LETTERS = "FGHJK"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

_VIN_CHARACTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_VIN_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"  # 2010 = A; 30 years, then again
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES = {str(digit): digit for digit in range(10)} | dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
)


class PlateDrawer:
    """Draws plates and remembers them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._drawn: set[str] = set()

    def draw(self, energy: Energy, *, heavy: bool) -> str:
        while (plate := self._plate(energy, heavy=heavy)) in self._drawn:
            pass
        self._drawn.add(plate)
        return plate

    def _plate(self, energy: Energy, *, heavy: bool) -> str:
        if not energy.new_energy:
            return PREFIX + self._serial(letters=2)
        kinds = BATTERY_LETTERS if energy is Energy.BEV else OTHER_NEW_ENERGY_LETTERS
        # The first letter of each group was given out first; most vehicles carry it.
        kind = kinds[0] if self._rng.random() < 0.7 else kinds[1 + int(self._rng.random() * 4)]
        return PREFIX + (self._serial(letters=0) + kind if heavy else kind + self._serial(letters=1))

    def _serial(self, *, letters: int) -> str:
        """Five characters: digits, of which up to the first `letters` may be letters."""
        number = f"{int(self._rng.random() * 100_000):05d}"
        count = int(self._rng.random() * (letters + 1))
        head = "".join(LETTERS[int(self._rng.random() * len(LETTERS))] for _ in range(count))
        return head + number[count:]


def vin(rng: np.random.Generator, *, year: int, serial: int) -> str:
    """17 characters of a vehicle of the model year; `serial` (0–999,999) keeps it unique.

    The maker's code L99 is none that this project knows to be assigned: the vehicles are invented.
    """
    described = "".join(_VIN_CHARACTERS[int(rng.random() * len(_VIN_CHARACTERS))] for _ in range(5))
    plant = "ABCDEFGH"[int(rng.random() * 8)]
    return with_check_digit(f"L99{described}0{_VIN_YEARS[(year - 2010) % 30]}{plant}{serial:06d}")


def with_check_digit(code: str) -> str:
    """`code` (17 characters) with its ninth replaced by the check digit."""
    remainder = sum(_VIN_VALUES[character] * weight for character, weight in zip(code, _VIN_WEIGHTS, strict=True)) % 11
    return code[:8] + ("X" if remainder == 10 else str(remainder)) + code[9:]
