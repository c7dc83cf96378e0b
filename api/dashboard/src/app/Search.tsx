import { SearchOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Input } from "antd";
import { useDeferredValue, useState } from "react";
import { useNavigate } from "react-router";
import { api, data } from "../api/client";
import { plainPlate } from "../format/plate";
import { useT } from "../i18n";
import { useSession } from "../session/session";
import { Plate } from "../ui/marks";
import { PAGES } from "./routes";

const opens = (path: string) => PAGES.some((page) => page.path === path);

/** Vehicles, organs and orders by what one types; each result leads to where it is shown. */
export function Search() {
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(typed.trim());
  const { may } = useSession();
  const navigate = useNavigate();
  const t = useT("shell");
  const { data: found } = useQuery({
    queryKey: ["search", wanted],
    enabled: wanted.length >= 2,
    queryFn: async ({ signal }) => {
      const [vehicles, organs, orders] = await Promise.all([
        data(api.GET("/api/v1/vehicles", { params: { query: { q: plainPlate(wanted), limit: 8 } }, signal })),
        data(api.GET("/api/v1/organs", { params: { query: { q: wanted, limit: 5 } }, signal })),
        opens("/dispatch") && may("read_orders") && /^\w[\w-]{5,}$/.test(wanted)
          ? data(api.GET("/api/v1/orders", { params: { query: { number: wanted.toUpperCase(), limit: 5 } }, signal }))
          : null,
      ]);
      return { vehicles: vehicles.items, organs: organs.items, orders: orders?.items ?? [] };
    },
  });
  const options = found ? [
    { label: t("search_vehicles"), options: found.vehicles.map((one) => ({
      value: `/map?vehicle=${one.id}`, label: <span className="hit"><Plate plate={one.plate} /><small>{one.organ.name}</small></span> })) },
    { label: t("search_organs"), options: found.organs.map((one) => ({ value: `/map?organ=${one.id}`, label: one.name })) },
    { label: t("search_orders"), options: found.orders.map((one) => ({ value: `/dispatch/orders/${one.id}`, label: one.number })) },
  ].filter((group) => group.options.length > 0) : [];
  return (
    <AutoComplete
      className="search" options={options} value={typed} defaultActiveFirstOption popupMatchSelectWidth={360}
      notFoundContent={wanted.length < 2 ? null : found ? t("search_none", { q: wanted }) : t("loading")}
      onChange={(text: string) => !text.startsWith("/") && setTyped(text)}
      onSelect={(address: string) => { setTyped(""); void navigate(address); }}
    >
      <Input id="search" prefix={<SearchOutlined />} suffix={<kbd>/</kbd>} placeholder={t("search")} aria-label={t("search")} />
    </AutoComplete>
  );
}
