// Elements, and how numbers and times are written. Text goes into the page as text, never as markup.

export const $ = (selector, under = document) => under.querySelector(selector);

// h("li", {class: "row", onclick: open}, "text", element, …)
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return (hours ? hours + ":" + two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)) + ":" + two(seconds % 60);
}

export const minutes = (seconds) => (Math.round(seconds / 6) / 10).toLocaleString("en", { maximumFractionDigits: 1 });

export const date = (text) => new Date(text).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

// What the database marks with <b> and </b> in a snippet.
export function marked(snippet) {
  return snippet.split("<b>").flatMap((part, number) => {
    if (number === 0) return [part];
    const end = part.indexOf("</b>");
    return end < 0 ? ["<b>" + part] : [h("mark", {}, part.slice(0, end)), part.slice(end + 4)];
  });
}

export function say(text) {
  const box = $("#message");
  $("span", box).textContent = text || "";
  box.hidden = !text;
}
