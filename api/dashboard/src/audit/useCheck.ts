import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, data, type Shape } from "../api/client";
import type { Problem } from "../api/problem";

export type Check = Shape<"CheckShown">;

/** How far a walk over the log has come. */
export interface Progress {
  checked: number;
  expected: number | null;
}

const WAIT_S = 1;

/** The last check of the log that this browser asked for; `start` asks for a new one and tells how far it is. */
export function useCheck() {
  const [progress, setProgress] = useState<Progress>({ checked: 0, expected: null });
  const found = useQuery<Check, Problem>({
    queryKey: ["audit check"],
    enabled: false,
    staleTime: Infinity,
    gcTime: Infinity,
    queryFn: async ({ signal }) => {
      for (;;) {
        const told = await data(api.GET("/api/v1/audit/verify", { params: { query: { wait_s: WAIT_S } }, signal }));
        if (told.state === "done") return told;
        setProgress({ checked: told.checked, expected: told.expected });
      }
    },
  });
  const start = () => {
    setProgress({ checked: 0, expected: null });
    void found.refetch();
  };
  return { check: found.data, running: found.isFetching, problem: found.error, progress, start };
}
