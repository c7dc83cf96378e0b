// Vehicle symbols, drawn once for each size and theme and then only copied: shape = state, colour = energy.

const HEADINGS = 36;
const BOX = 26;

const SHAPES = {
  moving(c, colour, halo) {
    c.beginPath();
    c.moveTo(0, -8.5); c.lineTo(6.2, 7); c.lineTo(0, 3.8); c.lineTo(-6.2, 7);
    c.closePath();
    finish(c, colour, halo);
  },
  idling(c, colour, halo) {
    c.beginPath();
    c.roundRect(-5.5, -5.5, 11, 11, 2);
    finish(c, colour, halo);
    c.strokeStyle = halo;
    c.lineWidth = 1.8;
    c.beginPath();
    c.moveTo(-2, -2.6); c.lineTo(-2, 2.6); c.moveTo(2, -2.6); c.lineTo(2, 2.6);
    c.stroke();
  },
  parked(c, colour, halo) {
    c.beginPath();
    c.arc(0, 0, 4.4, 0, 7);
    finish(c, colour, halo);
  },
  silent(c, colour, halo) {
    c.beginPath();
    c.arc(0, 0, 4.6, 0, 7);
    c.fillStyle = halo;
    c.fill();
    c.setLineDash([2.6, 2]);
    c.lineWidth = 1.9;
    c.strokeStyle = colour;
    c.stroke();
    c.setLineDash([]);
  },
};

function finish(c, colour, halo) {
  c.lineJoin = "round";
  c.lineWidth = 2.5;
  c.strokeStyle = halo;
  c.stroke();
  c.fillStyle = colour;
  c.fill();
}

function bolt(c, halo) {
  c.beginPath();
  c.moveTo(0.9, -3.4); c.lineTo(-1.9, 0.6); c.lineTo(-0.2, 0.6); c.lineTo(-0.9, 3.4); c.lineTo(1.9, -0.6); c.lineTo(0.2, -0.6);
  c.closePath();
  c.fillStyle = halo;
  c.fill();
}

export class Symbols {
  constructor() {
    this.key = "";
  }

  /** Draw the set anew if the size, the colours or the pixel ratio changed. */
  prepare(scale, ratio, colours, bolts) {
    const key = [scale, ratio, colours.nev, colours.fuel, colours.land, bolts].join();
    if (key === this.key) return;
    this.key = key;
    this.size = BOX * scale;
    const pixels = Math.ceil(this.size * ratio);
    const make = (shape, colour, angle, cut) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = pixels;
      const c = canvas.getContext("2d");
      c.scale(pixels / BOX, pixels / BOX);
      c.translate(BOX / 2, BOX / 2);
      c.rotate(angle);
      SHAPES[shape](c, colour, colours.land);
      if (cut) {
        c.rotate(-angle);
        // The arrowhead is widest behind its centre; a smaller bolt leaves its outline whole.
        if (shape === "moving") {
          c.translate(-Math.sin(angle) * 1.2, Math.cos(angle) * 1.2);
          c.scale(0.72, 0.72);
        }
        if (shape !== "idling" && shape !== "silent") bolt(c, colours.land);
      }
      return canvas;
    };
    this.images = {};
    for (const group of ["nev", "fuel"]) {
      const cut = bolts && group === "nev";
      this.images[group] = {
        moving: Array.from({ length: HEADINGS }, (_, n) => make("moving", colours[group], (n * 2 * Math.PI) / HEADINGS, cut)),
        idling: make("idling", colours[group], 0, cut),
        parked: make("parked", colours[group], 0, cut),
        silent: make("silent", colours[group], 0, cut),
      };
    }
  }

  image(item) {
    const set = this.images[item.nev ? "nev" : "fuel"];
    if (item.state !== "moving") return set[item.state];
    return set.moving[Math.round((item.heading_deg ?? 0) / (360 / HEADINGS)) % HEADINGS];
  }
}
