import { api, data } from "../api/client";
import type { RecordShown } from "./kinds";

type AnyCall = (path: string, init: unknown) => Promise<{ data?: never; error?: unknown; response: Response }>;
const calls = { post: api.POST as unknown as AnyCall, patch: api.PATCH as unknown as AnyCall, remove: api.DELETE as unknown as AnyCall };

export const create = (kind: string, body: object) => data<RecordShown>(calls.post(`/api/v1/${kind}`, { body }) as never);

/** With the version that was read, so that nobody's work is overwritten unseen. */
export const change = (kind: string, id: number, version: number, body: object, query: object = {}) =>
  data<RecordShown>(calls.patch(`/api/v1/${kind}/${id}`, { body, params: { query }, headers: { "If-Match": `"${version}"` } }) as never);

export const remove = (kind: string, id: number, version: number) =>
  data<undefined>(calls.remove(`/api/v1/${kind}/${id}`, { headers: { "If-Match": `"${version}"` } }) as never);
