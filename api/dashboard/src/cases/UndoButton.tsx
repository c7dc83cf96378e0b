import { Button } from "antd";
import { useKeys } from "../ui/useKeys";

/** What was done, and for some seconds a way back: by press or by `u`. */
export function UndoButton({ said, label, onUndo }: { said: string; label: string; onUndo: () => void }) {
  useKeys({ u: onUndo });
  return <span>{said} <Button size="small" onClick={onUndo}>{label} <kbd>u</kbd></Button></span>;
}
