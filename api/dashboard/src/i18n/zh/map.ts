export const zh = {
  title: "实时地图", region: "地图:方向键平移,加减键缩放,0 显示全市,Tab 逐辆选择", county: "全部县(市、区)", organ: "全部单位", use: "全部用途",
  energy: "全部能源", state_filter: "按状态显示", shown: "显示 {n} / {all}", no_match: "没有符合条件的车辆。", no_vehicles: "还没有车辆上报位置。",
  zoom_in: "放大", zoom_out: "缩小", whole: "显示全市", legend: "图例", nev: "新能源", fuel: "燃油/混动", on_road: "在途车辆", red_cases: "红色线索",
  case_mark: "线索", attribution: "县界 {source}", own_roads: "道路 自绘示意", overview: "全市概况", division: "区划", on_road_short: "在途",
  silent_short: "失联", red_short: "红色", outside: "市域外", vehicle_unit: "辆", order_unit: "单", case_unit: "件", group_unit: "组",
  speed: "速度", heading: "方向", fuel_level: "油量", charge: "电量", today: "今日", today_km: "今日里程", driver: "驾驶员", last_report: "最后上报",
  follow: "跟随", following: "正在跟随", replay: "轨迹回放", call: "联系驾驶员", current_order: "当前派车单", no_order: "此刻没有派车单。",
  compare: "派车与行驶对照", trips: "行程", cases: "线索", overview_tab: "概况", energy_tab: "能耗", close: "关闭", vehicles: "车辆",
  open_cases: "待处置线索", no_cases: "没有待处置的线索。", table: "表格", map: "地图", gone: "这辆车不在当前可见范围内,或没有上报位置。",
  unit: "终端", coordinates: "坐标", implausible: "位置不可信,未在图上显示。",
  clear: "清除筛选",
} as const;
