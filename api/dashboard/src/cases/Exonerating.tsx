import { Fragment, type ReactNode } from "react";
import { Link } from "react-router";
import { dayTime, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { useMay } from "../session/session";
import { ProblemView } from "../ui/states";
import { groundWords } from "./grounds";
import { gapsIn } from "./Quality";
import type { Around } from "./queries";

/** What would clear the vehicle: looked for before anybody is asked, shown whether found or not. */
export function Exonerating({ around, span }: { around: Around; span: { from: number; to: number } }) {
  const lang = useLang();
  const t = useT("cases");
  const word = useWord();
  const [mayOrders, mayLists] = [useMay("read_orders"), useMay("read_lists")];
  const orders = around.orders.data?.items ?? [];
  const lists = around.exemptions.data?.items ?? [];
  const gaps = gapsIn(around.timeline.data?.items ?? [], span);
  const doubts = around.doubts.data?.items.filter((finding) => finding.outcome === "doubt") ?? [];
  const status = around.vehicle.data?.status;
  const rows: [string, ReactNode, { error: unknown; data: unknown }, boolean][] = [
    [t("x_orders"), orders.length === 0 ? t("x_no_orders") : orders.map((order) => (
      <p key={order.id}>
        <Link to={`/dispatch/orders/${order.id}`}>{order.number ?? `#${order.id}`}</Link> {range(order.planned_from, order.planned_to)}
        {" · "}{lang === "zh" ? order.purpose_zh : order.purpose_en}{order.emergency && ` · ${t("x_emergency")}`}
        {" · "}{order.decision === "approved" && order.decided_at ? t("x_approved", { time: dayTime(order.decided_at) }) : t("x_not_approved")}
      </p>
    )), around.orders, mayOrders],
    [t("x_exempt"), lists.length === 0 ? t("x_no_exempt") : lists.map((list) => (
      <p key={list.id}>{t(`ex_${list.kind}`)} {range(list.from, list.to)} · {list.why}</p>
    )), around.exemptions, mayLists],
    [t("x_gaps"), gaps.length === 0 ? t("x_no_gaps") : t("x_has_gaps", { n: gaps.length }), around.timeline, true],
    [t("x_doubts"), doubts.length === 0 ? t("x_no_doubts") : doubts.map((finding) => (
      <p key={finding.id}>{word("rule", finding.rule)}: {finding.grounds.map((ground) => groundWords(ground, lang)).join("; ")}</p>
    )), around.doubts, true],
    [t("x_status"), status ? word("status", status) : "—", around.vehicle, true],
  ];
  return (
    <dl className="kv wide clear">
      {rows.filter(([, , , may]) => may).map(([name, content, of]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{of.error ? <ProblemView problem={of.error} /> : of.data === undefined ? "…" : content}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
