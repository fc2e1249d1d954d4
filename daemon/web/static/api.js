// Asking the daemon. Errors carry its own sentence.

export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function answerOf(response) {
  if (response.ok) return response.json();
  let text = `perkd answered ${response.status}`;
  try {
    text = (await response.json()).error ?? text;
  } catch { /* no JSON: the number has to do */ }
  throw new Refused(response.status, text);
}

/** A document; where the token is missing, the way to it is shown. */
export async function get(path, query = {}) {
  const filled = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const search = new URLSearchParams(filled).toString();
  const response = await fetch(search ? `${path}?${search}` : path, { headers: { accept: "application/json" } });
  if (response.status === 401) location.assign("/login");
  return answerOf(response);
}

export async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  return answerOf(response);
}
