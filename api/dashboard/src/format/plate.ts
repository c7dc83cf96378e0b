/** A plate as one types it: upper case, without dots and spaces, full-width figures made plain. */
export function plainPlate(text: string): string {
  return text.normalize("NFKC").toUpperCase().replace(/[\s·•・.-]/g, "");
}

/** Province and letter, and the rest: between them a dot is drawn. */
export function plateParts(plate: string): [string, string] {
  return [plate.slice(0, 2), plate.slice(2)];
}
