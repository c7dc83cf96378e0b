import { useCallback, useEffect, useMemo } from "react";
import { useSearchParams } from "react-router";

/** How one value stands in the address; an absent or unreadable one is `fallback`. */
export interface Param<T> {
  fallback: T;
  read: (text: string) => T | undefined;
  write(value: T): string;
}

export const text = (fallback = ""): Param<string> => ({ fallback, read: (raw) => raw, write: (value) => value });
export const oneOf = <T extends string>(choices: readonly T[], fallback: T): Param<T> => ({
  fallback,
  read: (raw) => choices.find((choice) => choice === raw),
  write: (value) => value,
});
export const whole = (): Param<number | null> => ({
  fallback: null,
  read: (raw) => (/^\d{1,15}$/.test(raw) ? Number(raw) : undefined),
  write: (value) => String(value),
});
export const flag = (): Param<boolean> => ({ fallback: false, read: (raw) => raw === "1", write: () => "1" });
/** Several of a set, in the address joined by commas; none chosen means all. */
export const some = <T extends string>(choices: readonly T[]): Param<readonly T[]> => ({
  fallback: [],
  read: (raw) => choices.filter((choice) => raw.split(",").includes(choice)),
  write: (value) => value.join(","),
});

type Schema = Record<string, Param<unknown>>;
export type StateOf<S extends Schema> = { [K in keyof S]: S[K] extends Param<infer T> ? T : never };
/** `push` makes a step that Back undoes (a choice); without it the present one is replaced (dragging, typing). */
export type SetState<S extends Schema> = (change: Partial<StateOf<S>>, options?: { push?: boolean }) => void;

export function readState<S extends Schema>(schema: S, params: URLSearchParams): StateOf<S> {
  const entries = Object.entries(schema).map(([name, param]) => {
    const raw = params.get(name);
    return [name, raw === null ? param.fallback : (param.read(raw) ?? param.fallback)];
  });
  return Object.fromEntries(entries) as StateOf<S>;
}

export function writeState<S extends Schema>(schema: S, params: URLSearchParams, change: Partial<StateOf<S>>): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    const param = schema[name];
    if (!param) continue;
    const written = value === undefined || value === null ? "" : param.write(value);
    if (written === "" || written === param.write(param.fallback) || value === false) next.delete(name);
    else next.set(name, written);
  }
  return next;
}

/** What was last asked for and is not in the address yet: two changes at once must not undo each other. */
let pending: string | null = null;

/** A page's state in the address, so that a view can be shared. `schema` must be a constant outside the component. */
export function useUrlState<S extends Schema>(schema: S): [StateOf<S>, SetState<S>] {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => readState(schema, params), [schema, params]);
  useEffect(() => {
    pending = null;
  }, [params]);
  const set = useCallback<SetState<S>>(
    (change, options) => {
      const next = writeState(schema, new URLSearchParams(pending ?? window.location.search), change);
      pending = next.toString();
      setParams(next, { replace: !options?.push, preventScrollReset: true });
    },
    [schema, setParams],
  );
  return [state, set];
}
