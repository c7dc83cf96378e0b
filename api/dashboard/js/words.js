// Every word of the page, Chinese first. `t("key", {n: 3})` fills {n}.

const ZH = {
  product: "公车一张网", city: "曲靖市", account: "账号", password: "密码", login: "登录", logout: "退出",
  otp: "动态口令", otpRequired: "请输入动态口令或恢复码。", wrongOtp: "动态口令不正确,或已使用过。",
  wrongPassword: "账号或密码不正确。", tooMany: "登录失败次数过多,请 {s} 秒后再试。", noService: "服务暂时没有应答,请稍后再试。",
  required: "请输入账号和密码。", other: "English", navigation: "导航", map: "地图", theme: "浅色或深色",
  searchHint: "车牌、单位", vehicles: "车辆", county: "县(市、区)", allCounties: "全部县(市、区)", outside: "市域外",
  stateFilter: "按状态显示", moving: "行驶", idling: "怠速", parked: "停放", silent: "失联", nev: "新能源", fuel: "燃油/混动",
  mapHelp: "地图:方向键平移,加减键缩放,0 显示全市,Tab 逐辆选择", zoomIn: "放大", zoomOut: "缩小", wholeCity: "显示全市",
  live: "实时", late: "延迟", stale: "已停更", offline: "已断开", connecting: "连接中",
  staleBanner: "数据已停更 {age},地图保持最后一次的位置。", offlineBanner: "与服务的连接已断开,{s} 秒后重试。",
  offlineNow: "与服务的连接已断开,正在重新连接。", stalledBanner: "接入服务停滞,位置可能不再更新。", degradedBanner: "近五分钟被隔离的数据偏多,请查看隔离数据。",
  storeBanner: "数据库没有应答,地图保持最后一次的位置。",
  shown: "显示 {n} / {all}", noMatch: "没有符合条件的车辆。", clearFilters: "清除筛选", overview: "全市概况",
  onRoad: "在途车辆", online: "在线终端", nevOnRoad: "新能源在途", silentVehicles: "失联车辆", vehicleUnit: "辆", division: "区划",
  ledger: "收存对账", ledgerNote: "累计:收到 = 存入 + 重复 + 隔离", received: "收到", stored: "存入", duplicate: "重复", quarantined: "隔离",
  adds: "差额 0,账目相符", broken: "差额 {n},账目不符", perHour: "近 24 小时每小时收到", noLedger: "尚未收到数据。", samples: "条",
  speed: "速度", heading: "方向", fuelLevel: "油量", charge: "电量", lastSeen: "最后上报", odometer: "里程表", altitude: "海拔",
  place: "所在", unit: "终端", coordinates: "坐标", use: "用途", management: "管理方式", energy: "能源", body: "车型", organ: "所属单位",
  details: "车辆信息", lastReport: "最近上报", close: "关闭", ignition: "点火", on: "开", off: "关", unknown: "未报", seats: "{n} 座", loading: "加载中",
  implausible: "位置不可信,未在图上显示。", borders: "县界 {source}", roads: "道路 {source}", ownRoads: "自绘示意",
  notConnected: "终端离线", connected: "终端在线", noVehicles: "还没有车辆上报位置。",
  ago_s: "{n} 秒前", ago_m: "{n} 分钟前", ago_h: "{h} 小时 {m} 分前", dur_s: "{n} 秒", dur_m: "{m} 分 {n} 秒",
  N: "北", NE: "东北", E: "东", SE: "东南", S: "南", SW: "西南", W: "西", NW: "西北",
  communications: "机要通信", emergency: "应急保障", law_enforcement: "执法执勤", special_purpose: "特种专业技术", use_other: "其他公务",
  retained: "保留", platform: "平台", leased: "租赁",
  petrol: "汽油", diesel: "柴油", gas: "燃气", hev: "油电混动", phev: "插电混动", erev: "增程式", bev: "纯电动", fcev: "燃料电池",
  saloon: "轿车", suv: "越野车", mpv: "商务车", bus: "客车", pickup: "皮卡", truck: "货车", ambulance: "救护车", laboratory: "检测车", cold_chain: "冷链车", disinfection: "消杀车",
  administrator: "系统管理员", city_dispatcher: "市级调度员", organ_dispatcher: "单位调度员", approver: "审批人", organ_manager: "单位管理员", supervisor: "监督员", auditor: "审计员", viewer: "查看员",
  confidential: "涉密车辆",
};

