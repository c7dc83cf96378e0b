import { flag, oneOf, some, text, whole, type SetState, type StateOf } from "../url/useUrlState";
import { STATES, statesOf } from "./shapes";

export const TABS = ["readings", "rule", "quality", "clear", "earlier"] as const;

/** What of the page stands in the address, beside the case's id in the path. */
export const ADDRESS = {
  severity: some(["red", "yellow", "blue"]), state: oneOf(["todo", "decided", "all", ...STATES], "todo"), rule: text(), organ: whole(),
  vehicle: whole(), mine: flag(), late: flag(), sort: oneOf(["worst", "newest"], "worst"), from: text(), to: text(),
  tab: oneOf(TABS, "readings"), finding: whole(),
};
export type CaseAddress = StateOf<typeof ADDRESS>;
export type SetCaseAddress = SetState<typeof ADDRESS>;

/** The filters as the API takes them. */
export function listQuery(address: CaseAddress, me: string) {
  const states = statesOf(address.state);
  return {
    ...(address.severity.length > 0 ? { severity: [...address.severity] } : {}),
    ...(states.length > 0 ? { state: [...states] } : {}),
    ...(address.rule ? { rule: address.rule } : {}),
    ...(address.organ === null ? {} : { organ: address.organ }),
    ...(address.vehicle === null ? {} : { vehicle: address.vehicle }),
    ...(address.mine ? { assignee: me } : {}),
    ...(address.late ? { overdue: true } : {}),
    ...(address.from ? { from: address.from } : {}),
    ...(address.to ? { to: address.to } : {}),
  };
}
