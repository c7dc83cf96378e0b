import { Map, setWorkerUrl, type GeoJSONSource } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { FONT, type Theme } from "../theme/tokens";
import type { Lang } from "../i18n";
import { fleet, type Vehicle } from "../live/fleet";
import { readCounties, type County } from "./counties";
import { collection, countyPoints, inView, pointOf } from "./features";
import { listen, type MapEvents } from "./events";
import { keepInSight } from "./follow";
import { afterwards, drawTogether } from "./frames";
import { addLayers } from "./layers";
import { Sources } from "./sources";
import { baseStyle, CITY, NEAR_ZOOM } from "./style";
import { addSymbols } from "./symbols";

setWorkerUrl(workerUrl);

const COUNTIES_EVERY_MS = 2000;

/** The live map, without React. At most one update is on its way to the worker; later ticks merge into the next. */
export class FleetMap {
  readonly map: Map;
  private counties: County[] = [];
  private chosen: number | null = null;
  private follows = false;
  private filter: (vehicle: Vehicle) => boolean = () => true;
  private ready = false;
  private drawn = false;
  private busy = false;
  private again = false;
  /** Whether the source of single vehicles holds none, as it does while counties are shown. */
  private emptied = true;
  private readonly small: Sources;
  private countiesAt = -COUNTIES_EVERY_MS;
  private readonly stop: () => void;

  constructor(box: HTMLElement, theme: Theme, lang: Lang, at: readonly number[] | null, private readonly events: MapEvents) {
    const [lon, lat, zoom] = at ?? [];
    const known = lon !== undefined && lat !== undefined;
    const view = known ? { center: [lon, lat] as [number, number], zoom: zoom ?? 11 } : { bounds: CITY };
    this.map = new Map({
      container: box, style: baseStyle(theme), ...view, fitBoundsOptions: { padding: 24 }, minZoom: 6.5, maxZoom: 18, attributionControl: false,
      dragRotate: false, pitchWithRotate: false, fadeDuration: 0, refreshExpiredTiles: false, crossSourceCollisions: false,
      localIdeographFontFamily: FONT,
    });
    this.small = new Sources(this.map);
    this.map.touchZoomRotate.disableRotation();
    this.map.on("load", () => {
      drawTogether(this.map);
      addSymbols(this.map, theme);
      addLayers(this.map, theme, lang);
      listen(this.map, this.events, (at, zoom) => this.goTo(at, zoom), this.draw);
      void readCounties().then(({ counties }) => {
        this.counties = counties;
        this.draw();
      });
      this.ready = true;
      this.draw();
      // What a vehicle in the address has moved before there was anybody to hear of it.
      const { lng, lat } = this.map.getCenter();
      if (this.map.getZoom() >= NEAR_ZOOM) this.events.onMoved([lng, lat, this.map.getZoom()]);
    });
    this.stop = afterwards(this.draw);
    document.addEventListener("visibilitychange", this.draw);
  }

  setFilter(filter: (vehicle: Vehicle) => boolean): void {
    this.filter = filter;
    this.countiesAt = -COUNTIES_EVERY_MS;
    this.draw();
  }

  choose(id: number | null, fly: boolean): void {
    this.chosen = id;
    this.mark();
    const vehicle = this.chosenVehicle();
    if (fly && vehicle?.item.plausible) {
      this.map.easeTo({ center: [vehicle.item.lon, vehicle.item.lat], zoom: Math.max(this.map.getZoom(), 12.5), duration: 300 });
    }
  }

  setFollow(follows: boolean): void {
    this.follows = follows;
    this.mark();
  }

  whole(): void {
    this.map.fitBounds(CITY, { padding: 24, duration: 300 });
  }

  goTo(at: [number, number], zoom: number): void {
    this.map.easeTo({ center: at, zoom, duration: 300 });
  }

  destroy(): void {
    this.stop();
    document.removeEventListener("visibilitychange", this.draw);
    this.map.remove();
  }

  /** Counties when far; else what is in view and a margin around it. Nothing while nobody looks. */
  private readonly draw = (): void => {
    if (!this.ready || document.hidden) return;
    if (this.busy) {
      this.again = true;
      return;
    }
    this.mark();
    const far = this.map.getZoom() < NEAR_ZOOM;
    if (far && !this.emptied) this.countiesAt = -COUNTIES_EVERY_MS;
    this.drawCounties(far);
    if (far && this.emptied) return this.wasDrawn();
    this.emptied = far;
    const source = this.map.getSource("fleet") as GeoJSONSource;
    this.busy = true;
    void source.setData(collection(far ? [] : inView(this.map, this.filter))).finally(() => {
      this.busy = false;
      this.wasDrawn();
      if (this.again) {
        this.again = false;
        this.draw();
      }
    });
  };

  private wasDrawn(): void {
    if (!fleet.loaded || this.drawn || (this.emptied && !this.small.has("names"))) return;
    this.drawn = true;
    performance.mark("map-drawn");
  }

  private chosenVehicle(): Vehicle | undefined {
    return this.chosen === null ? undefined : fleet.vehicles.get(this.chosen);
  }

  private mark(): void {
    const vehicle = this.chosenVehicle();
    this.small.show("chosen", vehicle?.item.plausible ? [pointOf(vehicle)] : []);
    if (this.follows && vehicle?.item.plausible) keepInSight(this.map, [vehicle.item.lon, vehicle.item.lat]);
  }

  /** Near, only their names are drawn, which stay what they are. */
  private drawCounties(far: boolean): void {
    if (this.counties.length === 0 || (!far && this.small.has("names"))) return;
    if (performance.now() - this.countiesAt < COUNTIES_EVERY_MS) return;
    this.countiesAt = performance.now();
    this.small.show("names", countyPoints(this.counties));
  }
}
