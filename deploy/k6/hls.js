// HLS: viewers who follow the live edge by blocking reloads, with the parts. See README.md.
import http from "k6/http";
import { check, sleep } from "k6";
import { Counter, Trend } from "k6/metrics";

const url = __ENV.URL || "http://127.0.0.1:8080/live/show/index.m3u8";
const viewers = Number(__ENV.VIEWERS || 100); // of all machines together
const ramp = __ENV.RAMP || "30s";
const hold = __ENV.HOLD || "60s";

const reload = new Trend("hls_reload", true); // of a playlist that is held until it has something new
const part = new Trend("hls_part", true);
const latency = new Trend("hls_latency", true); // age of the newest segment's begin, by program date time
const parts = new Counter("hls_parts");

export const options = {
  scenarios: {
    viewers: {
      executor: "ramping-vus",
      startVUs: 0,
      stages: [{ duration: ramp, target: viewers }, { duration: hold, target: viewers }],
      gracefulRampDown: "5s",
    },
  },
  thresholds: { checks: ["rate>0.999"], hls_part: ["p(99)<1000"] },
};

// absolute resolves a URI of a playlist.
function absolute(uri, base) {
  if (/^https?:/.test(uri)) return uri;
  const origin = /^https?:\/\/[^/]+/.exec(base)[0];
  return uri.startsWith("/") ? origin + uri : base.replace(/[?].*/, "").replace(/[^/]*$/, "") + uri;
}

// variant is the first media playlist of a multivariant one.
function variant() {
  const main = http.get(url, { tags: { name: "multivariant" } });
  if (!check(main, { "multivariant 200": (r) => r.status === 200 })) return null;
  const lines = main.body.split("\n");
  const at = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF"));
  return at < 0 ? url : absolute(lines.slice(at + 1).find((line) => line && !line.startsWith("#")), main.url);
}

// edge is where a playlist ends: the next segment and part to ask for, and the last parts.
function edge(body) {
  let msn = Number((/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(body) || [0, 0])[1]);
  let next = 0;
  const uris = [];
  for (const line of body.split("\n")) {
    if (line.startsWith("#EXT-X-PART:")) {
      next += 1;
      uris.push((/URI="([^"]+)"/.exec(line) || [])[1]);
    } else if (line && !line.startsWith("#")) {
      msn += 1;
      next = 0;
    }
  }
  return { msn, part: next, uri: uris[uris.length - 1], date: (body.match(/#EXT-X-PROGRAM-DATE-TIME:(\S+)/g) || []).pop() };
}

let playlist = null;
let position = null;

export default function () {
  playlist = playlist || variant();
  if (!playlist) return sleep(1);
  const join = playlist.includes("?") ? "&" : "?";
  const asked = position ? `${playlist}${join}_HLS_msn=${position.msn}&_HLS_part=${position.part}` : playlist;
  const answer = http.get(asked, { tags: { name: "playlist" }, timeout: "20s" });
  if (!check(answer, { "playlist 200": (r) => r.status === 200 })) {
    playlist = position = null;
    return sleep(1);
  }
  if (position) reload.add(answer.timings.duration);
  const now = edge(answer.body);
  if (now.date) latency.add(Date.now() - Date.parse(now.date.replace("#EXT-X-PROGRAM-DATE-TIME:", "")));
  if (now.uri && (!position || now.uri !== position.uri)) {
    const got = http.get(absolute(now.uri, playlist), { tags: { name: "part" }, responseType: "none" });
    check(got, { "part 200": (r) => r.status === 200 });
    part.add(got.timings.duration);
    parts.add(1);
  } else if (!now.uri) {
    sleep(1); // a playlist without parts: plain HLS
  }
  position = now;
}
