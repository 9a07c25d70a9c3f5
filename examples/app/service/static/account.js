// The quota of the cycle and its statement.

import { $, h, date, minutes } from "./dom.js";
import { get } from "./http.js";

const SVG = "http://www.w3.org/2000/svg";

function bar(used, held, limit) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("viewBox", "0 0 100 10");
  let x = 0;
  for (const [name, part] of [["used", used], ["held", held]]) {
    const width = limit > 0 ? Math.min(100 - x, (100 * part) / limit) : 0;
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", name);
    rect.setAttribute("x", x);
    rect.setAttribute("width", width);
    rect.setAttribute("height", 10);
    svg.append(rect);
    x += width;
  }
  return svg;
}

function gauge(id, name, used, held, limit, write) {
  const full = limit !== null && used + held >= limit;
  const text = limit === null ? `${write(used)}, no limit` : `${write(used)} of ${write(limit)}`;
  return h("div", { class: "gauge" + (full ? " full" : ""), id, role: "meter", "aria-label": name, "aria-valuemin": 0,
                    "aria-valuemax": limit ?? used, "aria-valuenow": Math.min(used, limit ?? used), "aria-valuetext": text },
    h("div", { class: "gauge-text" }, h("span", {}, name), h("span", {}, text)), limit === null ? null : bar(used, held, limit));
}

export async function showQuota() {
  const s = await get("/subscription");
  // What credits paid is beside the plan.
  const used = s.used_seconds - s.credit_seconds;
  const limit = s.monthly_minutes === null ? null : s.monthly_minutes * 60;
  const left = (value, write, unit) => value === null ? `any number of ${unit}` : `${write(value)} ${unit}`;
  const whole = (number) => String(number);
  $("#quota-title").textContent = `${s.plan_name}, until ${new Date(s.cycle_end).toLocaleDateString("en-GB", { day: "numeric", month: "long" })}`;
  $("#quota-body").replaceChildren(
    gauge("minutes", "Minutes", used, s.held_seconds, limit, minutes),
    gauge("count", "Recordings", s.usage_count - s.credit_recordings, 0, s.monthly_usage_limit, whole),
    h("ul", { class: "facts" },
      h("li", { id: "left" }, `Left: ${left(s.remaining_recordings, whole, "recordings")}, ${left(s.remaining_seconds, minutes, "minutes")}`),
      s.held_seconds > 0 && h("li", { id: "held" }, h("span", { class: "key", "aria-hidden": "true" }), `Held for what is being recorded: ${minutes(s.held_seconds)} minutes`),
      ...s.credits.map((c) => h("li", { class: "credit" },
        `Credit: ${c.left_recordings} recordings, ${minutes(c.left_seconds)} minutes` + (c.expires_at ? `, until ${date(c.expires_at)}` : "") + (c.note ? ` (${c.note})` : "")))));
  if ($("#statement").open) await showStatement();
}

async function showStatement() {
  const entries = await get("/usage?limit=12");
  $("#statement > div").replaceChildren(h("table", {},
    h("thead", {}, h("tr", {}, h("th", {}, "When"), h("th", {}, "What"), h("th", { class: "number" }, "Rec."), h("th", { class: "number" }, "Seconds"))),
    h("tbody", {}, ...entries.map((e) => h("tr", {}, h("td", {}, date(e.at)), h("td", {}, e.kind),
      h("td", { class: "number" }, String(e.recordings)), h("td", { class: "number" }, String(e.seconds)))))));
}

$("#statement").addEventListener("toggle", () => { if ($("#statement").open) showStatement(); });
