import { api, data, type Shape } from "../api/client";
import { invalidate, queryClient } from "../api/queries";

export const ACCOUNTS = "/api/v1/accounts";
export type Person = Shape<"AccountShown">;
type Role = Person["role"];

export const ROLES = [
  "administrator", "city_dispatcher", "organ_dispatcher", "approver", "organ_manager", "supervisor", "auditor", "viewer",
] as const satisfies readonly Role[];

/** Roles that mean nothing without an organ. */
const OF_AN_ORGAN: readonly Role[] = ["organ_dispatcher", "approver", "organ_manager"];
export const needsOrgan = (role: Role | undefined) => role !== undefined && OF_AN_ORGAN.includes(role);

const path = (id: number) => ({ path: { account_id: id } });
export const onePerson = (id: number) => ({ params: path(id) });

/** With the version that was read, so that nobody's decision is overwritten unseen. */
export const change = (person: Person, body: Shape<"AccountChange">) =>
  data(api.PATCH("/api/v1/accounts/{account_id}", { params: { ...path(person.id), header: { "If-Match": `"${person.version}"` } }, body }));
export const unlock = (id: number) => data(api.POST("/api/v1/accounts/{account_id}/unlock", { params: path(id) }));
export const dropFactor = (id: number) => data(api.DELETE("/api/v1/accounts/{account_id}/totp", { params: path(id) }));

/** What an answer says of an account goes to all who show it; lists are asked again. */
export function keep(person: Person): void {
  queryClient.setQueryData(["/api/v1/accounts/{account_id}", onePerson(person.id)], person);
  invalidate(ACCOUNTS);
}
