import { useState } from "react";
import { isProblem } from "../api/client";
import { Problem } from "../api/problem";
import type { Person } from "./people";

/** One act on an account: that it is under way, what it was refused with, and the account as somebody else changed it. */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [current, setCurrent] = useState<Person | null>(null);
  const clear = () => {
    setProblem(null);
    setCurrent(null);
  };
  const take = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    clear();
    try {
      await work();
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      if (isProblem(reason, 412)) setCurrent((reason.body["current"] ?? null) as Person | null);
      else setProblem(reason);
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, current, take, clear };
}
