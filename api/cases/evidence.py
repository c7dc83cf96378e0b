"""The evidence file of a case: what an auditor takes along, with a sum over every part of it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any, NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from api.datum import Datum
from api.tracks.fixes import of_packed
from api.tracks.formats import Heading, to_geojson
from api.tracks.points import make_track
from fleet.model.moments import LOCAL
from fleet.store.tracks import packed_tracks
from fleet.tracks.packed import unpack


class Packed(NamedTuple):
    content: bytes
    sha256: str


async def evidence_file(
    connection: AsyncConnection, case: Mapping[str, Any], *, now: datetime, by: str, purpose: str
) -> Packed:
    """The same case gives the same bytes but for `taken`: entries in a fixed order, with a fixed time."""
    trips = sorted({one["subject"]["id"] for one in case["evidence"] if one["subject"]["kind"] == "trip"})
    parts: dict[str, bytes] = {"case.json": _json(case)}
    for trip_id, packed in sorted((await packed_tracks(connection, trips)).items()):
        parts[f"track-{trip_id}.geojson"] = _geojson(case, packed, trip_id)
    parts["case.html"] = _page(case).encode()
    parts["taken.json"] = _json({"at": now, "by": by, "purpose": purpose})
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(parts.items()))
    parts["SHA256SUMS"] = sums.encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    content = file.getvalue()
    return Packed(content, hashlib.sha256(content).hexdigest())


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def _geojson(case: Mapping[str, Any], packed: bytes, trip_id: int) -> bytes:
    """The whole track, thinned by nothing: it is evidence."""
    fixes = of_packed(unpack(packed), None)
    heading = Heading(
        vehicle_id=case["vehicle_id"],
        plate=case["plate"],
        begin=fixes[0].observed_at,
        end=fixes[-1].observed_at,
        datum=Datum.WGS84,
        trip_id=trip_id,
    )
    return to_geojson(heading, make_track(fixes, max_points=len(fixes), datum=Datum.WGS84))


def _page(case: Mapping[str, Any]) -> str:
    """One page without scripts or outside parts, to print."""

    def local(moment: datetime | None) -> str:
        return "–" if moment is None else moment.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S")

    findings = "".join(
        f"<h3>{escape(one['title_zh'])} <small>{escape(one['title_en'])} · {escape(one['severity'] or '–')}"
        f"{' · 已撤回 withdrawn' if one['withdrawn_at'] else ''}</small></h3>"
        f"<p>{local(one['from'])} – {local(one['to'])}</p><ul>"
        + "".join(
            f"<li>{escape(ground['zh'])}<br><small>{escape(ground['en'])}</small></li>" for ground in one["grounds"]
        )
        + "</ul>"
        for one in case["evidence"]
    )
    history = "".join(
        f"<tr><td>{local(one['at'])}</td><td>{escape(one['by'] or '系统')}</td><td>{escape(one['command'])}</td>"
        f"<td>{escape(one['state_after'])}</td><td>{escape(one['why'] or '')}</td></tr>"
        for one in case["history"]
    )
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        f"<title>{escape(case['number'])}</title>"
        "<style>body{font:14px/1.6 sans-serif;max-width:48em;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.3em .5em;text-align:left}"
        "small{color:#555}</style>"
        f"<h1>线索 {escape(case['number'])}</h1>"
        f"<p>{escape(case['plate'])} · {escape(case['organ_name'])} · {escape(case['state'])} · "
        f"{local(case['from'])} – {local(case['to'])}</p>"
        f"<h2>发现 Findings</h2>{findings}"
        "<h2>经过 History</h2><table><tr><th>时间</th><th>人员</th><th>操作</th><th>状态</th><th>理由</th></tr>"
        f"{history}</table></html>"
    )
