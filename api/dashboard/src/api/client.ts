import createClient from "openapi-fetch";
import { nobodyAnswered, Problem, problemOf } from "./problem";
import type { components, paths } from "./schema";

/** Shapes of the API by name: `Shape<"CaseEntry">`. */
export type Shape<N extends keyof components["schemas"]> = components["schemas"][N];

const TOKEN = "/api/v1/auth/token";
const RENEWED = "fleet.renewed";

let whenEnded: () => void = () => undefined;
/** Called when the session has ended and cannot be renewed. */
export function onSessionEnd(listener: () => void): void {
  whenEnded = listener;
}

async function ask(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
    throw nobodyAnswered();
  }
}

let renewing: Promise<boolean> | null = null;

/** Renews the session unless a request of any tab has done so since `began`: a refresh token works only once. */
export async function renewed(began: number): Promise<boolean> {
  const renew = async () => {
    if (Number(localStorage.getItem(RENEWED)) > began) return true;
    const body = new URLSearchParams({ grant_type: "refresh_token" });
    const answer = await ask(new Request(TOKEN, { method: "POST", body, headers: { "X-Fleet-Request": "1" } }));
    if (answer.ok) localStorage.setItem(RENEWED, String(Date.now()));
    return answer.ok;
  };
  // Locks exist for safe origins only (https, or this machine); elsewhere the requests of this tab share one.
  if (navigator.locks) return navigator.locks.request("fleet-session", renew);
  renewing ??= renew().finally(() => {
    renewing = null;
  });
  return renewing;
}

/** As `fetch`, with the header that proves intent, and with one renewal when the session has run out. */
export async function send(request: Request): Promise<Response> {
  request.headers.set("X-Fleet-Request", "1");
  if (request.url.endsWith(TOKEN) && request.method === "POST") return ask(request);
  const began = Date.now();
  const again = request.clone();
  const answer = await ask(request);
  if (answer.status !== 401) return answer;
  if (await renewed(began)) return ask(again);
  whenEnded();
  return answer;
}

/** The typed client: `api.GET("/api/v1/cases", { params: { query: { state: ["open"] } } })`. */
export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin", fetch: send });

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer; throws `Problem`. */
export async function data<T>(answer: Promise<Answered<T>>): Promise<T> {
  const { data: found, error, response } = await answer;
  if (!response.ok) throw await problemOf(response, error ?? {});
  return found as T;
}

/** A header value for any text, as the API reads it: percent-encoded UTF-8. */
export function purposeHeader(purpose: string): { "X-Purpose": string } {
  return { "X-Purpose": encodeURIComponent(purpose) };
}

export async function signIn(username: string, password: string, otp: string): Promise<void> {
  const body = new URLSearchParams({ grant_type: "password", username, password, ...(otp ? { otp } : {}) });
  const answer = await send(new Request(TOKEN, { method: "POST", body }));
  if (!answer.ok) throw await problemOf(answer);
  localStorage.setItem(RENEWED, String(Date.now()));
}

export async function signOut(): Promise<void> {
  await send(new Request(TOKEN, { method: "DELETE" }));
}

export const isProblem = (reason: unknown, status: number) => reason instanceof Problem && reason.status === status;
