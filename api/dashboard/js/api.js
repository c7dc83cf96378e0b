// The public API. The page holds no token: log-in sets a cookie that scripts cannot read.

export class Problem extends Error {
  constructor(status, body, retryAfterS) {
    super(body?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

async function request(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...options, headers: { "X-Fleet-Request": "1", ...options.headers } });
  } catch {
    throw new Problem(0, null, null);
  }
  if (!answer.ok) {
    const body = await answer.json().catch(() => null);
    throw new Problem(answer.status, body, Number(answer.headers.get("Retry-After")) || null);
  }
  return answer.status === 204 ? null : answer.json();
}

export const logIn = (username, password) =>
  request("/api/v1/auth/token", { method: "POST", body: new URLSearchParams({ grant_type: "password", username, password }) });
export const logOut = () => request("/api/v1/auth/token", { method: "DELETE" });
export const me = () => request("/api/v1/me");
export const organs = () => request("/api/v1/organs?limit=6000");
export const divisions = () => request("/api/v1/divisions");
export const vehicle = (id) => request(`/api/v1/vehicles/${id}`);
export const ledger = () => request("/api/v1/ledger?limit=24");
export const asset = (path) => request(path);
/** The readiness report, whatever its status; null when nobody answers. */
export const ready = () => fetch("/readyz").then((answer) => answer.json()).catch(() => null);
