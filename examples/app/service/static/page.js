// The page: who is signed in, and what is shown.

import { $, say } from "./dom.js";
import { get, post, request, setToken } from "./http.js";
import { forget, refresh } from "./recordings.js";
import { closeTranscript } from "./transcript.js";

async function show(session) {
  const inside = Boolean(session.login);
  setToken(session.csrf);
  $("#login").textContent = session.login ?? "";
  $("#who").hidden = $("#workspace").hidden = !inside;
  $("#welcome").hidden = inside;
  if (inside) {
    await refresh();
  } else {
    forget();
    closeTranscript();
    $("#sign-in input").focus();
  }
}

const fields = (form) => Object.fromEntries(new FormData(form));

function onSubmit(selector, action) {
  $(selector).addEventListener("submit", async (submitted) => {
    submitted.preventDefault();
    const form = submitted.target;
    const button = $("button", form);
    button.disabled = true;
    try {
      say("");
      await action(fields(form));
      form.reset();
    } catch (error) {
      say(error.message);
    } finally {
      button.disabled = false;
    }
  });
}

onSubmit("#sign-in", async (given) => show(await post("/session", given)));
onSubmit("#register", async ({ name, ...given }) => {
  await post("/users", { ...given, name: name || null });
  await show(await post("/session", { login: given.user_name, password: given.password }));
});

$("#sign-out").addEventListener("click", async () => {
  await request("DELETE", "/session");
  $("#hits").replaceChildren();
  await show({ login: null, csrf: null });
});
$("#message button").addEventListener("click", () => say(""));

try {
  await show(await get("/session"));
} catch (error) {
  say(error.message);
}
