import type { zh } from "../zh/system";

export const en: Record<keyof typeof zh, string> = {
  title: "System", flow: "Flow", as_of: "As of {time}", away: "The service does not answer. This is how it was at {time}.",
  says: "In the service's words", units: "Units", rules: "Rules", webhooks: "Webhooks", quarantine: "Quarantine", traffic: "Messages a minute",
  hour: "1 hour", day: "24 hours", received: "Received", refused: "Quarantined", lag: "Until commit", lag_unit: "s", "part.broker": "Broker",
  "part.ingest": "Ingest", "part.store": "Store", "part.monitor": "Trips", "part.judge": "Verdicts", "part.stream": "Streams",
  "part.log": "Audit log", "state.working": "working", "state.late": "needs a look", "state.stopped": "stopped", "state.absent": "not running",
  "status.ready": "Everything works", "status.degraded": "Something is late or needs a look",
  "status.unavailable": "The service cannot do its work", per_s: "{n} a second", lag_of: "{n} behind", answers_in: "answers in {n}",
  commits_in: "commits in {n}", waiting: "{n} waiting", readers: "pages looking: {n}", dropped: "{n} dropped",
  never_dropped: "nothing dropped", last_heard: "heard {age}", revisions: "{n} revisions behind", chained: "everything is chained",
  workers: "{n} workers", "unit.online": "Online", "unit.late": "Late", "unit.silent": "Silent", "unit.never_seen": "Never heard",
  "unit.clock_off": "Clock off", sick: "Units: {what}", none_sick: "No unit: {what}.", code: "Code", plate: "Plate", since: "Since",
  last: "Last heard", offset: "Clock offset", cut: "Only the first 200 are listed.", unbound: "in no vehicle", rule: "Rule", severity: "Severity",
  version: "Version", parameters: "Parameters", judges: "Judges",
  rules_note: "Parameters are the policies that hold now; the last round of judging took {ms} ms.", none_refused: "Nothing waits in quarantine.",
  reason: "Reason", entries: "Entries", to_quarantine: "Show", active: "Active", stopped: "Switched off by their receivers",
  retrying: "Will be sent again", dead: "Given up", hooks_note: "Their owners can have them sent again.", k_refresh: "Refresh",
  my_hooks: "My webhooks", hook: "Label", kinds: "Kinds", all_kinds: "all", deliveries: "Deliveries", no_hooks: "No webhook is entered.",
  resend: "Send again what was given up", resent: "{n} will be sent again.", online: "Units online", vehicles: "Vehicles with a position",
  seconds: "{n} s", ms: "{n} ms",
};
