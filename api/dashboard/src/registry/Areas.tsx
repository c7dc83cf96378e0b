import { Button, Input, Select } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useList } from "../api/queries";
import { useT } from "../i18n";
import { circleRing, ringOf } from "../map/shapes";
import { useMay } from "../session/session";
import { Empty, Loading, ProblemView } from "../ui/states";
import { AreaEditor, type Area } from "./AreaEditor";
import { PURPOSES } from "./AreaFields";
import { useNames } from "./names";

const PlaceMap = lazy(() => import("../map/PlaceMap").then(({ PlaceMap: made }) => ({ default: made })));

/** Areas on the map and as a list; one of them, or a new one, in the editor. */
export function Areas({
  id,
  making,
  q,
  purpose,
  onOpen,
  onNew,
  onAsk,
}: {
  id: number | null;
  making: boolean;
  q: string;
  purpose: string;
  onOpen: (id: number | null) => void;
  onNew: () => void;
  onAsk: (change: { q?: string; purpose?: string }) => void;
}) {
  const t = useT("registry");
  const mayWrite = useMay("manage_areas");
  const names = useNames();
  const found = useList("/api/v1/areas", purpose ? { purpose: [purpose] } : {}, { limit: 2000 });
  const shown = useMemo(() => found.items.filter((one) => !q || one.name.includes(q)), [found.data, q]);
  const chosen = found.items.find((one) => one.id === id) ?? null;
  const rings = useMemo(
    () =>
      shown.map((one: Area) => ({
        key: String(one.id),
        ring: one.circle ? circleRing(one.circle, one.circle.radius_m, 32) : ringOf(one.polygon ?? []),
      })),
    [shown],
  );
  const none = useMemo(() => [], []);
  return (
    <div className="areas">
      <aside className="list" aria-label={t("kind_areas")}>
        <header>
          <div className="area-filters">
            <Input
              allowClear
              value={q}
              placeholder={t("find_area")}
              aria-label={t("find_area")}
              onChange={(event) => onAsk({ q: event.target.value })}
            />
            <Select
              allowClear
              value={purpose || null}
              placeholder={t("any_purpose")}
              aria-label={t("area_purpose")}
              onChange={(next: string | undefined) => onAsk({ purpose: next ?? "" })}
              options={PURPOSES.map((value) => ({ value, label: t(`area_${value}`) }))}
            />
            {mayWrite && (
              <Button type="primary" title="n" onClick={onNew}>
                {t("new")}
              </Button>
            )}
          </div>
        </header>
        {found.isPending && <Loading rows={8} />}
        {found.error && <ProblemView problem={found.error} onRetry={() => void found.refetch()} />}
        {!found.isPending && shown.length === 0 && <Empty text={t("none_found")} />}
        <ul className="items">
          {shown.slice(0, 300).map((one) => (
            <li key={one.id}>
              <button type="button" aria-current={one.id === id || undefined} onClick={() => onOpen(one.id)} className="area-row">
                <span className="t">{one.name}</span>
                <span className="o">
                  <span>{t(`area_${one.purpose}`)}</span>
                  <span>{one.organ_id === null ? t("whole_city") : (names.organs.get(one.organ_id) ?? "")}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </aside>
      {making || chosen ? (
        <AreaEditor key={making ? "new" : `${chosen?.id}`} area={making ? null : chosen} mayWrite={mayWrite} onDone={onOpen} />
      ) : (
        <div className="area-map">
          <Suspense fallback={<div className="mapbox" />}>
            <PlaceMap marks={none} rings={rings} fit={`${shown.length}:${purpose}`} onRing={(key) => onOpen(Number(key))} />
          </Suspense>
        </div>
      )}
    </div>
  );
}
