import type { Group } from "./figures";

export const DIMENSIONS = ["division", "organ", "use", "management", "energy", "month"] as const;
export type Dimension = (typeof DIMENSIONS)[number];
type Word = (group: string, slug: string | null | undefined) => string;

/** What a group is called. */
export function nameOf(group: Group, by: Dimension, county: (code: number) => string, word: Word): string {
  switch (by) {
    case "organ":
      return group.organ?.name ?? "—";
    case "division":
      return group.division === null || group.division === undefined ? "—" : county(group.division);
    case "month":
      return group.month ?? "—";
    default:
      return word(by, group[by]);
  }
}

/** The change of the address that opens a group: a filter more, and the next finer question. */
export function opened(group: Group, by: Dimension): Record<string, string | number | null> {
  switch (by) {
    case "organ":
      return { organ: group.organ?.id ?? null, by: "" };
    case "division":
      return { division: group.division ?? null, by: "organ" };
    case "month":
      return monthOf(group.month ?? "");
    default:
      return { [by]: group[by] ?? null, by: "organ" };
  }
}

function monthOf(month: string): Record<string, string> {
  const [year, number] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year ?? 2000, number ?? 1, 0)).getUTCDate();
  return { from: `${month}-01`, to: `${month}-${String(last).padStart(2, "0")}`, by: "organ" };
}

export const keyOf = (group: Group): string =>
  String(group.vehicle?.id ?? group.organ?.id ?? group.division ?? group.month ?? group.use ?? group.management ?? group.energy ?? "all");
