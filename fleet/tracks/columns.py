"""Whole numbers that change little from one to the next, as few bits: the column of a packed track.

The law of a column of n values:

    byte      bits 0-1: order, how often differences were taken (1, 2 or 3)
    byte      k, the order of the code; 255 = every difference is 0 and nothing follows
    varint    the first value, zigzag
    varint    bytes that follow (only if k < 255)
    bits      n - 1 differences, zigzag, in the exponential Golomb code of order k: with v = u + 2^k and b = the number
              of bits of v, first b - 1 - k zeros and a one for every value, then the lowest b - 1 bits of every v,
              the lowest first; filled up with zeros to a whole byte

A difference of order 2 is what a steady change did not foretell. The code costs little for small numbers and grows by
two bits only when a number doubles, so a tunnel or a jump does not spoil the rest. Everything is whole arrays: no
step in Python for a value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

LARGEST = 1 << 50
"""Values must be smaller in magnitude: no code of a difference of order 3 then has more than 56 bits."""

_ORDERS = (1, 2, 3)
_ALL_ZERO = 255
_MOST_K = 56


def varint(number: int) -> bytes:
    """A whole number >= 0 in groups of seven bits, the lowest first; the eighth bit says that more follow."""
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def zigzag(number: int) -> int:
    """0, -1, 1, -2 … as 0, 1, 2, 3 …"""
    return -2 * number - 1 if number < 0 else 2 * number


class Reader:
    """Takes the pieces of a packed track in their order. Raises ValueError where it ends too soon."""

    def __init__(self, packed: bytes, at: int = 0) -> None:
        self._packed = packed
        self._at = at

    @property
    def at_end(self) -> bool:
        return self._at == len(self._packed)

    def take(self, count: int) -> bytes:
        piece = self._packed[self._at : self._at + count]
        if len(piece) < count:
            raise ValueError("it ends too soon")
        self._at += count
        return piece

    def byte(self) -> int:
        return self.take(1)[0]

    def varint(self) -> int:
        number = shift = 0
        while True:
            group = self.byte()
            number |= (group & 127) << shift
            if group < 128:
                return number
            shift += 7
            if shift > 63:
                raise ValueError("a number has no end")

    def signed(self) -> int:
        number = self.varint()
        return -((number + 1) >> 1) if number & 1 else number >> 1


def put_column(values: Integers) -> bytes:
    """At least one value, each of a magnitude below LARGEST; raises ValueError for others."""
    if int(np.abs(values).max()) >= LARGEST:
        raise ValueError(f"a value is not below {LARGEST}")
    first = int(values[0])
    order, differences = _fewest(values - first)
    folded = np.where(differences < 0, -2 * differences - 1, 2 * differences)
    head = bytes((order,))
    if not folded.any():
        return head + bytes((_ALL_ZERO,)) + varint(zigzag(first))
    k, bits = _code(folded)
    return head + bytes((k,)) + varint(zigzag(first)) + varint(len(bits)) + bits


def take_column(reader: Reader, count: int) -> Integers:
    """The `count` (at least 1) values of the column that comes next. Raises ValueError where it cannot be one."""
    order, k = reader.byte(), reader.byte()
    if order not in _ORDERS or _MOST_K < k < _ALL_ZERO:
        raise ValueError("a column has an order that does not exist")
    first = reader.signed()
    values = np.zeros(count, dtype=np.int64)
    if k != _ALL_ZERO:
        folded = _decode(reader.take(reader.varint()), count - 1, k)
        values[1:] = (folded >> 1) ^ -(folded & 1)
        for _ in range(order):
            np.cumsum(values, out=values)
    values += first
    return values


def _fewest(values: Integers) -> tuple[int, Integers]:
    """The order whose differences are smallest, and these without the first, which is 0."""
    best: tuple[float, int, Integers] | None = None
    differences = values
    for order in _ORDERS:
        differences = _steps(differences)
        cost = float(np.log2(np.abs(differences) + 1.0).sum())
        if best is None or cost < best[0]:
            best = (cost, order, differences[1:])
    assert best is not None
    return best[1], best[2]


def _steps(values: Integers) -> Integers:
    """Each value less the one before; the first is 0 already. (`numpy.diff` takes three times as long to begin.)"""
    steps = values.copy()
    steps[1:] -= values[:-1]
    return steps


def _widths(numbers: Integers) -> Integers:
    """How many bits each number (>= 1) has; exact, although it goes by way of floating point."""
    widths = np.frexp(numbers.astype(np.float64))[1].astype(np.int64)
    widths[numbers >> (widths - 1) == 0] -= 1  # rounded up to the next power of two
    return widths


def _code(folded: Integers) -> tuple[int, bytes]:
    """The best order k of those near the mean, and the bits."""
    about = max(int(folded.mean()), 1).bit_length()
    orders = np.arange(max(about - 4, 0), min(about + 1, _MOST_K) + 1, dtype=np.int64)
    shifted = folded[None, :] + (np.int64(1) << orders)[:, None]
    widths = _widths(shifted)
    cost = 2 * widths.sum(axis=1) - orders * len(folded)
    row = int(cost.argmin())
    k, v, low = int(orders[row]), shifted[row], widths[row] - 1
    ends = np.cumsum(low - k + 1)
    starts = np.cumsum(low)
    unary, total = int(ends[-1]), int(starts[-1])
    starts -= low
    bits = np.zeros(unary + total, dtype=np.uint8)
    bits[ends - 1] = 1
    place = np.arange(total, dtype=np.int64) - np.repeat(starts, low)
    bits[unary:] = (np.repeat(v, low) >> place) & 1
    return k, np.packbits(bits, bitorder="little").tobytes()


def _decode(packed: bytes, count: int, k: int) -> Integers:
    octets = np.frombuffer(packed + bytes(8), dtype=np.uint8)
    ends = np.flatnonzero(np.unpackbits(octets, bitorder="little"))[:count]
    if len(ends) < count:
        raise ValueError("a column has too few values")
    low = _steps(ends)
    low[0] += 1
    low += k - 1
    if int(low.max()) > _MOST_K:
        raise ValueError("a column has a value beyond all bounds")
    starts = np.cumsum(low)
    unary, total = int(ends[-1]) + 1, int(starts[-1])
    if not 0 <= len(packed) * 8 - unary - total < 8:
        raise ValueError("a column has another length than it says")
    starts += unary
    starts -= low
    # Eight octets from every octet on, as one number: a value has at most 56 bits and begins within the first seven.
    windows: NDArray[np.uint64] = np.ndarray(len(packed) + 1, dtype="<u8", buffer=octets, strides=(1,))
    numbers: Integers = (windows[starts >> 3] >> (starts & 7).astype(np.uint64)).astype(np.int64)
    ones = np.int64(1) << low
    numbers &= ones - 1
    numbers += ones
    numbers -= np.int64(1) << np.int64(k)
    return numbers
