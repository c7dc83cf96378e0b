import { lazy, Suspense, useCallback, useMemo, useRef } from "react";
import { useT } from "../i18n";
import { CaseList, orderedCases, useOpenCases } from "../livemap/CaseList";
import { CityPanel } from "../livemap/CityPanel";
import { useForces } from "../livemap/forces";
import { FilterBar, toggled } from "../livemap/FilterBar";
import { ADDRESS, LEVELS, NO_FILTER, useFilter } from "../livemap/filters";
import { VehiclePanel } from "../livemap/VehiclePanel";
import { VehicleTable } from "../livemap/VehicleTable";
import { canDraw } from "../livemap/webgl";
import { useCoupling } from "../live/useWindows";
import { useCounties } from "../map/useCounties";
import type { FleetMap } from "../map/FleetMap";
import { useMay } from "../session/session";
import { useTheme } from "../theme/useTheme";
import { useKeys } from "../ui/useKeys";
import { useUrlState } from "../url/useUrlState";

const LiveMap = lazy(() => import("../livemap/LiveMap"));

/** The live map: where the fleet is and what it is doing. */
export default function MapPage() {
  const [address, set] = useUrlState(ADDRESS);
  const { counties } = useCounties();
  const map = useRef<FleetMap | null>(null);
  const theme = useTheme();
  const t = useT("map");
  const mayCases = useMay("read_cases");
  const cases = useOpenCases(mayCases);
  const forces = useForces(useMay("read_orders"));
  const filter = useFilter(address);
  const { county, vehicle, follow, severity } = address;
  const drawn = useMemo(canDraw, []);
  const asTable = address.view === "table" || !drawn;

  // Only where the map begins; from then on the map moves the address.
  const at = useMemo(() => {
    const parts = address.at.split(",").map(Number);
    return parts.length === 3 && parts.every(Number.isFinite) ? parts : null;
  }, [asTable]);
  const pick = useCallback((id: number) => set({ vehicle: id }, { push: true }), [set]);
  const close = useCallback(() => set({ vehicle: null, case: null, follow: false }), [set]);
  useCoupling(vehicle, (id) => set({ vehicle: id }));
  const toCounty = useCallback(
    (code: number) => {
      set({ county: county === code ? null : code }, { push: true });
      const found = counties.find((one) => one.code === code);
      if (found && county !== code) map.current?.goTo(found.label, 9.6);
    },
    [set, county, counties],
  );
  const toCase = (step: number) => {
    const shown = orderedCases(cases.items, severity);
    const next = shown[(shown.findIndex((one) => one.id === address.case) + step + shown.length) % shown.length];
    if (next) set({ case: next.id, vehicle: next.vehicle_id });
  };
  useKeys({
    f: () => vehicle !== null && set({ follow: !follow }),
    v: () => set({ view: asTable ? "map" : "table" }, { push: true }),
    n: () => toCase(1),
    N: () => toCase(-1),
    x: close,
    Escape: close,
    "0": () => map.current?.whole(),
  });

  return (
    <div className={`map-page${mayCases ? "" : " without-list"}${vehicle === null ? "" : " with-vehicle"}`}>
      {mayCases && (
        <CaseList
          cases={cases} shown={severity} current={address.case}
          onToggle={(one) => set({ severity: toggled(LEVELS, severity, one) })}
          onOpen={(id, of) => set({ case: id, vehicle: of }, { push: true })}
        />
      )}
      <section className="mapcol" aria-label={t("title")}>
        <FilterBar address={address} set={set} counties={counties} onCounty={toCounty} filter={filter} />
        {!drawn && <p className="banner mild" role="status">{t("no_webgl")}</p>}
        {asTable ? (
          <VehicleTable filter={filter} chosen={vehicle} onOpen={pick} onClear={() => set(NO_FILTER)} />
        ) : (
          <Suspense fallback={<div className="mapbox" />}>
            <LiveMap
              chosen={vehicle} follow={follow} theme={theme} filter={filter} at={at} onPick={pick} onCounty={toCounty}
              onDrag={() => follow && set({ follow: false })}
              onMoved={([lon, lat, zoom]) => set({ at: `${lon.toFixed(4)},${lat.toFixed(4)},${zoom.toFixed(1)}` })}
              handle={(made) => (map.current = made)}
            />
          </Suspense>
        )}
      </section>
      <aside className="side" aria-label={t(vehicle === null ? "overview" : "details")}>
        {vehicle === null ? (
          <CityPanel
            county={county} onCounty={toCounty} openCases={mayCases && cases.isSuccess ? cases.items.length : null} forces={forces}
          />
        ) : (
          <VehiclePanel
            id={vehicle} follow={follow} onFollow={() => set({ follow: !follow })} onClose={close}
            force={forces.find((one) => one.vehicles.includes(vehicle))}
          />
        )}
      </aside>
    </div>
  );
}
