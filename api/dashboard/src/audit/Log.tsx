import { Button } from "antd";
import { useMemo, useState } from "react";
import { useList, type ItemOf } from "../api/queries";
import { dayTimeS } from "../format/time";
import { useT, useWord } from "../i18n";
import { serverNow } from "../live/useStream";
import { DataTable, type Column } from "../ui/DataTable";
import { daysOf, momentsOf, type Address, type SetAddress } from "./address";
import { Account } from "./Account";
import { EntryDrawer } from "./EntryDrawer";
import { LogExport } from "./LogExport";
import { LogFilters } from "./LogFilters";
import { plateOf, Subject } from "./Subject";
import { useAuditWords } from "./words";

export type Entry = ItemOf<"/api/v1/audit/log">;
const placeOf = (entry: Entry) => `${entry.chain}-${entry.n}`;

/** Who did or read what, when and why. The list stands still until somebody asks for it again. */
export function Log({ address, set }: { address: Address; set: SetAddress }) {
  const t = useT("audit");
  const word = useWord();
  const words = useAuditWords();
  const [purpose, setPurpose] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  const days = daysOf(address, serverNow(), null);
  const { actor, action, object, organ } = address;
  const query = {
    ...momentsOf(days), ...(actor ? { account: actor } : {}), ...(action ? { action } : {}), ...(object ? { subject: object } : {}),
    ...(organ ? { organ } : {}), ...(purpose ? { purpose } : {}),
  };
  const found = useList("/api/v1/audit/log", query, { limit: 100, staleTime: Infinity });
  const columns = useMemo<readonly Column<Entry>[]>(() => [
    { key: "at", title: t("at"), width: 164, render: (one) => dayTimeS(one.at) },
    { key: "account", title: t("account"), width: 280, render: (one) => (
      <span className="with-role"><Account name={one.account} />{one.role && <small>{word("role", one.role)}</small>}</span>
    ) },
    { key: "action", title: t("action"), width: 180, render: (one) => words.action(one.action) },
    { key: "subject", title: t("subject"), width: 180, render: (one) => <Subject subject={one.subject} plate={plateOf(one.detail)} /> },
    { key: "purpose", title: t("purpose"), render: (one) => <span className="clamp" title={one.purpose ?? undefined}>{one.purpose ?? "—"}</span> },
    { key: "address", title: t("address"), width: 130, render: (one) => one.address ?? "—" },
    { key: "n", title: t("chain"), hidden: true, figure: true, width: 110, render: (one) => `${one.chain} · ${one.n}` },
  ], [t, word, words]);
  const at = found.items.findIndex((one) => placeOf(one) === open);
  const shown = found.items[at];
  return (
    <>
      <LogFilters address={address} set={set} days={days} purpose={purpose} onPurpose={setPurpose} note={t("log_note")} />
      <div className="audit-body">
        <DataTable
          caption={t("log")} columns={columns} rows={found.items} rowKey={placeOf} state={found} more={found.more} selected={open}
          empty={{ text: t("log_none") }} onOpen={(one) => setOpen(placeOf(one))}
          actions={(
            <>
              <LogExport query={query} />
              <Button size="small" loading={found.isFetching} onClick={() => void found.refetch()}>{t("refresh")}</Button>
            </>
          )}
        />
      </div>
      {shown && <EntryDrawer entry={shown} onClose={() => setOpen(null)} />}
    </>
  );
}
