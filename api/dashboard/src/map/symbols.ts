import type { Map } from "maplibre-gl";
import type { Theme } from "../theme/tokens";
import { flag } from "./flag";
import { COLOURS } from "./style";

const SCALE = 2;
type Paint = (c: CanvasRenderingContext2D) => void;

/** One symbol drawn on a canvas at double size, its middle at 0,0. */
function drawn(size: number, paint: Paint): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * SCALE;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  if (!c) throw new Error("The browser draws no canvas.");
  c.scale(SCALE, SCALE);
  c.translate(size / 2, size / 2);
  paint(c);
  return c.getImageData(0, 0, size * SCALE, size * SCALE);
}

function filled(c: CanvasRenderingContext2D, colour: string, halo: string): void {
  c.lineWidth = 2.5;
  c.strokeStyle = halo;
  c.stroke();
  c.fillStyle = colour;
  c.fill();
}

function bolt(c: CanvasRenderingContext2D, colour: string, scale: number): void {
  c.beginPath();
  for (const [x, y] of [[0.6, -3.2], [-2, 0.6], [-0.2, 0.6], [-0.6, 3.2], [2, -0.6], [0.2, -0.6]] as const) c.lineTo(x * scale, y * scale);
  c.closePath();
  c.fillStyle = colour;
  c.fill();
}

/** Moving, idling, parked, silent. */
function shapes(colour: string, halo: string, nev: boolean): Paint[] {
  const cut = (c: CanvasRenderingContext2D, scale: number, y = 0) => {
    if (!nev) return;
    c.translate(0, y);
    bolt(c, halo, scale);
  };
  return [
    (c) => {
      c.beginPath();
      for (const [x, y] of [[0, -8.5], [6.2, 7], [0, 3.8], [-6.2, 7]] as const) c.lineTo(x, y);
      c.closePath();
      filled(c, colour, halo);
      cut(c, 0.95, 0.4);
    },
    (c) => {
      c.beginPath();
      c.roundRect(-5.5, -5.5, 11, 11, 2);
      filled(c, colour, halo);
      c.strokeStyle = halo;
      c.lineWidth = 1.8;
      c.beginPath();
      for (const x of [-2.6, 2.6]) {
        c.moveTo(nev ? x * 1.3 : x * 0.8, -2.6);
        c.lineTo(nev ? x * 1.3 : x * 0.8, 2.6);
      }
      c.stroke();
      cut(c, 0.85);
    },
    (c) => {
      c.beginPath();
      c.arc(0, 0, 4.8, 0, 7);
      filled(c, colour, halo);
      cut(c, 1);
    },
    (c) => {
      c.beginPath();
      c.arc(0, 0, 4.8, 0, 7);
      c.fillStyle = halo;
      c.fill();
      c.setLineDash([2.6, 2]);
      c.lineWidth = 1.9;
      c.strokeStyle = colour;
      c.stroke();
      if (nev) bolt(c, colour, 0.9);
    },
  ];
}

/** Octagon, triangle, circle at the upper right of a ring. */
function badge(severity: number, theme: Theme): Paint {
  const c3 = COLOURS[theme];
  const colour = [c3.blue, c3.blue, c3.yellow, c3.red][severity] ?? c3.blue;
  return (c) => {
    c.lineWidth = 2.4;
    c.strokeStyle = severity === 2 ? c3.yellowInk : colour;
    c.beginPath();
    c.arc(0, 0, 11, 0, 7);
    c.stroke();
    c.translate(8.5, -8.5);
    outline(c, severity, 5.6);
    c.lineWidth = 2.4;
    c.strokeStyle = c3.land;
    c.stroke();
    c.fillStyle = colour;
    c.fill();
    if (severity === 2) {
      c.lineWidth = 1;
      c.strokeStyle = c3.yellowInk;
      c.stroke();
    }
  };
}

function outline(c: CanvasRenderingContext2D, severity: number, r: number): void {
  c.beginPath();
  if (severity === 3) {
    for (let i = 0; i < 8; i++) c.lineTo(r * Math.cos(Math.PI / 8 + (i * Math.PI) / 4), r * Math.sin(Math.PI / 8 + (i * Math.PI) / 4));
  } else if (severity === 2) {
    for (const [x, y] of [[0, -1], [1, 0.8], [-1, 0.8]] as const) c.lineTo(x * r, y * r);
  } else {
    c.arc(0, 0, r * 0.85, 0, 7);
  }
  c.closePath();
}

function plate(fill: string, line: string, radius: number): ImageData {
  return drawn(24, (c) => {
    c.beginPath();
    c.roundRect(-11, -11, 22, 22, radius);
    c.fillStyle = fill;
    c.fill();
    c.strokeStyle = line;
    c.lineWidth = 1;
    c.stroke();
  });
}

/** Images `v{state}{n|f}` for vehicles, `a{1..3}` for rings, `flag` for task forces, `card` and `pill` for counties. No picture is fetched. */
export function addSymbols(map: Map, theme: Theme): void {
  const c = COLOURS[theme];
  const put = (name: string, size: number, paint: Paint) => map.addImage(name, drawn(size, paint), { pixelRatio: SCALE });
  shapes(c.nev, c.land, true).forEach((paint, state) => put(`v${state}n`, 26, paint));
  shapes(c.fuel, c.land, false).forEach((paint, state) => put(`v${state}f`, 26, paint));
  for (const severity of [1, 2, 3]) put(`a${severity}`, 34, badge(severity, theme));
  put("flag", 24, flag(c.ink, c.land));
  const stretch = { pixelRatio: SCALE, content: [4, 4, 44, 44] as [number, number, number, number] };
  map.addImage("card", plate(c.card, c.cardLine, 4), { ...stretch, stretchX: [[14, 34]], stretchY: [[14, 34]] });
  map.addImage("pill", plate("#b8241a", "#ffffff", 8), { ...stretch, stretchX: [[20, 28]], stretchY: [[20, 28]] });
}
