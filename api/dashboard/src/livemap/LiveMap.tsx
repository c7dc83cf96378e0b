import { useEffect, useRef, useState } from "react";
import { useLang } from "../i18n";
import { fleet, type Vehicle } from "../live/fleet";
import { FleetMap } from "../map/FleetMap";
import { MapFrame } from "../map/MapFrame";
import { NEAR_ZOOM } from "../map/style";
import type { Theme } from "../theme/tokens";
import { Hover } from "./Hover";
import { Legend } from "./Legend";
import { StackList } from "./StackList";

export interface LiveMapProps {
  chosen: number | null;
  follow: boolean;
  theme: Theme;
  filter: (vehicle: Vehicle) => boolean;
  at: readonly number[] | null;
  onPick: (id: number) => void;
  onCounty: (code: number) => void;
  onMoved: (at: [number, number, number]) => void;
  onDrag: () => void;
  handle: (map: FleetMap | null) => void;
}

/** The live map as a component: it makes the map once for a theme and a language, and hands changes on. */
export default function LiveMap(props: LiveMapProps) {
  const { chosen, follow, theme, filter, at } = props;
  const box = useRef<HTMLDivElement>(null);
  const made = useRef<FleetMap | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const place = useRef(at);
  const [far, setFar] = useState(at === null);
  const [stack, setStack] = useState<{ ids: readonly number[]; x: number; y: number } | null>(null);
  const [hover, setHover] = useState<{ id: number; x: number; y: number } | null>(null);
  const lang = useLang();

  useEffect(() => {
    if (!box.current) return;
    setFar(place.current === null || (place.current[2] ?? 0) < NEAR_ZOOM);
    const map = new FleetMap(box.current, theme, lang, place.current, {
      onPick: (id) => latest.current.onPick(id),
      onStack: (ids, x, y) => setStack({ ids, x, y }),
      onCounty: (code) => latest.current.onCounty(code),
      onDrag: () => latest.current.onDrag(),
      onMoved: (where) => {
        place.current = where;
        setStack(null);
        setFar(where[2] < NEAR_ZOOM);
        latest.current.onMoved(where);
      },
      onHover: (id, x, y) => setHover(id === null ? null : { id, x, y }),
    });
    made.current = map;
    latest.current.handle(map);
    map.setFilter(latest.current.filter);
    return () => {
      made.current = null;
      latest.current.handle(null);
      map.destroy();
    };
  }, [theme, lang]);
  useEffect(() => made.current?.setFilter(filter), [filter, theme, lang]);
  useEffect(() => made.current?.setFollow(follow), [follow, theme, lang]);
  useEffect(() => {
    const map = made.current;
    if (!map) return;
    map.choose(chosen, true);
    // A vehicle in the address, before the fleet has come.
    if (chosen === null || fleet.vehicles.has(chosen)) return;
    return fleet.subscribe(() => fleet.vehicles.has(chosen) && made.current?.choose(chosen, !fleet.vehicles.get(chosen)));
  }, [chosen, theme, lang]);

  return (
    <MapFrame
      box={box}
      onZoom={(step) => (step > 0 ? made.current?.map.zoomIn() : made.current?.map.zoomOut())}
      onWhole={() => made.current?.whole()}
    >
      <Legend far={far} />
      {hover && !stack && <Hover {...hover} />}
      {stack && <StackList {...stack} onClose={() => setStack(null)} onPick={(id) => latest.current.onPick(id)} />}
    </MapFrame>
  );
}
