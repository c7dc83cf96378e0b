import { useMemo } from "react";
import { number } from "../format/number";
import { age } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { fleet, type Vehicle } from "../live/fleet";
import { serverNow, useFleetVersion } from "../live/useStream";
import { Plate, StateSymbol } from "../ui/marks";
import { DataTable, type Column } from "../ui/DataTable";
import { useOrganNames } from "../ui/organs";

/** The map's vehicles as a table: for who does not see the map, and for browsers that cannot draw it. */
export function VehicleTable({ filter, chosen, onOpen, onClear }: {
  filter: (vehicle: Vehicle) => boolean; chosen: number | null; onOpen: (id: number) => void; onClear: () => void;
}) {
  const version = useFleetVersion();
  const names = useOrganNames();
  const t = useT("map");
  const word = useWord();
  const lang = useLang();
  // A list under the eyes must not jump: it is sorted by plate, and read anew every ten seconds.
  const tick = Math.floor(version / 10);
  const rows = useMemo(
    () => [...fleet.vehicles.values()].filter(filter).sort((a, b) => (a.item.plate < b.item.plate ? -1 : 1)),
    [tick, filter, fleet.vehicles.size],
  );
  const columns = useMemo<Column<Vehicle>[]>(() => [
    { key: "plate", title: t("plate"), width: 128, render: ({ item }) => <Plate plate={item.plate} /> },
    { key: "organ", title: t("organ_label"), width: 240, render: ({ item }) => names.get(item.organ_id) ?? "—" },
    {
      key: "state", title: t("state"), width: 110, sort: (a, b) => a.state - b.state,
      render: ({ item, state }) => <span className="chip"><StateSymbol state={state} />{word("state", item.state)}</span>,
    },
    { key: "energy", title: t("energy_label"), width: 130, render: ({ item }) => word("energy", item.energy) },
    {
      key: "speed", title: `${t("speed")} km/h`, width: 100, figure: true, sort: (a, b) => (a.item.speed_kmh ?? -1) - (b.item.speed_kmh ?? -1),
      render: ({ item }) => number(item.speed_kmh),
    },
    {
      key: "level", title: `${t("fuel_level")} / ${t("charge")} %`, width: 120, figure: true,
      render: ({ item, nev }) => number(nev && item.soc_pct !== null ? item.soc_pct : item.fuel_level_pct),
    },
    {
      key: "seen", title: t("last_report"), width: 150, figure: true, sort: (a, b) => a.observedMs - b.observedMs,
      render: ({ item }) => age(item.observed_at, serverNow(), lang),
    },
  ], [t, word, names, lang]);
  return (
    <div className="page table-view">
      <DataTable
        caption={t("vehicles")} columns={columns} rows={rows} rowKey={(one) => one.id} selected={chosen} onOpen={(one) => onOpen(one.id)}
        state={{ isPending: !fleet.loaded, error: null, refetch: () => undefined }} height={560}
        empty={{ text: t(fleet.vehicles.size === 0 ? "no_vehicles" : "no_match"), action: t("clear"), onAction: onClear }}
      />
    </div>
  );
}
