import { MinusCircleOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Form, Input, InputNumber, Select } from "antd";
import { useT, useWord } from "../i18n";

const BODIES = ["saloon", "suv", "mpv", "bus", "pickup", "truck", "ambulance", "laboratory", "cold_chain", "disinfection"] as const;

export interface Need {
  name?: string;
  count: number;
  bodies?: string[];
  seats?: number;
}

/** So many vehicles, of these bodies, each for so many passengers; several kinds. Inside a form. */
export function NeedFields() {
  const t = useT("dispatch");
  const word = useWord();
  return (
    <Form.List name="needs">
      {(fields, { add, remove }) => (
        <div className="wide need-fields">
          <div className="heads" aria-hidden>
            <span>{t("need_name")}</span>
            <span>{t("wanted")}</span>
            <span>{t("bodies")}</span>
            <span>{t("seats_each")}</span>
          </div>
          {fields.map((field) => (
            <div className="one" key={field.key}>
              <Form.Item name={[field.name, "name"]}>
                <Input maxLength={60} aria-label={t("need_name")} placeholder={t("need_name_hint")} />
              </Form.Item>
              <Form.Item name={[field.name, "count"]} rules={[{ required: true, message: t("need_count") }]}>
                <InputNumber min={1} max={1000} precision={0} aria-label={t("wanted")} />
              </Form.Item>
              <Form.Item name={[field.name, "bodies"]}>
                <Select
                  mode="multiple"
                  maxCount={10}
                  aria-label={t("bodies")}
                  placeholder={t("any")}
                  options={BODIES.map((value) => ({ value, label: word("body", value) }))}
                />
              </Form.Item>
              <Form.Item name={[field.name, "seats"]}>
                <InputNumber min={0} max={100} precision={0} aria-label={t("seats_each")} />
              </Form.Item>
              {fields.length > 1 && (
                <Button type="text" icon={<MinusCircleOutlined />} aria-label={t("remove_need")} onClick={() => remove(field.name)} />
              )}
            </div>
          ))}
          <Button size="small" icon={<PlusOutlined />} onClick={() => add({ count: 1 })}>
            {t("add_need")}
          </Button>
        </div>
      )}
    </Form.List>
  );
}
