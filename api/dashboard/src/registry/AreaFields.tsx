import { Form, Input, Select } from "antd";
import { useT } from "../i18n";
import { WallTime } from "../ui/WallTime";
import { useNames } from "./names";

export const PURPOSES = ["parking", "depot", "restricted", "station"] as const;

/** What an area is, whose, and since when. */
export function AreaFields() {
  const t = useT("registry");
  const names = useNames();
  return (
    <>
      <Form.Item name="name" label={t("name")} className="wide" rules={[{ required: true, message: t("needed") }]}>
        <Input maxLength={100} />
      </Form.Item>
      <Form.Item name="purpose" label={t("area_purpose")}>
        <Select options={PURPOSES.map((value) => ({ value, label: t(`area_${value}`) }))} />
      </Form.Item>
      <Form.Item name="category" label={t("category")}>
        <Input maxLength={40} />
      </Form.Item>
      <Form.Item name="organ_id" label={t("organ")} className="wide">
        <Select
          allowClear
          showSearch
          optionFilterProp="label"
          placeholder={t("whole_city")}
          options={names.list.map((one) => ({ value: one.id, label: one.name }))}
        />
      </Form.Item>
      <Form.Item name="from" label={t("since")} rules={[{ required: true, message: t("needed") }]}>
        <WallTime />
      </Form.Item>
      <Form.Item name="to" label={t("until")}>
        <WallTime />
      </Form.Item>
    </>
  );
}
