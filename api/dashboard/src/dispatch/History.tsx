import { useGet } from "../api/queries";
import { dayTime } from "../format/time";
import { useT, useWord } from "../i18n";
import { Panel } from "../ui/Panel";
import type { Order } from "./model";

const KNOWN = [
  "create",
  "edit",
  "submit",
  "approve",
  "reject",
  "assign",
  "depart",
  "return",
  "settle",
  "cancel",
  "amend",
  "approve_amendment",
  "reject_amendment",
  "withdraw_amendment",
  "correct",
  "road",
] as const;

/** Every step, the newest first: who, in which role, when and why. */
export function History({ order }: { order: Order }) {
  const t = useT("dispatch");
  const word = useWord();
  const found = useGet("/api/v1/orders/{order_id}/history", { params: { path: { order_id: order.id } } }, { placeholderData: undefined });
  const items = [...(found.data?.items ?? [])].reverse();
  if (items.length === 0) return null;
  const name = (command: string) => {
    const known = KNOWN.find((one) => one === command);
    return known ? t(`did_${known}`) : command;
  };
  return (
    <Panel title={t("history")} note={t("steps_n", { n: items.length })}>
      <ol className="order-history">
        {items.map((one) => (
          <li key={one.n}>
            <span>{name(one.command)}</span>
            <time dateTime={one.at}>{dayTime(one.at)}</time>
            <small>{one.account ? `${one.account.username}${one.role ? ` · ${word("role", one.role)}` : ""}` : t("nobody")}</small>
            {one.why && <q>{one.why}</q>}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