const EN = {
  product: "One Network", city: "Qujing", account: "Account", password: "Password", login: "Sign in", logout: "Sign out",
  otp: "One-time password", otpRequired: "Enter the one-time password, or a recovery code.", wrongOtp: "The code is wrong, or was used before.",
  wrongPassword: "The account or the password is wrong.", tooMany: "Too many failed attempts: try again in {s} s.", noService: "The service does not answer. Try again shortly.",
  required: "Enter account and password.", other: "中文", navigation: "Navigation", map: "Map", theme: "Light or dark",
  searchHint: "Plate, organ", vehicles: "Vehicles", county: "County", allCounties: "All counties", outside: "Outside",
  stateFilter: "Show by state", moving: "Moving", idling: "Idling", parked: "Parked", silent: "Silent", nev: "New energy", fuel: "Fuel / hybrid",
  mapHelp: "Map: arrow keys pan, plus and minus zoom, 0 shows the city, Tab walks the vehicles", zoomIn: "Zoom in", zoomOut: "Zoom out", wholeCity: "Show the whole city",
  live: "Live", late: "Late", stale: "Stale", offline: "Disconnected", connecting: "Connecting",
  staleBanner: "Data is stale: nothing new for {age}. The map keeps the last positions.", offlineBanner: "The connection is lost; next attempt in {s} s.",
  offlineNow: "The connection is lost; reconnecting.", stalledBanner: "Ingest is stalled: positions may no longer be updated.", degradedBanner: "Much of the last five minutes was quarantined.",
  storeBanner: "The database does not answer. The map keeps the last positions.",
  shown: "{n} / {all} shown", noMatch: "No vehicle matches.", clearFilters: "Clear filters", overview: "The city",
  onRoad: "On the road", online: "Units online", nevOnRoad: "New energy on the road", silentVehicles: "Silent vehicles", vehicleUnit: "", division: "County",
  ledger: "Ledger", ledgerNote: "In all: received = stored + duplicate + quarantined", received: "Received", stored: "Stored", duplicate: "Duplicate", quarantined: "Quarantined",
  adds: "Difference 0: the books add up", broken: "Difference {n}: the books do not add up", perHour: "Received per hour, last 24 h", noLedger: "Nothing received yet.", samples: "samples",
  speed: "Speed", heading: "Heading", fuelLevel: "Fuel", charge: "Charge", lastSeen: "Last report", odometer: "Odometer", altitude: "Altitude",
  place: "Now in", unit: "Unit", coordinates: "Coordinates", use: "Use", management: "Management", energy: "Energy", body: "Body", organ: "Organ",
  details: "Vehicle", lastReport: "Last report", close: "Close", ignition: "Ignition", on: "on", off: "off", unknown: "not reported", seats: "{n} seats", loading: "Loading",
  implausible: "The position cannot be true and is not drawn.", borders: "Borders {source}", roads: "Roads {source}", ownRoads: "drawn by us",
  notConnected: "Unit offline", connected: "Unit online", noVehicles: "No vehicle has reported a position yet.",
  ago_s: "{n} s ago", ago_m: "{n} min ago", ago_h: "{h} h {m} min ago", dur_s: "{n} s", dur_m: "{m} min {n} s",
  N: "N", NE: "NE", E: "E", SE: "SE", S: "S", SW: "SW", W: "W", NW: "NW",
  communications: "Communications", emergency: "Emergency", law_enforcement: "Law enforcement", special_purpose: "Special purpose", use_other: "Other",
  retained: "Retained", platform: "Platform", leased: "Leased",
  petrol: "Petrol", diesel: "Diesel", gas: "Gas", hev: "Hybrid", phev: "Plug-in hybrid", erev: "Range-extended", bev: "Battery electric", fcev: "Fuel cell",
  saloon: "Saloon", suv: "SUV", mpv: "MPV", bus: "Bus", pickup: "Pick-up", truck: "Truck", ambulance: "Ambulance", laboratory: "Laboratory", cold_chain: "Cold chain", disinfection: "Disinfection",
  administrator: "Administrator", city_dispatcher: "City dispatcher", organ_dispatcher: "Organ dispatcher", approver: "Approver", organ_manager: "Organ manager", supervisor: "Supervisor", auditor: "Auditor", viewer: "Viewer",
  confidential: "Confidential",
};

const DICTIONARIES = { zh: ZH, en: EN };
const asked = new URLSearchParams(location.search).get("lang");
export let language = asked in DICTIONARIES ? asked : localStorage.getItem("language") === "en" ? "en" : "zh";

export function setLanguage(next) {
  language = next;
  localStorage.setItem("language", next);
}

export function t(key, values) {
  const text = DICTIONARIES[language][key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (_, name) => values[name]) : text;
}

/** Put the words into the fixed parts of the page. */
export function applyWords() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = t("product");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = t(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.tagName === "BUTTON") element.title = t(element.dataset.label);
  }
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = t(element.dataset.placeholder);
}
