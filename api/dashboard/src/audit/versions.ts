/** What an entry tells of a record: fields, or one value (the state of an order). */
export interface Versions {
  before: unknown;
  after: unknown;
}

export interface VersionRow {
  field: string;
  before: unknown;
  after: unknown;
  same: boolean;
}

const fields = (value: unknown): Record<string, unknown> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;

/** One row for each field of either version, in their order; a bare value is a row called `state`. */
export function rowsOf({ before, after }: Versions): VersionRow[] {
  const [was, is] = [fields(before), fields(after)];
  if (!was && !is) return [{ field: "state", before, after, same: JSON.stringify(before) === JSON.stringify(after) }];
  const names = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])];
  return names.map((field) => {
    const [one, other] = [was?.[field], is?.[field]];
    return { field, before: one, after: other, same: JSON.stringify(one) === JSON.stringify(other) };
  });
}
