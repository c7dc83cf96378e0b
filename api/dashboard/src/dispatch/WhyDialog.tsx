import { Input, Modal } from "antd";
import { useState } from "react";
import type { Problem } from "../api/problem";
import { useT } from "../i18n";
import { Refusal } from "./Refusal";

/** Asks for the reason of a step. It goes into the history, which nobody can change. */
export function WhyDialog({
  title,
  ok,
  needed,
  busy,
  problem,
  onWhy,
  onClose,
}: {
  title: string;
  ok: string;
  needed: boolean;
  busy: boolean;
  problem: Problem | null;
  onWhy: (why: string) => void;
  onClose: () => void;
}) {
  const t = useT("dispatch");
  const [why, setWhy] = useState("");
  const [asked, setAsked] = useState(false);
  const missing = needed && why.trim().length < 2;
  const send = () => {
    setAsked(true);
    if (!missing) onWhy(why.trim());
  };
  return (
    <Modal
      open
      title={title}
      okText={ok}
      cancelText={t("cancel")}
      confirmLoading={busy}
      onOk={send}
      onCancel={onClose}
      width={440}
      destroyOnHidden
    >
      <label className="field">
        {t(needed ? "why_needed" : "why_maybe")}
        <Input.TextArea
          autoFocus
          rows={3}
          maxLength={1000}
          value={why}
          status={asked && missing ? "error" : ""}
          onChange={(event) => setWhy(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && event.ctrlKey && send()}
        />
      </label>
      <p className="wrong" role="alert">
        {asked && missing ? t("why_missing") : ""}
      </p>
      <Refusal problem={problem} />
    </Modal>
  );
}
