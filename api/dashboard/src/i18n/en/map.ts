import type { zh } from "../zh/map";

export const en: Record<keyof typeof zh, string> = {
  title: "Live map", region: "Map: arrow keys pan, plus and minus zoom, 0 shows the city, Tab walks the vehicles",
  county: "All counties", organ: "All organs", use: "All uses", energy: "All energies", state_filter: "Show by state",
  shown: "{n} / {all} shown", no_match: "No vehicle matches.", no_vehicles: "No vehicle has reported a position yet.",
  zoom_in: "Zoom in", zoom_out: "Zoom out", whole: "Show the whole city", legend: "Legend", nev: "New energy", fuel: "Fuel / hybrid",
  on_road: "Vehicles on the road", red_cases: "Red cases", case_mark: "Case", attribution: "Borders {source}", own_roads: "Roads drawn by us",
  overview: "The city now", division: "County", on_road_short: "On road", silent_short: "Silent", red_short: "Red", outside: "Outside the city",
  vehicle_unit: "", order_unit: "", case_unit: "", group_unit: "",
  speed: "Speed", heading: "Heading", fuel_level: "Fuel", charge: "Charge", today: "Today", today_km: "Today", driver: "Driver",
  last_report: "Last report", follow: "Follow", following: "Following", replay: "Replay", call: "Contact driver",
  current_order: "Current order", no_order: "No order at this moment.", compare: "Orders against movement", trips: "Trips", cases: "Cases",
  overview_tab: "Overview", energy_tab: "Energy", close: "Close", vehicles: "Vehicles", open_cases: "Open cases",
  no_cases: "There are no open cases.", table: "Table", map: "Map", gone: "This vehicle is outside your view, or has reported no position.",
  unit: "Unit", coordinates: "Coordinates", implausible: "The position cannot be true and is not drawn.",
  clear: "Clear filters",
};
