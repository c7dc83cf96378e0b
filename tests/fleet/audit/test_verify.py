"""Whatever is done to a chain without the key is found, and named for what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.audit.entry import GENESIS, Entry, Link, chain_up, make_entry
from fleet.audit.keys import Keys, read_keys
from fleet.audit.seals import Anchor, Head, make_anchor
from fleet.audit.verify import ChainWalk, Fault, Finding, Known, anchor_findings

KEYS = read_keys("k" * 40, "the test")
OTHER = read_keys("x" * 40, "the test")
BEGAN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
LENGTH = 40


def entries(count: int) -> list[Entry]:
    return [
        make_entry(BEGAN + timedelta(seconds=n), f"a{n % 3}", action="track.read", subject=f"vehicle:{n}", purpose="p")
        for n in range(count)
    ]


def chain(count: int = LENGTH, keys: Keys = KEYS) -> list[Link]:
    return chain_up(keys, 1, 0, GENESIS, entries(count))


def findings(links: Sequence[Link], known: Sequence[Known] | None = None, keys: Keys = KEYS) -> list[Finding]:
    """As the store hands them over: by number, in pages."""
    whole = chain()
    end = [Known(whole[-1].n, whole[-1].mac, "its head file")] if known is None else known
    walk = ChainWalk(1, keys, end)
    ordered = sorted(links, key=lambda link: link.n)
    for start in range(0, len(ordered), 7):
        walk.feed(ordered[start : start + 7])
    return walk.finish()[1]


def faults(links: Sequence[Link]) -> set[tuple[Fault, int | None]]:
    return {(one.fault, one.first) for one in findings(links)}


def forged(n: int) -> Link:
    """A link as somebody without the key would make it."""
    return chain_up(OTHER, 1, n - 1, GENESIS, entries(1))[0].__class__(
        1, n, entries(1)[0], KEYS.current, bytes(range(32))
    )


def renumbered(links: Sequence[Link], by: int) -> list[Link]:
    return [replace(link, n=link.n + by) for link in links]


def edit(links: list[Link]) -> list[Link]:
    links[9] = replace(links[9], entry=replace(links[9].entry, purpose="another"))
    return links


def edit_the_code(links: list[Link]) -> list[Link]:
    links[9] = replace(links[9], mac=bytes(32))
    return links


def recompute_without_the_key(links: list[Link]) -> list[Link]:
    """From the tenth on, with a key of one's own under the name of the right one."""
    changed = [replace(links[9].entry, account="nobody"), *(link.entry for link in links[10:])]
    remade = chain_up(OTHER, 1, 9, links[8].mac, changed)
    return links[:9] + [replace(link, key_id=KEYS.current) for link in remade]


def delete(links: list[Link]) -> list[Link]:
    return links[:9] + links[10:]


def delete_and_close_the_gap(links: list[Link]) -> list[Link]:
    return links[:9] + renumbered(links[10:], -1)


def delete_the_first(links: list[Link]) -> list[Link]:
    return links[3:]


def insert(links: list[Link]) -> list[Link]:
    return [*links[:9], forged(10), *renumbered(links[9:], 1)]


def append(links: list[Link]) -> list[Link]:
    return [*links, forged(LENGTH + 1)]


def swap(links: list[Link]) -> list[Link]:
    links[9], links[10] = replace(links[10], n=10), replace(links[9], n=11)
    return links


def swap_far(links: list[Link]) -> list[Link]:
    links[9], links[29] = replace(links[29], n=10), replace(links[9], n=30)
    return links


def move_to_the_end(links: list[Link]) -> list[Link]:
    return [*links[:9], *links[10:], replace(links[9], n=LENGTH + 5)]


def truncate(links: list[Link]) -> list[Link]:
    return links[:-3]


def remove_all(links: list[Link]) -> list[Link]:
    return []


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (edit, {(Fault.EDITED, 10)}),
        (edit_the_code, {(Fault.EDITED, 10)}),
        (delete, {(Fault.DELETED, 10)}),
        (delete_and_close_the_gap, {(Fault.DELETED, 10)}),
        (delete_the_first, {(Fault.DELETED, 1)}),
        (insert, {(Fault.INSERTED, 10)}),
        (append, {(Fault.INSERTED, LENGTH + 1)}),
        (swap, {(Fault.REORDERED, 10), (Fault.REORDERED, 11)}),
        (swap_far, {(Fault.REORDERED, 10), (Fault.REORDERED, 30)}),
        (move_to_the_end, {(Fault.REORDERED, LENGTH + 5)}),
        (truncate, {(Fault.TRUNCATED, LENGTH - 2)}),
        (remove_all, {(Fault.TRUNCATED, 1)}),
    ],
)
def test_what_was_done_is_named(
    tamper: Callable[[list[Link]], list[Link]], expected: set[tuple[Fault, int | None]]
) -> None:
    assert faults(tamper(chain())) == expected


