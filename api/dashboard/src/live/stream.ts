import { renewed } from "../api/client";

/** What came over the stream, in the words of the API: `positions`, `case`, `finding`, `health`, `reset`. */
export type StreamListener = (kind: string, text: string) => void;

const KINDS = ["positions", "case", "finding", "health", "reset"];
const WAITS_S = [1, 2, 4, 8, 15];

/**
 * One connection for all tabs of this browser: the tab that holds the lock reads and passes on. Six connections to one
 * server are all that HTTP/1.1 allows.
 */
export class SharedStream {
  /** When the next attempt is made (performance.now()); 0 while connected. */
  retryAtMs = 0;
  private source: EventSource | null = null;
  private failures = 0;
  private timer = 0;
  private readonly abort = new AbortController();
  private readonly channel: BroadcastChannel;
  private readonly lock: string;
  private passed = Promise.resolve();
  private release: () => void = () => undefined;

  constructor(
    private readonly topics: string,
    person: string,
    private readonly listener: StreamListener,
    private readonly lost: () => void,
  ) {
    this.lock = `fleet-stream:${person}`;
    this.channel = new BroadcastChannel(this.lock);
    this.channel.onmessage = ({ data }: MessageEvent<[string, string]>) => {
      this.retryAtMs = 0;
      listener(...data);
    };
    if (!navigator.locks) {
      this.open();
      return;
    }
    const held = navigator.locks.request(this.lock, { signal: this.abort.signal }, () => {
      this.open();
      return new Promise<void>((resolve) => {
        this.release = resolve;
      });
    });
    held.catch(() => undefined);
  }

  /** Whether this tab reads for itself, and so will be told of the whole fleet. */
  get reads(): boolean {
    return this.source !== null;
  }

  /** Tries at once instead of waiting. */
  readonly hurry = () => {
    if (this.retryAtMs > 0) this.open();
  };

  close(): void {
    this.abort.abort();
    this.source?.close();
    this.source = null;
    window.clearTimeout(this.timer);
    this.channel.close();
    this.release();
  }

  /** To the tabs that wait for the lock; copying megabytes for nobody would hold up the page. */
  private async pass(kind: string, text: string): Promise<void> {
    // Without locks each tab reads for itself.
    const { pending = [] } = (await navigator.locks?.query()) ?? {};
    if (this.abort.signal.aborted) return;
    if (pending.some(({ name }) => name === this.lock)) this.channel.postMessage([kind, text]);
  }

  private open(): void {
    window.clearTimeout(this.timer);
    this.source?.close();
    this.retryAtMs = 0;
    const source = new EventSource(`/api/v1/stream?topics=${this.topics}`);
    this.source = source;
    for (const kind of KINDS) {
      source.addEventListener(kind, (message: MessageEvent<string>) => {
        this.failures = 0;
        this.listener(kind, message.data);
        this.passed = this.passed.then(() => this.pass(kind, message.data)).catch(() => undefined);
      });
    }
    source.onerror = () => {
      if (source === this.source) this.wait();
    };
  }

  private wait(): void {
    this.source?.close();
    this.source = null;
    const seconds = WAITS_S[Math.min(this.failures, WAITS_S.length - 1)] ?? 15;
    this.failures += 1;
    this.retryAtMs = performance.now() + seconds * 1000;
    this.lost();
    this.timer = window.setTimeout(() => {
      // A session that ran out while the stream was open is renewed first; one that ended leads to the log-in.
      fetch("/api/v1/me").then(
        async (answer) => {
          if (answer.status === 401) await renewed(Date.now()).catch(() => false);
          this.open();
        },
        () => this.wait(),
      );
    }, seconds * 1000);
  }
}
