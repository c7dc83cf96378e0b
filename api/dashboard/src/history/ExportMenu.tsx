import { DownloadOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { useState } from "react";
import { download } from "../api/download";
import { useT } from "../i18n";
import { PurposeDialog } from "../ui/Purpose";
import { ProblemView } from "../ui/states";
import { iso, type Period } from "./address";
import type { Chosen } from "./queries";

const FORMATS = ["gpx", "geojson", "csv"] as const;

/** The tracks as files, one a vehicle, for the purpose that was stated or is asked for now. */
export function ExportMenu({ chosen, period, purpose }: { chosen: readonly Chosen[]; period: Period; purpose: string | null }) {
  const t = useT("history");
  const [wanted, setWanted] = useState<{ id: number; format: string } | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const save = (id: number, format: string, why: string) => {
    setWanted(null);
    setProblem(null);
    const query = new URLSearchParams({ from: iso(period.from), to: iso(period.to), format, max_points: "100000" });
    download(`/api/v1/vehicles/${id}/track?${query.toString()}`, `track-${id}.${format}`, why).catch(setProblem);
  };
  const items = chosen.map((one) => ({
    key: String(one.id), label: `${one.letter} ${one.plate}`,
    children: FORMATS.map((format) => ({
      key: `${one.id}-${format}`, label: t(`e_${format}`),
      onClick: () => (purpose === null ? setWanted({ id: one.id, format }) : save(one.id, format, purpose)),
    })),
  }));
  return (
    <>
      <Dropdown trigger={["click"]} disabled={chosen.length === 0} menu={{ items }}>
        <Button size="small" icon={<DownloadOutlined />}>{t("export")}</Button>
      </Dropdown>
      <PurposeDialog open={wanted !== null} text={t("purpose_text", { n: 1 })} onClose={() => setWanted(null)}
        onPurpose={(why) => wanted && save(wanted.id, wanted.format, why)} />
      {problem !== null && <ProblemView problem={problem} />}
    </>
  );
}
