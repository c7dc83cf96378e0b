import { useEffect, useRef } from "react";
import type { Theme } from "../theme/tokens";
import { MapFrame } from "./MapFrame";
import { TrackMap, type TrackScene } from "./TrackMap";

export interface TrackViewProps extends TrackScene {
  theme: Theme;
  onPick?: (mark: string) => void;
  /** A press beside all marks. */
  onPlace?: (lon: number, lat: number) => void;
}

/** The map of tracks as a component; loaded only where it is shown. Hand in memos: a new array draws anew. */
export function TrackView(props: TrackViewProps) {
  const { theme, tracks, marks, rings, moment, follow } = props;
  const box = useRef<HTMLDivElement>(null);
  const made = useRef<TrackMap | null>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    if (!box.current) return;
    const map = new TrackMap(
      box.current, theme, (mark) => latest.current.onPick?.(mark), (lon, lat) => latest.current.onPlace?.(lon, lat),
    );
    made.current = map;
    map.show(latest.current);
    return () => {
      made.current = null;
      map.destroy();
    };
  }, [theme]);
  useEffect(() => made.current?.show({ tracks, marks, rings, moment, follow }), [tracks, marks, rings, moment, follow, theme]);
  return (
    <MapFrame
      box={box} onWhole={() => made.current?.whole()}
      onZoom={(step) => (step > 0 ? made.current?.map.zoomIn() : made.current?.map.zoomOut())}
    />
  );
}
