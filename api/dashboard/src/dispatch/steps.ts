import { useState } from "react";
import { api, data, isProblem } from "../api/client";
import { Problem } from "../api/problem";
import { invalidate, queryClient } from "../api/queries";
import type { Order } from "./model";

type AnyPost = (path: string, init: unknown) => Promise<{ data?: never; error?: unknown; response: Response }>;
const post = api.POST as unknown as AnyPost;
const patch = api.PATCH as unknown as AnyPost;

/** Posts to an address that is made at run time; the answer is what stands there afterwards. */
export async function postTo<T>(path: string, body: object = {}, version?: number): Promise<T> {
  return data<T>(post(path, { body, ...matching(version) }) as never);
}

export async function patchAt<T>(path: string, body: object, version: number): Promise<T> {
  return data<T>(patch(path, { body, ...matching(version) }) as never);
}

const matching = (version?: number) => (version === undefined ? {} : { headers: { "If-Match": `"${version}"` } });

export const orderKey = (id: number) => ["/api/v1/orders/{order_id}", { params: { path: { order_id: id } } }];

/** What an answer to a step says goes at once to all who show the order; lists and counts are asked again. */
export function keep(order: Order): void {
  queryClient.setQueryData(orderKey(order.id), order);
  invalidate("/api/v1/orders");
}

/** A step that is on its way, what it was refused with, and, where somebody was faster, the record as it is now. */
export function useStep<T>(done: (answer: T) => void) {
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [current, setCurrent] = useState<T | null>(null);
  const clear = () => {
    setProblem(null);
    setCurrent(null);
  };
  const take = async (name: string, work: () => Promise<T>): Promise<boolean> => {
    setBusy(name);
    clear();
    try {
      done(await work());
      return true;
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      if (isProblem(reason, 412)) setCurrent((reason.body["current"] ?? null) as T | null);
      else setProblem(reason);
      return false;
    } finally {
      setBusy("");
    }
  };
  return { busy, problem, current, take, clear };
}
