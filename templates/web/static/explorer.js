// What is typed is answered at once: the number first, then what takes longer. Without this script every form is sent
// by its button, and every page is the same.
"use strict";

const QUIET = 150; // milliseconds without a key before the number is asked for
const PAUSE = 700; // milliseconds without a key before tables and pictures are
let number = null; // the request for the number, given up when a newer one is made
let whole = null;
let timers = [];
let left = false;
window.addEventListener("pagehide", () => (left = true));

function address(form) {
  const entries = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value.trim()) entries.append(name, value);
  }
  return form.getAttribute("action") + "?" + entries;
}

async function fetched(url, headers, controller) {
  const answer = await fetch(url, { headers, signal: controller.signal });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function swapped(page) {
  for (const there of document.querySelectorAll("[data-swap]")) {
    const made = page.getElementById(there.id);
    if (made === null) continue;
    if (there.getAttribute("role") === "status") {
      if (there.innerHTML !== made.innerHTML) there.replaceChildren(...made.childNodes);
    } else if (!there.contains(document.activeElement)) {
      there.replaceChildren(...made.childNodes);
    }
  }
  document.title = page.title || document.title;
}

// No old number stands beside what was changed where no answer comes: the explorer was ended, or the line is down.
function unanswered(url) {
  if (left) return; // whoever leaves a page ends what it asks for
  history.replaceState(null, "", url);
  const told = document.createElement("p");
  told.className = "wrong";
  told.textContent =
    "No answer came: trialplan explore has ended, or cannot be reached. Nothing that you typed is lost: start it again at the same address, and reload this page.";
  document.getElementById("answer").replaceChildren(told);
}

function waiting(is) {
  const parts = document.getElementById("parts");
  if (parts) parts.classList.toggle("waiting", is);
  inert("parts", is);
}

function inert(id, is) {
  const there = document.getElementById(id);
  if (there) there.inert = is;
}

// From the first key on nothing on the page leads to the state before: what only a new answer can change is not to be
// used until it is there, and the pages are asked for with what is typed.
function outdated(form) {
  waiting(true);
  inert("changed", true);
  const search = new URL(address(form), location.href).search;
  for (const link of document.querySelectorAll("#pages a")) link.search = search;
}

async function ask(form) {
  const url = address(form);
  if (number) number.abort();
  if (whole) whole.abort();
  number = new AbortController();
  outdated(form);
  for (const picture of document.querySelectorAll("[data-figure]")) {
    picture.removeAttribute("srcset");
    picture.removeAttribute("src");
  }
  try {
    const page = await fetched(url, { "x-live": "number" }, number);
    swapped(page);
    inert("changed", false);
    history.replaceState(null, "", url);
  } catch (error) {
    if (error.name !== "AbortError") unanswered(url);
  }
}

async function askWhole(form) {
  const url = address(form);
  whole = new AbortController();
  try {
    swapped(await fetched(url, {}, whole));
    waiting(false);
  } catch (error) {
    if (error.name !== "AbortError") unanswered(url);
  }
}

// Whether a form says otherwise than the page that it came with.
function changed(form) {
  return [...form.elements].some((one) => {
    if (one.options) return one.selectedIndex !== Math.max(0, [...one.options].findIndex((of) => of.defaultSelected));
    return one.type === "checkbox" ? one.checked !== one.defaultChecked : one.value !== (one.defaultValue ?? one.value);
  });
}

function typed(form) {
  outdated(form);
  timers.forEach(clearTimeout);
  timers = [setTimeout(ask, QUIET, form), setTimeout(askWhole, PAUSE, form)];
}

for (const form of document.querySelectorAll("form[data-live]")) {
  form.addEventListener("input", () => typed(form));
  if (changed(form)) typed(form); // typed while the rest of the page was still coming
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    timers.forEach(clearTimeout);
    ask(form).then(() => askWhole(form));
  });
}

// What was typed before a page was left stands in its form again when somebody goes back; the address says the truth.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

const watched = document.querySelector("[data-watch]");
if (watched) {
  const look = setInterval(async () => {
    const page = await fetched(watched.dataset.watch, {}, new AbortController());
    swapped(page);
    if (!page.querySelector("[data-watch]")) clearInterval(look);
  }, 500);
}
