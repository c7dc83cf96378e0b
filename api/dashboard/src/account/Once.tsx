import { Button, Input, type InputRef } from "antd";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useT } from "../i18n";

/** A secret that is shown once: to be selected or copied, and left only by saying that it is kept. */
export function Once({ text, label, value, onKept, children }: {
  text: string; label: string; value: string; onKept: () => void; children?: ReactNode;
}) {
  const t = useT("account");
  const field = useRef<InputRef>(null);
  const [told, setTold] = useState("");
  useEffect(() => field.current?.focus({ cursor: "all" }), []);
  const copy = async () => {
    // Browsers hand out the clipboard on safe origins only (https, or this machine); elsewhere the person presses the keys.
    try {
      await navigator.clipboard.writeText(value);
      setTold(t("copied"));
    } catch {
      field.current?.focus({ cursor: "all" });
      setTold(t("copy_by_keys"));
    }
  };
  return (
    <div className="once">
      <p className="quiet">{text}</p>
      <label className="field">
        {label}
        <Input ref={field} readOnly value={value} spellCheck={false} onFocus={({ target }) => target.select()} />
      </label>
      {children}
      <p className="told" role="status">{told}</p>
      <div className="buttons end">
        <Button onClick={() => void copy()}>{t("copy")}</Button>
        <Button type="primary" onClick={onKept}>{t("kept")}</Button>
      </div>
    </div>
  );
}
