(function () {
"use strict";
var data = JSON.parse(document.getElementById("page-data").textContent), words = data.words, root = document.documentElement;
function make(tag, text, parent) {
  var node = document.createElement(tag);
  if (text !== undefined && text !== null) { node.textContent = String(text); }
  if (parent) { parent.appendChild(node); }
  return node;
}
/* scroll regions take focus only where there is something to scroll; all are measured before one is changed, and what
   a page of many rows has not laid out yet is measured when it comes into view */
function regions(event) {
  var within = event && event.type === "contentvisibilityautostatechange" ? event.target : document;
  var laid = Array.prototype.filter.call(within.querySelectorAll(".scroll, pre, .formula"), function (node) {
    var seen = !node.checkVisibility || node.checkVisibility({contentVisibilityAuto: true});
    if (!seen) { node.removeAttribute("tabindex"); }
    return seen;
  });
  laid.map(function (node) { return node.scrollWidth > node.clientWidth + 1; }).forEach(function (wide, index) {
    if (wide) { laid[index].tabIndex = 0; } else { laid[index].removeAttribute("tabindex"); }
  });
}
var contents = document.querySelector(".toc details");
if (contents && window.matchMedia("(max-width: 40rem)").matches) { contents.open = false; }
regions();
window.addEventListener("resize", regions);
document.addEventListener("contentvisibilityautostatechange", regions, true);
document.querySelectorAll("details").forEach(function (node) { node.addEventListener("toggle", regions); });
/* where a number comes from */
var dialog = null, opener = null;
/* text of a cell with its marks of language, without what only a phone or a button shows */
function take(from, into, lang) {
  from.childNodes.forEach(function (node) {
    if (node.nodeType !== 1 || !node.matches(".phone, .anchor")) { into.appendChild(node.cloneNode(true)); }
  });
  into.lang = lang || from.closest("[lang]").lang;
  return into;
}
/* a row of a list of numbers as a card: its name, then each cell under the head of its column, then the document */
function card(inner, line, named) {
  var heads = line.closest("table").tHead.rows[0].cells, list, more = [], paper = line.querySelector("a[href^='#d']");
  Array.prototype.forEach.call(line.cells, function (cell, column) {
    if (!column) { if (!named) { take(cell, make("h3", null, inner)); } list = make("dl", null, inner); return; }
    var behind = line.id.slice(0, 2) === "c-" ? cell.querySelectorAll("a[href^='#n-']") : [];
    if (behind.length) { more = more.concat(Array.prototype.slice.call(behind)); return; }
    if (!cell.textContent.trim() || (paper && paper.parentNode === cell && !named)) { return; }
    make("dt", (heads[column].querySelector("button > span") || heads[column]).textContent, list);
    take(cell, make("dd", null, list));
  });
  paper = paper || (line.closest("figure").querySelector(".below a[href^='#d']"));
  paper = !named && paper && document.querySelector(paper.hash);
  if (paper) { make("dt", words.document, list); take(paper, make("dd", null, list)); }
  more.forEach(function (link) {
    var behind = document.getElementById(link.hash.slice(1));
    if (behind) { card(inner, behind); }
  });
}
function open(line, link) {
  if (!dialog) {
    dialog = make("dialog", null, document.body);
    dialog.setAttribute("aria-labelledby", "page-provenance");
    dialog.addEventListener("click", function (event) { if (event.target === dialog || event.target.closest("dl a")) { dialog.close(); } });
    dialog.addEventListener("close", function () { if (opener) { opener.focus(); } });
  }
  opener = link;
  dialog.textContent = "";
  var inner = make("div", null, dialog), close, foot, copy, address, whole;
  inner.className = "inner";
  make("h2", words.title, inner).id = "page-provenance";
  close = make("button", "×", inner);
  close.type = "button";
  close.className = "close";
  close.setAttribute("aria-label", words.close);
  close.addEventListener("click", function () { dialog.close(); });
  if (link) { take(link, make("p", null, inner)).className = "big"; }
  card(inner, line, line.id.slice(0, 2) === "c-" && link);
  foot = make("p", null, inner);
  whole = line.id.slice(0, 2) === "n-" && line.querySelector("a[href^='numbers/']");
  if (whole) { make("a", words.page, foot).href = whole.getAttribute("href"); }
  address = make("a", words.link, foot);
  address.href = "#" + line.id;
  foot.className = "address";
  if (navigator.clipboard) {
    copy = make("button", words.copy, foot);
    copy.type = "button";
    copy.className = "csv";
    copy.addEventListener("click", function () {
      navigator.clipboard.writeText(address.href).then(function () { copy.textContent = words.copied; });
    });
  }
  dialog.showModal();
  dialog.scrollTop = 0;
  close.focus();
}
document.querySelectorAll("a[data-o],a[data-f]").forEach(function (link) {
  link.setAttribute("aria-haspopup", "dialog");
  link.addEventListener("click", function (event) {
    var line = document.getElementById(link.hash.slice(1));
    if (event.ctrlKey || event.metaKey || typeof HTMLDialogElement === "undefined" || !line) { return; }
    event.preventDefault();
    open(line, link);
  });
});
/* an address may name a number: its card opens where the page uses it */
function named() {
  var id = decodeURIComponent(location.hash.slice(1)).replace(/^n=/, "n-"), line = /^[nc]-/.test(id) && document.getElementById(id);
  if (!line || line.tagName !== "TR" || (dialog && dialog.open)) { return; }
  var link = document.querySelector('main a[href="#' + CSS.escape(id) + '"]');
  if (line.closest(".short")) { line.closest(".short").querySelector("button.more").click(); }
  if (link) { link.scrollIntoView({block: "center"}); }
  open(line, link);
}
window.addEventListener("hashchange", named);
/* text of a cell without the unit that a phone shows once more under the name of the row */
function said(cell) {
  var again = cell.querySelector(".phone"), text = cell.textContent;
  return (again ? text.slice(0, text.length - again.textContent.length) : text).replace(/\u00a0/g, " ").trim();
}
/* sorting */
function value(line, column) {
  var cell = null, text = "";
  Array.prototype.some.call(line.cells, function (one) { cell = one; column -= one.colSpan; return column < 0; });
  text = cell ? said(cell) : "";
  if (!cell) { return null; }
  if (cell.dataset.v !== undefined) { return Number(cell.dataset.v); }
  var number = Number(text.replace(/,/g, "").replace(/−/g, "-"));
  return text === "" ? null : isNaN(number) ? text : number;
}
function compare(first, second, way) {
  if (first === null || second === null) { return first === second ? 0 : first === null ? 1 : -1; }
  if (typeof first === "number" && typeof second === "number") { return way * (first - second); }
  if (typeof first === "number") { return -1; }
  if (typeof second === "number") { return 1; }
  return way * first.localeCompare(second, root.lang);
}
document.querySelectorAll("table[data-sort]").forEach(function (table) {
  if (table.querySelector("tbody [rowspan]")) { return; }
  var heads = table.tHead.rows[0].cells;
  Array.prototype.forEach.call(heads, function (head, column) {
    if (head.tagName !== "TH") { return; }
    var button = document.createElement("button");
    button.type = "button";
    var label = make("span", null, button), unit = head.querySelector(".unit");
    while (head.firstChild) { (head.firstChild === unit ? button : label).appendChild(head.firstChild); }
    button.title = words.sort.replace("{column}", label.textContent);
    head.appendChild(button);
    button.addEventListener("click", function () {
      var way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      Array.prototype.forEach.call(heads, function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      Array.prototype.forEach.call(table.tBodies, function (body) {
        var lines = Array.prototype.slice.call(body.rows), fixed = lines.filter(function (line) { return line.classList.contains("group"); });
        lines = lines.filter(function (line) { return !line.classList.contains("group"); });
        lines.map(function (line, index) { return {line: line, key: value(line, column), index: index}; })
          .sort(function (a, b) { return compare(a.key, b.key, way) || a.index - b.index; })
          .forEach(function (entry) { body.appendChild(entry.line); });
        fixed.reverse().forEach(function (line) { body.insertBefore(line, body.firstChild); });
      });
      fold(table.closest("figure"));
    });
  });
});
/* a phone shows the first rows of a long table, and the rest when it is asked for */
var FIRST = 6;
function fold(figure) {
  var met = 0;
  figure.querySelectorAll("tbody tr").forEach(function (line) {
    met += line.classList.contains("group") ? 0 : 1;
    line.classList.toggle("rest", met > FIRST || (met === FIRST && line.classList.contains("group")));
  });
  return met - FIRST;
}
document.querySelectorAll("main figure.table").forEach(function (figure) {
  var more = fold(figure), button;
  if (more < 3) { return; }
  figure.classList.add("short");
  button = make("button", words.more.replace("{count}", more));
  button.type = "button";
  button.className = "more";
  figure.insertBefore(button, figure.querySelector(".scroll").nextSibling);
  button.addEventListener("click", function () { figure.classList.remove("short"); button.remove(); });
});
/* a page of many rows can be filtered */
(function () {
  var figures = Array.prototype.slice.call(document.querySelectorAll("main > figure.table")), lines = [];
  figures.forEach(function (figure) { lines = lines.concat(Array.prototype.slice.call(figure.querySelectorAll("tbody tr:not(.group)"))); });
  if (lines.length < 150) { return; }
  var box = document.createElement("search"), label = make("label", null, box), input = document.createElement("input"), count = make("output", null, box);
  make("span", words.filter, label);
  label.appendChild(input);
  input.type = "search";
  input.id = "page-filter";
  input.autocomplete = "off";
  box.className = "sift";
  figures[0].parentNode.insertBefore(box, document.querySelector("main > h2") || figures[0]);
  function plain(text) { return text.normalize("NFKC").toLowerCase(); }
  function sift() {
    var wanted = plain(input.value).split(/\s+/).filter(Boolean), shown = 0;
    lines.forEach(function (line) {
      line.find = line.find || plain(line.textContent);
      line.hidden = !wanted.every(function (word) { return line.find.includes(word); });
      shown += line.hidden ? 0 : 1;
    });
    figures.forEach(function (figure) {
      figure.classList.toggle("short", !wanted.length && !!figure.querySelector("button.more"));
      figure.querySelectorAll("tbody").forEach(function (body) { body.hidden = !body.querySelector("tr:not(.group):not([hidden])"); });
      figure.hidden = !!wanted.length && !figure.querySelector("tbody:not([hidden])");
    });
    count.textContent = wanted.length ? words.filtered.replace("{shown}", shown).replace("{all}", lines.length) : "";
  }
  input.addEventListener("input", sift);
}());
/* CSV of a table as a frame that any reader opens: one line of heads, the unit of a column in its head, as many cells in
   every line, a year in a head as one, numbers without separators; the name of a group stands in each of its rows, a whole id for its digits */
function shown(cell) {
  var unit = cell.tagName === "TH" ? cell.querySelector("button .unit, :scope > .unit") : null, text = said(cell);
  if (unit && cell.closest("thead")) { text = text.slice(0, text.length - unit.textContent.length).trim() + " (" + unit.textContent.trim() + ")"; }
  var id = cell.parentNode.id.replace(/^n-/, "");
  return /^0\d+$/.test(text) && id.endsWith("-" + text) ? id : text;
}
function plainNumber(text) { return /^[-\u2212]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/.test(text) ? text.replace(/,/g, "").replace(/\u2212/, "-") : null; }
function quoted(text) {
  var number = plainNumber(text);
  if (number !== null) { return number; }
  if (/^[=+\-@\t\r]/.test(text)) { text = "'" + text; }
  return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}
function grid(lines) {
  var made = Array.prototype.map.call(lines, function () { return []; });
  Array.prototype.forEach.call(lines, function (line, at) {
    Array.prototype.forEach.call(line.cells, function (cell) {
      var column = 0, text = shown(cell), down, right;
      while (made[at][column] !== undefined) { column += 1; }
      for (down = at; down < Math.min(at + cell.rowSpan, made.length); down += 1) {
        for (right = column; right < column + cell.colSpan; right += 1) { made[down][right] = text; }
      }
    });
  });
  return made;
}
function frame(table) {
  var group = "", grouped = table.querySelector("tr.group") !== null, lines = [], names = [], head = grid(table.tHead.rows).pop();
  head = head.map(function (text) { return /^\d{4}$/.test(text) ? words.year.replace("{year}", text) : text; });
  Array.prototype.slice.call(table.rows, table.tHead.rows.length).forEach(function (line) {
    if (line.classList.contains("group")) { group = said(line.cells[0]); return; }
    lines.push(line);
    names.push(group);
  });
  var rows = grid(lines).map(function (row, at) {
    return (grouped ? [names[at]] : []).concat(head.map(function (_, column) { return row[column] || ""; }));
  });
  return [(grouped ? [words.group] : []).concat(head)].concat(rows);
}
document.querySelectorAll("figure.table").forEach(function (node) {
  var table = node.querySelector("table"), button = document.createElement("button");
  if (!table || !table.tHead || table.rows.length < 4) { return; }
  button.textContent = words.csv;
  button.type = "button";
  button.className = "csv";
  node.appendChild(button);
  button.addEventListener("click", function () {
    var lines = frame(table).map(function (row) { return row.map(quoted).join(","); });
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], {type: "text/csv;charset=utf-8"}));
    link.download = (data.name + "-" + (node.id || "data")).replace(/[^\w.-]+/g, "-") + ".csv";
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  });
});
/* a chart as a file: its drawing in the colours of a light page, or the same as a picture three times as large */
function save(address, extension, figure) {
  var link = document.createElement("a");
  link.href = address;
  link.download = (data.name + "-" + (figure.id || "chart")).replace(/[^\w.-]+/g, "-") + extension;
  link.click();
}
document.querySelectorAll("figure.chart").forEach(function (figure) {
  var svg = figure.querySelector(".full svg, svg"), line = figure.querySelector(".below") || figure, box = svg && svg.viewBox.baseVal;
  if (!box || !box.width) { return; }
  function drawing() {
    var copy = svg.cloneNode(true);
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    return new XMLSerializer().serializeToString(copy).replace(/var\(--[\w-]+, *(#\w+)\)/g, "$1");
  }
  function address() { return "data:image/svg+xml;charset=utf-8," + encodeURIComponent(drawing()); }
  ["SVG", "PNG"].forEach(function (kind) {
    var button = make("button", kind, line);
    button.type = "button";
    button.className = "csv";
    button.addEventListener("click", function () {
      if (kind === "SVG") { save(address(), ".svg", figure); return; }
      var picture = new Image(), canvas = document.createElement("canvas");
      picture.addEventListener("load", function () {
        canvas.width = 3 * box.width;
        canvas.height = 3 * box.height;
        var pen = canvas.getContext("2d");
        pen.fillStyle = "#fff";
        pen.fillRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
        save(canvas.toDataURL("image/png"), ".png", figure);
      });
      picture.src = address();
    });
  });
});
/* one stop of the tab key per table, list, paragraph and row of key numbers; arrow keys move between what is in them */
document.querySelectorAll("figure.table, ul.findings, .keys, main > p").forEach(function (table) {
  var which = table.tagName === "FIGURE" ? "thead button, tbody a, .below a, .csv" : "a[data-o], a[data-f]";
  var stops = Array.prototype.slice.call(table.querySelectorAll(which));
  if (stops.length < 2) { return; }
  function to(node, event) {
    if (!node) { return; }
    stops.forEach(function (stop) { stop.tabIndex = stop === node ? 0 : -1; });
    if (event) { event.preventDefault(); node.focus(); }
  }
  to(stops[0]);
  table.addEventListener("keydown", function (event) {
    var all = Array.prototype.slice.call(table.querySelectorAll(which)), at = all.indexOf(document.activeElement);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) { return; }
    if (event.key === "Home") { to(all[0], event); }
    if (event.key === "End") { to(all[all.length - 1], event); }
    if (event.key === "ArrowRight") { to(all[at + 1], event); }
    if (event.key === "ArrowLeft") { to(all[at - 1], event); }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      var cell = all[at].closest("td,th");
      if (!cell) { to(all[at + (event.key === "ArrowDown" ? 1 : -1)], event); return; }
      var rows = Array.prototype.slice.call(table.querySelectorAll("tr")), step = event.key === "ArrowDown" ? 1 : -1, index = rows.indexOf(cell.parentNode) + step;
      while (rows[index]) {
        var below = rows[index].cells[cell.cellIndex], found = below && below.querySelector("button, a");
        if (found) { to(found, event); return; }
        index += step;
      }
    }
  });
  table.addEventListener("focusin", function (event) { if (stops.indexOf(event.target) >= 0) { to(event.target); } });
});
/* the other language at the same place: headings, tables and figures have the same ids */
document.querySelectorAll(".switch").forEach(function (link) {
  var address = link.getAttribute("href");
  link.addEventListener("click", function () {
    var here = "";
    document.querySelectorAll("main :is(h2, h3, h4, figure)[id]").forEach(function (node) { if (node.getBoundingClientRect().top < 80) { here = node.id; } });
    link.href = address + (here ? "#" + here : "");
  });
});
named();
}());
