import { Input, InputNumber, Select, Switch } from "antd";
import { useWord } from "../i18n";
import { WallTime } from "../ui/WallTime";
import type { Field } from "./kinds";
import { useNames } from "./names";

/** The control for one field; inside a form, which hands `value`, `onChange` and `id`. */
export function FieldInput({
  field,
  disabled,
  ...given
}: {
  field: Field;
  disabled?: boolean;
  id?: string;
  value?: never;
  onChange?: (value: unknown) => void;
}) {
  const word = useWord();
  const names = useNames();
  const bound = { ...given, ...(disabled ? { disabled } : {}) };
  if (field.type === "number") return <InputNumber {...bound} min={0} suffix={field.unit ?? null} />;
  if (field.type === "yes") return <Switch {...bound} checked={given.value ?? false} />;
  if (field.type === "day") return <WallTime {...bound} kind="day" />;
  if (field.type === "moment") return <WallTime {...bound} />;
  if (field.type === "tags") return <Select {...bound} mode="tags" open={false} suffixIcon={null} />;
  if (field.type === "choice") {
    return <Select {...bound} options={(field.choices ?? []).map((value) => ({ value, label: word(field.words ?? "", value) }))} />;
  }
  if (field.type === "organ") {
    const options = names.list.map((one) => ({ value: one.id, label: one.name }));
    return (
      <Select {...bound} showSearch optionFilterProp="label" allowClear={!field.needed} options={options} popupMatchSelectWidth={false} />
    );
  }
  if (field.type === "division") return <Select {...bound} options={[...names.divisions].map(([value, label]) => ({ value, label }))} />;
  return field.long ? <Input.TextArea {...bound} rows={2} maxLength={1000} /> : <Input {...bound} maxLength={100} />;
}
