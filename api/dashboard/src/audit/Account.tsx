import { useT } from "../i18n";

/** Who did it: an account's name, or that the command line or the service itself did. */
export function Account({ name }: { name: string }) {
  const t = useT("audit");
  if (name === "command line") return <span>{t("command_line")}</span>;
  return <span>{name === "the road" || name === "service" ? t("the_service") : name}</span>;
}
