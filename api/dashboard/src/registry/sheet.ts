/** The cells of a line of a sheet; quotes are doubled inside quotes. */
export function cellsOf(line: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const sign = line[i]!;
    if (quoted && sign === '"' && line[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (sign === '"') quoted = !quoted;
    else if (sign === "," && !quoted) {
      cells.push(cell);
      cell = "";
    } else cell += sign;
  }
  return [...cells, cell];
}

/** The rows of a sheet with the number of the line each begins on; quoted cells may hold line ends. */
export function rowsOf(text: string): { line: number; raw: string }[] {
  const rows: { line: number; raw: string }[] = [];
  let pending: { line: number; raw: string } | null = null;
  text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .forEach((raw, index) => {
      pending = pending ? { ...pending, raw: `${pending.raw}\n${raw}` } : { line: index + 1, raw };
      if ((pending.raw.match(/"/g) ?? []).length % 2 === 1) return;
      if (pending.raw !== "") rows.push(pending);
      pending = null;
    });
  return rows;
}

/** As the service reads it: UTF-8, else GB18030. */
export async function textOf(file: Blob): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

export const linesOf = async (file: Blob) => rowsOf(await textOf(file)).map(({ raw }) => cellsOf(raw));

interface Refused {
  line: number;
  problems: readonly { message: string; message_zh: string; severity: string }[];
}

/** The refused rows as they were, with the reasons in a last column: to be mended and sent again. */
export async function refusedSheet(file: Blob, refused: readonly Refused[], heading: string): Promise<Blob> {
  const rows = rowsOf(await textOf(file));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const why = new Map(
    refused.map((one) => [
      one.line,
      one.problems
        .filter((each) => each.severity === "error")
        .map((each) => each.message_zh)
        .join(";"),
    ]),
  );
  const lines = rows.flatMap(({ line, raw }, index) =>
    index === 0 ? [`${raw},${quoted(heading)}`] : why.has(line) ? [`${raw},${quoted(why.get(line) ?? "")}`] : [],
  );
  return new Blob(["\uFEFF", lines.join("\r\n"), "\r\n"], { type: "text/csv" });
}