def test_a_chain_that_was_made_anew_without_the_key_is_edited_from_there_on() -> None:
    found = findings(recompute_without_the_key(chain()))
    assert {one.fault for one in found} == {Fault.EDITED}
    assert found[0].first in (None, 10)
    assert "7 further entries" in " ".join(one.message for one in found)


def test_an_untouched_chain_is_right_also_while_it_grows() -> None:
    assert findings(chain()) == []
    assert findings(chain(LENGTH + 30)) == []
    assert findings([], []) == []


def test_a_chain_rewritten_with_the_key_differs_from_what_was_anchored() -> None:
    links = chain()
    anchored = [Known(20, links[19].mac, "anchor 3")]
    remade = chain_up(KEYS, 1, 0, GENESIS, [replace(link.entry, account="nobody") for link in links])
    assert [(one.fault, one.first) for one in findings(remade, anchored)] == [(Fault.REWRITTEN, 20)]
    assert "anchor 3" in findings(remade, anchored)[0].message


def test_an_older_key_still_checks_and_a_lost_one_is_named() -> None:
    old, both = KEYS, read_keys("n" * 40 + "\n" + "k" * 40, "the test")
    links = chain_up(old, 1, 0, GENESIS, entries(5))
    links += chain_up(both, 1, 5, links[-1].mac, entries(5))
    assert findings(links, [], both) == []
    lost = findings(links, [], old)
    assert [(one.fault, one.first, one.last) for one in lost] == [(Fault.KEY_MISSING, 6, 10)]


PLACES = st.integers(0, LENGTH - 1)


@given(st.data())
def test_nothing_that_differs_passes(data: st.DataObject) -> None:
    """Any mix of edits, removals, insertions and moves."""
    links = chain()
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(PLACES) % max(len(links), 1)
        match data.draw(st.sampled_from(["edit", "code", "remove", "insert", "swap", "cut", "renumber"])):
            case "edit" if links:
                name = data.draw(st.sampled_from(["account", "action", "subject", "purpose", "detail", "role"]))
                value = data.draw(st.text(max_size=5))
                changed: dict[str, Any] = {name: value}
                links[place] = replace(links[place], entry=replace(links[place].entry, **changed))
            case "code" if links:
                links[place] = replace(links[place], mac=data.draw(st.binary(min_size=32, max_size=32)))
            case "remove" if links:
                del links[place]
            case "insert":
                links.insert(place, forged(data.draw(st.integers(-2, LENGTH + 5))))
            case "swap" if links:
                other = data.draw(PLACES) % len(links)
                links[place], links[other] = links[other], links[place]
            case "cut":
                links = links[:place]
            case "renumber":
                links = [replace(link, n=n) for n, link in enumerate(links, 1)]
            case _:
                pass
    unique = {link.n: link for link in links}
    stored = [unique[n] for n in sorted(unique)]
    if stored != chain():
        assert findings(stored) != []
    else:
        assert findings(stored) == []


# ---------------------------------------------------------------- anchors


def anchors(count: int = 4) -> list[Anchor | None]:
    made: list[Anchor | None] = []
    previous = "0" * 64
    for number in range(1, count + 1):
        head = Head(1, number * 10, bytes([number] * 32), BEGAN)
        anchor, _ = make_anchor(number, BEGAN + timedelta(hours=number), [head], previous, KEYS)
        previous = anchor.seal
        made.append(anchor)
    return made


def told(lines: Sequence[Anchor | None]) -> dict[int, str]:
    return {anchor.number: anchor.seal for anchor in lines if anchor is not None}


def test_a_file_of_anchors_that_was_touched() -> None:
    whole = anchors()
    log = told(whole)
    assert anchor_findings(whole, log) == []
    assert anchor_findings([*whole, *anchors(5)[4:]], log) == [], "the log may lag behind its file"
    changed = [whole[0], None, *whole[2:]]
    assert [one.first for one in anchor_findings(changed, {})] == [2, 3]
    assert anchor_findings([whole[0], *whole[2:]], {}) != [], "a line is gone"
    assert anchor_findings([whole[1], whole[0], *whole[2:]], {}) != []
    assert anchor_findings(whole[:-1], {}) == [], "a cut at the end is seen only by those who know of it:"
    assert "missing at the end" in anchor_findings(whole[:-1], log)[0].message
    assert anchor_findings([], log) != []
