import { Button, Form, Popconfirm } from "antd";
import { lazy, Suspense, useState } from "react";
import type { Shape } from "../api/client";
import { Problem } from "../api/problem";
import { invalidate } from "../api/queries";
import { useT } from "../i18n";
import { serverNow } from "../live/useStream";
import { parseLocal } from "../format/time";
import { Conflict } from "../ui/Conflict";
import { ProblemView } from "../ui/states";
import { AreaFields, type PURPOSES } from "./AreaFields";
import { ShapeFields } from "./ShapeFields";
import type { RecordShown } from "./kinds";
import { useShape } from "./useShape";
import { change, create, remove } from "./writing";

export type Area = Shape<"AreaShown">;
const PlaceMap = lazy(() => import("../map/PlaceMap").then(({ PlaceMap: made }) => ({ default: made })));
const wall = (moment: string | number) =>
  new Date((typeof moment === "number" ? moment : Date.parse(moment)) + 8 * 3600_000).toISOString().slice(0, 16).replace("T", " ");
const iso = (text: string) => new Date(parseLocal(text)).toISOString();

interface Values {
  name: string;
  purpose: (typeof PURPOSES)[number];
  category?: string | null;
  organ_id?: number | null;
  from: string;
  to?: string | null;
}

/** An area drawn by clicks, its corners movable on the map and in a table; or a circle by its middle and radius. */
export function AreaEditor({ area, mayWrite, onDone }: { area: Area | null; mayWrite: boolean; onDone: (id: number | null) => void }) {
  const t = useT("registry");
  const [form] = Form.useForm<Values>();
  const drawing = useShape(area, mayWrite);
  const { points, setPoints, middle, setMiddle, radius, circle, marks, rings, add } = drawing;
  const [base, setBase] = useState(area);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [theirs, setTheirs] = useState<Area | null>(null);
  const [busy, setBusy] = useState(false);
  const take = async (work: () => Promise<RecordShown | undefined>) => {
    setBusy(true);
    setProblem(null);
    try {
      const made = await work();
      invalidate("/api/v1/areas");
      onDone(made?.id ?? null);
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      if (reason.status === 412) setTheirs(reason.body["current"] as Area);
      else setProblem(reason);
    } finally {
      setBusy(false);
    }
  };
  const send = (values: Values) => {
    const body = {
      name: values.name,
      purpose: values.purpose,
      category: values.category || null,
      organ_id: values.organ_id ?? null,
      from: iso(values.from),
      to: values.to ? iso(values.to) : null,
      polygon: circle ? null : points,
      circle: circle && middle ? { ...middle, radius_m: radius } : null,
    };
    void take(() => (base ? change("areas", base.id, base.version, body) : create("areas", body)));
  };
  const initial = area ? { ...area, from: wall(area.from), to: area.to && wall(area.to) } : { purpose: "parking", from: wall(serverNow()) };
  return (
    <div className="area-editor">
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        className="grid-form"
        initialValues={initial}
        disabled={!mayWrite}
        onFinish={send}
      >
        {theirs && (
          <div className="wide">
            <Conflict
              differences={[{ label: t("name"), mine: area?.name, theirs: theirs.name }]}
              onTheirs={() => {
                setBase(theirs);
                setTheirs(null);
                setPoints(theirs.polygon ?? []);
                setMiddle(theirs.circle);
                form.setFieldsValue({ name: theirs.name, purpose: theirs.purpose });
              }}
            />
          </div>
        )}
        {problem && (
          <div className="wide">
            <ProblemView problem={problem} />
          </div>
        )}
        <AreaFields />
        <ShapeFields drawing={drawing} mayWrite={mayWrite} />
        {mayWrite && (
          <div className="wide buttons">
            <Button type="primary" htmlType="submit" loading={busy} disabled={circle ? !middle : points.length < 3}>
              {t("save")}
            </Button>
            {base && (
              <Popconfirm
                title={t("remove_text")}
                okText={t("remove")}
                cancelText={t("cancel")}
                onConfirm={() => void take(() => remove("areas", base.id, base.version))}
              >
                <Button>{t("remove")}</Button>
              </Popconfirm>
            )}
          </div>
        )}
      </Form>
      <div className="area-map">
        <Suspense fallback={<div className="mapbox" />}>
          <PlaceMap marks={marks} rings={rings} fit={String(area?.id ?? "new")} {...(mayWrite ? { onPoint: add } : {})} />
        </Suspense>
        {mayWrite && <p className="hint">{t(circle ? "click_middle" : "click_corners")}</p>}
      </div>
    </div>
  );
}
