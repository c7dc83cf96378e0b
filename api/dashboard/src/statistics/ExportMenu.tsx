import { DownloadOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { useState } from "react";
import { download } from "../api/download";
import { useT } from "../i18n";
import { ProblemView } from "../ui/states";

export interface Sheet {
  title: string;
  /** The address of the JSON; the sheets are the server's, of the same question. */
  address: string;
  query: Record<string, string | number | boolean | readonly string[] | null | undefined>;
}

function link({ address, query }: Sheet, format: string): string {
  const params = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one));
  }
  return `${address}?${params.toString()}`;
}

/** What is shown, as the server's CSV or XLSX, with its definition and period. */
export function ExportMenu({ sheets }: { sheets: readonly Sheet[] }) {
  const t = useT("statistics");
  const [problem, setProblem] = useState<unknown>(null);
  const items = sheets.flatMap((sheet) =>
    ["csv", "xlsx"].map((format) => ({
      key: `${sheet.address}.${format}`,
      label: `${sheet.title} · ${format.toUpperCase()}`,
      onClick: () => {
        setProblem(null);
        download(link(sheet, format), `${sheet.title}.${format}`).catch(setProblem);
      },
    })),
  );
  return (
    <>
      <Dropdown trigger={["click"]} menu={{ items }}>
        <Button icon={<DownloadOutlined />}>{t("export")}</Button>
      </Dropdown>
      {problem !== null && <ProblemView problem={problem} />}
    </>
  );
}
