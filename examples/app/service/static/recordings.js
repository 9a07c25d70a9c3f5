// The list of recordings, new ones, and the search.

import { $, h, clock, date, marked, say } from "./dom.js";
import { get, post } from "./http.js";
import { showQuota } from "./account.js";
import { heard, openTranscript, openId } from "./transcript.js";

const PAGE = 20;
const SOON = 1500;
let rows = [];
let timer = null;

export const title = (recording) => recording.meta?.title || recording.meta?.file || recording.source;

function badge(recording) {
  const live = recording.status === "processing" && recording.source === "realtime";
  if (live) return h("span", { class: "badge live" }, h("span", { class: "dot", "aria-hidden": "true" }), "live");
  return h("span", { class: "badge " + recording.status }, recording.status);
}

function progress(recording) {
  if (recording.status !== "processing") return null;
  const expected = recording.meta?.expected_ms;
  const name = `Progress of ${title(recording)}`;
  // What captions have told is newer than the list.
  const soFar = Math.max(heard.get(recording.id) ?? 0, recording.heard_ms ?? 0);
  return h("progress", { "aria-label": name, ...(expected && soFar ? { max: expected, value: soFar } : {}) });
}

const WHERE = { waiting: "waiting for a worker", leased: "at a worker", "put off": "put off" };

function where(recording) {
  const soFar = recording.heard_ms ? `, ${clock(recording.heard_ms)} heard` : "";
  return soFar + (WHERE[recording.queue_state] ? `, ${WHERE[recording.queue_state]}` : "");
}

function line(recording) {
  const length = recording.duration_ms ? clock(recording.duration_ms) + ", " : "";
  const said = recording.segment_count ? `, ${recording.segment_count} segments` : "";
  return h("li", {}, h("button", { class: "row", type: "button", "data-id": recording.id, "aria-current": String(recording.id === openId()),
                                   onclick: () => open(recording.id) },
    h("span", { class: "name" }, title(recording)), badge(recording),
    h("span", { class: "when" }, length + date(recording.created_at) + said + where(recording)), progress(recording)));
}

function draw() {
  const focused = document.activeElement?.dataset?.id;
  $("#recordings").replaceChildren(...rows.map(line));
  if (focused) $(`#recordings [data-id="${CSS.escape(focused)}"]`)?.focus();
}

export async function showRecordings() {
  clearTimeout(timer);
  const fresh = await get(`/recordings?limit=${Math.min(1000, Math.max(PAGE, rows.length))}`);
  $("#more").hidden = fresh.length < PAGE;
  rows = fresh;
  draw();
  // While something is under way: look again.
  if (rows.some((recording) => recording.status === "processing")) timer = setTimeout(refresh, SOON);
}

// After something has changed.
export async function refresh() {
  if ($("#workspace").hidden) return;
  try {
    await Promise.all([showRecordings(), showQuota()]);
  } catch (error) {
    if (error.status !== 401) timer = setTimeout(refresh, 4 * SOON);
  }
}

export function forget() {
  clearTimeout(timer);
  rows = [];
}

async function open(id, idx) {
  await openTranscript(id, idx, refresh);
  draw();
}

$("#more").addEventListener("click", async () => {
  const older = await get(`/recordings?limit=${PAGE}&before=${rows.at(-1).id}`);
  rows = [...rows, ...older];
  $("#more").hidden = older.length < PAGE;
  draw();
});

$("#go-live").addEventListener("click", async () => {
  const button = $("#go-live");
  button.disabled = true;
  try {
    say("");
    const { id } = await post("/live");
    await refresh();
    await open(id);
  } catch (error) {
    say(error.message);
  } finally {
    button.disabled = false;
  }
});

$("#upload").addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  const form = submitted.target;
  const file = form.elements.file.files[0];
  try {
    say("");
    const { id } = await post("/recordings", { source: "upload", meta: { file: file.name } });
    await post(`/recordings/${id}/document`, file);
    form.reset();
    await refresh();
    await open(id);
  } catch (error) {
    say(error.message);
    await refresh();
  }
});

$("#search").addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  const query = $("#query").value.trim();
  if (!query) {
    $("#hits").replaceChildren();
    return;
  }
  try {
    say("");
    const hits = await get("/search?q=" + encodeURIComponent(query));
    const names = new Map(rows.map((recording) => [recording.id, title(recording)]));
    $("#hits").replaceChildren(
      h("p", {}, hits.length === 0 ? `Nothing was said of “${query}”.` : `${hits.length} found`),
      h("ul", {}, ...hits.map((hit) => h("li", {}, h("button", { class: "row hit", type: "button", onclick: () => open(hit.recording_id, hit.idx) },
        h("span", {}, ...marked(hit.snippet)), h("span", { class: "when" }, clock(hit.start_ms)),
        h("span", { class: "when" }, names.get(hit.recording_id) ?? "an older recording"))))));
  } catch (error) {
    say(error.message);
  }
});
