import { useMemo } from "react";
import { useGet, useList } from "../api/queries";
import { useQuery } from "@tanstack/react-query";
import { api, data, purposeHeader } from "../api/client";
import type { Problem } from "../api/problem";
import type { TrackPoint } from "../map/trackFeatures";
import { useMay } from "../session/session";
import type { Case } from "./shapes";

const DAY_MS = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

/** A case with its evidence; never the one before while another loads. */
export function useCase(id: number) {
  return useGet("/api/v1/cases/{case_id}", { params: { path: { case_id: id } } }, { placeholderData: undefined });
}

/** What the vehicle did, and what was permitted, around the case. */
export function useAround(one: Case, span: { from: number; to: number }) {
  const orders = useMay("read_orders");
  const lists = useMay("read_lists");
  const trips = useMay("read_trips");
  const vehicle = one.vehicle_id;
  const window = useMemo(() => ({ from: iso(span.from), to: iso(span.to) }), [span]);
  const wide = useMemo(() => ({ from: iso(span.from - DAY_MS), to: iso(span.to + DAY_MS) }), [span]);
  const fixed = { placeholderData: undefined } as const;
  return {
    timeline: useGet(
      "/api/v1/vehicles/{vehicle_id}/timeline", { params: { path: { vehicle_id: vehicle }, query: window } }, { ...fixed, enabled: trips },
    ),
    orders: useGet("/api/v1/orders", { params: { query: { vehicle: [vehicle], ...wide, limit: 100 } } }, { ...fixed, enabled: orders }),
    exemptions: useGet("/api/v1/exemptions", { params: { query: { vehicle, at: one.from, limit: 100 } } }, { ...fixed, enabled: lists }),
    doubts: useGet("/api/v1/alerts", { params: { query: { vehicle, ...window, doubts: true, limit: 100 } } }, fixed),
    vehicle: useGet("/api/v1/vehicles/{vehicle_id}", { params: { path: { vehicle_id: vehicle } } }, fixed),
  };
}
export type Around = ReturnType<typeof useAround>;

export interface Track {
  points: TrackPoint[];
  total: number;
  implausible: number;
  sources: { source: "readings" | "packed" }[];
}

/** Where the vehicle was around the case. The purpose that is logged with the reading is the case itself. */
export function useCaseTrack(one: Case, span: { from: number; to: number }, purpose: string) {
  const may = useMay("read_tracks");
  const found = useQuery<Track, Problem>({
    queryKey: ["case-track", one.id, span],
    enabled: may,
    staleTime: Infinity,
    placeholderData: undefined,
    queryFn: ({ signal }) =>
      data<Track>(
        api.GET("/api/v1/vehicles/{vehicle_id}/track", {
          params: {
            path: { vehicle_id: one.vehicle_id }, query: { from: iso(span.from), to: iso(span.to), max_points: 3000 },
            header: purposeHeader(purpose),
          },
          signal,
        }) as never,
      ),
  });
  return { ...found, may };
}

/** Other cases of the same vehicle, newest first. */
export function useEarlier(vehicle: number) {
  return useList("/api/v1/cases", { vehicle }, { limit: 50 });
}
