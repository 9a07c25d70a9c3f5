// Working on a transcript: correct, rename a speaker, undo, see what was done. Every change says which revision it
// was made upon: if somebody else was quicker, the page shows theirs and nothing is overwritten.

import { $, h, clock, date, say } from "./dom.js";
import { get, post, request } from "./http.js";

const KINDS = { edit: "corrected", rename: "speaker renamed", split: "split", merge: "merged", undo: "undone", replace: "replaced" };

let shown = null;
let reload = async () => {};

// Called whenever a transcript is drawn; reload(focus) draws it again and puts the focus there.
export function startEditing(transcript, again) {
  shown = transcript;
  reload = again;
}

async function change(action, focus) {
  const base = `/recordings/${shown.recording.id}`;
  try {
    say("");
    await action(base);
  } catch (error) {
    await reload(focus);
    say(error.message);
    return;
  }
  await reload(focus);
}

export function editButton(segment) {
  return h("button", { class: "edit quiet", type: "button", "aria-label": `Correct what was said at ${clock(segment.start_ms)}`,
                       onclick: (event) => openEditor(segment, event.target.closest("li")) }, "Edit");
}

// In two at the cursor, or together with the next one. Where the engine told the times of words, they tell where the
// cut is; else it is where it would be if all was said at one pace.
function partTools(segment, text) {
  const after = shown.segments[shown.segments.findIndex((one) => one.idx === segment.idx) + 1];
  const untouched = () => text.value === segment.text;
  const split = () => {
    if (!untouched()) return say("Save the correction first.");
    const characters = [...text.value].length;
    const at = [...text.value.slice(0, text.selectionStart)].length;
    const pace = Math.round(segment.start_ms + (segment.end_ms - segment.start_ms) * (at / Math.max(characters, 1)));
    return change((base) => post(`${base}/segments/${segment.idx}/split`, { at_char: at, at_ms: segment.meta?.words ? null : pace, revision: shown.revision }), `#said-${segment.idx} .edit`);
  };
  const merge = () => {
    if (!untouched()) return say("Save the correction first.");
    return change((base) => post(`${base}/merge`, { first: segment.idx, last: after.idx, revision: shown.revision }), `#said-${segment.idx} .edit`);
  };
  return [h("button", { type: "button", class: "split quiet", onclick: split }, "Split at the cursor"),
          h("button", { type: "button", class: "merge quiet", disabled: !after, onclick: merge }, "Join with the next")];
}

function openEditor(segment, line) {
  if ($("form", line)) return;
  const text = h("textarea", { name: "text", "aria-label": "What was said" });
  text.value = segment.text;
  const hidden = [$(".text", line), $(".edit", line)];
  const close = () => {
    form.remove();
    hidden.forEach((element) => { element.hidden = false; });
    hidden[1].focus();
  };
  const form = h("form", { onsubmit: (event) => {
    event.preventDefault();
    change((base) => request("PATCH", `${base}/segments/${segment.idx}`, { text: text.value, revision: shown.revision }), `#said-${segment.idx} .edit`);
  } }, text, h("button", {}, "Save"), ...partTools(segment, text), h("button", { type: "button", class: "quiet", onclick: close }, "Cancel"));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  hidden.forEach((element) => { element.hidden = true; });
  line.append(form);
  text.focus();
}

function chip(speaker, className) {
  const button = h("button", { class: "chip quiet " + className, type: "button", "aria-label": `Rename speaker ${speaker}`, onclick: () => {
    const name = h("input", { name: "speaker", "aria-label": `New name of ${speaker}`, required: true, maxlength: 255 });
    name.value = speaker;
    const close = () => { form.replaceWith(button); button.focus(); };
    const form = h("form", { onsubmit: (event) => {
      event.preventDefault();
      change((base) => post(`${base}/speakers`, { before: speaker, after: name.value, revision: shown.revision }), ".speakers .chip");
    } }, name, h("button", {}, "Rename"), h("button", { type: "button", class: "quiet", onclick: close }, "Cancel"));
    name.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    button.replaceWith(form);
    name.select();
  } }, speaker, " ✎");
  return button;
}

export const speakerChips = (voices) => voices.size === 0 ? null
  : h("div", { class: "speakers" }, h("span", { class: "label" }, "Speakers"), ...[...voices].map(([speaker, number]) => chip(speaker, "voice-" + number)));

export function editTools() {
  const left = shown.revisions.some((one) => one.kind !== "undo" && !one.undone);
  return [
    h("button", { id: "undo", type: "button", class: "quiet", disabled: !left, onclick: () => change((base) => post(`${base}/undo`, { revision: shown.revision }), "#undo") }, "Undo"),
    h("button", { id: "history", type: "button", class: "quiet", "aria-expanded": "false", onclick: showHistory }, "History"),
    h("button", { id: "replace", type: "button", class: "quiet", onclick: chooseReplacement }, "Replace"),
  ];
}

// Another engine's transcript in the place of this one.
function chooseReplacement() {
  const button = $("#replace");
  const file = h("input", { name: "file", type: "file", accept: ".json,.srt,.vtt,.txt,application/json", required: true, "aria-label": "What a better engine wrote" });
  const close = () => { form.replaceWith(button); button.focus(); };
  const form = h("form", { id: "replacement", onsubmit: (event) => {
    event.preventDefault();
    change((base) => post(`${base}/replacement`, file.files[0]), "#replace");
  } }, file, h("button", {}, "Replace"), h("button", { type: "button", class: "quiet", onclick: close }, "Cancel"));
  button.replaceWith(form);
  file.focus();
}

function showHistory() {
  const open = $(".history");
  $("#history").setAttribute("aria-expanded", String(!open));
  if (open) {
    open.remove();
    return;
  }
  const rows = shown.revisions.map((one) => h("li", {}, `${one.revision}. ${KINDS[one.kind] ?? one.kind}`,
    one.undoes ? ` (${one.undoes})` : "", h("span", { class: "when" }, ` ${date(one.at)}`), one.undone ? h("span", { class: "badge" }, "taken back") : ""));
  $(".tools").after(h("section", { class: "history", "aria-label": "History" }, h("h3", {}, "History"),
    rows.length ? h("ol", {}, ...rows) : h("p", { class: "when" }, "Nobody has changed anything.")));
}

export async function revisionsOf(id) {
  return get(`/recordings/${id}/revisions`);
}
