import { Button, Input, Select } from "antd";
import { useDeferredValue, useState } from "react";
import { NavLink, Navigate, useLocation, useNavigate, useParams } from "react-router";
import { plainPlate } from "../format/plate";
import { useT, useWord } from "../i18n";
import { Areas } from "../registry/Areas";
import { Export } from "../registry/Export";
import { Import } from "../registry/Import";
import { FILTERS, KINDS, RIGHTS, type Kind } from "../registry/kinds";
import { NewRecord } from "../registry/NewRecord";
import { OrganTree } from "../registry/OrganTree";
import { RecordDrawer } from "../registry/RecordDrawer";
import { RecordTable } from "../registry/RecordTable";
import { useSession } from "../session/session";
import "../theme/registry.css";
import { Filters } from "../ui/Filters";
import { useKeys } from "../ui/useKeys";
import { some, text, useUrlState, whole } from "../url/useUrlState";

const ADDRESS = {
  organ: whole(),
  q: text(),
  use: some(FILTERS.use),
  management: some(FILTERS.management),
  energy: some(FILTERS.energy),
  status: some(FILTERS.status),
  purpose: text(),
};
const SHEETS: readonly Kind[] = ["vehicles", "organs", "drivers"];
const IN_USE = ["in_service", "repair", "sealed"] as const;

/** The registry: one true list of vehicles, organs, drivers, units and areas, changed only with a trace. */
export default function RegistryPage() {
  const t = useT("registry");
  const word = useWord();
  const { may } = useSession();
  const [address, setAddress] = useUrlState(ADDRESS);
  const [making, setMaking] = useState(false);
  const [editing, setEditing] = useState(false);
  const [importing, setImporting] = useState(false);
  const { "*": rest = "" } = useParams();
  const { search } = useLocation();
  const navigate = useNavigate();
  const [wanted = "", raw = ""] = rest.split("/");
  const kind = KINDS.find((one) => one === wanted);
  const id = /^\d{1,9}$/.test(raw) ? Number(raw) : null;
  const q = useDeferredValue(address.q.trim());
  const mayWrite = kind !== undefined && may(RIGHTS[kind].write);
  const mayImport = may("import_registry");
  useKeys({
        ...(mayWrite ? { n: () => setMaking(true), e: () => id !== null && setEditing(true) } : {}),
        ...(mayImport ? { i: () => setImporting(true) } : {}),
      });
  if (!kind) return <Navigate to="/registry/vehicles" replace />;
  const open = (one: number | null) => {
    setMaking(false);
    setEditing(false);
    void navigate(`/registry/${kind}${one === null ? "" : `/${one}`}${search}`);
  };
  const { organ, use, management, energy, status } = address;
  const query = {
    ...(organ !== null && kind !== "units" ? { [kind === "organs" ? "parent" : "organ"]: organ } : {}),
    ...(q && kind !== "drivers" ? { q: kind === "vehicles" ? plainPlate(q) : q } : {}),
    ...(kind === "vehicles" ? { use, management, energy, status: status.length > 0 ? status : IN_USE } : {}),
  };
  const active = organ !== null || address.q !== "" || use.length + management.length + energy.length + status.length > 0;
  return (
    <div className="registry-page">
      <div className="registry-tabs">
        <nav aria-label={t("title")}>
          {KINDS.filter((one) => may(RIGHTS[one].read)).map((one) => (
            <NavLink key={one} to={`/registry/${one}`} onClick={() => setMaking(false)}>
              {t(`kind_${one}`)}
            </NavLink>
          ))}
        </nav>
        <span className="push" />
        {SHEETS.includes(kind) && <Export kind={kind as "vehicles"} />}
        {mayImport && (
          <Button onClick={() => setImporting(true)} title="i">
            {t("import")}
          </Button>
        )}
        {mayWrite && kind !== "areas" && (
          <Button type="primary" onClick={() => setMaking(true)} title="n">
            {t("new")}
          </Button>
        )}
      </div>
      {kind === "areas" ? (
        <Areas
          id={id}
          making={making}
          q={address.q}
          purpose={address.purpose}
          onOpen={open}
          onNew={() => {
            open(null);
            setMaking(true);
          }}
          onAsk={setAddress}
        />
      ) : (
        <div className={kind === "units" ? "registry-body plain" : "registry-body"}>
          {kind !== "units" && <OrganTree chosen={organ} onChoose={(one) => setAddress({ organ: one }, { push: true })} />}
          <div className="registry-list">
            <Filters active={active} onClear={() => setAddress({ organ: null, q: "", use: [], management: [], energy: [], status: [] })}>
              <Input
                allowClear
                className="find"
                value={address.q}
                placeholder={t(`find_${kind}`)}
                aria-label={t(`find_${kind}`)}
                onChange={(event) => setAddress({ q: event.target.value })}
              />
              {kind === "vehicles" &&
                (["use", "management", "energy", "status"] as const).map((one) => (
                  <Select
                    key={one}
                    mode="multiple"
                    allowClear
                    maxTagCount="responsive"
                    value={[...address[one]] as string[]}
                    placeholder={t(`any_${one}`)}
                    aria-label={t(one)}
                    options={FILTERS[one].map((value) => ({ value: value as string, label: word(one, value) }))}
                    onChange={(next) => setAddress({ [one]: next } as never)}
                  />
                ))}
            </Filters>
            <RecordTable kind={kind} query={query} search={q} selected={id} onOpen={open} actions={null} />
          </div>
        </div>
      )}
      {kind !== "areas" && id !== null && (
        <RecordDrawer key={`${kind}${id}`} kind={kind} id={id} editing={editing} onEdit={setEditing} onClose={() => open(null)} />
      )}
      {kind !== "areas" && making && <NewRecord kind={kind} onDone={open} onClose={() => setMaking(false)} />}
      {importing && <Import kind={(SHEETS.includes(kind) ? kind : "vehicles") as "vehicles"} onClose={() => setImporting(false)} />}
    </div>
  );
}
