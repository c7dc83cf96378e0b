/** The bytes behind base 64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");

/** Sixteen bytes a line: where they stand, their values, and what of them can be read. At most `most` lines. */
export function hexLines(bytes: Uint8Array, most: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length && lines.length < most; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const values = row.map((value) => hex(value, 2)).join(" ").padEnd(47);
    const read = row.map((value) => (value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : ".")).join("");
    lines.push(`${hex(at, 6)}  ${values}  ${read}`);
  }
  if (bytes.length > most * 16) lines.push("…");
  return lines;
}
