import { useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { dayTime } from "../format/time";
import { momentOf, ticks, xOf, type Scale } from "./scale";
import { useWidth } from "./useWidth";

export type Tone = "order" | "pending" | "driven" | "unapproved" | "deviation" | "undetermined" | "gap" | "red" | "yellow" | "blue";
export interface LaneSpan {
  from: number;
  to: number;
  tone: Tone;
  title: string;
}
export interface Lane {
  key: string;
  label: string;
  spans: readonly LaneSpan[];
  /** A thinner lane, for what was permitted. */
  slim?: boolean;
}
export interface Curve {
  label: string;
  unit: string;
  /** null breaks the line. */
  points: readonly (readonly [number, number | null])[];
}

const LEFT = 68;
const FOOT = 20;
const FILL: Record<Tone, string> = {
  order: "var(--brand-soft)", pending: "var(--yellow-soft)", driven: "var(--brand)", unapproved: "var(--red)", deviation: "var(--chart-3)",
  undetermined: "var(--surface)", gap: "url(#hatch)", red: "var(--red)", yellow: "var(--yellow)", blue: "var(--blue)",
};
const EDGE: Partial<Record<Tone, string>> = {
  order: "var(--brand)", pending: "var(--yellow-ink)", undetermined: "var(--ink-3)", gap: "var(--ink-3)", yellow: "var(--yellow-ink)",
};

/** Lanes over one time axis with a curve below, and a moment that moves through all of it by pointer and arrow keys. */
export function TimeLanes({ from, to, lanes, curve, moment, proofs = [], onMoment, onPick, label, says }: {
  from: number; to: number; lanes: readonly Lane[]; curve?: Curve; moment: number | null; proofs?: readonly number[];
  onMoment: (moment: number) => void; onPick?: (lane: string, span: number) => void; label: string; says?: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const scale: Scale = { from, to, left: LEFT, width: width - 8 };
  let y = 6;
  const rows = lanes.map((lane) => {
    const height = lane.slim ? 10 : 16;
    const row = { lane, y, height };
    y += height + (lane.slim ? 4 : 8);
    return row;
  });
  const curveTop = y + 2;
  const bottom = curve ? curveTop + 64 : y;
  const point = (event: PointerEvent) => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    onMoment(momentOf(scale, event.clientX - left));
  };
  const key = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -60_000, ArrowRight: 60_000, PageUp: -600_000, PageDown: 600_000 }[event.key];
    const next = event.key === "Home" ? from : event.key === "End" ? to : step === undefined ? null : (moment ?? from) + step;
    if (next === null) return;
    event.preventDefault();
    onMoment(Math.min(to, Math.max(from, next)));
  };
  return (
    <div ref={box} className="lanes" role="slider" tabIndex={0} aria-label={label} aria-valuemin={from} aria-valuemax={to}
      aria-valuenow={moment ?? from} aria-valuetext={says ?? dayTime(moment ?? from)} onKeyDown={key}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); point(event); }}
      onPointerMove={(event) => event.buttons > 0 && point(event)}>
      <svg width={width} height={bottom + FOOT} viewBox={`0 0 ${width} ${bottom + FOOT}`} aria-hidden>
        <defs>
          <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="5" height="5" fill="var(--raised)" /><line y2="5" stroke="var(--ink-3)" strokeWidth="1.6" />
          </pattern>
        </defs>
        {ticks(scale).map(({ at, label: text }) => (
          <g key={at}>
            <line x1={xOf(scale, at)} x2={xOf(scale, at)} y1="2" y2={bottom} stroke="var(--line)" />
            <text x={xOf(scale, at)} y={bottom + 15} textAnchor={xOf(scale, at) > width - 24 ? "end" : "middle"}>{text}</text>
          </g>
        ))}
        {rows.map(({ lane, y: top, height }) => (
          <g key={lane.key}>
            <text x="0" y={top + height / 2 + 4}>{lane.label}</text>
            <line x1={LEFT} x2={width - 8} y1={top + height / 2} y2={top + height / 2} stroke="var(--line-strong)" />
            {lane.spans.map((span, index) => (
              <Bar key={`${span.from}-${index}`} scale={scale} span={span} y={top} height={height}
                {...(onPick ? { onPick: () => onPick(lane.key, index) } : {})} />
            ))}
          </g>
        ))}
        {curve && <CurveView curve={curve} scale={scale} top={curveTop} height={60} />}
        {proofs.map((at) => (
          <path key={at} d={`M${xOf(scale, at)} 0l4 6h-8z`} fill="var(--red)" />
        ))}
        {moment !== null && (
          <g>
            <line x1={xOf(scale, moment)} x2={xOf(scale, moment)} y1="0" y2={bottom} stroke="var(--ink)" strokeWidth="1.4" />
            <circle cx={xOf(scale, moment)} cy={bottom} r="4" fill="var(--ink)" />
          </g>
        )}
      </svg>
    </div>
  );
}

function Bar({ scale, span, y, height, onPick }: { scale: Scale; span: LaneSpan; y: number; height: number; onPick?: () => void }): ReactNode {
  if (span.to < scale.from || span.from > scale.to) return null;
  const x = xOf(scale, span.from);
  return (
    <rect x={x} y={y} width={Math.max(3, xOf(scale, span.to) - x)} height={height} rx="2" fill={FILL[span.tone]}
      stroke={EDGE[span.tone] ?? "none"} strokeDasharray={span.tone === "pending" ? "3 2" : undefined}
      className={onPick ? "pickable" : undefined} onClick={onPick}>
      <title>{span.title}</title>
    </rect>
  );
}

function CurveView({ curve, scale, top, height }: { curve: Curve; scale: Scale; top: number; height: number }) {
  const most = Math.max(60, Math.ceil(Math.max(0, ...curve.points.map(([, value]) => value ?? 0)) / 20) * 20);
  const yOf = (value: number) => top + height - (value / most) * height;
  let open = false;
  const path = curve.points.map(([at, value]) => {
    if (value === null) { open = false; return ""; }
    const part = `${open ? "L" : "M"}${xOf(scale, at).toFixed(1)} ${yOf(value).toFixed(1)}`;
    open = true;
    return part;
  }).join("");
  return (
    <g>
      <text x="0" y={top + 12}>{curve.label}</text>
      <text x="0" y={top + 28}>{curve.unit}</text>
      <text x={LEFT - 6} y={top + 10} textAnchor="end">{most}</text>
      <text x={LEFT - 6} y={top + height} textAnchor="end">0</text>
      <line x1={LEFT} x2={scale.width} y1={top} y2={top} stroke="var(--line)" />
      <line x1={LEFT} x2={scale.width} y1={top + height} y2={top + height} stroke="var(--line-strong)" />
      <path d={path} fill="none" stroke="var(--brand)" strokeWidth="1.5" />
    </g>
  );
}
