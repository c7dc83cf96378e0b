import { CloseOutlined } from "@ant-design/icons";
import { Select } from "antd";
import { useDeferredValue, useState } from "react";
import { useGet } from "../api/queries";
import { plainPlate } from "../format/plate";
import { useT } from "../i18n";
import { Plate } from "../ui/marks";
import { MOST_VEHICLES } from "./address";
import type { Chosen } from "./queries";

/** Chooses vehicles by their plate; the chosen ones stand below with their letters. */
export function VehiclePicker({ chosen, onChange }: { chosen: readonly Chosen[]; onChange: (ids: number[]) => void }) {
  const t = useT("history");
  const [typed, setTyped] = useState("");
  const wanted = plainPlate(useDeferredValue(typed));
  const found = useGet("/api/v1/vehicles", { params: { query: { q: wanted, limit: 20 } } }, { enabled: wanted.length >= 2 });
  const ids = chosen.map(({ id }) => id);
  const options = wanted.length < 2 ? [] : (found.data?.items ?? []).filter(({ id }) => !ids.includes(id)).map((one) => ({
    value: one.id, label: <span className="hit"><Plate plate={one.plate} /><small>{one.organ.name}</small></span>,
  }));
  return (
    <div className="vehicle-picker">
      <Select<number> aria-label={t("add")} placeholder={t("add")} disabled={ids.length >= MOST_VEHICLES} style={{ width: "100%" }} options={options}
        popupMatchSelectWidth={300} notFoundContent={wanted.length < 2 || found.isPending ? null : t("none_found")}
        showSearch={{ filterOption: false, searchValue: typed, onSearch: setTyped }}
        value={null as unknown as number} onChange={(id) => { setTyped(""); onChange([...ids, id]); }} />
      {chosen.length > 0 && (
        <ul className="chosen">
          {chosen.map((one, index) => (
            <li key={one.id}>
              <b className={`letter l${index}`}>{one.letter}</b>
              {one.plate ? <Plate plate={one.plate} /> : `#${one.id}`}
              <button type="button" aria-label={t("remove", { plate: one.plate })} onClick={() => onChange(ids.filter((id) => id !== one.id))}>
                <CloseOutlined />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
