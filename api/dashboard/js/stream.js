// One connection for everything that moves, and how fresh it is, measured by the server's clock.

import { me } from "./api.js";

const WAITS_S = [1, 2, 4, 8, 15];
const LATE_MS = 8_000;
const STALE_MS = 15_000;

export class Stream {
  constructor({ positions, signedOut }) {
    this.positions = positions;
    this.signedOut = signedOut;
    this.source = null;
    this.failures = 0;
    this.retryAt = 0;
    this.heardAt = 0;
    this.serverTime = 0;
    this.store = "ok";
  }

  open() {
    this.close();
    const source = new EventSource("/api/v1/positions/stream");
    this.source = source;
    source.addEventListener("positions", (message) => {
      const event = JSON.parse(message.data);
      this.heard(event);
      this.positions(event);
    });
    source.addEventListener("health", (message) => {
      const event = JSON.parse(message.data);
      this.heard(event);
      this.store = event.store;
    });
    source.addEventListener("reset", () => {});
    source.onerror = () => {
      if (source !== this.source) return;
      this.lost();
    };
  }

  close() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.timer);
    this.retryAt = 0;
  }

  heard(event) {
    this.failures = 0;
    this.store = "ok";
    this.heardAt = performance.now();
    this.serverTime = Date.parse(event.server_time);
  }

  lost() {
    this.close();
    const wait = WAITS_S[Math.min(this.failures, WAITS_S.length - 1)];
    this.failures += 1;
    this.retryAt = performance.now() + wait * 1000;
    this.timer = setTimeout(async () => {
      // An expired session must lead to the log-in, not to endless attempts.
      const problem = await me().then(() => null, (reason) => reason);
      if (problem === null) this.open();
      else if (problem.status === 401) this.signedOut();
      else this.lost();
    }, wait * 1000);
  }

  /** The server's time now; 0 before the first event. */
  now() {
    return this.serverTime === 0 ? 0 : this.serverTime + performance.now() - this.heardAt;
  }

  /** `live`, `late`, `stale`, `offline` or `connecting`, with what the banner needs. */
  freshness() {
    if (this.source === null) return { kind: "offline", waitS: Math.max(0, Math.ceil((this.retryAt - performance.now()) / 1000)) };
    if (this.serverTime === 0) return { kind: "connecting" };
    const silence = performance.now() - this.heardAt;
    if (this.store !== "ok") return { kind: "stale", store: true, silence };
    if (silence > STALE_MS) return { kind: "stale", silence };
    return { kind: silence > LATE_MS ? "late" : "live" };
  }
}
