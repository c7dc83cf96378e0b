import { useMemo } from "react";
import { number } from "../format/number";
import { useT } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { differenceOf, hourWords } from "./books";
import type { Hour } from "./Ledger";

const STATE = { isPending: false, error: null, refetch: () => undefined };

/** The strip as a table: every hour with its four counts and their difference. */
export function HourTable({ hours, chosen, onPick }: { hours: readonly Hour[]; chosen: string; onPick: (hour: string) => void }) {
  const t = useT("audit");
  const columns = useMemo<readonly Column<Hour>[]>(() => [
    { key: "hour", title: t("hour"), width: 150, render: (one) => hourWords(one.hour), sort: (a, b) => a.hour.localeCompare(b.hour) },
    ...(["received", "stored", "duplicate", "quarantined"] as const).map((name) => ({
      key: name, title: t(name), figure: true, width: 96, render: (one: Hour) => number(one[name]), sort: (a: Hour, b: Hour) => a[name] - b[name],
    })),
    { key: "difference", title: t("difference"), figure: true, width: 72, sort: (a, b) => differenceOf(a) - differenceOf(b),
      render: (one) => <span className={differenceOf(one) === 0 ? "" : "wrong-sum"}>{number(differenceOf(one))}</span> },
  ], [t]);
  return (
    <DataTable caption={t("hours")} columns={columns} rows={hours} rowKey={(one) => one.hour} state={STATE} selected={chosen || null}
      empty={{ text: t("ledger_none") }} height={360} onOpen={(one) => onPick(one.hour === chosen ? "" : one.hour)} />
  );
}
