/** What windows of one browser tell each other. `from`: which window says it. */
type Said = { from: string; is: "here" | "again" | "gone" } | { from: string; is: "vehicle"; vehicle: number };

const UNCOUPLED = "fleet.uncoupled";

/**
 * Windows of one person in one browser follow the vehicle that is chosen in any of them, so that a second screen shows
 * what the first one is about. A window can be uncoupled; it says so as long as it lives.
 */
export class Windows {
  coupled = sessionStorage.getItem(UNCOUPLED) !== "1";
  private readonly me = crypto.randomUUID?.() ?? String(Math.random());
  private readonly others = new Set<string>();
  private readonly channel: BroadcastChannel;
  private readonly listeners = new Set<(vehicle: number) => void>();
  private readonly watchers = new Set<() => void>();
  private told: number | null = null;

  constructor(person: string) {
    this.channel = new BroadcastChannel(`fleet-windows:${person}`);
    this.channel.onmessage = ({ data }: MessageEvent<Said>) => this.hear(data);
    window.addEventListener("pagehide", this.leave);
    this.say({ from: this.me, is: "here" });
  }

  /** How many other windows there are. */
  readonly count = () => this.others.size;
  readonly watch = (watcher: () => void) => {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
    };
  };

  readonly listen = (listener: (vehicle: number) => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** This window's person has chosen a vehicle; what was heard from another window is not said back. */
  choose(vehicle: number): void {
    if (vehicle === this.told) return;
    this.told = vehicle;
    if (this.coupled) this.say({ from: this.me, is: "vehicle", vehicle });
  }

  couple(coupled: boolean): void {
    this.coupled = coupled;
    if (coupled) sessionStorage.removeItem(UNCOUPLED);
    else sessionStorage.setItem(UNCOUPLED, "1");
    this.changed();
  }

  close(): void {
    this.leave();
    window.removeEventListener("pagehide", this.leave);
    this.channel.close();
  }

  private readonly leave = () => this.say({ from: this.me, is: "gone" });

  private hear(said: Said): void {
    if (said.is === "gone") this.others.delete(said.from);
    else this.others.add(said.from);
    if (said.is === "here") this.say({ from: this.me, is: "again" });
    if (said.is === "vehicle" && this.coupled) {
      this.told = said.vehicle;
      for (const listener of this.listeners) listener(said.vehicle);
    }
    this.changed();
  }

  private say(said: Said): void {
    this.channel.postMessage(said);
  }

  private changed(): void {
    for (const watcher of this.watchers) watcher();
  }
}
