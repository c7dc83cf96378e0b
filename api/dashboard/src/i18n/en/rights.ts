import type { zh } from "../zh/rights";

export const en: Record<keyof typeof zh, string> = {
  use_account: "Log in", change_own_account: "Change one's own password, second factor and tokens", manage_accounts: "Manage accounts",
  read_registry: "See the registry", manage_organs: "Manage organs", manage_vehicles: "Manage vehicles", manage_units: "Manage units and fit them",
  manage_areas: "Manage areas", read_drivers: "See drivers", manage_drivers: "Manage drivers", import_registry: "Import the registry",
  import_energy: "Import refuelling and charging", read_policies: "See policies", manage_policies: "Set policies",
  read_lists: "See calendars, rosters, sealing lists and exemptions", manage_lists: "Manage calendars, rosters, sealing lists and exemptions",
  read_positions: "See where vehicles are now", read_trips: "See trips and use records", read_tracks: "See tracks, for a stated purpose",
  read_ledger: "See the ledger", read_quarantine: "See the quarantine", retry_quarantine: "Retry the quarantine", read_orders: "See orders",
  apply_for_vehicles: "Apply for vehicles", approve_orders: "Approve orders", assign_vehicles: "Assign vehicles and run task forces",
  record_outings: "Record departures and returns", settle_orders: "Settle orders", read_audit: "See the audit log",
  read_system: "See the state of the system", read_statistics: "See statistics", read_cases: "See alerts",
  decide_cases: "Assign, confirm, dismiss and close alerts", explain_cases: "Explain the alerts of one's own organ",
  comment_cases: "Comment on alerts", manage_webhooks: "Manage webhooks", see_confidential: "See confidential vehicles",
  unmask: "See personal data in full, for a stated purpose",
};
