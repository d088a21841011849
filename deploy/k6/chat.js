// Chat: many readers and a few writers, over WebSockets. See README.md.
import { WebSocket } from "k6/experimental/websockets";
import { check } from "k6";
import { Counter, Trend } from "k6/metrics";

const url = __ENV.URL || "ws://127.0.0.1:8080/connection/websocket";
const channel = __ENV.CHANNEL || "chat:show";
const readers = Number(__ENV.READERS || 1000); // of all machines together
const writers = Number(__ENV.WRITERS || 1);
const every = Number(__ENV.EVERY_MS || 1000); // between two messages of one writer
const ramp = __ENV.RAMP || "30s";
const hold = __ENV.HOLD || "60s";
const token = __ENV.TOKEN || "";

const delivery = new Trend("chat_delivery", true); // from writing to arrival: the machines' clocks must agree
const deliveries = new Counter("chat_deliveries");
const answer = new Trend("chat_answer", true); // from writing to the server's answer
const refused = new Counter("chat_refused");
const gaps = new Counter("chat_gaps"); // publications that a reader missed, by their offsets
const closed = new Counter("chat_closed"); // by the server

const seconds = (text) => parseFloat(text) * (text.endsWith("m") ? 60 : text.endsWith("h") ? 3600 : 1);
const whole = seconds(ramp) + seconds(hold);

export const options = {
  scenarios: {
    readers: {
      executor: "ramping-vus",
      exec: "read",
      startVUs: 0,
      stages: [{ duration: ramp, target: readers }, { duration: hold, target: readers }],
      gracefulRampDown: "0s",
      gracefulStop: "5s",
    },
    writers: { executor: "per-vu-iterations", exec: "write", vus: writers, iterations: 1, startTime: ramp, maxDuration: hold, gracefulStop: "5s" },
  },
  thresholds: { chat_gaps: ["count==0"], chat_refused: ["count==0"], chat_delivery: ["p(99)<1000"] },
};

// connect opens a socket and joins the room; got is called with each reply.
function connect(time, got) {
  const ws = new WebSocket(url);
  let leaving = false;
  ws.addEventListener("open", () => {
    const connect = { data: { name: `k6-${__VU}` } };
    if (token) connect.token = token;
    ws.send(JSON.stringify({ id: 1, connect }) + "\n" + JSON.stringify({ id: 2, subscribe: { channel } }));
    setTimeout(() => {
      leaving = true;
      ws.close();
    }, time);
  });
  ws.addEventListener("message", (event) => {
    for (const line of event.data.split("\n")) {
      if (line === "{}") ws.send("{}"); // the server looks whether we live
      else if (line) got(JSON.parse(line), ws);
    }
  });
  ws.addEventListener("close", () => {
    if (!leaving) closed.add(1);
  });
  ws.addEventListener("error", () => {
    if (!leaving) closed.add(1);
  });
}

export function read() {
  let last = 0;
  connect(whole * 1000, (reply) => {
    if (reply.id === 2) {
      check(reply, { subscribed: (r) => !r.error });
      last = reply.subscribe?.offset || 0;
    }
    const pub = reply.push?.pub;
    if (!pub) return;
    if (last && pub.offset > last + 1) gaps.add(pub.offset - last - 1);
    last = pub.offset;
    deliveries.add(1);
    const sent = /^k6 \d+ \d+ (\d+)/.exec(pub.data.text || "");
    if (sent) delivery.add(Date.now() - Number(sent[1]));
  });
}

export function write() {
  const asked = new Map();
  let number = 10;
  connect((seconds(hold) - 1) * 1000, (reply, ws) => {
    if (reply.id === 2 && !reply.error) {
      const writing = setInterval(() => {
        if (ws.readyState !== 1) return clearInterval(writing); // not open any more
        number += 1;
        asked.set(number, Date.now());
        const text = `k6 ${__VU} ${number} ${Date.now()} `.padEnd(100, "x");
        ws.send(JSON.stringify({ id: number, publish: { channel, data: { text, at: 0 } } }));
      }, every);
    }
    if (asked.has(reply.id)) {
      if (reply.error) refused.add(1);
      else answer.add(Date.now() - asked.get(reply.id));
      asked.delete(reply.id);
    }
  });
}
