import { Input, Select } from "antd";
import { useState } from "react";
import { useT } from "../i18n";
import { Filters } from "../ui/Filters";
import { OrganTreeField } from "../ui/OrganTreeField";
import type { Address, Days, SetAddress } from "./address";
import { DayRange } from "./DayRange";
import { SubjectField } from "./SubjectField";
import { useAuditWords } from "./words";

/** What people ask the log for: reads first, then changes. A dot at the end means all of that kind. */
const ACTIONS = [
  "track.read", "visits.read", "use_record.read", "driver.unmask", "order.unmask", "case.evidence", "export.", "access.refused",
  "session.", "account.", "token.", "vehicle.", "organ.", "driver.", "unit.", "binding.", "area.", "import.", "policy.", "order.", "task.", "case.",
  "webhook.", "gateway.", "quarantine.retry", "retention.run", "audit.",
];

export function LogFilters({ address, set, days, purpose, onPurpose, note }: {
  address: Address; set: SetAddress; days: Days | null; purpose: string; onPurpose: (purpose: string) => void; note: string;
}) {
  const t = useT("audit");
  const words = useAuditWords();
  const [actor, setActor] = useState(address.actor);
  const [why, setWhy] = useState(purpose);
  const label = (action: string) => (action.endsWith(".") ? t("all_of", { kind: words.subject(action.slice(0, -1)).word }) : words.action(action));
  const active = [address.actor, address.action, address.object, address.organ, purpose, address.from].some(Boolean);
  const clear = () => {
    setActor("");
    setWhy("");
    onPurpose("");
    set({ actor: "", action: "", object: "", organ: null, from: "", to: "" });
  };
  return (
    <Filters active={active} onClear={clear} note={note}>
      <DayRange days={days} all onChange={(picked) => set(picked)} />
      <Select
        className="wide" showSearch allowClear aria-label={t("action")} placeholder={t("any_action")} value={address.action || undefined}
        optionFilterProp="label" popupMatchSelectWidth={260} options={ACTIONS.map((action) => ({ value: action, label: label(action) }))}
        onChange={(action?: string) => set({ action: action ?? "" })}
      />
      <SubjectField value={address.object} onChange={(object) => set({ object })} />
      <Input
        className="wide" allowClear aria-label={t("account")} placeholder={t("any_account")} value={actor} maxLength={200}
        onChange={({ target }) => { setActor(target.value); if (!target.value) set({ actor: "" }); }}
        onPressEnter={() => set({ actor: actor.trim() })} onBlur={() => actor.trim() !== address.actor && set({ actor: actor.trim() })}
      />
      <Input
        className="wide" allowClear aria-label={t("purpose_part")} placeholder={t("purpose_part")} value={why} maxLength={200}
        onChange={({ target }) => { setWhy(target.value); if (!target.value) onPurpose(""); }}
        onPressEnter={() => onPurpose(why.trim())} onBlur={() => why.trim() !== purpose && onPurpose(why.trim())}
      />
      <OrganTreeField label={t("organs")} value={address.organ} onChange={(organ) => set({ organ })} />
    </Filters>
  );
}
