// The page: an order form, and a list that the server keeps up to date by server-sent events.

const $ = (selector, root = document) => root.querySelector(selector);
const objects = await (await fetch("objects.json")).json();
const shown = new Map();

const WORDS = {
  queued: "In line",
  working: "Being made",
  fetching: "Being fetched",
  done: "Ready",
  failed: "Failed",
};
const count = new Intl.NumberFormat("en");

function size(bytes) {
  const unit = bytes < 1e3 ? "byte" : bytes < 1e6 ? "kilobyte" : "megabyte";
  const value = bytes / { byte: 1, kilobyte: 1e3, megabyte: 1e6 }[unit];
  return new Intl.NumberFormat("en", { style: "unit", unit, maximumSignificantDigits: 3 }).format(value);
}

function elapsed(started) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(started)) / 1000));
  const minutes = Math.floor(seconds / 60);
  const parts = minutes < 60 ? [minutes] : [Math.floor(minutes / 60), minutes % 60];
  return [...parts, seconds % 60].map((part, at) => (at ? String(part).padStart(2, "0") : part)).join(":");
}

// The form

function choice(type, name, value, text) {
  const label = $("#choice").content.cloneNode(true);
  Object.assign($("input", label), { type, name, value });
  $("span", label).textContent = text;
  return label;
}

function showProperties() {
  const { properties } = objects.find(({ type }) => type === $("#order").object.value);
  const names = Object.entries(properties);
  $("#properties").replaceChildren(...names.map(([name, text]) => choice("checkbox", "property", name, text)));
  for (const input of [...$("#properties").querySelectorAll("input")].slice(0, 3)) input.checked = true;
  tell("");
}

// FastAPI tells what it finds wrong with an order as a list.
const words = (detail) => (Array.isArray(detail) ? detail.map(({ msg }) => msg).join("; ") : String(detail));

function tell(problem) {
  $("#problem").textContent = problem;
  $("#problem").hidden = !problem;
}

async function start(event) {
  event.preventDefault();
  const form = new FormData($("#order"));
  const others = form.get("more").split(/[\s,;]+/).filter(Boolean);
  const properties = [...new Set([...form.getAll("property"), ...others])];
  if (!properties.length) return tell("Pick at least one property.");
  const button = $("#order button");
  button.disabled = true;
  try {
    const body = JSON.stringify({ object_type: form.get("object"), properties });
    const answer = await fetch("exports", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const { detail } = await answer.json();
    tell(answer.ok ? "" : words(detail));
  } catch {
    tell("The server does not answer. Is it still running?");
  } finally {
    button.disabled = false;
    button.focus();
  }
}

// The list

function detail({ state, rows, bytes, problem, started, fetched }) {
  if (state === "done") return [rows !== null && `${count.format(rows)} records`, size(bytes)].filter(Boolean).join(", ");
  if (state === "failed") return problem;
  if (state === "fetching" && fetched !== null) return `${Math.round(fetched * 100)} %`;
  return elapsed(started);
}

function show(export_) {
  const { number, object_type, properties, state, fetched } = export_;
  const object = objects.find(({ type }) => type === object_type);
  const title = object?.label ?? object_type;
  let item = document.getElementById(`export-${number}`);
  if (!item) {
    $("#exports").prepend($("#export").content.cloneNode(true));
    item = $("#exports li");
    item.id = `export-${number}`;
    $("h3", item).textContent = title;
    const names = properties.map((name) => object?.properties[name] ?? name).join(", ");
    Object.assign($(".properties", item), { textContent: names, title: names });
    $(".download", item).href = `exports/${number}/file`;
    $(".download", item).setAttribute("aria-label", `Download ${title}, export ${number}`);
    $(".bar", item).setAttribute("aria-label", `${title}, export ${number}`);
  }
  item.dataset.state = state;
  $(".word", item).textContent = WORDS[state];
  $(".detail", item).textContent = detail(export_);
  $(".download", item).hidden = state !== "done";
  const bar = $(".bar", item);
  bar.hidden = state === "done" || state === "failed";
  bar.firstElementChild.style.inlineSize = fetched === null ? "" : `${fetched * 100}%`;
  if (fetched === null) bar.removeAttribute("aria-valuenow");
  else bar.setAttribute("aria-valuenow", Math.round(fetched * 100));
  if (shown.has(number) && shown.get(number).state !== state) $("#news").textContent = `${title}: ${WORDS[state]}`;
  shown.set(number, export_);
  $("#empty").hidden = true;
}

function showAll(exports) {
  shown.clear();
  $("#exports").replaceChildren();
  $("#empty").hidden = false;
  exports.forEach(show);
}

function tick() {
  for (const [number, export_] of shown) $(`#export-${number} .detail`).textContent = detail(export_);
}

$("#objects").replaceChildren(...objects.map(({ type, label }) => choice("radio", "object", type, label)));
$("#objects input").checked = true;
$("#objects").addEventListener("change", showProperties);
$("#order").addEventListener("submit", start);
showProperties();
setInterval(tick, 1000);

function listen() {
  const changes = new EventSource("exports/changes");
  changes.addEventListener("all", ({ data }) => showAll(JSON.parse(data)));
  changes.addEventListener("some", ({ data }) => JSON.parse(data).forEach(show));
  changes.addEventListener("open", () => ($("#connection").textContent = ""));
  changes.addEventListener("error", () => {
    $("#connection").textContent = "The server does not answer. Trying again …";
    // A browser tries again by itself where nobody answers, but not where somebody answers with an error.
    if (changes.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
}

listen();
const account = await (await fetch("account")).json();
$("#account").hidden = !account.is_sandbox;
