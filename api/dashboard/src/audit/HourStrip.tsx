import { useRef } from "react";
import { number } from "../format/number";
import { isoDay } from "../format/time";
import { useT } from "../i18n";
import { useWidth } from "../ribbon/useWidth";
import type { Days } from "./address";
import { differenceOf, hourWords, shade, stripDays, type Cell } from "./books";
import type { Hour } from "./Ledger";

const LEFT = 52;
const ROW = 18;
const HEAD = 20;
const MOST_DAYS = 42;

/** A cell for every hour, a row for every day: the darker, the more came; hatched where the books do not add up. */
export function HourStrip({ hours, days, chosen, onPick }: {
  hours: readonly Hour[]; days: Days | null; chosen: string; onPick: (hour: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const t = useT("audit");
  const first = hours.at(-1)?.hour ?? "";
  const last = hours[0]?.hour ?? "";
  const rows = stripDays(hours, isoDay(first), days?.to && days.to < isoDay(last) ? days.to : isoDay(last)).slice(0, MOST_DAYS);
  const most = Math.max(...hours.map((one) => one.received));
  const step = (Math.max(width, 320) - LEFT) / 24;
  const says = t("strip_says", {
    days: rows.length, hours: hours.length, most: number(most), refused: hours.filter((one) => one.quarantined > 0).length,
    wrong: hours.filter((one) => differenceOf(one) !== 0).length,
  });
  return (
    <div className="strip" ref={box}>
      <svg width={width} height={HEAD + rows.length * ROW} role="img" aria-label={says}>
        <defs>
          <pattern id="wrong" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="5" height="5" fill="var(--red-soft)" /><line y2="5" stroke="var(--red)" strokeWidth="2" />
          </pattern>
        </defs>
        {[0, 4, 8, 12, 16, 20].map((at) => <text key={at} x={LEFT + at * step} y="12">{String(at).padStart(2, "0")}:00</text>)}
        {rows.map((row, index) => (
          <g key={row.day} transform={`translate(0 ${HEAD + index * ROW})`}>
            <text x="0" y="12">{row.day.slice(5)}</text>
            {row.cells.map((cell, at) => (
              <HourCell key={cell.hour} cell={cell} x={LEFT + at * step} width={step - 2} most={most}
                chosen={cell.of !== null && cell.of.hour === chosen} onPick={onPick} />
            ))}
          </g>
        ))}
      </svg>
      <p className="strip-key">
        <span><i className="nil" />{t("strip_none")}</span><span><i className="much" />{t("strip_much")}</span>
        <span><i className="refused" />{t("strip_refused")}</span><span><i className="off" />{t("strip_wrong")}</span>
      </p>
    </div>
  );
}

function HourCell({ cell, x, width, most, chosen, onPick }: {
  cell: Cell<Hour>; x: number; width: number; most: number; chosen: boolean; onPick: (hour: string) => void;
}) {
  const t = useT("audit");
  const { of } = cell;
  if (!of) return <rect x={x} y="0.5" width={width} height={ROW - 4} rx="2" className="empty" />;
  const difference = differenceOf(of);
  const title = t("cell", {
    hour: hourWords(of.hour), received: number(of.received), stored: number(of.stored), duplicate: number(of.duplicate),
    quarantined: number(of.quarantined), difference: number(difference),
  });
  return (
    <g className="pickable" onClick={() => onPick(chosen ? "" : of.hour)}>
      <title>{title}</title>
      <rect x={x} y="0" width={width} height={ROW - 3} rx="2" fill="var(--surface)" />
      <rect x={x} y="0" width={width} height={ROW - 3} rx="2" fill={difference === 0 ? "var(--brand)" : "url(#wrong)"}
        opacity={difference === 0 ? shade(of.received, most) : 1} />
      {of.quarantined > 0 && <path d={`M${x + width - 8} 1h7v7z`} fill="var(--yellow)" stroke="var(--yellow-ink)" strokeWidth="1" />}
      {chosen && <rect x={x - 1} y="-1" width={width + 2} height={ROW - 1} rx="3" fill="none" stroke="var(--ink)" strokeWidth="2" />}
    </g>
  );
}
