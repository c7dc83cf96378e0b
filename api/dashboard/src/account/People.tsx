import { Button, Input, Select } from "antd";
import { useDeferredValue, useState } from "react";
import { useNavigate, useLocation } from "react-router";
import { useList } from "../api/queries";
import { isoDay } from "../format/time";
import { useT, useWord } from "../i18n";
import { useSession } from "../session/session";
import { DataTable, type Column } from "../ui/DataTable";
import { Filters } from "../ui/Filters";
import { OrganTreeField } from "../ui/OrganTreeField";
import { useKeys } from "../ui/useKeys";
import { oneOf, text, useUrlState, whole } from "../url/useUrlState";
import { NewPerson } from "./NewPerson";
import { ACCOUNTS, ROLES, type Person } from "./people";
import { PersonDrawer } from "./PersonDrawer";

const ADDRESS = { q: text(), role: oneOf(["", ...ROLES], ""), organ: whole() };

/** All accounts, for administrators: found by name, role or organ; one opens beside the list. */
export function People({ id }: { id: number | null }) {
  const t = useT("account");
  const word = useWord();
  const { me } = useSession();
  const navigate = useNavigate();
  const { search } = useLocation();
  const [address, set] = useUrlState(ADDRESS);
  const [making, setMaking] = useState(false);
  const q = useDeferredValue(address.q.trim());
  const query = { ...(q ? { q } : {}), ...(address.role ? { role: address.role } : {}), ...(address.organ ? { organ: address.organ } : {}) };
  const found = useList(ACCOUNTS, query);
  const open = (one: number | null) => void navigate(`/account/people${one === null ? "" : `/${one}`}${search}`);
  useKeys({ n: () => setMaking(true) });
  const columns: Column<Person>[] = [
    { key: "name", title: t("name"), render: (row) => <><b>{row.username}</b>{row.username === me.username && <small> {t("oneself")}</small>}</> },
    { key: "role", title: t("role"), render: (row) => word("role", row.role) },
    { key: "organ", title: t("organ"), render: (row) => row.organ?.name ?? t("whole_city") },
    { key: "factor", title: t("factor"), render: (row) => t(row.second_factor ? "is_on" : "is_off") },
    { key: "state", title: t("state"), render: (row) => (row.disabled_at ? t("disabled_on", { day: isoDay(row.disabled_at) }) : t("works")) },
    { key: "created", title: t("created"), render: (row) => isoDay(row.created_at) },
  ];
  return (
    <div className="people">
      <Filters active={address.q !== "" || address.role !== "" || address.organ !== null} onClear={() => set({ q: "", role: "", organ: null })}>
        <Input
          allowClear className="find" aria-label={t("find")} placeholder={t("find")} value={address.q} maxLength={60}
          onChange={({ target }) => set({ q: target.value })}
        />
        <Select
          allowClear aria-label={t("role")} placeholder={t("any_role")} value={address.role || undefined} popupMatchSelectWidth={false}
          options={ROLES.map((role) => ({ value: role, label: word("role", role) }))} onChange={(role?: Person["role"]) => set({ role: role ?? "" })}
        />
        <OrganTreeField label={t("any_organ")} value={address.organ} onChange={(organ) => set({ organ })} />
      </Filters>
      <DataTable
        caption={t("people")} columns={columns} rows={found.items} rowKey={(row) => row.id} state={found} more={found.more} selected={id}
        onOpen={(row) => open(row.id)} empty={{ text: t("no_people") }}
        actions={<Button type="primary" size="small" title="n" onClick={() => setMaking(true)}>{t("new_person")}</Button>}
      />
      {id !== null && <PersonDrawer key={id} id={id} onClose={() => open(null)} />}
      {making && <NewPerson onDone={(made) => { setMaking(false); open(made); }} onClose={() => setMaking(false)} />}
    </div>
  );
}
