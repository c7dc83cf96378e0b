import type { Case, Command } from "./shapes";

const SUPERVISING: readonly Command[] = ["assign", "confirm", "dismiss", "close", "reopen"];
const FROM: Record<Command, readonly string[] | null> = {
  assign: ["open", "assigned", "explained"],
  explain: ["assigned", "explained"],
  confirm: ["assigned", "explained"],
  dismiss: ["open", "assigned", "explained"],
  close: ["confirmed", "dismissed"],
  reopen: ["confirmed", "dismissed", "closed", "withdrawn"],
  comment: null,
};

/** Whether the step needs words: of a decision always, of an assignment never. */
export const needsWords = (command: Command) => command !== "assign" && command !== "close";

export interface Who {
  username: string;
  organ: { id: number } | null;
}

type Why = "n_wrong_state" | "n_own_organ" | "n_explained_it" | "n_not_concerned" | "n_wrong_role";

/** Why the person may not take the step now; null where the API said that it may. It only words what the API decides. */
export function whyNot(one: Pick<Case, "state" | "organ_id" | "may" | "history">, command: Command, who: Who): Why | null {
  if (one.may.includes(command)) return null;
  if (FROM[command]?.includes(one.state) === false) return "n_wrong_state";
  if (SUPERVISING.includes(command)) {
    if (who.organ?.id === one.organ_id) return "n_own_organ";
    if (one.history.some((step) => step.command === "explain" && step.by === who.username)) return "n_explained_it";
  }
  return command === "explain" ? "n_not_concerned" : "n_wrong_role";
}

/** Where the case stands on its way: open, assigned, explained, decided, closed. */
export function stage(state: string): { done: number; stopped: boolean } {
  const done = { open: 0, assigned: 1, explained: 2, confirmed: 3, dismissed: 3, closed: 4, withdrawn: 0 }[state] ?? 0;
  return { done, stopped: state === "dismissed" || state === "withdrawn" };
}
