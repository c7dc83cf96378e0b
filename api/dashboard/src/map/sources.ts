import type { GeoJSONSource, Map } from "maplibre-gl";
import { collection } from "./features";

/** Small sources: handed their points only when these are others than before, for that costs a drawing of the map. */
export class Sources {
  private readonly texts = new globalThis.Map<string, string>();

  constructor(private readonly map: Map) {}

  has(name: string): boolean {
    return this.texts.has(name);
  }

  show(name: "chosen" | "names", points: GeoJSON.Feature<GeoJSON.Point>[]): void {
    const source = this.map.getSource(name) as GeoJSONSource | undefined;
    const text = JSON.stringify(points);
    if (!source || (this.texts.get(name) ?? "[]") === text) return;
    this.texts.set(name, text);
    void source.setData(collection(points));
  }
}
