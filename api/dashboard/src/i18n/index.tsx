import { createContext, useContext } from "react";
import { en as accountEn } from "./en/account";
import { en as auditEn } from "./en/audit";
import { en as auditWordsEn } from "./en/auditWords";
import { en as dispatchEn } from "./en/dispatch";
import { en as casesEn } from "./en/cases";
import { en as groundsEn } from "./en/grounds";
import { en as historyEn } from "./en/history";
import { en as mapEn } from "./en/map";
import { en as registryEn } from "./en/registry";
import { en as rightsEn } from "./en/rights";
import { en as shellEn } from "./en/shell";
import { en as statisticsEn } from "./en/statistics";
import { en as systemEn } from "./en/system";
import { en as wordsEn } from "./en/words";
import { zh as accountZh } from "./zh/account";
import { zh as auditZh } from "./zh/audit";
import { zh as auditWordsZh } from "./zh/auditWords";
import { zh as dispatchZh } from "./zh/dispatch";
import { zh as casesZh } from "./zh/cases";
import { zh as groundsZh } from "./zh/grounds";
import { zh as historyZh } from "./zh/history";
import { zh as mapZh } from "./zh/map";
import { zh as registryZh } from "./zh/registry";
import { zh as rightsZh } from "./zh/rights";
import { zh as shellZh } from "./zh/shell";
import { zh as statisticsZh } from "./zh/statistics";
import { zh as systemZh } from "./zh/system";
import { zh as wordsZh } from "./zh/words";

export type Lang = "zh" | "en";

/** One dictionary a feature; Chinese is the source of the keys, English must have them all or nothing compiles. */
const BOOKS = {
  registry: { zh: registryZh, en: registryEn },
  shell: { zh: shellZh, en: shellEn },
  words: { zh: wordsZh, en: wordsEn },
  map: { zh: mapZh, en: mapEn },
  dispatch: { zh: dispatchZh, en: dispatchEn },
  statistics: { zh: statisticsZh, en: statisticsEn },
  cases: { zh: casesZh, en: casesEn },
  history: { zh: historyZh, en: historyEn },
  grounds: { zh: groundsZh, en: groundsEn },
  account: { zh: accountZh, en: accountEn },
  rights: { zh: rightsZh, en: rightsEn },
  audit: { zh: auditZh, en: auditEn },
  system: { zh: systemZh, en: systemEn },
  auditWords: { zh: auditWordsZh, en: auditWordsEn },
};

type Books = typeof BOOKS;
export type Feature = keyof Books;
export type Key<F extends Feature> = keyof Books[F]["zh"] & string;
/** Text with `{name}` where a value goes. */
export type Values = Record<string, string | number>;

export const LangContext = createContext<Lang>("zh");
export const useLang = () => useContext(LangContext);

/** The words of one feature: `const t = useT("map"); t("follow")`, `t("shown", { count: 3 })`. */
export function useT<F extends Feature>(feature: F) {
  const lang = useLang();
  return (key: Key<F>, values?: Values) => say(lang, feature, key, values);
}

export function say<F extends Feature>(lang: Lang, feature: F, key: Key<F>, values?: Values): string {
  const book = BOOKS[feature][lang] as unknown as Record<string, string>;
  return filled(book[key] ?? key, values);
}

/** The word for a slug of the API, or the slug where there is none (a newer server than page). */
export function wordOf(lang: Lang, group: string, slug: string | null | undefined): string {
  if (slug === null || slug === undefined) return "—";
  const book = BOOKS.words[lang] as Record<string, string>;
  return book[`${group}.${slug}`] ?? slug;
}

export const useWord = () => {
  const lang = useLang();
  return (group: string, slug: string | null | undefined) => wordOf(lang, group, slug);
};

function filled(text: string, values?: Values): string {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;
}
