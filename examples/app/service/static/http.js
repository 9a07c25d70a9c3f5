// Requests to the API. The cookie goes along by itself; what changes something says the token, too.

let csrf = null;
export const setToken = (token) => { csrf = token; };

export class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export async function request(method, path, body) {
  const headers = {};
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  if (body !== undefined && !(body instanceof Blob)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  const answer = await fetch(path, { method, headers, body, credentials: "same-origin" });
  const json = answer.headers.get("content-type")?.startsWith("application/json");
  const content = json ? await answer.json() : null;
  if (!answer.ok) {
    const detail = content?.detail;
    const text = typeof detail === "string" ? detail : Array.isArray(detail) ? detail.map((one) => one.msg).join("; ") : answer.statusText;
    throw new Refusal(answer.status, [text, content?.more, content?.hint].filter(Boolean).join(" — "));
  }
  return content;
}

export const get = (path) => request("GET", path);
export const post = (path, body) => request("POST", path, body);
