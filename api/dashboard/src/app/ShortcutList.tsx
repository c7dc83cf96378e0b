import { Checkbox, Modal } from "antd";
import { useState } from "react";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { setSingleKeysOff, singleKeysOff } from "../ui/useKeys";
import { PAGES } from "./routes";

/** The list that `?` opens; single keys can be switched off here. */
export function ShortcutList({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [off, setOff] = useState(singleKeysOff);
  const { may } = useSession();
  const t = useT("shell");
  const rows: [string, string][] = [
    ["/", t("k_search")], ["?", t("k_help")], ["Esc", t("k_close")], ["j  k", t("k_next")], ["Enter", t("k_open")], ["[  ]", t("k_panel")],
    ["t", t("k_theme")], ["l", t("k_lang")], ["p", t("k_print")], ["f", t("k_follow")], ["0", t("k_city")],
    ...PAGES.flatMap(({ rail, right }): [string, string][] => (rail && may(right) ? [[`g ${rail.key}`, `${t("k_go")} ${t(rail.word)}`]] : [])),
  ];
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={t("shortcuts")} width={420} destroyOnHidden>
      <table className="keys">
        <tbody>{rows.map(([key, what]) => <tr key={key}><th scope="row"><kbd>{key}</kbd></th><td>{what}</td></tr>)}</tbody>
      </table>
      <Checkbox checked={off} onChange={({ target }) => { setSingleKeysOff(target.checked); setOff(target.checked); }}>{t("shortcuts_off")}</Checkbox>
    </Modal>
  );
}
