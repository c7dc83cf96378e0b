"""How the report looks, on paper and on a screen, and the policy that lets a browser use that and nothing else."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
@page { size: A4; margin: 15mm 14mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 9pt sans-serif; color: #5F6C77; } }
* { box-sizing: border-box; }
html { background: #EEF1F4; }
body { margin: 0 auto; max-width: 194mm; padding: 12mm 14mm; background: #FFFFFF; color: #17222B;
  font: 14px/1.55 "Segoe UI", "PingFang SC", "Microsoft YaHei UI", "Microsoft YaHei", "Noto Sans CJK SC",
    "Source Han Sans SC", system-ui, sans-serif; font-variant-numeric: tabular-nums; }
header { border-bottom: 3px solid #0B5F63; padding-bottom: 10px; }
header p { margin: 0; color: #4A5863; font-size: 13px; }
h1 { margin: 2px 0 4px; font-size: 26px; line-height: 34px; font-weight: 600; }
h2 { margin: 26px 0 8px; font-size: 18px; line-height: 26px; font-weight: 600; break-after: avoid; }
h3 { margin: 16px 0 4px; font-size: 14px; font-weight: 600; break-after: avoid; }
p { margin: 0 0 8px; }
p.note, figcaption, .foot { color: #5F6C77; font-size: 12px; line-height: 18px; }
dl.tiles { display: grid; grid-template-columns: repeat(4, 1fr); margin: 14px 0 0; border-top: 1px solid #E1E6EA;
  border-left: 1px solid #E1E6EA; }
dl.tiles div { padding: 9px 11px 10px; border-right: 1px solid #E1E6EA; border-bottom: 1px solid #E1E6EA;
  break-inside: avoid; }
dt { color: #4A5863; font-size: 12px; line-height: 18px; }
dd { margin: 0; }
dd.value { font-size: 22px; line-height: 30px; font-weight: 600; white-space: nowrap; }
dd.value small { font-size: 12px; font-weight: 400; color: #5F6C77; margin-left: 3px; }
dd.more { color: #5F6C77; font-size: 12px; line-height: 17px; }
figure { margin: 12px 0 0; break-inside: avoid; }
figure svg { display: block; width: 100%; height: auto; }
svg text { font-family: "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif; }
figcaption b { color: #17222B; font-weight: 600; font-size: 13px; }
ul.legend { list-style: none; margin: 2px 0 4px; padding: 0; color: #4A5863; font-size: 12px; }
ul.legend li { display: inline-block; margin-right: 16px; }
ul.legend svg, td svg.mark { display: inline-block; width: 12px; height: 12px; vertical-align: -1px;
  margin-right: 5px; }
table { width: 100%; border-collapse: collapse; font-size: 12px; line-height: 17px; margin: 6px 0 4px; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th { text-align: left; font-weight: 600; color: #4A5863; border-bottom: 1.5px solid #7D8A94; padding: 4px 6px;
  vertical-align: bottom; }
td { border-bottom: 1px solid #E1E6EA; padding: 4px 6px; vertical-align: top; }
th.n, td.n { text-align: right; white-space: nowrap; }
th.n { white-space: normal; }
.name { white-space: nowrap; }
.keep { break-inside: avoid; }
td small, th small { white-space: nowrap; color: #5F6C77; font-weight: 400; font-size: 11px; }
tr.total td { border-top: 1.5px solid #7D8A94; font-weight: 600; }
code { font: inherit; font-size: 11px; color: #4A5863; overflow-wrap: anywhere; }
section.sheet, section.recount { break-before: page; }
table.recount th:nth-child(2) { width: 46%; }
table.recount th:nth-child(3) { width: 36%; }
section.recount td { font-size: 11px; line-height: 16px; }
.definition { color: #4A5863; }
@media print { html { background: none; } body { max-width: none; padding: 0; font-size: 10.5pt; }
  a { color: inherit; text-decoration: none; } }
@media (max-width: 640px) { body { padding: 14px; } dl.tiles { grid-template-columns: repeat(2, 1fr); }
  .wide { overflow-x: auto; } }
"""

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

META_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""Stands in the page itself, so that a copy on disk is as strict."""

POLICY = f"{META_POLICY}; frame-ancestors 'none'"
"""For the answer's header."""
