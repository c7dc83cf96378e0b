import { useMemo } from "react";
import { Link } from "react-router";
import { Bar } from "../charts/Spark";
import { MISSING, number } from "../format/number";
import { useT } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { fraction, type Board, type Figure, type ShareName } from "./figures";

export interface BoardRow extends Pick<Board["counties"][number], "stock" | "purchases" | "distance" | "energy"> {
  key: number;
  name: string;
  /** Where the row leads: the vehicles and groups behind it. */
  to: string;
}
const SHARES: readonly Exclude<ShareName, "communications">[] = ["stock", "purchases", "distance", "energy"];
/** Below this a share says little. */
const SMALL = 5;

/** Counties or organs with their four shares; a quota is a tick in the bar. */
export function BoardTable({
  caption,
  first,
  rows,
  quota,
  state,
}: {
  caption: string;
  first: string;
  rows: readonly BoardRow[];
  quota: number;
  state: { isPending: boolean; error: unknown; refetch: () => unknown };
}) {
  const t = useT("statistics");
  const columns = useMemo<Column<BoardRow>[]>(
    () => [
      {
        key: "name",
        title: first,
        width: 150,
        sort: (a, b) => a.name.localeCompare(b.name, "zh-CN"),
        render: (row) => <Link to={row.to}>{row.name}</Link>,
      },
      ...SHARES.map((name): Column<BoardRow> => ({
        key: name,
        title: t(name),
        figure: true,
        width: 172,
        sort: (a, b) => (a[name].value ?? -1) - (b[name].value ?? -1),
        render: (row) => <Share name={name} of={row[name]} {...(name === "purchases" ? { quota } : {})} />,
      })),
      {
        key: "gap",
        title: t("gap"),
        figure: true,
        width: 92,
        sort: (a, b) => (a.purchases.value ?? 999) - (b.purchases.value ?? 999),
        render: ({ purchases }) => {
          if (purchases.value === null) return <span title={t("no_figure")}>{MISSING}</span>;
          const away = purchases.value - quota;
          return (
            <span className={away < 0 ? "below" : undefined}>
              {away < 0 ? "−" : "+"}
              {number(Math.abs(away), 1)}
            </span>
          );
        },
      },
    ],
    [t, first, quota],
  );
  return <DataTable caption={caption} columns={columns} rows={rows} rowKey={(row) => row.key} state={state} empty={{ text: t("empty") }} />;
}

function Share({ name, of, quota }: { name: ShareName; of: Figure; quota?: number }) {
  const t = useT("statistics");
  const few = name === "stock" && (of.parts["vehicles"] ?? 0) < SMALL;
  if (of.value === null) return <span title={t("no_figure")}>{MISSING}</span>;
  return (
    <span className="share-cell" title={fraction(name, of.parts)}>
      <Bar value={of.value} max={100} {...(quota === undefined ? {} : { mark: quota })} />
      <b>{number(of.value, 1)} %</b>
      <small>
        {fraction(name, of.parts)}
        {few ? ` · ${t("small")}` : ""}
      </small>
    </span>
  );
}
