import { MinusCircleOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Form, Input, InputNumber, Select, type FormInstance } from "antd";
import { useGet } from "../api/queries";
import { useLang, useT, useWord } from "../i18n";
import { WallTime } from "../ui/WallTime";
import { isoOf, type PlaceForm } from "./model";
import { OrganField } from "./OrganField";
import type { Values } from "./orderValues";
import { PlaceField } from "./PlaceField";

const BODIES = ["saloon", "suv", "mpv", "bus", "pickup", "truck", "ambulance", "laboratory", "cold_chain", "disinfection"] as const;

/** The fields of an order; those of the purpose follow the purpose. */
export function OrderFields({ form, asksOrgan, fixedOrgan }: { form: FormInstance<Values>; asksOrgan: boolean; fixedOrgan: boolean }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const purposes = useGet("/api/v1/orders/purposes", {}, { staleTime: Infinity });
  const slug = Form.useWatch("purpose", form);
  const known = purposes.data?.items ?? [];
  const facts = known.find((one) => one.slug === slug)?.facts ?? [];
  const need = (message: string) => [{ required: true, message }];
  const placed = (_: unknown, place?: PlaceForm) =>
    place?.name && (place.area_id || place.lat != null)
      ? Promise.resolve()
      : Promise.reject(new Error(t(place?.name ? "place_unset" : "need_place")));
  const forwards = (_: unknown, end?: string) =>
    end && Date.parse(isoOf(end)) > Date.parse(isoOf(form.getFieldValue("planned_from") as string))
      ? Promise.resolve()
      : Promise.reject(new Error(t("need_forwards")));
  return (
    <>
      {asksOrgan && (
        <Form.Item name="organ_id" label={t("organ")} className="wide" rules={need(t("need_organ"))}>
          <OrganField disabled={fixedOrgan} />
        </Form.Item>
      )}
      <Form.Item name="purpose" label={t("purpose")} className="wide" rules={need(t("need_purpose"))}>
        <Select showSearch optionFilterProp="label" options={known.map((one) => ({ value: one.slug, label: one[lang] }))} />
      </Form.Item>
      {facts.map((fact) => (
        <Form.Item
          key={fact.slug}
          name={["facts", fact.slug]}
          label={fact[lang]}
          className="wide"
          rules={fact.required ? need(t("need_fact", { name: fact[lang] })) : []}
        >
          <Input maxLength={200} />
        </Form.Item>
      ))}
      <Form.Item name="planned_from" label={t("planned_from")} rules={need(t("need_time"))}>
        <WallTime />
      </Form.Item>
      <Form.Item name="planned_to" label={t("planned_to")} dependencies={["planned_from"]} rules={[{ validator: forwards }]}>
        <WallTime />
      </Form.Item>
      <Form.Item name="origin" label={t("origin")} className="wide" rules={[{ validator: placed }]}>
        <PlaceField />
      </Form.Item>
      <Form.List name="destinations">
        {(fields, { add, remove }) => (
          <div className="wide">
            {fields.map((field, index) => (
              <div className="destination" key={field.key}>
                <Form.Item name={field.name} label={index === 0 ? t("destinations") : null} rules={[{ validator: placed }]}>
                  <PlaceField />
                </Form.Item>
                {fields.length > 1 && (
                  <Button type="text" icon={<MinusCircleOutlined />} aria-label={t("remove_place")} onClick={() => remove(field.name)} />
                )}
              </div>
            ))}
            <Button size="small" icon={<PlusOutlined />} onClick={() => add()}>
              {t("add_place")}
            </Button>
          </div>
        )}
      </Form.List>
      <Form.Item name="area" label={t("area")}>
        <Select options={(["county", "city", "province", "beyond"] as const).map((value) => ({ value, label: word("area", value) }))} />
      </Form.Item>
      <Form.Item name="passengers" label={t("passengers")} rules={need(t("need_passengers"))}>
        <InputNumber min={0} max={1000} precision={0} />
      </Form.Item>
      <Form.Item name="bodies" label={t("bodies_any")}>
        <Select
          mode="multiple"
          maxCount={10}
          options={BODIES.map((value) => ({ value, label: word("body", value) }))}
          placeholder={t("any")}
        />
      </Form.Item>
      <Form.Item name="equipment" label={t("equipment")}>
        <Select mode="tags" open={false} suffixIcon={null} placeholder={t("none_needed")} />
      </Form.Item>
      <Form.Item name="contact_name" label={t("contact_name")}>
        <Input maxLength={60} autoComplete="off" />
      </Form.Item>
      <Form.Item
        name="contact_phone"
        label={t("contact_phone")}
        rules={[{ pattern: /^(\+?[0-9][0-9 -]{4,18}[0-9]|[0-9]*\*+[0-9]*)$/, message: t("need_phone") }]}
      >
        <Input maxLength={24} autoComplete="off" inputMode="tel" />
      </Form.Item>
      <Form.Item name="remarks" label={t("remarks")} className="wide">
        <Input.TextArea rows={2} maxLength={1000} />
      </Form.Item>
    </>
  );
}
