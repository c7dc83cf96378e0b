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

/**
 * Make the children of `parent` look like `children`, keeping every element that can stay: what is focused, hovered
 * or pressed at that moment is not pulled away under the pointer. Listeners belong on `parent`, not on children.
 */
export function update(parent, children) {
  const before = [...parent.childNodes];
  children.forEach((child, index) => {
    const old = before[index];
    if (old === undefined) parent.append(child);
    else morph(old, child);
  });
  for (const extra of before.slice(children.length)) extra.remove();
}

function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
  } else if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
  } else {
    for (const { name } of [...old.attributes]) if (name !== "style" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    update(old, [...fresh.childNodes]);
  }
}
