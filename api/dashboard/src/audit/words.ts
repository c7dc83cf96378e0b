import { say, useLang, wordOf, type Lang } from "../i18n";

const found = (lang: Lang, key: string) => {
  const word = say(lang, "auditWords", key as never);
  return word === key ? null : word;
};

/** Which words of the page's dictionary the values of a field are taken from. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  use: ["use"], management: ["management"], energy: ["energy"], role: ["role"], body: ["body"], severity: ["severity"],
  status: ["status"], state: ["order", "case"], kind: ["kind", "exemption"],
};

/** `track.read` in words; what is not known whole is put together of what it is about and the step. */
export function actionWord(lang: Lang, action: string): string {
  const whole = found(lang, `action.${action}`);
  if (whole) return whole;
  const cut = action.indexOf(".");
  const [of, step] = [action.slice(0, cut), action.slice(cut + 1)];
  const [what, done] = [found(lang, `of.${of}`) ?? of, found(lang, `do.${step}`) ?? step];
  return lang === "zh" ? `${what}：${done}` : `${what}: ${done}`;
}

/** `vehicle:17` as kind, word and number. */
export function subjectParts(lang: Lang, subject: string): { kind: string; word: string; id: string } {
  const cut = subject.indexOf(":");
  const kind = cut < 0 ? subject : subject.slice(0, cut);
  return { kind, word: found(lang, `of.${kind}`) ?? kind, id: cut < 0 ? "" : subject.slice(cut + 1) };
}

export const fieldWord = (lang: Lang, field: string) => found(lang, `field.${field}`) ?? field;
export const reasonWord = (lang: Lang, reason: string) => found(lang, `reason.${reason}`) ?? reason;
export const todoWord = (lang: Lang, reason: string) => found(lang, `todo.${reason}`);

/** The word for a value that is a slug, where the field says of what kind. */
export function valueWord(lang: Lang, field: string, value: string): string {
  for (const group of GROUPS[field] ?? []) {
    const word = wordOf(lang, group, value);
    if (word !== value) return word;
  }
  return value;
}

/** The words in the language of the page. */
export function useAuditWords() {
  const lang = useLang();
  return {
    action: (action: string) => actionWord(lang, action),
    subject: (subject: string) => subjectParts(lang, subject),
    field: (field: string) => fieldWord(lang, field),
    reason: (reason: string) => reasonWord(lang, reason),
    todo: (reason: string) => todoWord(lang, reason),
    value: (field: string, value: string) => valueWord(lang, field, value),
  };
}
