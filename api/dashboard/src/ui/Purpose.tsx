import { Input, Modal } from "antd";
import { useState, type ReactNode } from "react";
import { useT } from "../i18n";

/** Asks why something is read that needs a stated purpose (`X-Purpose`); `onPurpose` gets the text. */
export function PurposeDialog({ open, text, onPurpose, onClose }: {
  open: boolean; text?: ReactNode; onPurpose: (purpose: string) => void; onClose: () => void;
}) {
  const [purpose, setPurpose] = useState("");
  const [asked, setAsked] = useState(false);
  const t = useT("shell");
  const short = purpose.trim().length < 2;
  const submit = () => {
    setAsked(true);
    if (!short) onPurpose(purpose.trim());
  };
  return (
    <Modal
      open={open} title={t("purpose_title")} okText={t("purpose_read")} cancelText={t("cancel")} onOk={submit} onCancel={onClose}
      width={440} destroyOnHidden
    >
      <p className="quiet">{text ?? t("purpose_text")}</p>
      <label className="field">
        {t("purpose_label")}
        <Input.TextArea autoFocus rows={3} maxLength={500} value={purpose} status={asked && short ? "error" : ""}
          onChange={(event) => setPurpose(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && event.ctrlKey && submit()} />
      </label>
      <p className="wrong" role="alert">{asked && short ? t("purpose_short") : ""}</p>
    </Modal>
  );
}

/** Personal data in short; who may sees it in full after saying why. */
export function Masked({ value, may, onPurpose }: { value: string; may: boolean; onPurpose: (purpose: string) => void }) {
  const [asking, setAsking] = useState(false);
  const t = useT("shell");
  if (!may) return <span title={t("masked")}>{value}</span>;
  return (
    <>
      <button type="button" className="masked" title={t("unmask")} onClick={() => setAsking(true)}>{value}</button>
      <PurposeDialog open={asking} onClose={() => setAsking(false)} onPurpose={(purpose) => { setAsking(false); onPurpose(purpose); }} />
    </>
  );
}
