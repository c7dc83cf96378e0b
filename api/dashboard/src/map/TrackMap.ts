import { Map, setWorkerUrl, type GeoJSONSource, type LngLatBoundsLike } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { FONT, type Theme } from "../theme/tokens";
import { baseStyle, CITY } from "./style";
import { boundsOf, circle, headAt, trackLines, type Track } from "./trackFeatures";
import { addTrackLayers } from "./trackLayers";

setWorkerUrl(workerUrl);

/** A place on the map: a cited reading, the one that proves, a stop with its number, or a place that was asked about. */
export interface Mark {
  id: string;
  lon: number;
  lat: number;
  kind: "reading" | "proof" | "stop" | "visit";
  label?: string;
}
export interface Ring {
  lon: number;
  lat: number;
  radiusM: number;
}
export interface TrackScene {
  tracks: readonly Track[];
  marks: readonly Mark[];
  rings: readonly Ring[];
  /** The moment all stand at, in milliseconds. */
  moment: number | null;
  /** Keep the first head in the middle third. */
  follow: boolean;
}

const features = (found: GeoJSON.Feature[]): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features: found });
const dot = (lon: number, lat: number, properties: Record<string, string | number>): GeoJSON.Feature => ({
  type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] },
});

/** The map of what was, without React: ways, places, and where each vehicle stood at a moment. */
export class TrackMap {
  readonly map: Map;
  private scene: TrackScene = { tracks: [], marks: [], rings: [], moment: null, follow: false };
  private ready = false;
  private fitted = "";

  constructor(box: HTMLElement, theme: Theme, onPick: (mark: string) => void, onPlace: (lon: number, lat: number) => void) {
    this.map = new Map({
      container: box, style: baseStyle(theme), bounds: CITY, fitBoundsOptions: { padding: 24 }, minZoom: 6.5, maxZoom: 18,
      attributionControl: false,
      // What is drawn stays, so that it can be printed.
      canvasContextAttributes: { preserveDrawingBuffer: true },
      dragRotate: false, pitchWithRotate: false, fadeDuration: 0, localIdeographFontFamily: FONT,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.on("load", () => {
      addTrackLayers(this.map, theme);
      this.ready = true;
      this.map.on("click", (event) => {
        const hit = this.map.queryRenderedFeatures(event.point, { layers: ["mark", "proof", "stop"] })[0];
        if (hit) onPick(String(hit.properties["id"]));
        else onPlace(event.lngLat.lng, event.lngLat.lat);
      });
      for (const layer of ["mark", "proof", "stop"]) {
        this.map.on("mouseenter", layer, () => (this.map.getCanvas().style.cursor = "pointer"));
        this.map.on("mouseleave", layer, () => (this.map.getCanvas().style.cursor = ""));
      }
      this.draw();
    });
  }

  show(scene: TrackScene): void {
    const before = this.scene;
    this.scene = scene;
    if (!this.ready) return;
    if (before.tracks !== scene.tracks || before.marks !== scene.marks || before.rings !== scene.rings) this.draw();
    else this.heads();
  }

  /** All that is shown in view. */
  whole(): void {
    const { tracks, marks, rings } = this.scene;
    const ways = tracks.flatMap((track) => track.points.map(({ lon, lat }) => [lon, lat] as const));
    const edges = rings.flatMap(({ lon, lat, radiusM }) => (circle(lon, lat, radiusM).geometry.coordinates[0] ?? []) as [number, number][]);
    const bounds = boundsOf([...ways, ...marks.map(({ lon, lat }) => [lon, lat] as const), ...edges]);
    this.map.fitBounds((bounds ?? CITY) as LngLatBoundsLike, { padding: 36, maxZoom: 15, duration: 0 });
  }

  destroy(): void {
    this.map.remove();
  }

  private source(name: string): GeoJSONSource {
    return this.map.getSource(name) as GeoJSONSource;
  }

  private draw(): void {
    const { tracks, marks, rings } = this.scene;
    void this.source("lines").setData(features(tracks.flatMap(trackLines)));
    void this.source("rings").setData(features(rings.map(({ lon, lat, radiusM }) => circle(lon, lat, radiusM))));
    void this.source("marks").setData(features(marks.map(({ id, lon, lat, kind, label }) => dot(lon, lat, { id, kind, label: label ?? "" }))));
    this.heads();
    // Fitted once for each set of ways and places, then the person moves it.
    const key = JSON.stringify([tracks.map(({ id, at }) => [id, at.length, at[0]]), marks.map(({ id, lon }) => [id, lon]), rings]);
    if (key !== this.fitted && (tracks.length > 0 || marks.length > 0 || rings.length > 0)) {
      this.fitted = key;
      this.whole();
    }
  }

  private heads(): void {
    const { tracks, moment, follow } = this.scene;
    const heads = moment === null ? [] : tracks.flatMap((track) => {
      const head = headAt(track, moment);
      return head ? [{ head, track }] : [];
    });
    void this.source("heads").setData(features(heads.map(({ head, track }) => dot(head.lon, head.lat, {
      letter: track.letter, colour: track.colour, heading: head.point.heading_deg ?? -1, old: head.old ? 1 : 0,
    }))));
    const first = heads[0]?.head;
    if (!follow || !first) return;
    const at = this.map.project([first.lon, first.lat]);
    const { clientWidth: width, clientHeight: height } = this.map.getContainer();
    if (Math.abs(at.x / width - 0.5) > 1 / 6 || Math.abs(at.y / height - 0.5) > 1 / 6) {
      this.map.jumpTo({ center: [first.lon, first.lat] });
    }
  }
}
