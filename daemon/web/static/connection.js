// The WebSocket: opened again by itself, with pauses that grow, and with word of how it stands.

const SILENCE = 6000; // ms; the status comes every second, so a connection without it is dead
const FIRST = 500;
const LONGEST = 4000;
const ANSWER_WITHIN = 10000; // ms; a daemon that accepts and does not answer is away as well

/**
 * Keeps a connection. `on.open(socket)` before anything comes, `on.status(status, reasons)`,
 * `on.events(list)`, `on.lost(milliseconds until the next try)`.
 */
export class Connection {
  constructor(on) {
    this.on = on;
    this.pause = FIRST;
    this.lastEvent = 0;
    this.reopen(); // what happened before is history: it is listed, and not pointed at
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws?brief=1&after=${this.lastEvent}`);
    this.socket = socket;
    this.heardAt = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - this.heardAt > SILENCE) socket.close();
    }, 1000);
    socket.addEventListener("message", (message) => this.hear(JSON.parse(message.data)));
    socket.addEventListener("close", () => {
      clearInterval(watch);
      this.lose();
    });
  }

  hear(document) {
    this.heardAt = Date.now();
    this.pause = FIRST;
    if (document.events) this.on.events(document.events);
    if (document.status) this.on.status(document.status, document.reasons ?? []);
  }

  lose() {
    const wait = this.pause * (0.8 + 0.4 * Math.random());
    this.pause = Math.min(this.pause * 2, LONGEST);
    this.on.lost(wait);
    setTimeout(() => this.reopen(), wait);
  }

  /** Asked first by fetch: that tells whether the daemon is away or the token is wanted, a WebSocket does not. */
  async reopen() {
    try {
      const response = await fetch("/api/events?limit=100&brief=1", {
        headers: { accept: "application/json" }, signal: AbortSignal.timeout(ANSWER_WITHIN),
      });
      if (response.status === 401) {
        location.assign("/login");
        return;
      }
      const document = await response.json();
      this.on.again(document.events);
      this.lastEvent = document.last;
      this.open();
    } catch {
      this.lose();
    }
  }
}
