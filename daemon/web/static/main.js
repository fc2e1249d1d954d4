// Puts the page together.

import { showAudit, startActions } from "./actions.js";
import { codesTick, startCodes } from "./codes.js";
import { Connection } from "./connection.js";
import { announce, byId, setAttribute, setText } from "./dom.js";
import { replaceEvents, showEvents, startEvents } from "./events.js";
import { setGames, showGauges } from "./gauges.js";
import { showOverview } from "./overview.js";
import { refreshPlayers, startPlayers } from "./players.js";
import { showTree, treeHears } from "./tree.js";

const AUDIT_EVERY = 15000; // ms
let auditAt = 0;
let lost = false;

function startTheme() {
  const button = byId("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch { /* it holds until the page is closed */ }
    show();
  });
  dark.addEventListener("change", show);
  show();
}

function banner(text) {
  const element = byId("connection");
  element.hidden = !text;
  setText(element, text);
  document.documentElement.toggleAttribute("data-stale", Boolean(text));
}

const on = {
  status(status, reasons) {
    if (lost) announce("perkd answers again");
    lost = false;
    banner("");
    showOverview(status, reasons);
    showTree(status.tree);
    showGauges(status);
    codesTick();
    if (!document.hidden && Date.now() - auditAt > AUDIT_EVERY) {
      auditAt = Date.now();
      showAudit();
    }
  },
  events(events) {
    showEvents(events);
    treeHears(events);
  },
  again(events) {
    replaceEvents(events);
  },
  lost(wait) {
    lost = true;
    banner(`perkd does not answer. Trying again ${wait < 1500 ? "at once" : `in ${Math.round(wait / 1000)} s`}. What is shown is how it was before.`);
    const health = byId("health");
    setText(health, "✖ no answer");
    setAttribute(health, "data-tone", "bad");
    document.title = "✖ no answer – perkd";
  },
};

async function start() {
  startTheme();
  startEvents();
  startCodes();
  const connection = new Connection(on);
  try {
    const session = await startActions(() => {
      showAudit();
      codesTick(true);
      refreshPlayers();
    });
    setGames(session.games);
    startPlayers(session.games);
  } catch {
    setTimeout(() => location.reload(), 3000);
  }
  return connection;
}

start();
