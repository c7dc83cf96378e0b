import { Checkbox } from "antd";
import { useMemo, useState } from "react";
import { useGet, type Answer } from "../api/queries";
import { kmOf, number, percent } from "../format/number";
import { duration } from "../format/time";
import { useLang, useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { DataTable, type Column } from "../ui/DataTable";
import { Filters } from "../ui/Filters";
import { Plate } from "../ui/marks";
import { OrganTreeField } from "../ui/OrganTreeField";
import { Facts } from "../ui/Panel";
import { lastFleetDays, daysOf, type Address, type SetAddress } from "./address";
import { DayRange } from "./DayRange";
import { VehicleGaps } from "./VehicleGaps";

type Row = Answer<"/api/v1/statistics/{statistic}/vehicles">["items"][number];

const SHOWN = 200;
const HEALTH = { statistic: "unit_health" };
const silent = (row: Row) => row.parts["silent_s"] ?? 0;
const undocumented = (row: Row) => row.parts["undocumented_m"] ?? 0;

/** Where the city is blind: vehicles whose units were silent, and how far they went meanwhile. */
export function Gaps({ address, set }: { address: Address; set: SetAddress }) {
  const t = useT("audit");
  const lang = useLang();
  const [shown, setShown] = useState(SHOWN);
  const now = serverNow();
  const days = daysOf(address, now, null) ?? lastFleetDays(now, 7);
  const question = { ...days, ...(address.organ ? { organ: address.organ } : {}) };
  const total = useGet("/api/v1/statistics/{statistic}", { params: { path: HEALTH, query: question } });
  const found = useGet("/api/v1/statistics/{statistic}/vehicles", { params: { path: HEALTH, query: { ...question, limit: 6000 } } });
  const all = useMemo(() => (found.data?.items ?? [])
    .filter((row) => (address.driven === "1" ? undocumented(row) > 0 : silent(row) > 0 || undocumented(row) > 0))
    .sort((a, b) => undocumented(b) - undocumented(a) || silent(b) - silent(a)), [found.data, address.driven]);
  const columns = useMemo<readonly Column<Row>[]>(() => [
    { key: "plate", title: t("plate"), width: 120, render: (row) => <Plate plate={row.vehicle?.plate ?? "—"} /> },
    { key: "undocumented", title: t("undocumented"), figure: true, width: 140, render: (row) => kmOf(undocumented(row)),
      sort: (a, b) => undocumented(a) - undocumented(b) },
    { key: "silent", title: t("silent_time"), figure: true, width: 140, render: (row) => duration(silent(row), lang),
      sort: (a, b) => silent(a) - silent(b) },
    { key: "share", title: t("silent_share"), figure: true, width: 130, render: (row) => percent(row.value === null ? null : 100 - row.value, 1),
      sort: (a, b) => (b.value ?? 0) - (a.value ?? 0) },
  ], [t, lang]);
  const sums = typeof total.data === "object" ? total.data.total : null;
  const current = all.find((row) => row.vehicle?.id === address.vehicle) ?? null;
  return (
    <>
      <Filters active={Boolean(address.from || address.organ)} onClear={() => set({ from: "", to: "", organ: null })} note={t("gap_days")}>
        <DayRange days={days} fleet onChange={(picked) => set(picked)} />
        <OrganTreeField label={t("organs")} value={address.organ} onChange={(organ) => set({ organ })} />
        <Checkbox checked={address.driven === "1"} onChange={({ target }) => set({ driven: target.checked ? "1" : "0" })}>
          {t("only_driven")}
        </Checkbox>
      </Filters>
      <div className="audit-body">
        <p className="quiet">{t("gaps_text")}</p>
        {sums && (
          <Facts items={[
            [t("city_undocumented"), kmOf(sums.parts["undocumented_m"])],
            [t("city_silent"), percent(sums.value === null ? null : 100 - sums.value, 1)],
            [t("vehicles_silent"), found.data ? number(found.data.items.filter((row) => silent(row) > 0).length) : "—"],
          ]} />
        )}
        <DataTable
          caption={t("gaps_of")} columns={columns} rows={all.slice(0, shown)} rowKey={(row) => row.vehicle?.id ?? 0} state={found}
          empty={{ text: t("gaps_none") }} selected={address.vehicle} more={all.length > shown ? () => setShown(shown + SHOWN) : undefined}
          onOpen={(row) => set({ vehicle: row.vehicle?.id ?? null }, { push: true })}
        />
      </div>
      {address.vehicle !== null && (
        <VehicleGaps vehicle={address.vehicle} plate={current?.vehicle?.plate ?? null} days={days} onClose={() => set({ vehicle: null })} />
      )}
    </>
  );
}
