import { Drawer } from "antd";
import { useT } from "../i18n";
import type { Kind } from "./kinds";
import { RecordForm } from "./RecordForm";

/** A record that is not there yet. */
export function NewRecord({ kind, onDone, onClose }: { kind: Kind; onDone: (id: number) => void; onClose: () => void }) {
  const t = useT("registry");
  return (
    <Drawer open onClose={onClose} size={480} title={`${t("new")} · ${t(`kind_${kind}`)}`} className="record-drawer">
      <RecordForm kind={kind} record={null} onDone={(made) => onDone(made.id)} onCancel={onClose} />
    </Drawer>
  );
}
