import { Button, Checkbox, Segmented } from "antd";
import { useState } from "react";
import { invalidate } from "../api/queries";
import { number } from "../format/number";
import { clockS } from "../format/time";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { DataTable, type Column } from "../ui/DataTable";
import { ROSTER } from "./ForceNeeds";
import type { Member, Task } from "./model";
import { Refusal } from "./Refusal";
import { postTo, useStep } from "./steps";
import { Whose } from "./Whose";

/** Every vehicle that was called. Its answer is entered here where its unit gave none; chosen ones are released. */
export function Roster({
  task,
  members,
  state,
  open,
}: {
  task: Task;
  members: readonly Member[];
  state: { isPending: boolean; error: unknown; refetch: () => unknown };
  open: boolean;
}) {
  const t = useT("dispatch");
  const { may } = useSession();
  const [shown, setShown] = useState("all");
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const step = useStep<Task>(() => {
    setChosen(new Set());
    invalidate("/api/v1/tasks");
  });
  const toggle = (id: number) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const answer = (one: Member, said: "acknowledged" | "refused") =>
    void step.take(`a${one.vehicle_id}`, () =>
      postTo<Task>(`/api/v1/tasks/${task.id}/answer`, { vehicle_id: one.vehicle_id, answer: said }),
    );
  const mayAnswer = open && may("record_outings");
  const mayRelease = open && may("assign_vehicles");
  const at = (moment: string | null) => (moment ? clockS(moment) : "—");
  const columns: Column<Member>[] = [
    ...(mayRelease
      ? [
          {
            key: "pick",
            title: "",
            width: 36,
            render: (one: Member) => (
              <Checkbox
                aria-label={one.plate}
                disabled={one.state === "released"}
                checked={chosen.has(one.vehicle_id)}
                onChange={() => toggle(one.vehicle_id)}
              />
            ),
          },
        ]
      : []),
    { key: "plate", title: t("vehicle"), render: (one) => <Whose of={one} />, sort: (a, b) => a.plate.localeCompare(b.plate) },
    {
      key: "state",
      width: 124,
      title: t("state"),
      render: (one) => (
        <span className={`roster-state ${one.state}`}>
          {t(`roster_${one.state}`)}
          {one.state === "on_site" && one.arrived_at && <small> {at(one.arrived_at)}</small>}
          {!one.reachable && one.state !== "released" && <small> {t("no_unit")}</small>}
        </span>
      ),
      sort: (a, b) => ROSTER.indexOf(a.state) - ROSTER.indexOf(b.state),
    },
    { key: "answered", title: t("answered"), hidden: true, render: (one) => at(one.answered_at) },
    { key: "departed", title: t("departed_at"), hidden: true, render: (one) => at(one.departed_at) },
    { key: "arrived", title: t("arrived_at"), hidden: true, render: (one) => at(one.arrived_at) },
    {
      key: "km",
      width: 96,
      title: t("distance"),
      figure: true,
      render: (one) => (one.distance_km === null ? "—" : `${number(one.distance_km, 1)} km`),
      sort: (a, b) => (a.distance_km ?? 1e9) - (b.distance_km ?? 1e9),
    },
    ...(mayAnswer
      ? [
          {
            key: "do",
            width: 156,
            title: "",
            render: (one: Member) =>
              ["called", "timed_out", "refused"].includes(one.state) ? (
                <span className="row-acts">
                  <Button size="small" loading={step.busy === `a${one.vehicle_id}`} onClick={() => answer(one, "acknowledged")}>
                    {t("says_yes")}
                  </Button>
                  {one.state !== "refused" && (
                    <Button size="small" onClick={() => answer(one, "refused")}>
                      {t("says_no")}
                    </Button>
                  )}
                </span>
              ) : null,
          },
        ]
      : []),
  ];
  const count = (one: string) => members.filter((member) => member.state === one).length;
  const options = ["all", ...ROSTER.filter((one) => count(one) > 0)];
  return (
    <section className="roster">
      <Segmented
        size="small"
        value={shown}
        onChange={setShown}
        options={options.map((value) => ({
          value,
          label: value === "all" ? `${t("all")} ${members.length}` : `${t(`roster_${value as "called"}`)} ${count(value)}`,
        }))}
      />
      <Refusal problem={step.problem} />
      <DataTable
        caption={t("roster")}
        columns={columns}
        rows={members.filter((one) => shown === "all" || one.state === shown)}
        rowKey={(one) => one.vehicle_id}
        state={state}
        empty={{ text: t("roster_empty") }}
        actions={
          chosen.size > 0 && (
            <Button
              size="small"
              loading={step.busy === "release"}
              onClick={() =>
                void step.take("release", () => postTo<Task>(`/api/v1/tasks/${task.id}/release`, { vehicle_ids: [...chosen] }))
              }
            >
              {t("release_n", { n: chosen.size })}
            </Button>
          )
        }
      />
    </section>
  );
}
