"""A picture of one address of a running service: `python -m tests.api.dashboard.look out.png /map --as supervisor`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from playwright.sync_api import ConsoleMessage, sync_playwright

from tests.api.dashboard.conftest import CHROMIUM


def told(message: ConsoleMessage) -> None:
    if message.type == "error":
        sys.stderr.write(f"{message.text}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture")
    parser.add_argument("address", nargs="?", default="/map")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--as", dest="account", default="admin")
    parser.add_argument("--password", help="default: the file of the account in --secrets")
    parser.add_argument("--secrets", default="var/secrets", type=Path)
    parser.add_argument("--size", default="1366x768")
    parser.add_argument("--lang", default="zh", choices=("zh", "en"))
    parser.add_argument("--theme", default="light", choices=("light", "dark"))
    parser.add_argument("--wait-s", default=3.0, type=float, help="for the map and what is live")
    parser.add_argument("--keys", default="", help="keys to press then, with spaces between")
    parser.add_argument("--click", default="", help="what to click then, as Playwright's selector")
    given = parser.parse_args()
    width, height = (int(part) for part in given.size.split("x"))
    kept = given.secrets / ("admin_password" if given.account == "admin" else f"account_{given.account}")
    password = given.password or kept.read_text().strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        context = browser.new_context(viewport={"width": width, "height": height})
        context.add_init_script(
            f"localStorage.setItem('fleet.theme', '{given.theme}'); localStorage.setItem('fleet.lang', '{given.lang}')"
        )
        form = {"username": given.account, "password": password}
        answer = context.request.post(f"{given.url}/api/v1/auth/token", form=form)
        if not answer.ok:
            sys.stderr.write(f"log-in as {given.account}: {answer.text()}\n")
            return 1
        page = context.new_page()
        page.on("console", told)
        page.goto(given.url + given.address)
        page.wait_for_timeout(given.wait_s * 1000)
        if given.click:
            page.click(given.click)
            page.wait_for_timeout(1000)
        for key in given.keys.split():
            page.keyboard.press(key)
            page.wait_for_timeout(1000)
        page.screenshot(path=given.picture)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
