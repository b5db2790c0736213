(function () {
"use strict";
var root = document.documentElement, words = JSON.parse(document.getElementById("page-data").textContent);
function element(id) { return document.getElementById(id); }
/* search and cities; the filter stands in the address, so that the other language and a bookmark keep it */
var form = element("filter-form"), query = element("query"), reports = Array.from(document.querySelectorAll(".report"));
var chips = Array.from(document.querySelectorAll("input[name=city]")), other = element("switch"), address = other.getAttribute("href");
function city() {
  var on = chips.find(function (chip) { return chip.checked; });
  return on ? on.value : "";
}
function plain(text) { return text.normalize("NFKC").toLowerCase(); }
/* what stands in a report: the names of its tables, rows and charts; the one that was found is shown */
function inside(report) {
  report.names = report.names || (words.holds[report.id] || []).map(function (index) { return words.names[index]; });
  return report.names;
}
function show() {
  var wanted = plain(query.value).split(/\s+/).filter(Boolean), place = city(), shown = 0;
  reports.forEach(function (report) {
    var found = plain(report.dataset.find), places = report.dataset.city.split(" ");
    var hits = [];
    var fits = (!place || places.includes(place)) && wanted.every(function (word) {
      var named = inside(report).filter(function (name) { return plain(name).includes(word); });
      if (!found.includes(word)) { hits = hits.concat(named.slice(0, 3)); }
      return named.length > 0 || found.includes(word);
    });
    report.hidden = !fits;
    report.querySelector(".hits").textContent = fits ? hits.join(" · ") : "";
    shown += fits ? 1 : 0;
  });
  element("count").textContent = words.shown.replace("{shown}", shown).replace("{total}", reports.length);
  element("none").hidden = shown > 0;
  return (place ? "city=" + encodeURIComponent(place) : "") + (place && query.value ? "&" : "") +
    (query.value ? "q=" + encodeURIComponent(query.value) : "");
}
function changed() {
  var state = show();
  other.setAttribute("href", address + (state ? "#" + state : ""));
  try {
    history.replaceState(null, "", state ? "#" + state : location.pathname + location.search);
  } catch (error) { /* some browsers keep the address of a file as it is */ }
}
function fromAddress() {
  var said = location.hash.slice(1);
  if (said && !said.includes("=")) {
    other.setAttribute("href", address + location.hash);
    query.value = "";
    if (chips.length) { chips[0].checked = true; }
    show();
    return;
  }
  var state = new URLSearchParams(said), place = state.get("city") || "";
  query.value = state.get("q") || "";
  chips.forEach(function (chip) { chip.checked = chip.value === place; });
  if (chips.length && !chips.some(function (chip) { return chip.checked; })) { chips[0].checked = true; }
  state = show();
  other.setAttribute("href", address + (state ? "#" + state : ""));
}
element("filter").hidden = false;
form.addEventListener("submit", function (event) { event.preventDefault(); });
form.addEventListener("input", changed);
form.addEventListener("change", changed);
window.addEventListener("hashchange", fromAddress);
element("clear").addEventListener("click", function () {
  query.value = "";
  if (chips.length) { chips[0].checked = true; }
  changed();
  query.focus();
});
document.addEventListener("keydown", function (event) {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && document.activeElement !== query) {
    event.preventDefault();
    query.focus();
  }
});
fromAddress();
/* one stop of the tab key for the files of a report; arrow keys move between them */
reports.forEach(function (report) {
  var files = Array.from(report.querySelectorAll("a.file"));
  files.forEach(function (file, index) { file.tabIndex = index ? -1 : 0; });
  report.addEventListener("keydown", function (event) {
    var step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key], at = files.indexOf(document.activeElement);
    if (!step || at < 0 || !files[at + step]) { return; }
    event.preventDefault();
    files[at].tabIndex = -1;
    files[at + step].tabIndex = 0;
    files[at + step].focus();
  });
});
/* clock times stand in the manifest only, which a page opened from a file cannot read */
function time(text) {
  var date = new Date(text);
  return typeof text !== "string" || isNaN(date) ? "" :
    new Intl.DateTimeFormat(root.lang, {dateStyle: "long", timeStyle: "short"}).format(date);
}
if (location.protocol === "http:" || location.protocol === "https:") {
  fetch("manifest.json").then(function (answer) { return answer.ok ? answer.json() : null; }).then(function (manifest) {
    var run = manifest && manifest.edition === words.edition && manifest.run;
    if (!run) { return; }
    var made = time(run.finished || run.started);
    if (made) {
      element("made").textContent = made;
      document.querySelectorAll(".run").forEach(function (node) { node.hidden = false; });
    }
    document.querySelectorAll(".since").forEach(function (node) {
      var since = run.failed_since && time(run.failed_since[node.dataset.since]);
      if (since) { node.textContent = words.failed_time.replace("{time}", since); node.hidden = false; }
    });
  }).catch(function () { /* the page is complete without it */ });
}
})();
