import { Button, Checkbox, Form, Input, Select, type InputRef } from "antd";
import { useEffect, useRef, useState } from "react";
import { api, data, type Shape } from "../api/client";
import { invalidate } from "../api/queries";
import { isoDay } from "../format/time";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { useCounties } from "../map/useCounties";
import { useSession } from "../session/session";
import { ProblemView } from "../ui/states";
import { WallTime } from "../ui/WallTime";
import { OrganOf } from "./OrganOf";
import { periodOf, TOKENS } from "./tokens";

const DAYS = [7, 30, 90, 180, 366] as const;
const DAY_MS = 86_400_000;
/** Roles that only read, and whose tokens do. */
const READERS: readonly string[] = ["auditor", "viewer"];

interface Values {
  label: string;
  days: number;
  organ: number | null;
  division?: number;
  from: string | null;
  to: string | null;
  read_only: boolean;
}

/** What a token is for, how long it lasts, and its limits within what the account sees. */
export function TokenForm({ onMade, onCancel }: { onMade: (token: Shape<"TokenCreated">) => void; onCancel: () => void }) {
  const t = useT("account");
  const { me } = useSession();
  const { counties, name } = useCounties();
  const [form] = Form.useForm<Values>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const first = useRef<InputRef>(null);
  // The dialog takes the focus itself when it opens.
  useEffect(() => {
    const timer = window.setTimeout(() => first.current?.focus(), 0);
    return () => window.clearTimeout(timer);
  }, []);
  const reader = READERS.includes(me.role);
  const make = async ({ label, days, organ, division, from, to, read_only }: Values) => {
    setBusy(true);
    setProblem(null);
    const limits = { ...(organ ? { organ_id: organ } : {}), ...(division ? { division } : {}), ...periodOf(from, to) };
    const body = { label: label.trim(), expires_in_days: days, read_only: reader || read_only, ...limits };
    try {
      onMade(await data(api.POST(TOKENS, { body })));
      invalidate(TOKENS);
    } catch (reason) {
      setProblem(reason);
    } finally {
      setBusy(false);
    }
  };
  const ordered = (_: unknown, to?: string | null) =>
    to && form.getFieldValue("from") > to ? Promise.reject(new Error(t("to_first"))) : Promise.resolve();
  const until = (days: number) => isoDay(serverNow() + days * DAY_MS);
  return (
    <Form<Values>
      form={form} layout="vertical" requiredMark={false} className="grid-form token-form" onFinish={(values) => void make(values)}
      initialValues={{ days: 90, organ: null, from: null, to: null, read_only: true }}
    >
      <Form.Item name="label" label={t("label")} className="wide" rules={[{ required: true, whitespace: true, message: t("need_label") }]}>
        <Input ref={first} maxLength={100} placeholder={t("label_hint")} onPressEnter={() => form.submit()} />
      </Form.Item>
      <Form.Item name="days" label={t("lasts")} className="wide">
        <Select options={DAYS.map((days) => ({ value: days, label: t("days_until", { n: days, day: until(days) }) }))} />
      </Form.Item>
      <Form.Item name="organ" label={t("organ")}>
        <OrganOf hint={t("any_organ")} />
      </Form.Item>
      <Form.Item name="division" label={t("county")}>
        <Select allowClear placeholder={t("any_county")} options={counties.map(({ code }) => ({ value: code, label: name(code) }))} />
      </Form.Item>
      <Form.Item name="from" label={t("data_from")}>
        <WallTime kind="day" />
      </Form.Item>
      <Form.Item name="to" label={t("data_to")} dependencies={["from"]} rules={[{ validator: ordered }]}>
        <WallTime kind="day" />
      </Form.Item>
      <p className="wide hint">{t("period_text")}</p>
      {reader ? <p className="wide hint">{t("reader_text")}</p> : (
        <Form.Item name="read_only" valuePropName="checked" className="wide">
          <Checkbox>{t("only_read")}</Checkbox>
        </Form.Item>
      )}
      {problem !== null && <div className="wide"><ProblemView problem={problem} /></div>}
      <div className="wide buttons end">
        <Button onClick={onCancel}>{t("cancel")}</Button>
        {/* No submit button: Enter in a date would press it. */}
        <Button type="primary" loading={busy} onClick={() => form.submit()}>{t("make_token")}</Button>
      </div>
    </Form>
  );
}
