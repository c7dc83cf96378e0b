/** What each right opens, by the API's own names: short enough for a list, whole enough for a refusal. */
export const zh = {
  use_account: "登录", change_own_account: "修改本人密码、第二重验证和令牌", manage_accounts: "管理账号",
  read_registry: "查看台账", manage_organs: "维护单位", manage_vehicles: "维护车辆", manage_units: "维护终端与装车", manage_areas: "维护区域",
  read_drivers: "查看驾驶员", manage_drivers: "维护驾驶员", import_registry: "导入台账", import_energy: "导入加油与充电记录",
  read_policies: "查看政策参数", manage_policies: "调整政策参数", read_lists: "查看日历、值班、封存与免单名单",
  manage_lists: "维护日历、值班、封存与免单名单", read_positions: "查看实时位置", read_trips: "查看行程与用车记录",
  read_tracks: "说明事由后查看轨迹", read_ledger: "查看收存对账", read_quarantine: "查看隔离数据", retry_quarantine: "重试隔离数据",
  read_orders: "查看派车单", apply_for_vehicles: "申请用车", approve_orders: "审批派车单", assign_vehicles: "派车与调度任务编组",
  record_outings: "登记出车与回车", settle_orders: "结算派车单", read_audit: "查看留痕日志", read_system: "查看系统状态",
  read_statistics: "查看统计", read_cases: "查看线索", decide_cases: "指派、确认、排除与办结线索", explain_cases: "说明本单位线索",
  comment_cases: "批注线索", manage_webhooks: "管理对外推送", see_confidential: "查看涉密车辆", unmask: "说明事由后查看完整个人信息",
} as const;
