import { Input, Segmented, Select } from "antd";
import { useMemo, useState } from "react";
import { useList, type ItemOf } from "../api/queries";
import { dayTimeS } from "../format/time";
import { useT, type Key } from "../i18n";
import { serverNow } from "../live/useStream";
import { useMay } from "../session/session";
import { DataTable, type Column } from "../ui/DataTable";
import { Filters } from "../ui/Filters";
import { daysOf, momentsOf, type Address, type SetAddress } from "./address";
import { DayRange } from "./DayRange";
import { RefusedDrawer } from "./RefusedDrawer";
import { RetryButton } from "./RetryButton";
import { useAuditWords } from "./words";

export type Refused = ItemOf<"/api/v1/quarantine">;

const REASONS = [
  "unknown_unit", "wrong_division", "bad_topic", "malformed_json", "missing_field", "wrong_type", "out_of_range", "time_before_2015",
    "time_in_future",
  "identity_conflict", "unknown_event", "unknown_command", "too_many_samples", "empty_array",
];

/** What was refused, why, with its raw bytes, and what to do about it. */
export function Quarantine({ address, set }: { address: Address; set: SetAddress }) {
  const t = useT("audit");
  const words = useAuditWords();
  const mayRetry = useMay("retry_quarantine");
  const [unit, setUnit] = useState(address.unit);
  const [open, setOpen] = useState<number | null>(null);
  const days = daysOf(address, serverNow(), null);
  const query = {
    ...momentsOf(days), ...(address.reason ? { reason: address.reason } : {}), ...(address.unit ? { unit: address.unit } : {}),
    ...(address.state === "all" ? {} : { resolved: address.state === "resolved" }),
  };
  const found = useList("/api/v1/quarantine", query, { limit: 100 });
  const columns = useMemo<readonly Column<Refused>[]>(() => [
    { key: "at", title: t("received_at"), width: 170, render: (one) => dayTimeS(one.received_at) },
    { key: "unit", title: t("unit"), width: 150, render: (one) => one.unit ?? "—" },
    { key: "kind", title: t("kind"), width: 110, render: (one) => t(`sample.${one.kind}` as Key<"audit">) },
    { key: "reason", title: t("reason"),
      render: (one) => `${words.reason(one.reason)}${one.reasons.length > 1 ? ` +${one.reasons.length - 1}` : ""}` },
    { key: "retries", title: t("retries"), figure: true, width: 90, render: (one) => one.retries },
    { key: "state", title: t("state"), width: 120, render: (one) => t(stateOf(one)) },
  ], [t, words]);
  const take = () => unit.trim() !== address.unit && set({ unit: unit.trim() });
  const clear = () => {
    setUnit("");
    set({ from: "", to: "", unit: "", reason: "", state: "open" });
  };
  const shown = found.items.find((one) => one.id === open);
  return (
    <>
      <Filters active={Boolean(address.from || address.unit || address.reason) || address.state !== "open"} onClear={clear}>
        <Segmented<Address["state"]> size="middle" value={address.state} aria-label={t("state")} onChange={(state) => set({ state })}
          options={(["open", "resolved", "all"] as const).map((value) => ({ value, label: t(value === "all" ? "any_state" : `${value}_only`) }))} />
        <Select className="wide" allowClear aria-label={t("reason")} placeholder={t("any_reason")} value={address.reason || undefined}
          popupMatchSelectWidth={260}
          options={REASONS.map((reason) => ({ value: reason, label: words.reason(reason) }))}
          onChange={(reason?: string) => set({ reason: reason ?? "" })} />
        <Input className="wide" allowClear aria-label={t("unit")} placeholder={t("any_unit")} value={unit} maxLength={100} spellCheck={false}
          onChange={({ target }) => { setUnit(target.value); if (!target.value) set({ unit: "" }); }} onPressEnter={take} onBlur={take} />
        <DayRange days={days} all onChange={(picked) => set(picked)} />
      </Filters>
      <div className="audit-body">
        <DataTable
          caption={t("quarantine")} columns={columns} rows={found.items} rowKey={(one) => one.id} state={found} more={found.more} selected={open}
          empty={{ text: t("quarantine_none") }} onOpen={(one) => setOpen(one.id)}
          actions={mayRetry && address.reason && address.state === "open" && found.items.length > 0
            ? <RetryButton reason={address.reason} /> : undefined}
        />
      </div>
      {shown && <RefusedDrawer refused={shown} onClose={() => setOpen(null)} />}
    </>
  );
}

export const stateOf = (one: Refused): Key<"audit"> =>
  one.resolved_at !== null ? "resolved" : one.retry_requested_at !== null ? "waiting_retry" : "unresolved";
