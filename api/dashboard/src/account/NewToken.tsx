import { Modal } from "antd";
import { useState } from "react";
import type { Shape } from "../api/client";
import { isoDay } from "../format/time";
import { useT } from "../i18n";
import { Once } from "./Once";
import { TokenForm } from "./TokenForm";

/** A token is asked for, then shown this once; until it is said to be kept only that closes the dialog. */
export function NewToken({ onClose }: { onClose: () => void }) {
  const t = useT("account");
  const [made, setMade] = useState<Shape<"TokenCreated"> | null>(null);
  return (
    <Modal
      open title={made ? t("token_made", { label: made.label ?? "" }) : t("new_token")} footer={null} width={520} destroyOnHidden
      closable={made === null} keyboard={made === null} onCancel={() => made === null && onClose()}
    >
      {made === null ? <TokenForm onMade={setMade} onCancel={onClose} /> : (
        <Once text={t("token_text", { day: isoDay(made.expires_at) })} label={t("token")} value={made.token} onKept={onClose}>
          <small>{t("example")}</small>
          <pre className="example">
            {`curl -H "Authorization: Bearer ${made.token.slice(0, 10)}…" ${window.location.origin}/api/v1/me`}
          </pre>
        </Once>
      )}
    </Modal>
  );
}
