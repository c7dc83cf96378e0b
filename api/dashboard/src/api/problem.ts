import { say, type Lang } from "../i18n";

/** One entry of a refused form: where it stands, and what is wrong with it. */
export interface Wrong {
  /** `body.planned_to`, `query.from` */
  location: string;
  message: string;
  message_zh?: string | null;
  code?: string | null;
}

/** What is wrong, in words; where the API has no Chinese ones, in English with the place. */
export const wrongSentence = (wrong: Wrong, lang: Lang) =>
  lang === "zh" ? (wrong.message_zh ?? `${wrong.location}: ${wrong.message}`) : wrong.message;

/** What the API refused (RFC 9457). `status` 0: nobody answered. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly slug: string,
    detail: string,
    readonly instance: string | null,
    readonly retryAfterS: number | null,
    readonly errors: readonly Wrong[],
    readonly body: Readonly<Record<string, unknown>>,
  ) {
    super(detail);
  }
}

export function nobodyAnswered(): Problem {
  return new Problem(0, "no-answer", "The service does not answer.", null, null, [], {});
}

export async function problemOf(answer: Response, parsed?: unknown): Promise<Problem> {
  const body = (parsed ?? (await answer.json().catch(() => null))) as Record<string, unknown> | null;
  const record = typeof body === "object" && body !== null ? body : {};
  const slug = String(record.type ?? "").split(/[:/]/).pop() ?? "";
  const wait = Number(answer.headers.get("Retry-After"));
  const instance = typeof record.instance === "string" ? record.instance : null;
  const errors = Array.isArray(record.errors) ? (record.errors as Wrong[]) : [];
  return new Problem(answer.status, slug, String(record.detail ?? `HTTP ${answer.status}`), instance, wait || null, errors, record);
}

/** A sentence for the person: what failed, whether anything was saved, what to do. The server's words are details. */
export function problemSentence(problem: unknown, lang: Lang): string {
  if (!(problem instanceof Problem)) return say(lang, "shell", "p_other");
  const { status } = problem;
  if (status === 0) return say(lang, "shell", "p_network");
  if (status === 429) return say(lang, "shell", "p_429", { s: problem.retryAfterS ?? 5 });
  if (status === 400) return say(lang, "shell", "p_422");
  if (status >= 500) return say(lang, "shell", "p_5xx");
  if (status === 401 || status === 403 || status === 404 || status === 409 || status === 422) {
    return say(lang, "shell", `p_${status}`);
  }
  return say(lang, "shell", "p_other");
}
