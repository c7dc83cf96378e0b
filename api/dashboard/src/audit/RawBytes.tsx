import { Button, Segmented } from "antd";
import { useMemo, useState } from "react";
import { save } from "../api/download";
import { number } from "../format/number";
import { useT } from "../i18n";
import { Panel } from "../ui/Panel";
import { bytesOf, hexLines } from "./bytes";
import type { Refused } from "./Quarantine";

const MOST_LINES = 512;

/** The message as it came: as text where it is text, always as bytes, and as a file. */
export function RawBytes({ refused }: { refused: Refused }) {
  const t = useT("audit");
  const [as, setAs] = useState<"text" | "hex">(refused.payload === null ? "hex" : "text");
  const bytes = useMemo(() => bytesOf(refused.payload_base64), [refused.payload_base64]);
  const lines = useMemo(() => hexLines(bytes, MOST_LINES), [bytes]);
  return (
    <Panel title={t("raw")} note={refused.payload === null ? `${t("bytes", { n: number(bytes.length) })} · ${t("not_text")}` : t("bytes",
      { n: number(bytes.length) })}>
      <div className="buttons raw-as">
        {refused.payload !== null && (
          <Segmented<"text" | "hex"> size="small" value={as} aria-label={t("raw")} onChange={setAs}
            options={[{ value: "text", label: t("raw_text") }, { value: "hex", label: t("raw_hex") }]} />
        )}
        <Button size="small" onClick={() => save(new Blob([bytes]), `quarantine-${refused.id}.bin`)}>{t("raw_save")}</Button>
      </div>
      <pre className="raw" tabIndex={0} aria-label={t("raw")}>
        {as === "text" && refused.payload !== null ? refused.payload : lines.join("\n")}
      </pre>
    </Panel>
  );
}
