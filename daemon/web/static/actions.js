// What may be ordered, by whom, and what was ordered.

import { get, post } from "./api.js";
import { announce, byId, h, reconcile, setText } from "./dom.js";
import { dayOf } from "./words.js";

const LENGTHS = [["900", "15 minutes"], ["3600", "1 hour"], ["21600", "6 hours"], ["86400", "1 day"], ["", "until it is resumed"]];
const KINDS = {
  pause: { path: "/api/games/pause", title: (one) => `Pause ${one.game}?`, text: "No calls are made to the game meanwhile. Calls under way end." },
  resume: { path: "/api/games/resume", title: (one) => `Resume ${one.game}?`, text: "Calls are made again, within its rate budget." },
  restart: { path: "/api/actors/restart", title: (one) => `Restart ${one.path}?`, text: "It is stopped in order and started again. What is recorded is not lost." },
  retire: { path: "/api/codes/retire", title: (one) => `Retire ${one.code}?`, text: "It ends for everyone, and no source brings it back." },
};

let after = () => {};

/** A button for an action; it is there only for those who may. */
export function actionButton(text, label, kind, body) {
  return h("button", { type: "button", class: "action", "aria-label": label, onclick: () => ask(kind, body) }, text);
}

/** Learns who looks at the page. `changed` is called after each action. */
export async function startActions(changed) {
  after = changed;
  const session = await get("/api/session");
  document.documentElement.toggleAttribute("data-may-act", session.may_act);
  byId("login").hidden = session.may_act || !session.token_set;
  byId("logout").hidden = !session.may_act;
  return session;
}

function ask(kind, body) {
  const { path, title, text } = KINDS[kind];
  const dialog = byId("dialog");
  const length = h("select", { id: "length" }, ...LENGTHS.map(([value, shown]) => h("option", { value }, shown)));
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const go = h("button", { class: "main", type: "submit" }, kind[0].toUpperCase() + kind.slice(1));
  const form = h("form", { method: "dialog" },
    h("h2", { id: "dialog-title" }, title(body)), h("p", {}, text),
    kind === "pause" ? h("p", {}, h("label", { for: "length" }, "For "), length) : null, problem,
    h("div", { class: "row" }, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), go));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      const answer = await post(path, kind === "pause" && length.value ? { ...body, seconds: length.value } : body);
      dialog.close();
      announce(answer.text ?? "Done.");
      after();
    } catch (error) {
      problem.hidden = false;
      setText(problem, error.message);
    } finally {
      go.disabled = false;
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}

const list = h("ul", { class: "lines" });
const none = h("p", { class: "quiet" }, "Nothing was ordered yet.");

/** Shows what was ordered lately. */
export async function showAudit() {
  if (!list.isConnected) byId("audit-body").append(none, list);
  let entries;
  try {
    entries = await get("/api/audit", { limit: 20 });
  } catch {
    return; // the banner, or the problems, say why
  }
  none.hidden = entries.length > 0;
  reconcile(list, entries, (one) => `${one.at} ${one.guild} ${one.member} ${one.action} ${one.details}`, (one) => {
    const row = h("div", { class: "row" }, h("time", { class: "quiet" }, dayOf(one.at)), h("span", { class: "name" }, one.action),
      h("span", { class: "facts" }, [one.details, one.member ? `by ${one.member}` : "", one.guild ? `in guild ${one.guild}` : ""].filter(Boolean).join(" · ")));
    return { element: h("li", {}, row), update: () => {} };
  });
}
