import { useQueries } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, data } from "../api/client";
import { useList } from "../api/queries";
import { fleet } from "../live/fleet";

const EVERY_MS = 15_000;
/** Digits on a flag: one. */
const MOST = 9;
const AWAY: ReadonlySet<string> = new Set(["refused", "timed_out", "released"]);

/** The open task forces, oldest first, each with its number and its vehicles; the map's flags come from here. */
export function useForces(enabled: boolean) {
  const found = useList("/api/v1/tasks", { open: true }, { enabled, refetchInterval: EVERY_MS, limit: 100 });
  const tasks = useMemo(() => [...found.items].sort((a, b) => a.id - b.id).slice(0, MOST), [found.dataUpdatedAt]);
  const rosters = useQueries({
    queries: tasks.map(({ id }) => ({
      queryKey: ["map", "roster", id], refetchInterval: EVERY_MS, placeholderData: undefined,
      queryFn: () => data(api.GET("/api/v1/tasks/{task_id}/roster", { params: { path: { task_id: id } } })),
    })),
  });
  const read = rosters.map((one) => one.dataUpdatedAt).join();
  const forces = useMemo(
    () =>
      tasks.map((task, index) => {
        const members = (rosters[index]?.data?.items ?? []).filter((one) => !AWAY.has(one.state));
        const there = members.filter((one) => one.state === "on_site").length;
        return { id: task.id, number: index + 1, title: task.title, called: members.length, there, vehicles: members.map((one) => one.vehicle_id) };
      }),
    [tasks, read],
  );
  useEffect(() => {
    fleet.setForces(new Map(forces.flatMap(({ number, vehicles }) => vehicles.map((id) => [id, number] as const))));
  }, [forces]);
  return forces;
}

export type Force = ReturnType<typeof useForces>[number];
