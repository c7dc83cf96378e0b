// Elements without markup in strings: nothing that comes from outside can become HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export const byId = (id) => document.getElementById(id);

/** 云D·12345 with a drawn dot. */
export function plate(text) {
  const bare = text.replace(/[·•・]/g, "");
  return h("span", { class: "pl" }, bare.slice(0, 2), h("i", { "aria-hidden": "true" }), bare.slice(2));
}

/** The symbol of a state, in the current text colour unless another is given. */
export function stateSymbol(state, colour = "currentColor") {
  const shapes = {
    moving: () => [s("path", { d: "M7 .8 12.4 13 7 10.4 1.6 13z", fill: colour })],
    idling: () => [
      s("rect", { x: 2, y: 2, width: 10, height: 10, rx: 1.5, fill: colour }),
      s("path", { d: "M5 4.6v4.8M9 4.6v4.8", stroke: "var(--surface)", "stroke-width": 1.6 }),
    ],
    parked: () => [s("circle", { cx: 7, cy: 7, r: 4.6, fill: colour })],
    silent: () => [
      s("circle", { cx: 7, cy: 7, r: 4.4, fill: "none", stroke: colour, "stroke-width": 1.8, "stroke-dasharray": "2.6 1.9" }),
    ],
  };
  return s("svg", { class: "sym", viewBox: "0 0 14 14", "aria-hidden": "true" }, shapes[state]());
}
