import { Input, Select } from "antd";
import { useT, useWord } from "../i18n";
import { WallTime } from "../ui/WallTime";
import { OrganField } from "./OrganField";
import type { OrderState, Tab } from "./model";
import type { Asked } from "./useInbox";

export const STATES = ["draft", "submitted", "approved", "rejected", "assigned", "departed", "returned", "settled", "cancelled"] as const;

/** Whose orders; in the last tab also which state, number and days. */
export function InboxFilters({
  tab,
  asked,
  organs,
  onAsk,
}: {
  tab: Tab;
  asked: Asked;
  organs: boolean;
  onAsk: (change: Partial<Asked>) => void;
}) {
  const t = useT("dispatch");
  const word = useWord();
  if (!organs && tab !== "all") return null;
  return (
    <div className="inbox-filters">
      {organs && <OrganField value={asked.organ} allowClear label={t("organ_filter")} onChange={(organ) => onAsk({ organ })} />}
      {tab === "all" && (
        <>
          <Input
            size="small"
            allowClear
            value={asked.number}
            placeholder={t("number_hint")}
            aria-label={t("number_hint")}
            onChange={(event) => onAsk({ number: event.target.value })}
          />
          <Select
            size="small"
            mode="multiple"
            allowClear
            value={[...asked.state]}
            placeholder={t("any_state")}
            aria-label={t("state")}
            maxTagCount="responsive"
            options={STATES.map((value) => ({ value, label: word("order", value) }))}
            onChange={(state: OrderState[]) => onAsk({ state })}
          />
          <div className="pair">
            <WallTime kind="day" value={asked.from || null} label={t("from_day")} onChange={(day) => onAsk({ from: day ?? "" })} />
            <WallTime kind="day" value={asked.to || null} label={t("to_day")} onChange={(day) => onAsk({ to: day ?? "" })} />
          </div>
        </>
      )}
    </div>
  );
}
