export type Link = "connecting" | "live" | "late" | "stale" | "offline";

const LATE_MS = 8_000;
const STALE_MS = 15_000;

/** How fresh what the page shows is, measured by the server's clock and a steady one of our own. */
export class Freshness {
  store = "ok";
  health = "ok";
  private heardAtMs = 0;
  private serverMs = 0;

  heard(serverTime: string, steadyMs: number): void {
    this.heardAtMs = steadyMs;
    this.serverMs = Date.parse(serverTime);
  }

  /** The server's time now in milliseconds; the browser's before anything was heard. */
  now(steadyMs: number): number {
    return this.serverMs === 0 ? Date.now() : this.serverMs + steadyMs - this.heardAtMs;
  }

  silenceMs(steadyMs: number): number {
    return this.heardAtMs === 0 ? 0 : steadyMs - this.heardAtMs;
  }

  link(steadyMs: number, disconnected: boolean): Link {
    if (disconnected) return "offline";
    if (this.serverMs === 0) return "connecting";
    if (this.store !== "ok") return "stale";
    const silence = this.silenceMs(steadyMs);
    if (silence > STALE_MS) return "stale";
    return silence > LATE_MS ? "late" : "live";
  }
}
