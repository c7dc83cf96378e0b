import { App, Button, Form } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { Problem } from "../api/problem";
import { invalidate } from "../api/queries";
import { useLang, useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { isoDay, parseLocal } from "../format/time";
import { Conflict } from "../ui/Conflict";
import { ProblemView } from "../ui/states";
import { WallTime } from "../ui/WallTime";
import { FieldInput } from "./FieldInput";
import { fieldsOf, patchOf, type Kind, type RecordShown } from "./kinds";
import { Value } from "./Value";
import { change, create } from "./writing";

/** A new record, or the fields of one that is changed; where somebody was faster both versions stand side by side. */
export function RecordForm({
  kind,
  record,
  onDone,
  onCancel,
}: {
  kind: Kind;
  record: RecordShown | null;
  onDone: (record: RecordShown) => void;
  onCancel: () => void;
}) {
  const t = useT("registry");
  const lang = useLang();
  const { message } = App.useApp();
  const [form] = Form.useForm<Record<string, unknown>>();
  const [base, setBase] = useState(record);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [theirs, setTheirs] = useState<RecordShown | null>(null);
  const fields = useMemo(() => fieldsOf(kind), [kind]);
  const top = useRef<HTMLDivElement>(null);
  // What was refused stands above the fields, and the button below them.
  useEffect(() => {
    if (problem || theirs) top.current?.scrollIntoView({ block: "start" });
  }, [problem, theirs]);
  const today = isoDay(serverNow());
  const send = async (version?: number) => {
    const values = await form.validateFields().catch(() => null);
    if (!values) return;
    setBusy(true);
    setProblem(null);
    setTheirs(null);
    const patch = patchOf(fields, base, values);
    if (typeof patch["retired_at"] === "string") patch["retired_at"] = new Date(parseLocal(patch["retired_at"])).toISOString();
    try {
      const since =
        kind === "vehicles" && values["effective_on"] && values["effective_on"] !== today ? { effective_on: values["effective_on"] } : {};
      const made = base ? await change(kind, base.id, version ?? base.version, patch, since) : await create(kind, patch);
      invalidate(`/api/v1/${kind}`);
      for (const one of (made["warnings"] ?? []) as { message: string; message_zh: string }[])
        void message.warning(lang === "zh" ? one.message_zh : one.message, 6);
      void message.success(t("saved"));
      onDone(made);
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      const current = reason.status === 412 ? (reason.body["current"] as RecordShown | undefined) : undefined;
      if (current) setTheirs(current);
      else setProblem(reason);
      const wrong = reason.errors.map((one) => ({
        name: one.location.replace(/^body\./, ""),
        errors: [lang === "zh" ? (one.message_zh ?? one.message) : one.message],
      }));
      form.setFields(wrong.filter((one) => fields.some((field) => field.name === one.name)));
    } finally {
      setBusy(false);
    }
  };
  const differences = (now: RecordShown) => {
    const mine = form.getFieldsValue();
    return fields
      .filter((field) => JSON.stringify(mine[field.name] ?? null) !== JSON.stringify(now[field.name] ?? null))
      .map((field) => ({
        label: t(field.label),
        mine: <Value field={field} value={mine[field.name]} />,
        theirs: <Value field={field} value={now[field.name]} />,
      }));
  };
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      className="grid-form record-form"
      initialValues={base ?? { marked: true, status: "in_service" }}
      onKeyDown={(event) => {
        if (event.ctrlKey && event.key === "s") {
          event.preventDefault();
          void send();
        }
      }}
    >
      <div ref={top} className="wide" />
      {theirs && (
        <div className="wide">
          <Conflict
            differences={differences(theirs)}
            onTheirs={() => {
              form.setFieldsValue(theirs);
              setBase(theirs);
              setTheirs(null);
            }}
            onMine={() => {
              setBase(theirs);
              void send(theirs.version);
            }}
          />
        </div>
      )}
      {problem && (
        <div className="wide">
          <ProblemView problem={problem} />
        </div>
      )}
      {fields.map((field) => (
        <Form.Item
          key={field.name}
          name={field.name}
          label={t(field.label)}
          className={field.long || field.type === "organ" ? "wide" : ""}
          rules={field.needed ? [{ required: true, message: t("needed") }] : []}
        >
          <FieldInput field={field} disabled={field.once === true && base !== null} />
        </Form.Item>
      ))}
      {kind === "vehicles" && base && (
        <Form.Item name="effective_on" label={t("effective_on")} initialValue={today} className="wide" extra={t("effective_text")}>
          <WallTime kind="day" />
        </Form.Item>
      )}
      <div className="wide buttons">
        <Button type="primary" loading={busy} title="Ctrl+S" onClick={() => void send()}>
          {t("save")}
        </Button>
        <Button disabled={busy} onClick={onCancel}>
          {t("cancel")}
        </Button>
      </div>
    </Form>
  );
}
