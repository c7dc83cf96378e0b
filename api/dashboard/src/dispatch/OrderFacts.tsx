import { useState } from "react";
import { api, data, purposeHeader } from "../api/client";
import { useGet } from "../api/queries";
import { dayTime, dayWords, isoDay, range } from "../format/time";
import { useLang, useT, useWord } from "../i18n";
import { useMay } from "../session/session";
import { Pairs } from "../ui/Panel";
import { Phone } from "../ui/Phone";
import { Masked } from "../ui/Purpose";
import type { Order } from "./model";

/** What was asked for, in the order in which one reads it before deciding. */
export function OrderFacts({ order }: { order: Order }) {
  const t = useT("dispatch");
  const word = useWord();
  const lang = useLang();
  const mayUnmask = useMay("unmask");
  const [contact, setContact] = useState<{ name: string | null; phone: string | null } | null>(null);
  const purposes = useGet("/api/v1/orders/purposes", {}, { staleTime: Infinity });
  const known = purposes.data?.items.find((one) => one.slug === order.purpose);
  const unmask = async (purpose: string) => {
    const params = { path: { order_id: order.id }, query: { unmask: true }, header: purposeHeader(purpose) };
    const full = await data(api.GET("/api/v1/orders/{order_id}", { params }));
    setContact({ name: full.contact_name, phone: full.contact_phone });
  };
  const masked = [order.contact_name, order.contact_phone].filter(Boolean).join(" ");
  const facts = Object.entries(order.facts).map(([slug, text]): [string, string] => {
    const fact = known?.facts.find((one) => one.slug === slug);
    return [fact ? (lang === "zh" ? fact.zh : fact.en) : slug, text];
  });
  const sameDay = isoDay(order.planned_from) === isoDay(order.planned_to);
  return (
    <div className="order-facts">
      <Pairs
        items={[
          [t("organ"), order.organ.name],
          [t("applicant"), `${order.applicant.username} · ${dayTime(order.submitted_at ?? order.created_at)}`],
          [t("purpose"), lang === "zh" ? order.purpose_zh : order.purpose_en],
          ...facts,
          ...(order.remarks ? [[t("remarks"), order.remarks] as const] : []),
        ]}
      />
      <Pairs
        items={[
          [
            t("window"),
            <b key="w">
              {sameDay ? `${dayWords(order.planned_from, lang)} ` : ""}
              {range(order.planned_from, order.planned_to).slice(sameDay ? 6 : 0)}
            </b>,
          ],
          [t("origin"), order.origin.name],
          [t("destinations"), order.destinations.map((one) => one.name).join(" → ") || "—"],
          [t("area"), word("area", order.area)],
          [t("passengers"), t("persons", { n: order.passengers })],
          ...(order.bodies.length > 0 ? [[t("bodies"), order.bodies.map((one) => word("body", one)).join("、")] as const] : []),
          ...(order.equipment.length > 0 ? [[t("equipment"), order.equipment.join("、")] as const] : []),
          ...(masked
            ? [[
                t("contact"),
                contact ? (
                  <span key="c" className="driver-call">
                    {contact.name}
                    {contact.phone && <Phone number={contact.phone} />}
                  </span>
                ) : (
                  <Masked key="c" value={masked} may={mayUnmask} onPurpose={(why) => void unmask(why)} />
                ),
              ] as const]
            : []),
        ]}
      />
    </div>
  );
}
