import type { Map } from "maplibre-gl";
import { fleet } from "../live/fleet";

const TOGETHER_MS = 120;
const AT_ONCE_MS = 1000;
const HANDS = ["pointerdown", "touchstart", "wheel", "keydown"];

/**
 * A change of a source comes back from the worker tile by tile, and each would be a drawing of the whole map. They are
 * drawn together, unless somebody is moving the map: drawn by software, a frame costs as much as all else on the page.
 */
export function drawTogether(map: Map): void {
  const repaint = map.triggerRepaint.bind(map);
  const box = map.getContainer();
  let timer = 0;
  let atOnceUntil = 0;
  const touched = () => {
    atOnceUntil = performance.now() + AT_ONCE_MS;
  };
  map.triggerRepaint = () => {
    if (map.isMoving() || performance.now() < atOnceUntil) {
      repaint();
    } else if (timer === 0) {
      timer = window.setTimeout(() => {
        timer = 0;
        repaint();
      }, TOGETHER_MS);
    }
  };
  for (const hand of HANDS) box.addEventListener(hand, touched, { capture: true, passive: true });
  map.on("remove", () => window.clearTimeout(timer));
}

/** Calls `draw` after each change of the fleet, in a task of its own: to read the event has taken long enough. */
export function afterwards(draw: () => void): () => void {
  let timer = 0;
  const stop = fleet.subscribe(() => {
    window.clearTimeout(timer);
    timer = window.setTimeout(draw);
  });
  return () => {
    stop();
    window.clearTimeout(timer);
  };
}
