import { FilterOutlined, TableOutlined, EnvironmentOutlined } from "@ant-design/icons";
import { Badge, Button, Drawer, Select } from "antd";
import { useState } from "react";
import { number } from "../format/number";
import { useLang, useT, useWord } from "../i18n";
import { fleet, STATES, type Vehicle } from "../live/fleet";
import { useFleetVersion } from "../live/useStream";
import type { County } from "../map/counties";
import { StateSymbol } from "../ui/marks";
import { countShown, ENERGIES, filtered, NO_FILTER, USES, type MapState } from "./filters";
import { OrganTreeField } from "../ui/OrganTreeField";

interface Props {
  address: MapState;
  set: (change: Partial<MapState>, options?: { push?: boolean }) => void;
  counties: readonly County[];
  onCounty: (code: number) => void;
  filter: (vehicle: Vehicle) => boolean;
}

/** County and states at hand, the rest in a drawer; how many vehicles are shown. */
export function FilterBar({ address, set, counties, onCounty, filter }: Props) {
  const [open, setOpen] = useState(false);
  const t = useT("map");
  const lang = useLang();
  const inDrawer = Number(address.organ !== null) + Number(address.use.length > 0) + Number(address.energy.length > 0);
  const other = address.view === "table" ? "map" : "table";
  return (
    <div className="filters" role="search" aria-label={t("filters")}>
      <Select
        aria-label={t("county")} placeholder={t("county")} value={address.county} allowClear className="county"
        options={counties.map((one) => ({ value: one.code, label: one[lang] }))}
        onChange={(code: number | undefined) => (code === undefined ? set({ county: null }) : onCounty(code))}
      />
      <Badge count={inDrawer} size="small" color="var(--brand)">
        <Button icon={<FilterOutlined />} aria-label={t("filters")} title={t("filters")} onClick={() => setOpen(true)} />
      </Badge>
      <Button
        icon={other === "map" ? <EnvironmentOutlined /> : <TableOutlined />} title={`${t(other)} (v)`} aria-label={t(other)}
        onClick={() => set({ view: other }, { push: true })}
      />
      {filtered(address) && <Shown filter={filter} onClear={() => set(NO_FILTER)} />}
      <States shown={address.state} onChange={(state) => set({ state })} />
      <Drawer open={open} onClose={() => setOpen(false)} title={t("filters")} size={320}>
        <More address={address} set={set} />
      </Drawer>
    </div>
  );
}

function Shown({ filter, onClear }: { filter: (vehicle: Vehicle) => boolean; onClear: () => void }) {
  useFleetVersion();
  const t = useT("map");
  return (
    <span className="note">
      {t("shown", { n: number(countShown(filter)), all: number(fleet.vehicles.size) })}
      <Button size="small" type="link" onClick={onClear}>{t("clear")}</Button>
    </span>
  );
}

function More({ address, set }: Pick<Props, "address" | "set">) {
  const t = useT("map");
  const word = useWord();
  return (
    <div className="stack-form">
      <label className="field">
        {t("organ_label")}
        <OrganTreeField label={t("organ")} value={address.organ} onChange={(organ) => set({ organ })} />
      </label>
      <label className="field">
        {t("use_label")}
        <Select
          mode="multiple" value={[...address.use]} placeholder={t("use")} onChange={(use: MapState["use"]) => set({ use })}
          options={USES.map((value) => ({ value, label: word("use", value) }))}
        />
      </label>
      <label className="field">
        {t("energy_label")}
        <Select
          mode="multiple" value={[...address.energy]} placeholder={t("energy")} onChange={(energy: MapState["energy"]) => set({ energy })}
          options={ENERGIES.map((value) => ({ value, label: word("energy", value) }))}
        />
      </label>
    </div>
  );
}

export const toggled = <T extends string>(all: readonly T[], shown: readonly T[], one: T): readonly T[] => {
  const now = shown.length === 0 ? all : shown;
  const next = now.includes(one) ? now.filter((each) => each !== one) : [...now, one];
  return next.length === all.length ? [] : next;
};

function States({ shown, onChange }: { shown: MapState["state"]; onChange: (shown: MapState["state"]) => void }) {
  useFleetVersion();
  const word = useWord();
  const t = useT("map");
  return (
    <div className="states" role="group" aria-label={t("state_filter")}>
      {STATES.map((state, index) => (
        <button
          key={state} type="button" data-state={state} aria-pressed={shown.length === 0 || shown.includes(state)}
          onClick={() => onChange(toggled(STATES, shown, state))}
        >
          <StateSymbol state={index} />{word("state", state)}<b>{number(fleet.counts[index])}</b>
        </button>
      ))}
    </div>
  );
}
