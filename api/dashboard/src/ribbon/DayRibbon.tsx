import { clock, dayBegin } from "../format/time";
import { useT } from "../i18n";

/** A span of one lane, in milliseconds; without an end it goes on. */
export interface Span {
  from: number;
  to: number | null;
  kind: "order" | "driven" | "unapproved" | "undetermined" | "pending";
  title?: string;
}

const WIDTH = 312;
const LEFT = 44;
const HOUR_MS = 3600_000;

/**
 * What was permitted above, what was driven below, over one fleet day (04:00 to 04:00): the product's central picture.
 * `now` draws the present; `onPick` makes spans of the lower lane clickable by their index.
 */
export function DayRibbon({ orders, driven, day, now, onPick }: {
  orders: readonly Span[]; driven: readonly Span[]; day: number; now?: number; onPick?: (index: number) => void;
}) {
  const t = useT("shell");
  const begin = dayBegin(day);
  const end = begin + 24 * HOUR_MS;
  const x = (moment: number) => LEFT + ((Math.min(Math.max(moment, begin), end) - begin) / (end - begin)) * (WIDTH - LEFT);
  const inDay = (span: Span) => span.from < end && (span.to ?? now ?? end) > begin;
  const width = (span: Span) => Math.max(2, x(span.to ?? now ?? end) - x(span.from));
  const hours = [0, 6, 12, 18, 24].map((hour) => begin + hour * HOUR_MS);
  return (
    <svg className="ribbon" viewBox={`0 0 ${WIDTH} 78`} role="img" aria-label={`${t("lane_orders")} / ${t("lane_driven")}`}>
      {hours.map((moment, index) => (
        <g key={moment}>
          <line x1={x(moment)} x2={x(moment)} y1="4" y2="58" stroke="var(--line)" />
          <text x={x(moment)} y="73" textAnchor={index === 4 ? "end" : index === 0 ? "start" : "middle"}>{clock(moment)}</text>
        </g>
      ))}
      <text x="0" y="20">{t("lane_orders")}</text>
      <text x="0" y="48">{t("lane_driven")}</text>
      {orders.filter(inDay).map((span) => (
        <rect key={span.from} x={x(span.from)} y="8" width={width(span)} height="16" rx="3"
          fill="var(--brand-soft)" stroke="var(--brand)" strokeDasharray={span.kind === "pending" ? "3 2" : undefined}>
          <title>{span.title}</title>
        </rect>
      ))}
      <line x1={LEFT} x2={WIDTH} y1="44" y2="44" stroke="var(--line-strong)" />
      {driven.map((span, index) => inDay(span) && (
        <g key={span.from} className={onPick ? "pickable" : undefined} onClick={onPick && (() => onPick(index))}>
          <rect x={x(span.from)} y="36" width={width(span)} height="16" rx="2" fill={FILL[span.kind]}
            stroke={span.kind === "undetermined" ? "var(--ink-3)" : "none"}>
            <title>{span.title}</title>
          </rect>
          {span.kind === "unapproved" && (
            <path d={`M${x(span.from) + width(span) / 2} 27l4 6h-8z`} transform="rotate(0)" fill="var(--red)" />
          )}
        </g>
      ))}
      {now !== undefined && now > begin && now < end && (
        <line x1={x(now)} x2={x(now)} y1="2" y2="60" stroke="var(--ink)" strokeDasharray="2 2" />
      )}
    </svg>
  );
}

const FILL: Record<Span["kind"], string> = {
  order: "var(--brand)",
  driven: "var(--brand)",
  pending: "var(--yellow)",
  unapproved: "var(--red)",
  undetermined: "var(--surface)",
};
