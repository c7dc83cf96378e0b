import { Button } from "antd";
import { useMemo, type ReactNode } from "react";
import { useList } from "../api/queries";
import { age } from "../format/time";
import { useLang, useT } from "../i18n";
import { fleet } from "../live/fleet";
import { serverNow } from "../live/useStream";
import { DataTable, type Column } from "../ui/DataTable";
import { StateSymbol } from "../ui/marks";
import { fieldsOf, type Kind, type RecordShown } from "./kinds";
import { Value } from "./Value";

const HIDDEN = new Set([
  "vin",
  "division",
  "seats",
  "model",
  "equipment",
  "displacement_ml",
  "tank_l",
  "battery_kwh",
  "rated_range_km",
  "price_yuan",
  "purchased_on",
  "registered_on",
  "retired_on",
  "marked",
  "remarks",
  "parent_id",
]);

/** English words are the longer ones. */
const WIDTHS: Readonly<Record<string, number>> = { organ_id: 190, name: 220, use: 130, management: 116, energy: 124 };

/** The records of one kind that match; what is seldom asked for is a column that one switches on. */
export function RecordTable({
  kind,
  query,
  search,
  selected,
  onOpen,
  actions,
}: {
  kind: Exclude<Kind, "areas">;
  query: object;
  search: string;
  selected: number | null;
  onOpen: (id: number) => void;
  actions: ReactNode;
}) {
  const t = useT("registry");
  const lang = useLang();
  // Retired ones are shown on demand only, by the status of vehicles; the rest is the server's filter.
  const found = useList(`/api/v1/${kind}` as "/api/v1/vehicles", query, { limit: 200 });
  const rows = found.items as unknown as RecordShown[];
  const shown = useMemo(() => {
    if (kind !== "drivers" || !search) return rows;
    return rows.filter((one) => String(one["label"]).includes(search));
  }, [rows, kind, search]);
  const columns = useMemo<Column<RecordShown>[]>(() => {
    const made = fieldsOf(kind).map((field): Column<RecordShown> => ({
      key: field.name,
      title: t(field.label),
      hidden: HIDDEN.has(field.name) && !(kind === "organs" && field.name === "division"),
      figure: field.type === "number",
      ...(WIDTHS[field.name] ? { width: WIDTHS[field.name] } : {}),
      render: (row) => <Value field={field} value={row[field.name]} />,
    }));
    if (kind === "vehicles") {
      made.push({ key: "unit", title: t("unit"), render: (row) => String(row["unit"] ?? "—") });
      made.push({ key: "seen", title: t("seen"), render: (row) => <Seen id={row.id} lang={lang} /> });
    }
    if (kind === "units") {
      made.push({ key: "plate", title: t("plate"), render: (row) => String(row["plate"] ?? "—") });
      made.push({ key: "online", title: t("online"), render: (row) => t(row["online"] ? "yes" : "no") });
      made.push({
        key: "seen",
        title: t("seen"),
        render: (row) => (row["last_seen"] ? age(String(row["last_seen"]), serverNow(), lang) : "—"),
      });
    }
    return made;
  }, [kind, t, lang]);
  return (
    <DataTable
      key={kind}
      caption={t(`kind_${kind}`)}
      columns={columns}
      rows={shown}
      rowKey={(row) => row.id}
      state={found}
      more={found.more}
      selected={selected}
      onOpen={(row) => onOpen(row.id)}
      empty={{ text: t("none_found") }}
      actions={
        <>
          {actions}
          {found.isFetching && <Button size="small" type="text" loading />}
        </>
      }
    />
  );
}

function Seen({ id, lang }: { id: number; lang: "zh" | "en" }) {
  const live = fleet.vehicles.get(id);
  if (!live) return "—";
  return (
    <span className="seen">
      <StateSymbol state={live.state} />
      {age(live.item.observed_at, serverNow(), lang)}
    </span>
  );
}
