import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, data, purposeHeader, type Shape } from "../api/client";
import type { Problem } from "../api/problem";
import type { Answer } from "../api/queries";
import { makeTrack, type Track, type TrackPoint } from "../map/trackFeatures";
import { iso, LETTERS, tooLong, type Period } from "./address";

type Timeline = Answer<"/api/v1/vehicles/{vehicle_id}/timeline">;
export type Entry = Timeline["items"][number];
export type Order = Shape<"OrderShown">;
export interface TrackRead {
  points: TrackPoint[];
  total: number;
  returned: number;
  thinned: boolean;
}

/** One chosen vehicle: what it did, what it was permitted, and its way once a purpose was stated. */
export interface Chosen {
  id: number;
  letter: string;
  plate: string;
  timeline: Timeline | undefined;
  orders: readonly Order[];
  track: TrackRead | undefined;
  error: Problem | null;
  trackError: Problem | null;
  pending: boolean;
}

const found = <T>(answer: Promise<unknown>) => data<T>(answer as Promise<{ data?: T; error?: unknown; response: Response }>);
const NO_ORDERS: readonly Order[] = [];

export function useChosen(vehicles: readonly number[], period: Period, purpose: string | null, mayOrders: boolean): Chosen[] {
  const query = useMemo(() => ({ from: iso(period.from), to: iso(period.to) }), [period]);
  const enabled = !tooLong(period);
  const timelines = useQueries({
    queries: vehicles.map((id) => ({
      queryKey: ["history", "timeline", id, query], enabled, placeholderData: undefined,
      queryFn: () => found<Timeline>(api.GET("/api/v1/vehicles/{vehicle_id}/timeline", { params: { path: { vehicle_id: id }, query } })),
    })),
  });
  const orders = useQueries({
    queries: vehicles.map((id) => ({
      queryKey: ["history", "orders", id, query], enabled: enabled && mayOrders, placeholderData: undefined,
      queryFn: () => found<{ items: Order[] }>(api.GET("/api/v1/orders", { params: { query: { vehicle: [id], ...query, limit: 200 } } })),
    })),
  });
  const tracks = useQueries({
    queries: vehicles.map((id) => ({
      // The purpose is part of the key: another purpose is another reading.
      queryKey: ["history", "track", id, query, purpose], enabled: enabled && purpose !== null, staleTime: Infinity, placeholderData: undefined,
      queryFn: () => found<TrackRead>(api.GET("/api/v1/vehicles/{vehicle_id}/track", {
        params: { path: { vehicle_id: id }, query: { ...query, max_points: 5000 }, header: purposeHeader(purpose ?? "") },
      })),
    })),
  });
  return vehicles.map((id, index) => {
    const timeline = timelines[index]?.data;
    return {
      id, letter: LETTERS[index] ?? "", plate: timeline?.plate ?? "", timeline, orders: orders[index]?.data?.items ?? NO_ORDERS,
      track: tracks[index]?.data, error: (timelines[index]?.error as Problem | null) ?? null,
      trackError: (tracks[index]?.error as Problem | null) ?? null, pending: tracks[index]?.isFetching === true,
    };
  });
}

/** The ways of all that were read; the same array until one of them changes. */
export function useWays(chosen: readonly Chosen[]): readonly Track[] {
  const key = chosen.map(({ track }) => track);
  return useMemo(
    () => chosen.flatMap(({ id, letter, track }, index) => (track ? [makeTrack(id, letter, index, track.points)] : [])),
    // One entry for each of the eight: the number of dependencies must not change.
    Array.from({ length: 8 }, (_, index) => key[index]),
  );
}
