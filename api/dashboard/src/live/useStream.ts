import { createContext, use, useEffect, useState, useSyncExternalStore } from "react";
import { api, data } from "../api/client";
import { invalidate } from "../api/queries";
import { useSession } from "../session/session";
import { fleet, type PositionsEvent } from "./fleet";
import { Freshness, type Link } from "./freshness";
import { SharedStream } from "./stream";

export interface CaseNotice {
  type: string;
  case_id: number;
  vehicle_id: number;
  severity: string;
}

export interface Live {
  link: Link;
  /** Seconds to the next attempt while disconnected. */
  retryS: number;
  silenceS: number;
  store: string;
  health: string;
  hurry: () => void;
}

export const freshness = new Freshness();
const listeners = new Set<(notice: CaseNotice) => void>();
export const LiveContext = createContext<Live>({
  link: "connecting", retryS: 0, silenceS: 0, store: "ok", health: "ok", hurry: () => undefined,
});

/** The server's time now, in milliseconds. */
export const serverNow = () => freshness.now(performance.now());
export const useLive = () => use(LiveContext);
/** Draws anew with every change of the fleet: for small components only. */
export const useFleetVersion = () => useSyncExternalStore(fleet.subscribe, fleet.snapshot);

/** Called with each notice of a case as it comes. */
export function useCaseNotices(listener: (notice: CaseNotice) => void): void {
  useEffect(() => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, [listener]);
}

function hear(kind: string, text: string): void {
  const event = JSON.parse(text) as Record<string, never>;
  if (event["server_time"]) freshness.heard(event["server_time"], performance.now());
  if (kind === "positions") {
    freshness.store = "ok";
    fleet.apply(event as unknown as PositionsEvent);
  } else if (kind === "health") {
    freshness.store = String(event["store"] ?? "ok");
    freshness.health = String(event["status"] ?? event["ingest"] ?? "ok");
  } else if (kind === "case") {
    invalidate("/api/v1/cases");
    for (const listener of listeners) listener(event as unknown as CaseNotice);
  } else if (kind === "reset") {
    invalidate("/api/v1/");
  }
}

/** Opens the stream for the whole page; used once, by the shell. */
export function useStream(): Live {
  const { me, may } = useSession();
  const [stream, setStream] = useState<SharedStream | null>(null);
  const [, tick] = useState(0);
  const topics = may("read_cases") ? "positions,cases,health" : "positions,health";
  useEffect(() => {
    if (!may("read_positions")) return;
    const opened = new SharedStream(topics, me.username, hear, () => tick((n) => n + 1));
    setStream(opened);
    // A tab that does not read itself missed what was told before it came; the one that reads is told by the stream.
    const latest = window.setTimeout(() => {
      if (fleet.loaded || opened.reads) return;
      const show = (found: object) => hear("positions", JSON.stringify({ ...found, full: true, gone: [] }));
      void data(api.GET("/api/v1/positions/latest")).then((found) => fleet.loaded || show(found), () => undefined);
    }, 800);
    const timer = window.setInterval(() => tick((n) => n + 1), 1000);
    return () => {
      window.clearInterval(timer);
      window.clearTimeout(latest);
      opened.close();
    };
  }, [me.username, topics, may]);
  const steady = performance.now();
  const retryMs = stream?.retryAtMs ?? 0;
  return {
    link: freshness.link(steady, retryMs > 0),
    retryS: Math.max(0, Math.ceil((retryMs - steady) / 1000)),
    silenceS: Math.round(freshness.silenceMs(steady) / 1000),
    store: freshness.store,
    health: freshness.health,
    hurry: stream?.hurry ?? (() => undefined),
  };
}
