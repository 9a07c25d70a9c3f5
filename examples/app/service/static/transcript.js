// One transcript: what is there, and for a live recording what is being said.

import { $, h, clock, date, say } from "./dom.js";
import { get, post } from "./http.js";
import { editButton, editTools, revisionsOf, speakerChips, startEditing } from "./edit.js";

const FORMATS = ["txt", "md", "srt", "vtt", "ttml", "json", "csv", "tsv"];
const VOICES = 5;
const WAIT = 1000;

let shown = null; // {recording, segments, voices, lines, revisions, revision}
let stream = null;
let waiting = null;
let changed = () => {};

// How much of live recordings has been heard, as far as captions have told.
export const heard = new Map();

export const openId = () => shown?.recording.id ?? null;

export function closeTranscript() {
  stream?.close();
  clearTimeout(waiting);
  stream = shown = null;
  $("#transcript").replaceChildren(h("div", { class: "nothing" },
    h("h2", { id: "transcript-title" }, "No transcript is open"), h("p", {}, "Choose a recording, upload a transcript, or listen to the lecture.")));
}

// The colour of a speaker is that of the first appearance.
function voice(speaker) {
  if (!shown.voices.has(speaker)) shown.voices.set(speaker, shown.voices.size % VOICES);
  return "voice-" + shown.voices.get(speaker);
}

function speakerOf(segment) {
  return segment.meta?.speaker === undefined || segment.meta.speaker === null ? null : String(segment.meta.speaker);
}

function lineOf(segment, before) {
  const speaker = speakerOf(segment);
  const turn = !before || speakerOf(before) !== speaker;
  return h("li", { class: "said" + (speaker !== null ? " " + voice(speaker) : "") + (turn ? " turn" : ""), id: "said-" + segment.idx },
    turn && speaker !== null ? h("span", { class: "speaker" }, speaker) : null,
    h("time", { datetime: `PT${segment.start_ms / 1000}S` }, clock(segment.start_ms)),
    h("span", { class: "text" }, segment.text),
    shown.recording.status === "done" ? editButton(segment) : null);
}

function add(segment, fresh) {
  const line = lineOf(segment, shown.segments.at(-1));
  if (fresh) line.classList.add("fresh");
  shown.segments.push(segment);
  shown.lines.append(line);
}

function head() {
  const { recording } = shown;
  const live = recording.status === "processing" && recording.source === "realtime";
  const name = recording.meta?.title || recording.meta?.file || recording.source;
  const about = [recording.duration_ms ? clock(recording.duration_ms) : null, recording.language, date(recording.created_at),
                 `${shown.segments.length} segments`].filter(Boolean).join(" · ");
  return [
    h("div", { class: "head" }, h("h2", { id: "transcript-title" }, name),
      h("span", { class: "badge " + (live ? "live" : recording.status) }, live && h("span", { class: "dot", "aria-hidden": "true" }), live ? "live" : recording.status)),
    h("p", { class: "about" }, recording.status === "failed" ? `${about} · ${recording.error}` : about),
  ];
}

function tools() {
  const { recording } = shown;
  if (recording.status === "processing" && recording.source === "realtime") {
    return h("div", { class: "tools" }, h("button", { id: "stop", type: "button", class: "second", onclick: stop }, "Stop and keep it"));
  }
  if (recording.status !== "done") return null;
  return h("div", { class: "tools" }, h("span", { class: "label", id: "download-label" }, "Download"),
    ...FORMATS.map((format) => h("a", { href: `/recordings/${recording.id}/transcript.${format}`, download: `${recording.id}.${format}`, "aria-label": `Download as ${format}` }, format)), ...editTools());
}

function draw() {
  const { recording, segments } = shown;
  shown.segments = [];
  const live = recording.status === "processing";
  shown.lines = h("ol", { class: "lines", lang: recording.language, ...(live ? { role: "log", "aria-live": "polite", "aria-label": "Captions" } : {}) });
  segments.forEach((segment) => add(segment, false));
  const empty = live ? "Nothing has been said yet." : recording.status === "failed" ? "This recording has failed." : "Nothing was said.";
  $("#transcript").replaceChildren(...head(), ...[tools(), recording.status === "done" ? speakerChips(shown.voices) : null, shown.lines].filter(Boolean),
    segments.length ? "" : h("p", { class: "about", id: "empty" }, empty));
}

export async function openTranscript(id, idx, onchange) {
  stream?.close();
  clearTimeout(waiting);
  changed = onchange ?? changed;
  say("");
  try {
    const recording = await get(`/recordings/${id}`);
    const segments = await get(`/recordings/${id}/segments`);
    const revisions = recording.status === "done" ? await revisionsOf(id) : [];
    shown = { recording, segments, voices: new Map(), lines: null, revisions, revision: revisions[0]?.revision ?? 0 };
    startEditing(shown, async (focus) => {
      const open = $(".history") !== null;
      await openTranscript(id);
      if (open) $("#history")?.click();
      $(focus)?.focus({ preventScroll: true });
    });
  } catch (error) {
    say(error.message);
    return;
  }
  draw();
  if (shown.recording.status === "processing") {
    if (shown.recording.source === "realtime") listen(id);
    else waiting = setTimeout(() => again(id), WAIT);
  }
  if (idx === undefined) {
    $("#transcript").focus({ preventScroll: true });
  } else {
    const line = $(`#said-${idx}`);
    line?.classList.add("found");
    line?.scrollIntoView({ block: "center" });
  }
}

// An upload that somebody is working on.
async function again(id) {
  if (openId() !== id) return;
  try {
    const recording = await get(`/recordings/${id}`);
    if (recording.status === "processing") waiting = setTimeout(() => again(id), WAIT);
    else await Promise.all([openTranscript(id), changed()]);
  } catch (error) {
    say(error.message);
  }
}

function listen(id) {
  stream = new EventSource(`/recordings/${id}/captions?after=${shown.segments.at(-1)?.idx ?? -1}`);
  stream.addEventListener("caption", (event) => {
    const segment = JSON.parse(event.data);
    // After an interruption the browser may be told what it has.
    if (openId() !== id || segment.idx <= (shown.segments.at(-1)?.idx ?? -1)) return;
    const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 120;
    $("#empty")?.remove();
    heard.set(id, segment.end_ms);
    const progress = $(`#recordings [data-id="${CSS.escape(id)}"] progress`);
    if (progress && shown.recording.meta?.expected_ms) {
      progress.max = shown.recording.meta.expected_ms;
      progress.value = segment.end_ms;
    }
    add(segment, true);
    if (atEnd) shown.lines.lastElementChild.scrollIntoView({ block: "end" });
  });
  stream.addEventListener("end", async () => {
    stream.close();
    if (openId() === id) await Promise.all([openTranscript(id), changed()]);
  });
}

async function stop() {
  const id = openId();
  $("#stop").disabled = true;
  try {
    await post(`/recordings/${id}/stop`);
  } catch (error) {
    if (error.status !== 409) say(error.message); // it has ended by itself
  }
}
