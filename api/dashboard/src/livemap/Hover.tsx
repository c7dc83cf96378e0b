import { age } from "../format/time";
import { useLang, useWord } from "../i18n";
import { fleet } from "../live/fleet";
import { serverNow, useFleetVersion } from "../live/useStream";
import { Plate } from "../ui/marks";
import { useOrganNames } from "../ui/organs";

/** Plate, organ, state and age at the pointer; the same stands in the panel and in the table. */
export function Hover({ id, x, y }: { id: number; x: number; y: number }) {
  useFleetVersion();
  const lang = useLang();
  const word = useWord();
  const names = useOrganNames();
  const vehicle = fleet.vehicles.get(id);
  if (!vehicle) return null;
  const { item } = vehicle;
  return (
    <div className="hover" style={{ left: x + 14, top: y + 10 }}>
      <b><Plate plate={item.plate} /></b>
      <span>{names.get(item.organ_id) ?? ""}</span>
      <span>{word("state", item.state)} · {word("energy", item.energy)} · {age(item.observed_at, serverNow(), lang)}</span>
    </div>
  );
}
