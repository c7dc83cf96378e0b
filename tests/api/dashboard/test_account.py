"""The account page: one's own account with second factor, password and tokens, and everybody's for administrators."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pyotp
import pytest
from playwright.sync_api import expect

from tests.api.builders import PASSWORD, World
from tests.api.dashboard.axe import violations
from tests.api.dashboard.conftest import Person, Town, accounts

pytestmark = [pytest.mark.end_to_end, pytest.mark.store]

NEW_PASSWORD = "four-lanterns-on-a-bridge"


async def seed(world: World) -> None:
    await world.organ(1, kind="city", division=530300, name="曲靖市")
    await world.organ(2, parent_id=1, name="麒麟区教育体育局")
    await accounts(world)


def logs_in(town: Town, username: str, password: str, otp: str | None = None) -> int:
    form = {"username": username, "password": password} | ({} if otp is None else {"otp": otp})
    return httpx.post(f"{town.url}/api/v1/auth/token", data=form, timeout=30).status_code


def test_a_second_factor_is_set_up_asked_for_and_switched_off(person: Person, town: Town) -> None:
    page = person("approver", "/account")
    mine = page.get_by_role("region", name="我的账号")
    expect(mine).to_contain_text("审批人")
    expect(mine).to_contain_text("麒麟区教育体育局")
    mine.get_by_text("权限").click()
    expect(mine.get_by_text("审批派车单")).to_be_visible()

    factor = page.get_by_role("region", name="第二重验证")
    factor.get_by_role("button", name="设置").click()
    expect(factor.get_by_role("img", name="供验证器扫描的二维码")).to_be_visible()
    secret = (factor.locator(".secret code").text_content() or "").replace(" ", "")
    digits = pyotp.TOTP(secret)
    near = {digits.at(town.world.clock() + timedelta(seconds=30 * step)) for step in range(-3, 4)}
    wrong = next(code for code in map(str, range(111111, 111120)) if code not in near)
    code = factor.get_by_label("验证器显示的六位口令")
    code.fill(wrong)
    factor.get_by_role("button", name="启用", exact=True).click()
    expect(factor.get_by_role("alert")).to_contain_text("口令不正确")
    code.fill(digits.at(town.world.clock()))
    factor.get_by_role("button", name="启用", exact=True).click()
    codes = factor.locator(".recovery li")
    expect(codes).to_have_count(10)
    first, second = (codes.nth(n).text_content() or "" for n in (0, 1))
    with page.expect_download() as download:
        factor.get_by_role("button", name="保存为文件").click()
    assert download.value.path().read_text().split()[:2] == [first, second]
    factor.get_by_role("button", name="已保存好").click()
    expect(factor).to_contain_text("剩余 10 个恢复码")
    assert logs_in(town, "approver", PASSWORD) == 401
    assert logs_in(town, "approver", PASSWORD, first) == 200

    factor.get_by_role("button", name="停用").click()
    factor.get_by_label("六位动态口令，或一个恢复码").fill(second)
    factor.get_by_role("button", name="停用").click()
    expect(factor.get_by_role("button", name="设置")).to_be_visible()
    assert logs_in(town, "approver", PASSWORD) == 200


def test_a_password_is_changed_for_the_present_one(person: Person, town: Town) -> None:
    page = person("viewer", "/account", lang="en")
    form = page.get_by_role("region", name="Change password")
    present = form.get_by_label("Present password")
    present.fill("not-the-present-one")
    form.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    form.get_by_label("New password once more").fill("another")
    form.get_by_role("button", name="Change password").click()
    expect(form).to_contain_text("The two are not the same.")
    form.get_by_label("New password once more").fill(NEW_PASSWORD)
    form.get_by_role("button", name="Change password").click()
    expect(form).to_contain_text("The present password is not right.")
    present.fill(PASSWORD)
    form.get_by_role("button", name="Change password").click()
    expect(present).to_have_value("")
    assert logs_in(town, "viewer", PASSWORD) == 401
    assert logs_in(town, "viewer", NEW_PASSWORD) == 200


def test_an_auditor_makes_a_token_that_reads_one_quarter_and_revokes_it(person: Person, town: Town) -> None:
    page = person("auditor", "/account/people")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tokens = page.get_by_role("region", name="访问令牌")
    expect(tokens).to_contain_text("没有令牌")
    expect(page.get_by_role("link", name="账号管理")).to_have_count(0)
    tokens.get_by_role("button", name="新建令牌").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("用途")).to_be_focused()
    dialog.get_by_role("button", name="创建令牌").click()
    expect(dialog).to_contain_text("请填写用途")
    dialog.get_by_label("用途").fill("一季度审计取数")
    for name, day in (("数据起始日", "2026-01-01"), ("数据截止日", "2026-03-31")):
        dialog.get_by_label(name).fill(day)
        dialog.get_by_label(name).press("Enter")
    dialog.get_by_role("button", name="创建令牌").click()
    shown = dialog.get_by_label("令牌", exact=True)
    token = shown.input_value()
    dialog.get_by_role("button", name="复制").click()
    expect(dialog.get_by_role("status")).to_have_text("已复制。")
    page.keyboard.press("Escape")
    expect(shown).to_be_visible()
    dialog.get_by_role("button", name="已保存好").click()
    expect(dialog).to_be_hidden()

    row = tokens.get_by_role("listitem")
    expect(row).to_contain_text("只读 · 本账号可见的全部 · 数据 2026-01-01 – 2026-03-31")
    expect(row).to_contain_text("从未使用")
    stored = "select begin_at = '2026-01-01+08' and end_at = '2026-04-01+08' from token where label = '一季度审计取数'"
    assert town.run(town.world.scalar(stored)) is True
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{town.url}/api/v1/me", headers=headers, timeout=30).json()["personal_token"] is True

    row.get_by_role("button", name="吊销").click()
    page.get_by_role("tooltip").get_by_role("button", name="吊销").click()
    expect(row).to_contain_text("已于")
    expect(row.get_by_role("button")).to_have_count(0)
    assert httpx.get(f"{town.url}/api/v1/me", headers=headers, timeout=30).status_code == 401


def test_an_administrator_makes_an_account_and_disables_it(person: Person, town: Town) -> None:
    page = person("administrator", "/account")
    page.get_by_role("link", name="账号管理").click()
    rows = page.locator(".people tr.ant-table-row")
    expect(rows.filter(has_text="本人")).to_contain_text("administrator")
    page.get_by_label("账号名的一部分").fill("view")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("查看员")
    page.get_by_label("账号名的一部分").fill("")
    page.get_by_role("button", name="新建账号").click()
    dialog = page.get_by_role("dialog", name="新建账号")
    expect(dialog.get_by_label("账号名")).to_be_focused()
    dialog.get_by_label("账号名").fill("clerk-qilin")
    dialog.get_by_label("角色").click()
    page.locator(".ant-select-item-option", has_text="单位调度员").click()
    dialog.get_by_role("button", name="创建账号").click()
    expect(dialog).to_contain_text("此角色须有单位")
    dialog.get_by_label("选择单位").fill("麒麟")
    page.locator(".ant-select-tree-title", has_text="麒麟区教育体育局").click()
    dialog.get_by_role("button", name="创建账号").click()
    made = page.get_by_role("dialog", name="账号 clerk-qilin 已创建")
    password = made.get_by_label("初始密码").input_value()
    made.get_by_role("button", name="已保存好").click()
    assert logs_in(town, "clerk-qilin", password) == 200

    drawer = page.get_by_role("dialog", name="clerk-qilin", exact=True)
    expect(drawer).to_contain_text("麒麟区教育体育局")
    drawer.get_by_role("button", name="停用账号").click()
    page.get_by_role("tooltip").get_by_role("button", name="停用账号").click()
    expect(drawer.get_by_role("button", name="恢复启用")).to_be_visible()
    assert logs_in(town, "clerk-qilin", password) == 401

    # Somebody else is faster: what stands there now is shown before anything is decided.
    number, admin = (
        town.run(town.world.scalar(f"select id from account where username = '{name}'"))
        for name in ("clerk-qilin", "admin")
    )
    other = town.run(town.world.session_of(admin))
    address = f"{town.url}/api/v1/accounts/{number}"
    tag = httpx.get(address, headers=other, timeout=30).headers["ETag"]
    changed = httpx.patch(address, headers={**other, "If-Match": tag}, json={"role": "approver"}, timeout=30)
    assert changed.status_code == 200, changed.text
    drawer.get_by_role("button", name="恢复启用").click()
    expect(drawer.get_by_role("alert")).to_contain_text("审批人")
    drawer.get_by_role("button", name="显示最新内容").click()
    drawer.get_by_role("button", name="恢复启用").click()
    expect(drawer.get_by_role("button", name="停用账号")).to_be_visible()
    drawer.get_by_role("button", name="重置密码").click()
    page.get_by_role("tooltip").get_by_role("button", name="重置").click()
    renewed = page.get_by_role("dialog", name="clerk-qilin 的新密码").get_by_label("新密码").input_value()
    assert logs_in(town, "clerk-qilin", password) == 401
    assert logs_in(town, "clerk-qilin", renewed) == 200


@pytest.mark.parametrize(("theme", "lang"), [("light", "zh"), ("dark", "en")])
def test_the_account_page_can_be_used_by_everybody(person: Person, theme: str, lang: str) -> None:
    page = person("administrator", "/account", theme=theme, lang=lang, bypass_policy=True)
    page.locator(".rights summary").click()
    page.get_by_role("button", name="设置" if lang == "zh" else "Set up").click()
    expect(page.locator(".enrolment svg")).to_be_visible()
    found = violations(page)
    page.get_by_role("button", name="新建令牌" if lang == "zh" else "New token").click()
    expect(page.get_by_label("用途" if lang == "zh" else "What it is for")).to_be_focused()
    found += violations(page)
    page.goto(page.url + "/people")
    page.locator(".people tr.ant-table-row", has_text="viewer").click()
    expect(page.locator(".person-acts")).to_be_visible()
    found += violations(page)
    assert found == []
