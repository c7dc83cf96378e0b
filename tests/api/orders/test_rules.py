"""What the interface of orders holds to: who may what, whose orders they are, versions, masks, what is judged again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from api import access
from api.orders.candidates import Candidates, OneCandidate
from api.orders.shapes import OrderHistory, OrderPage, OrderShown, Permits, Purposes
from fleet.dispatch.commands import WHO, Name
from fleet.identity.permissions import TABLE, WRITES
from fleet.model.registry import Role
from tests.api.orders.town import OURS, THEIRS, Town

pytestmark = pytest.mark.store

EMERGENCY: dict[str, Any] = {"purpose": "emergency_rescue", "facts": {"incident": "某地山体滑坡"}, "emergency": True}


def test_permissions_say_what_the_guards_say(app: FastAPI) -> None:
    permissions = {
        (route.method, route.path.removeprefix("/api/v1/orders")): next(iter(route.permissions))
        for route in access.declared(app)
        if route.path.startswith("/api/v1/orders")
    }
    steps: dict[tuple[str, str], Name] = {("POST", ""): Name.CREATE, ("PATCH", "/{order_id}"): Name.EDIT}
    for name in Name:
        steps[("POST", f"/{{order_id}}/{name.value}")] = name
    for word in ("approve", "reject", "withdraw"):
        steps[("POST", f"/{{order_id}}/amendments/{{number}}/{word}")] = Name(f"{word}_amendment")
    served = {step: permission for step, permission in permissions.items() if step in steps}
    assert {steps[step] for step in served} == set(Name) - {Name.ROAD}, "what the road shows is nobody's to say"
    for step, permission in served.items():
        assert TABLE[permission] == WHO[steps[step]], step
        assert permission in WRITES
        assert Role.ADMINISTRATOR not in TABLE[permission], "who runs the system decides nothing"


async def test_nobody_decides_on_his_own_order_not_even_in_the_database(town: Town) -> None:
    order_id = await town.submitted("approver")
    path = f"orders/{order_id}"
    assert await town.refused("approver", "POST", f"{path}/approve") == (403, ["own_order"])
    assert await town.refused("approver", "POST", f"{path}/reject", {"why": "不同意"}) == (403, ["own_order"])
    applicant = await town.world.scalar(f"select applicant_id from dispatch_order where id = {order_id}")
    approver = await town.world.scalar("select id from account where username = 'manager'")
    insert = (
        "insert into order_approval (order_id, amendment, round, level, applicant_id, submitter_id, approver_id,"
        " approved, decided_at) values ($1, 0, 1, 1, $2, $3, $4, true, now())"
    )
    connection = await asyncpg.connect(town.world.url, server_settings={"role": "fleet_owner"})
    try:
        with pytest.raises(asyncpg.CheckViolationError, match="not_ones_own"):
            await connection.execute(insert, order_id, applicant, applicant, applicant)
        with pytest.raises(asyncpg.CheckViolationError, match="not_ones_own"):
            await connection.execute(insert, order_id, applicant, approver, approver)
        with pytest.raises(asyncpg.ForeignKeyViolationError, match="applicant"):
            await connection.execute(insert, order_id, approver, applicant, approver + 1)
    finally:
        await connection.close()
    assert (await town.ok("manager", "POST", f"{path}/approve"))["state"] == "approved"


async def test_all_reasons_are_in_the_problem(town: Town) -> None:
    form = town.form(facts={"colour": "red"}, passengers=0, destinations=[])
    draft = await town.ok("clerk", "POST", "orders", form)
    expected = ["fact_missing", "fact_missing", "fact_unknown", "destinations"]
    assert [one["code"] for one in draft["warnings"]] == expected
    answer = await town.call("clerk", "POST", f"orders/{draft['id']}/submit")
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert [one["code"] for one in errors] == expected
    assert errors[0]["location"] == "body.facts.letter_number"
    assert errors[0]["message_zh"] == "公务接待须填写公函文号"
    assert await town.refused("clerk", "POST", f"orders/{draft['id']}/settle") == (409, ["state"])


async def test_assignments_that_do_not_fit(town: Town) -> None:
    await town.world.vehicle(15, organ=OURS, fitted=False, body="bus", seats=19)
    await town.world.vehicle(16, organ=OURS, fitted=False, status="repair")
    await town.world.vehicle(17, organ=OURS, fitted=False, confidential=True)
    await town.driver(24, OURS, licence_expires_on=(town.world.clock() - timedelta(days=2)).date())
    order_id = await town.approved(passengers=5, equipment=["警灯"])
    path = f"orders/{order_id}/assign"
    assert await town.refused("clerk", "POST", path, {"vehicle_id": 11, "driver_id": 24}) == (
        *(422, ["equipment_lacking", "licence_expired", "seats_short"]),
    )
    assert await town.refused("clerk", "POST", path, {"vehicle_id": 15, "driver_id": 21}) == (
        *(422, ["equipment_lacking", "licence_unfit"]),
    )
    assert (await town.refused("clerk", "POST", path, {"vehicle_id": 16}))[1][0] == "in_repair"
    for hidden in (17, 31, 9999):
        assert await town.refused("clerk", "POST", path, {"vehicle_id": hidden}) == (422, ["unknown_reference"])
    assert await town.refused("clerk", "POST", path, {"vehicle_id": 11, "driver_id": 41}) == (
        *(422, ["equipment_lacking", "unknown_reference", "seats_short"]),
    )
    assert (await town.refused("city", "POST", path, {"vehicle_id": 31}))[1][0] == "of_another_organ"
    assert (await town.refused("clerk", "POST", path, {}))[0] == 422


async def test_an_emergency_departs_first(town: Town) -> None:
    await town.world.execute_sql(
        "insert into policy_value (slug, organ_id, value, effective_from, who, why)"
        f" values ('emergency.approve_within_s', {OURS}, '3600', now() - interval '1 day', 'x', 'y')"
    )
    order_id = await town.submitted(**EMERGENCY)
    path = f"orders/{order_id}"
    await town.ok("clerk", "POST", f"{path}/assign", {"vehicle_id": 11, "driver_id": 21})
    order = await town.ok("clerk", "POST", f"{path}/depart")
    assert (order["state"], order["decision"]) == ("departed", "pending")
    due = datetime.fromisoformat(order["approve_by"])
    assert due == town.world.clock() + timedelta(hours=1)
    waiting = await town.ok("approver", "GET", "orders?undecided=true")
    assert [one["id"] for one in waiting["items"]] == [order_id]
    town.world.clock.advance(timedelta(hours=2))
    order = await town.ok("approver", "POST", f"{path}/approve")
    assert (order["state"], order["decision"], [one["code"] for one in order["warnings"]]) == (
        *("departed", "approved"),
        ["after_deadline"],
    )
    assert (await town.ok("approver", "GET", "orders?undecided=true"))["items"] == []


async def test_two_levels_by_policy(town: Town) -> None:
    await town.world.execute_sql(
        "insert into policy_value (slug, organ_id, value, effective_from, who, why)"
        f" values ('orders.approval_levels', {OURS}, '2', now() - interval '1 day', 'x', 'y')"
    )
    order_id = await town.submitted()
    order = await town.ok("approver", "POST", f"orders/{order_id}/approve")
    assert (order["state"], order["levels"]) == ("submitted", 2)
    assert await town.refused("approver", "POST", f"orders/{order_id}/approve") == (403, ["already_decided"])
    assert (await town.ok("manager", "POST", f"orders/{order_id}/approve"))["state"] == "approved"


async def test_two_who_approve_at_once_are_one_after_the_other(town: Town) -> None:
    order_id = await town.submitted()
    answers = await asyncio.gather(
        *(town.call(who, "POST", f"orders/{order_id}/approve") for who in ("approver", "manager"))
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    assert await town.world.scalar("select count(*) from order_approval") == 1


async def test_versions(town: Town) -> None:
    draft = await town.call("clerk", "POST", "orders", town.form())
    path, tag = f"orders/{draft.json()['id']}", draft.headers["etag"]
    assert tag == '"1"'
    assert (await town.refused("clerk", "PATCH", path, {"passengers": 2}))[0] == 428
    changed = await town.call("clerk", "PATCH", path, {"passengers": 2}, headers={"If-Match": tag})
    assert (changed.json()["passengers"], changed.headers["etag"]) == (2, '"2"')
    stale = await town.call("clerk", "PATCH", path, {"passengers": 4}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["current"]["passengers"]) == (412, 2)
    stale = await town.call("clerk", "POST", f"{path}/submit", headers={"If-Match": tag})
    assert stale.status_code == 412
    await town.ok("clerk", "POST", f"{path}/submit", headers={"If-Match": '"2"'})
    assert await town.refused("clerk", "PATCH", path, {"passengers": 1}, headers={"If-Match": '"3"'}) == (
        *(409, ["state"]),
    )


async def test_a_draft_is_changed_by_its_applicant_or_a_dispatcher(town: Town) -> None:
    draft = await town.ok("manager", "POST", "orders", town.form(contact_phone="00000001234"))
    path, tag = f"orders/{draft['id']}", {"If-Match": '"1"'}
    assert await town.refused("approver", "PATCH", path, {"remarks": "x"}, headers=tag) == (403, ["not_yours"])
    patch = {"facts": {"guests": "另一单位"}, "contact_phone": "000****1234", "remarks": "已核"}
    order = await town.ok("clerk", "PATCH", path, patch, headers=tag)
    assert order["facts"] == {"letter_number": "曲公函〔2026〕12号", "guests": "另一单位"}
    assert await town.world.scalar("select contact_phone from dispatch_order") == "00000001234"
    bad = {"planned_to": order["planned_from"]}
    assert (await town.refused("clerk", "PATCH", path, bad, headers={"If-Match": '"2"'}))[0] == 422
    moved = {"organ_id": THEIRS}
    assert await town.refused("clerk", "PATCH", path, moved, headers={"If-Match": '"2"'}) == (422, ["organ_stays"])


async def test_orders_belong_to_their_organ(town: Town) -> None:
    order_id = await town.assigned()
    for who in ("their-clerk", "their-approver"):
        assert (await town.ok(who, "GET", "orders"))["items"] == []
        for path in (f"orders/{order_id}", f"orders/{order_id}/history", f"orders/{order_id}/permits"):
            assert (await town.call(who, "GET", path)).status_code == 404
    assert (await town.call("their-clerk", "POST", f"orders/{order_id}/depart")).status_code == 404
    assert (await town.refused("their-clerk", "POST", "orders", town.form(organ_id=OURS)))[0] == 422
    assert (await town.refused("city", "POST", "orders", town.form())) == (422, ["organ_missing"])
    for who in ("city", "supervisor", "auditor", "administrator"):
        assert [one["id"] for one in (await town.ok(who, "GET", "orders"))["items"]] == [order_id]
    assert (await town.call("viewer", "GET", "orders")).status_code == 403
    await town.world.execute_sql("update vehicle set confidential = true where id = 11")
    for path in (f"orders/{order_id}", f"orders/{order_id}/history", f"orders/{order_id}/permits"):
        assert "云D00011" not in (await town.call("clerk", "GET", path)).text
        assert '"vehicle_id":11' not in (await town.call("clerk", "GET", path)).text
        shown = (await town.call("auditor", "GET", path)).text
        assert '"vehicle_id":11' in shown
    assert (await town.ok("clerk", "GET", "orders?vehicle=11"))["items"] == []


async def test_lists_are_filtered_and_paged(town: Town) -> None:
    first = await town.assigned(11, 21)
    second = await town.submitted("manager", purpose="meeting_training", facts={"notice": "培训通知〔2026〕3号"})
    third = await town.submitted(**town.later(48), **EMERGENCY)
    draft = (await town.ok("clerk", "POST", "orders", town.form()))["id"]
    now = town.world.clock()
    filters: dict[str, list[int]] = {
        "": [draft, third, second, first],
        "state=submitted": [third, second],
        "state=submitted&state=draft": [draft, third, second],
        "vehicle=11": [first],
        "vehicle=12": [],
        "driver=21": [first],
        "applicant=manager": [second],
        "purpose=meeting_training": [second],
        "emergency=true": [third],
        "undecided=true": [third, second],
        "undecided=false": [draft, first],
        f"organ={THEIRS}": [],
        "number=O2-": [third, second, first],
        "number=O2%25": [],
    }
    for query, expected in filters.items():
        found = await town.ok("clerk", "GET", f"orders?{query}")
        assert [one["id"] for one in found["items"]] == expected, query
    ahead = {"from": (now + timedelta(hours=47)).isoformat()}
    assert [one["id"] for one in (await town.ok("clerk", "GET", "orders", params=ahead))["items"]] == [third]
    past = {"to": (now - timedelta(hours=2)).isoformat()}
    assert (await town.ok("clerk", "GET", "orders", params=past))["items"] == []
    pages: list[list[int]] = []
    cursor: str | None = None
    while not pages or cursor:
        following = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = await town.ok("clerk", "GET", "orders", params=following)
        pages.append([one["id"] for one in page["items"]])
        cursor = page["next_cursor"]
    assert pages == [[draft, third, second], [first]]


async def test_a_contact_is_unmasked_for_a_purpose_and_logged(town: Town) -> None:
    order = await town.ok("clerk", "POST", "orders", town.form(contact_name="某同志", contact_phone="00000001234"))
    path = f"orders/{order['id']}?unmask=true"
    assert (await town.refused("clerk", "GET", path))[0] == 400
    assert (await town.refused("approver", "GET", path, headers={"X-Purpose": "call"}))[0] == 403
    seen = await town.ok("clerk", "GET", path, headers={"X-Purpose": "call about the route"})
    assert (seen["contact_name"], seen["contact_phone"]) == ("某同志", "00000001234")
    rows = await town.world.rows("select account, purpose from audit_log where action = 'order.unmask'")
    assert rows == [{"account": "clerk", "purpose": "call about the route"}]
    for table, column in (("order_event", "after"), ("audit_log", "detail")):
        assert await town.world.scalar(f"select count(*) from {table} where {column}::text like '%00000001234%'") == 0


async def test_what_a_late_step_touches_is_judged_again(town: Town) -> None:
    async def marked() -> list[dict[str, Any]]:
        rows = await town.world.rows("select vehicle_id, reason, period from recompute order by id")
        await town.world.execute_sql("delete from recompute")
        return [{**row, "period": (row["period"].lower - now, row["period"].upper - now)} for row in rows]

    now = town.world.clock()
    hour = timedelta(hours=1)
    order_id = await town.submitted(**EMERGENCY)
    path = f"orders/{order_id}"
    await town.ok("clerk", "POST", f"{path}/assign", {"vehicle_id": 11, "driver_id": 21})
    assert await marked() == [{"vehicle_id": 11, "reason": "order.assign", "period": (-hour, 0 * hour)}]
    early = {"at": (now - 2 * hour).isoformat()}
    await town.ok("clerk", "POST", f"{path}/depart", early)
    assert await marked() == [{"vehicle_id": 11, "reason": "order.depart", "period": (-2 * hour, 0 * hour)}]
    town.world.clock.advance(2 * hour)
    await town.ok("approver", "POST", f"{path}/approve")
    assert await marked() == [{"vehicle_id": 11, "reason": "order.approve", "period": (-2 * hour, 2 * hour)}]
    await town.ok("clerk", "POST", f"{path}/amend", {"planned_to": (now + 9 * hour).isoformat(), "why": "未完成"})
    await marked()
    await town.ok("approver", "POST", f"{path}/amendments/1/approve")
    assert [one["reason"] for one in await marked()] == ["order.approve_amendment"]
    ahead = await town.approved(**town.later(30))
    await town.ok("clerk", "POST", f"orders/{ahead}/assign", {"vehicle_id": 12, "driver_id": 22})
    assert await marked() == [], "what lies ahead will be judged anyway"


async def test_a_late_amendment_is_known_by_its_time(town: Town) -> None:
    minute = timedelta(minutes=1)
    order_id = await town.submitted()
    path = f"orders/{order_id}"
    town.world.clock.advance(minute)
    await town.ok("approver", "POST", f"{path}/approve")
    town.world.clock.advance(minute)
    await town.ok("clerk", "POST", f"{path}/assign", {"vehicle_id": 11, "driver_id": 21})
    assigned_at = town.world.clock()
    await town.ok("clerk", "POST", f"{path}/depart")
    far = [{"name": "会泽县某地", "lat": 26.4208, "lon": 103.29545}]
    await town.ok("clerk", "POST", f"{path}/amend", {"destinations": far, "why": "临时改道"})
    town.world.clock.advance(timedelta(hours=2))
    await town.ok("clerk", "POST", f"{path}/return", {"odometer_km": 300})
    order = await town.ok("approver", "POST", f"{path}/amendments/1/approve")
    assert order["destinations"][0]["name"] == "会泽县某地"
    assert order["submitted_plan"]["destinations"][0]["name"] == "沾益区某乡镇"
    permits = (await town.ok("auditor", "GET", f"{path}/permits"))["items"]
    assert [one["amendment"] for one in permits] == [0, 0, 0, 1]
    assert [one["permits"] for one in permits] == [False, True, True, True]
    known = [datetime.fromisoformat(one["known_from"]) for one in permits]
    assert known == [assigned_at - 2 * minute, assigned_at - minute, assigned_at, town.world.clock()]
    assert permits[-1]["plan_approved_at"] == permits[-1]["known_from"], "after the return"
    assert [(one["vehicle_id"], one["driver_id"]) for one in permits[2]["vehicles"]] == [(11, 21)]
    assert permits[1]["vehicles"] == []


async def test_places_may_be_areas(town: Town) -> None:
    await town.world.execute_sql(
        "insert into area (id, name, purpose, organ_id, centre_lat_e7, centre_lon_e7, radius_m, period) values"
        f" (51, 'x', 'depot', {OURS}, 255000000, 1038000000, 50, '[2024-01-01,)'),"
        f" (52, 'y', 'depot', {THEIRS}, 255000000, 1038000000, 50, '[2024-01-01,)')"
    )
    order = await town.ok("clerk", "POST", "orders", town.form(origin={"name": "车场", "area_id": 51}, area="county"))
    assert (order["origin"]["lat"], order["origin"]["area_id"], order["division"]) == (25.5, 51, 530302)
    assert [one["code"] for one in order["warnings"]] == ["outside_permitted_area"]
    refused = await town.refused("clerk", "POST", "orders", town.form(origin={"name": "车场", "area_id": 52}))
    assert refused == (422, ["unknown_reference"])
    assert (await town.refused("clerk", "POST", "orders", town.form(origin={"name": "某处"})))[0] == 422
    mapped = await town.ok("clerk", "GET", f"orders/{order['id']}?datum=gcj02")
    assert mapped["origin"]["lat"] != 25.5


def keys(body: Any) -> Any:
    """The names in a body, all the way down; of a list those of its first item."""
    if isinstance(body, dict):
        return {name: keys(value) for name, value in body.items()}
    return keys(body[0]) if isinstance(body, list) and body else None


async def test_answers_have_the_shapes_of_the_contract(town: Town) -> None:
    order_id = await town.assigned()
    path = f"orders/{order_id}"
    await town.ok("clerk", "POST", f"{path}/amend", {"planned_to": town.later(9)["planned_to"], "why": "会议延长"})
    await town.ok("approver", "POST", f"{path}/amendments/1/approve")
    await town.ok("clerk", "POST", f"{path}/depart")
    await town.ok("clerk", "POST", f"{path}/assign", {"vehicles": [{"vehicle_id": 11, "driver_id": 22}], "why": "换人"})
    written = await town.ok("clerk", "POST", f"{path}/return", {"odometer_km": 9})
    shapes: dict[str, type[BaseModel]] = {
        path: OrderShown,
        "orders": OrderPage,
        f"{path}/history": OrderHistory,
        f"{path}/permits": Permits,
        "orders/purposes": Purposes,
        f"{path}/candidates": Candidates,
        f"{path}/candidates/12": OneCandidate,
    }
    for where, shape in shapes.items():
        body = await town.ok("clerk", "GET", where)
        told = shape.model_validate(body).model_dump(mode="json", by_alias=True)
        if shape is OrderShown:
            assert told.pop("warnings") is None
        if shape is OrderPage:
            assert all(item.pop("warnings") is None for item in told["items"])
        assert keys(told) == keys(body), where
    assert keys(OrderShown.model_validate(written).model_dump(mode="json")) == keys(written)


async def test_purposes_are_a_list(town: Town) -> None:
    items = (await town.ok("clerk", "GET", "orders/purposes"))["items"]
    reception = next(one for one in items if one["slug"] == "official_reception")
    assert (reception["zh"], reception["facts"][0]["slug"]) == ("公务接待", "letter_number")
    mail = next(one for one in items if one["slug"] == "confidential_mail")
    assert mail["facts"][0] == {"slug": "route", "zh": "固定路线", "en": "Fixed route", "required": True}
