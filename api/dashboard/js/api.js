// The public API. The page holds no token: log-in sets cookies that scripts cannot read.

export class Problem extends Error {
  constructor(status, body, retryAfterS) {
    super(body?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.kind = body?.type?.split(":").pop();
    this.retryAfterS = retryAfterS;
  }
}

const TOKEN = "/api/v1/auth/token";

async function send(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", ...options, headers: { "X-Fleet-Request": "1", ...options.headers } });
  } catch {
    throw new Problem(0, null, null);
  }
}

/** Renews the session, unless a request of any tab has done so after `since`: a refresh token works only once. */
async function renewed(since) {
  const renew = async () => {
    if (Number(localStorage.getItem("renewed")) > since) return true;
    const answer = await send(TOKEN, { method: "POST", body: new URLSearchParams({ grant_type: "refresh_token" }) });
    if (answer.ok) localStorage.setItem("renewed", String(Date.now()));
    return answer.ok;
  };
  // Only pages from a safe origin (https, or this machine) have locks; elsewhere the requests of this tab share one.
  if (navigator.locks) return navigator.locks.request("session", renew);
  renewing ??= renew().finally(() => (renewing = null));
  return renewing;
}

let renewing = null;

async function request(path, options = {}) {
  const began = Date.now();
  let answer = await send(path, options);
  const mayRenew = answer.status === 401 && !(path === TOKEN && options.method === "POST");
  if (mayRenew && (await renewed(began))) answer = await send(path, options);
  if (!answer.ok) {
    const body = await answer.json().catch(() => null);
    throw new Problem(answer.status, body, Number(answer.headers.get("Retry-After")) || null);
  }
  return answer.status === 204 ? null : answer.json();
}

export const logIn = (username, password, otp) =>
  request(TOKEN, { method: "POST", body: new URLSearchParams({ grant_type: "password", username, password, ...(otp && { otp }) }) });
export const logOut = () => request(TOKEN, { method: "DELETE" });
export const me = () => request("/api/v1/me");
export const organs = () => request("/api/v1/organs?limit=6000");
export const divisions = () => request("/api/v1/divisions");
export const vehicle = (id) => request(`/api/v1/vehicles/${id}`);
export const ledger = () => request("/api/v1/ledger?limit=24");
export const asset = (path) => request(path);
/** The readiness report, whatever its status; null when nobody answers. */
export const ready = () => fetch("/readyz").then((answer) => answer.json()).catch(() => null);
