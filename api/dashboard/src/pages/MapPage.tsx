import { Button, Select } from "antd";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { number } from "../format/number";
import { useLang, useT, useWord } from "../i18n";
import { fleet, STATES, type Vehicle } from "../live/fleet";
import { useFleetVersion } from "../live/useStream";
import { CaseList, useOpenCases } from "../livemap/CaseList";
import { CityPanel } from "../livemap/CityPanel";
import { VehiclePanel } from "../livemap/VehiclePanel";
import { readCounties, type County } from "../map/counties";
import type { FleetMap } from "../map/FleetMap";
import { useMay } from "../session/session";
import { useTheme } from "../theme/useTheme";
import { StateSymbol } from "../ui/marks";
import { useKeys } from "../ui/useKeys";
import { flag, some, text, useUrlState, whole } from "../url/useUrlState";

const LiveMap = lazy(() => import("../livemap/LiveMap"));
const ADDRESS = {
  at: text(), county: whole(), state: some(STATES), severity: some(["red", "yellow", "blue"]), vehicle: whole(), case: whole(), follow: flag(),
};
const toggled = <T extends string>(all: readonly T[], shown: readonly T[], one: T) => {
  const now = shown.length === 0 ? all : shown;
  const next = now.includes(one) ? now.filter((each) => each !== one) : [...now, one];
  return next.length === all.length ? [] : next;
};

/** The live map: where the fleet is and what it is doing. */
export default function MapPage() {
  const [address, setAddress] = useUrlState(ADDRESS);
  const [counties, setCounties] = useState<County[]>([]);
  const map = useRef<FleetMap | null>(null);
  const theme = useTheme();
  const lang = useLang();
  const t = useT("map");
  const mayCases = useMay("read_cases");
  const cases = useOpenCases(mayCases);
  const { county, state, vehicle, follow } = address;

  useEffect(() => {
    void readCounties().then((found) => setCounties(found.counties), () => undefined);
  }, []);
  const filter = useCallback(
    ({ item }: Vehicle) => (county === null || (item.division ?? 0) === county) && (state.length === 0 || state.includes(item.state)),
    [county, state],
  );
  const at = useMemo(() => {
    const parts = address.at.split(",").map(Number);
    return parts.length === 3 && parts.every(Number.isFinite) ? parts : null;
    // Only where the map begins; from then on the map moves the address.
  }, []);
  const pick = useCallback((id: number) => setAddress({ vehicle: id }, { push: true }), [setAddress]);
  const toCounty = useCallback(
    (code: number) => {
      setAddress({ county: county === code ? null : code }, { push: true });
      const found = counties.find((one) => one.code === code);
      if (found && county !== code) map.current?.goTo(found.label, 9.6);
    },
    [setAddress, county, counties],
  );
  const close = useCallback(() => setAddress({ vehicle: null, case: null, follow: false }), [setAddress]);
  useKeys(useMemo(() => ({
    f: () => vehicle !== null && setAddress({ follow: !follow }),
    x: close, Escape: close,
    "0": () => map.current?.whole(),
  }), [vehicle, follow, close, setAddress]));

  return (
    <div className={mayCases ? "map-page" : "map-page without-list"}>
      {mayCases && (
        <CaseList cases={cases} shown={address.severity} current={address.case}
          onToggle={(one) => setAddress({ severity: toggled(["red", "yellow", "blue"], address.severity, one) })}
          onOpen={(id, of) => setAddress({ case: id, vehicle: of }, { push: true })} />
      )}
      <section className="mapcol" aria-label={t("title")}>
        <div className="filters">
          <Select
            aria-label={t("county")} value={county} placeholder={t("county")} allowClear className="county"
            options={counties.map((one) => ({ value: one.code, label: one[lang] }))}
            onChange={(code: number | undefined) => (code === undefined ? setAddress({ county: null }) : toCounty(code))}
          />
          {(county !== null || state.length > 0) && (
            <Button size="small" type="link" onClick={() => setAddress({ county: null, state: [] })}>{t("clear")}</Button>
          )}
          <States shown={state} onToggle={(one) => setAddress({ state: toggled(STATES, state, one) })} />
        </div>
        <Suspense fallback={<div className="mapbox" />}>
          <LiveMap
            chosen={vehicle} follow={follow} theme={theme} filter={filter} at={at} onPick={pick} onCounty={toCounty}
            onDrag={() => follow && setAddress({ follow: false })}
            onMoved={([lon, lat, zoom]) => setAddress({ at: `${lon.toFixed(4)},${lat.toFixed(4)},${zoom.toFixed(1)}` })}
            handle={(made) => (map.current = made)}
          />
        </Suspense>
      </section>
      <aside className="side" aria-label={t(vehicle === null ? "overview" : "vehicles")}>
        {vehicle === null ? (
          <CityPanel county={county} onCounty={toCounty} />
        ) : (
          <VehiclePanel id={vehicle} follow={follow} onFollow={() => setAddress({ follow: !follow })} onClose={close} />
        )}
      </aside>
    </div>
  );
}

function States({ shown, onToggle }: { shown: readonly string[]; onToggle: (state: (typeof STATES)[number]) => void }) {
  useFleetVersion();
  const word = useWord();
  const t = useT("map");
  return (
    <div className="states" role="group" aria-label={t("state_filter")}>
      {STATES.map((state, index) => (
        <button
          key={state} type="button" data-state={state} aria-pressed={shown.length === 0 || shown.includes(state)}
          onClick={() => onToggle(state)}
        >
          <StateSymbol state={index} />{word("state", state)}<b>{number(fleet.counts[index])}</b>
        </button>
      ))}
    </div>
  );
}
