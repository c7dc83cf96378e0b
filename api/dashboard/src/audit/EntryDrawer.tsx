import { Drawer } from "antd";
import { dayTimeS } from "../format/time";
import { useT, useWord } from "../i18n";
import { Pairs, Panel } from "../ui/Panel";
import { useOrganNames } from "../ui/organs";
import { Account } from "./Account";
import { BeforeAfter, type Versions } from "./BeforeAfter";
import { Told } from "./Told";
import type { Entry } from "./Log";
import { plateOf, Subject } from "./Subject";
import { useAuditWords } from "./words";

/** One entry: who, what, why; what was so before and after; and the code that holds it in its place. */
export function EntryDrawer({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const t = useT("audit");
  const word = useWord();
  const words = useAuditWords();
  const names = useOrganNames();
  const detail = typeof entry.detail === "object" && entry.detail !== null ? (entry.detail as Record<string, unknown>) : {};
  const versions: Versions | null = "before" in detail || "after" in detail ? { before: detail["before"], after: detail["after"] } : null;
  const rest = Object.entries(detail).filter(([name]) => !versions || (name !== "before" && name !== "after"));
  const organs = entry.organ_ids.length === 0 ? t("whole_city") : entry.organ_ids.map((id) => names.get(id) ?? String(id)).join("、");
  return (
    <Drawer open size={640} onClose={onClose} title={words.action(entry.action)} className="audit-drawer" mask={false} destroyOnHidden>
      <Pairs items={[
        [t("at"), dayTimeS(entry.at)],
        [t("account"), <span key="a"><Account name={entry.account} />{entry.role ? ` · ${word("role", entry.role)}` : ""}</span>],
        [t("subject"), <Subject key="s" subject={entry.subject} plate={plateOf(entry.detail)} />],
        [t("purpose"), entry.purpose ?? t("not_stated")],
        [t("address"), entry.address ?? "—"],
        [t("organs"), organs],
      ]} />
      {versions && <BeforeAfter versions={versions} />}
      {rest.length > 0 && (
        <Panel title={t("more_detail")}>
          <Pairs items={rest.map(([name, value]) => [words.field(name), <Told key={name} field={name} value={value} />])} />
        </Panel>
      )}
      <Panel title={t("entry_place", { chain: entry.chain, n: entry.n })}>
        <Pairs items={[[t("code"), <code key="c" className="long">{entry.mac}</code>], [t("key"), <code key="k">{entry.key_id}</code>]]} />
        <details className="as-json">
          <summary>{t("as_json")}</summary>
          <pre tabIndex={0}>{JSON.stringify(entry, null, 2)}</pre>
        </details>
      </Panel>
    </Drawer>
  );
}
