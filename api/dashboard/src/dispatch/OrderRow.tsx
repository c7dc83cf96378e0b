import { clock, duration, isoDay } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { waitOf, pendingAmendment, type Order } from "./model";

/** One order of the inbox: when, for whom, what for and where to; how long it waits, and whether that is too long. */
export function OrderRow({ order, current, onOpen }: { order: Order; current: boolean; onOpen: () => void }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const now = serverNow();
  const purpose = lang === "zh" ? order.purpose_zh : order.purpose_en;
  const day = isoDay(order.planned_from) === isoDay(now) ? "" : `${isoDay(order.planned_from).slice(5)} `;
  return (
    <li>
      <button type="button" className="order-row" aria-current={current || undefined} onClick={onOpen}>
        <span className="at">
          {day}
          {clock(order.planned_from)}
        </span>
        <span className="t">
          {order.emergency && <em className="urgent">{t("emergency_short")}</em>}
          {purpose}
        </span>
        <Waiting order={order} now={now} />
        <span className="e">{order.destinations.map((one) => one.name).join(" → ") || "—"}</span>
        <span className="o">
          <span>{order.organ.name}</span>
          <span>{pendingAmendment(order) ? t("change_waits") : word("order", order.state)}</span>
        </span>
      </button>
    </li>
  );
}

function Waiting({ order, now }: { order: Order; now: number }) {
  const t = useT("dispatch");
  const lang = useLang();
  const wait = waitOf(order, now);
  if (wait.kind === "overdue") return <span className="wait bad">{t("overdue")}</span>;
  if (wait.kind === "approval")
    return <span className="wait warn">{t("left", { time: duration((wait.untilMs - now) / 1000, lang) })}</span>;
  if (wait.kind === "late") return <span className="wait bad">{t("late", { time: duration((now - wait.sinceMs) / 1000, lang) })}</span>;
  if (wait.kind === "waits") return <span className="wait">{t("waits", { time: duration((now - wait.sinceMs) / 1000, lang) })}</span>;
  return <span className="wait">{order.number ?? ""}</span>;
}
