import { EnvironmentOutlined } from "@ant-design/icons";
import { AutoComplete, Button, Modal } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useGet } from "../api/queries";
import { coordinates } from "../format/number";
import { useT } from "../i18n";
import { readCoordinates, type Point } from "../map/shapes";
import type { PlaceForm } from "./model";

const PlaceMap = lazy(() => import("../map/PlaceMap").then(({ PlaceMap: made }) => ({ default: made })));

/** A place by its name: a registered one from the list, any other with a point that is picked on the map or typed as coordinates. */
export function PlaceField({ id, value, onChange }: { id?: string; value?: PlaceForm; onChange?: (place: PlaceForm | undefined) => void }) {
  const t = useT("dispatch");
  const [picking, setPicking] = useState(false);
  const areas = useGet(
    "/api/v1/areas",
    { params: { query: { limit: 6000, purpose: ["depot", "parking", "station"] } } },
    { staleTime: 10 * 60_000 },
  );
  const name = value?.name ?? "";
  const options = useMemo(() => {
    const wanted = name.trim();
    return (areas.data?.items ?? [])
      .filter((one) => wanted === "" || one.name.includes(wanted))
      .slice(0, 30)
      .map((one) => ({ value: one.name, label: one.name, id: one.id }));
  }, [areas.data, name]);
  const point = value?.lat != null && value.lon != null ? { lat: value.lat, lon: value.lon } : null;
  const typed = (text: string) => {
    const at = readCoordinates(text);
    if (at) onChange?.({ name: value?.name && !readCoordinates(value.name) ? value.name : coordinates(at.lat, at.lon), ...at });
    else if (text === "") onChange?.(undefined);
    else onChange?.({ name: text, lat: value?.lat ?? null, lon: value?.lon ?? null });
  };
  const marks = useMemo(
    () => (point ? [{ key: "p", ...point, label: "", title: name || t("here"), look: "to" }] : []),
    [point?.lat, point?.lon, name],
  );
  return (
    <div className="place-field">
      <div className="pair">
        <AutoComplete
          {...(id ? { id } : {})}
          value={name}
          options={options}
          placeholder={t("place_hint")}
          onChange={typed}
          onSelect={(_: string, option) => onChange?.({ name: option.value, area_id: option.id })}
        />
        <Button icon={<EnvironmentOutlined />} aria-label={t("pick")} title={t("pick")} onClick={() => setPicking(true)} />
      </div>
      <small className={value && !point && !value.area_id ? "wrong-note" : ""}>
        {value?.area_id ? t("registered_place") : point ? coordinates(point.lat, point.lon) : name ? t("place_unset") : ""}
      </small>
      <Modal open={picking} title={t("pick")} width={760} destroyOnHidden footer={null} onCancel={() => setPicking(false)}>
        <p className="quiet">{t("pick_text")}</p>
        <div className="pick-map">
          <Suspense fallback={null}>
            <PlaceMap
              marks={marks}
              fit={picking ? "open" : ""}
              onPoint={(at: Point) => {
                const rounded = { lat: Number(at.lat.toFixed(5)), lon: Number(at.lon.toFixed(5)) };
                onChange?.({ name: name || coordinates(rounded.lat, rounded.lon), ...rounded });
              }}
            />
          </Suspense>
        </div>
        <Button type="primary" disabled={!point} onClick={() => setPicking(false)}>
          {t("pick_done")}
        </Button>
      </Modal>
    </div>
  );
}
