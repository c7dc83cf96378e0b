import { createContext, use, useEffect, useRef, useState } from "react";
import { useSession } from "../session/session";
import { Windows } from "./windows";

export const WindowsContext = createContext<Windows | null>(null);

/** The other windows of this person; used once, by the shell. */
export function useWindows(): Windows | null {
  const { me } = useSession();
  const [windows, setWindows] = useState<Windows | null>(null);
  useEffect(() => {
    const made = new Windows(me.username);
    setWindows(made);
    return () => made.close();
  }, [me.username]);
  return windows;
}

/** Tells other windows of the vehicle that is chosen here, and `follow`s theirs; without `follow` it only tells. */
export function useCoupling(chosen: number | null | undefined, follow?: (vehicle: number) => void): void {
  const windows = use(WindowsContext);
  const latest = useRef(follow);
  latest.current = follow;
  useEffect(() => {
    if (chosen) windows?.choose(chosen);
  }, [windows, chosen]);
  useEffect(() => windows?.listen((vehicle) => latest.current?.(vehicle)), [windows]);
}
