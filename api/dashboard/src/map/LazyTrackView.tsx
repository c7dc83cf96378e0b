import { lazy, Suspense } from "react";
import type { TrackViewProps } from "./TrackView";

const Loaded = lazy(() => import("./TrackView").then((found) => ({ default: found.TrackView })));

/** `TrackView`, with the map's library fetched when it is first shown. */
export function LazyTrackView(props: TrackViewProps) {
  return (
    <Suspense fallback={<div className="mapbox" />}>
      <Loaded {...props} />
    </Suspense>
  );
}
