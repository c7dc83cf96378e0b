"""axe-core in a page: what of WCAG 2.1 A and AA it does not hold to."""

from __future__ import annotations

from playwright.sync_api import Page

from api.dashboard.build import MODULES

_RUN = """async () => {
  const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}"""


def violations(page: Page) -> list[str]:
    """Of a page that was entered with `bypass_policy=True`: axe is no script of ours."""
    page.add_script_tag(path=MODULES / "axe-core" / "axe.min.js")
    found: list[str] = page.evaluate(_RUN)
    return found
