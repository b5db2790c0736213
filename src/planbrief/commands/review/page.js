"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const query = new URLSearchParams(location.search);
  const token = query.get("token") || "";
  const HEIGHT = 40;
  const CELLS = ["indicator", "indicator_phrase", "ref_area_name", "obs_value", "upper_value", "unit_measure",
    "time_period", "kind", "comparator", "transformation", "counterpart_area", "price_base", "subject", "activity",
    "base_period", "locator", "comment"];
  const LISTS = { indicator: "indicators", ref_area_name: "areas", counterpart_area: "areas", unit_measure: "units", activity: "activities" };
  const CHOICES = ["kind", "comparator", "transformation", "reason"];
  const WORDS = {
    zh: { title: "审阅", sure: "有把握", look: "待看", accepted: "已采纳", left_out: "不计", all: "全部", open: "未决定", bad: "有问题",
      fresh: "新指标", table: "表", paper: "原文", list: "各行", find: "查找指标或地区", filter: "筛选", progress: "{done}/{all} 已决定，{look} 待看",
      accept: "采纳", edit: "编辑", leave: "不计", split: "拆分", merge: "与下一处合并", undo: "撤销", redo: "重做", sureall: "采纳同类有把握的",
      reopen: "重新打开", document: "文件", names: "新名称", keys: "按键", lang: "English", theme: "明暗", observe: "改为数量", saved: "已保存",
      offline: "没有保存：服务已停止。重新运行 planbrief review 后从断处继续。", close: "关闭", none: "没有选中的行", mark: "标出所选数字", act: "作用", next: "下一处待看", previous: "上一处待看", step: "下一行、上一行", nextfilter: "下一种筛选",
      indicator: "指标", indicator_phrase: "原文用语", ref_area_name: "地区", obs_value: "数值", upper_value: "上限", unit_measure: "单位",
      time_period: "时期", kind: "性质", comparator: "比较", transformation: "形式", counterpart_area: "对比地区", price_base: "价格", subject: "主体",
      activity: "行业", base_period: "基期", locator: "位置", comment: "备注", reason: "理由", name_en: "英文名", definition: "英文定义",
      definition_zh: "中文定义", same_as: "就是已有指标", title_zh: "标题", title_en: "英文标题", producer: "发布者", doc_number: "文号",
      doc_type: "类型", published: "日期", url: "网址", disclosure: "公开属性", area: "地区", parent: "所属地区", doubts: "存疑", sight: "原件版面", drawing: "正在绘制…", unseen: "此处没有页面或表格。" },
    en: { title: "Review", sure: "sure", look: "to look at", accepted: "accepted", left_out: "left out", all: "all", open: "undecided", bad: "with problems",
      fresh: "new indicators", table: "table", paper: "Document", list: "Rows", find: "find indicator or area", filter: "Filter", progress: "{done} of {all} decided, {look} to look at",
      accept: "accept", edit: "edit", leave: "leave out", split: "split", merge: "merge with next", undo: "undo", redo: "redo", sureall: "accept sure ones of this kind",
      reopen: "reopen", document: "document", names: "new names", keys: "keys", lang: "中文", theme: "light/dark", observe: "is a quantity", saved: "saved",
      offline: "Not saved: the server has stopped. Run planbrief review again and go on where you were.", close: "close", none: "no row chosen", mark: "mark the selected number", act: "what it does", next: "next to look at", previous: "previous to look at", step: "next row, previous row", nextfilter: "next filter",
      indicator: "indicator", indicator_phrase: "words of the text", ref_area_name: "area", obs_value: "value", upper_value: "upper end", unit_measure: "unit",
      time_period: "period", kind: "kind", comparator: "comparator", transformation: "form", counterpart_area: "against area", price_base: "prices", subject: "subject",
      activity: "activity", base_period: "base period", locator: "place", comment: "comment", reason: "reason", name_en: "English name", definition: "English definition",
      definition_zh: "Chinese definition", same_as: "is the known indicator", title_zh: "title", title_en: "English title", producer: "producer", doc_number: "number",
      doc_type: "type", published: "date", url: "address", disclosure: "disclosure", area: "area", parent: "lies in", doubts: "in doubt", sight: "page or table", drawing: "drawing…", unseen: "No page or table here." },
  };
  const KEYS = [["j ↓", "next"], ["k ↑", "previous"], ["n p", "step"], ["Enter a", "accept"], ["e", "edit"], ["x", "leave"], ["s", "split"], ["m", "merge"],
    ["A", "sureall"], ["o", "reopen"], ["q", "observe"], ["i", "mark"], ["u Ctrl+Z", "undo"], ["r Ctrl+Y", "redo"], ["f", "nextfilter"], ["/", "find"],
    ["v", "sight"], ["d", "document"], ["w", "names"], ["l", "lang"], ["t", "theme"], ["?", "keys"]];
  let lang = query.get("lang") === "en" ? "en" : "zh";
  let draft = null, rows = [], shown = [], at = "", version = "", problems = {}, marks = new Map(), queue = Promise.resolve(), edit = "", dead = false, due = false;
  const t = (key) => WORDS[lang][key] || key;
  const word = (name, value) => { const said = (draft.labels[name] || {})[value]; return said ? said[lang === "zh" ? 0 : 1] : value; };
  const colon = () => lang === "zh" ? "：" : ": ";
  const make = (tag, props = {}, ...inside) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...inside);
    return node;
  };
  const find = (id) => rows.find((row) => row.id === id);
  const note = (words) => { $("note").textContent = words; };

  async function ask(path, body) {
    const headers = { "X-Planbrief-Token": token };
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
    const told = await answer.json().catch(() => ({ error: answer.statusText }));
    if (!answer.ok) throw Object.assign(new Error(told.error || answer.statusText), { told: true });
    return told;
  }

  // Decisions go out one after the other, each is on the disk when its answer is here.
  function decide(action, then) {
    queue = queue.then(() => ask("/decide", { action, version })).then((told) => {
      dead = false; note(""); take(told); if (then) then();
    }).catch((error) => {
      dead = !error.told; note(error.told ? error.message : t("offline"));
      if (error.told) return ask("/draft").then((told) => take({ ...told, all: true, gone: [] }));
      return null;
    });
    return queue;
  }

  function take(told) {
    version = told.version;
    if (told.all) { rows = told.rows; problems = told.problems; }
    else {
      const changed = new Map(told.rows.map((row) => [row.id, row]));
      const gone = new Set(told.gone);
      const rest = rows.filter((row) => !gone.has(row.id)).map((row) => { const one = changed.get(row.id); changed.delete(row.id); return one || row; });
      rows = changed.size ? [...rest, ...changed.values()].sort((a, b) => a.start - b.start || a.end - b.end || a.part - b.part) : rest;
      for (const id of gone) delete problems[id];
      Object.assign(problems, told.problems);
    }
    Object.assign(draft, { counts: told.counts, about: told.about, undoable: told.undoable, redoable: told.redoable });
    const structure = told.all || told.gone.length || told.rows.some((row) => !marks.has(row.id));
    if (structure) paper(); else for (const row of told.rows) dress(row);
    if (!find(at)) at = (rows.find((row) => !row.decided) || rows[0] || {}).id || "";
    sift(); head(); form();
  }

  function dress(row) {
    const mark = marks.get(row.id);
    if (mark) { mark.className = row.state + (row.id === at ? " here" : ""); mark.title = t(row.state); }
  }

  function paper() {
    const box = $("paper"), text = draft.text;
    marks = new Map();
    const spans = [];
    for (const row of rows) {
      const last = spans[spans.length - 1];
      if (last && last.start === row.start && last.end === row.end) last.ids.push(row.id);
      else if (!last || row.start >= last.end) spans.push({ start: row.start, end: row.end, ids: [row.id] });
    }
    const parts = document.createDocumentFragment();
    let place = 0, next = 0;
    const codes = Array.from(text);  // offsets count characters, JavaScript counts UTF-16 units
    const plain = codes.length === text.length;
    const cut = (from, to) => plain ? text.slice(from, to) : codes.slice(from, to).join("");
    const size = codes.length;
    while (place < size) {
      let end = plain ? text.indexOf("\n", place) : codes.indexOf("\n", place);
      if (end < 0) end = size;
      const line = make("p");
      let from = place;
      while (next < spans.length && spans[next].start < end) {
        const span = spans[next];
        if (span.end > end) end = span.end;
        line.append(cut(from, span.start));
        const mark = make("mark", {}, cut(span.start, span.end));
        mark.dataset.id = span.ids[0];
        for (const id of span.ids) marks.set(id, mark);
        line.append(mark);
        from = span.end; next += 1;
      }
      line.append(cut(from, end));
      line.dataset.start = place;
      if (line.textContent.trim()) parts.append(line);
      place = end + 1;
    }
    box.replaceChildren(parts);
    for (const row of rows) dress(row);
  }

  const filters = () => {
    const list = [["all", t("all")], ["look", t("look")], ["open", t("open")], ["bad", t("bad")], ["fresh", t("fresh")], ["sure", t("sure")],
      ["accepted", t("accepted")], ["left_out", t("left_out")]];
    draft.tables.forEach(([, , caption], n) => list.push([`table${n}`, `${t("table")} ${n + 1} ${caption}`.trim()]));
    return list;
  };

  // The rows of the filter and the search; the first of them is chosen where the chosen one is not among them.
  function narrow() {
    sift();
    if (!shown.some((row) => row.id === at)) choose((shown[0] || {}).id || "");
  }

  function sift() {
    const kind = $("filter").value || "all", words = $("find").value.trim().toLowerCase();
    const table = kind.startsWith("table") ? draft.tables[Number(kind.slice(5))] : null;
    shown = rows.filter((row) => {
      if (table && !(table[0] <= row.start && row.end <= table[1])) return false;
      if (kind === "open" && row.decided) return false;
      if (kind === "bad" && !(problems[row.id] || []).length) return false;
      if (kind === "fresh" && (row.role !== "observation" || row.cells.indicator)) return false;
      if (["look", "sure", "accepted", "left_out"].includes(kind) && row.state !== kind) return false;
      return !words || [row.value_text, ...Object.values(row.cells)].some((cell) => cell.toLowerCase().includes(words));
    });
    $("space").style.height = `${shown.length * HEIGHT}px`;
    draw();
  }

  // Only the rows in sight exist in the page.
  function draw() {
    const list = $("list"), first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - 6);
    const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / HEIGHT) + 6);
    const parts = [];
    for (let n = first; n < last; n += 1) {
      const row = shown[n], cells = row.cells, bad = (problems[row.id] || []).length > 0;
      const line = make("div", { className: "row" + (bad ? " bad" : ""), id: `r${row.id}` });
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      line.setAttribute("aria-setsize", String(shown.length));
      line.setAttribute("aria-posinset", String(n + 1));
      line.dataset.id = row.id;
      line.style.top = `${n * HEIGHT}px`;
      const dot = make("span", { className: `dot ${row.state}`, title: t(row.state) });
      dot.setAttribute("role", "img"); dot.setAttribute("aria-label", t(row.state));
      const quantity = row.role === "observation";
      line.append(dot, make("span", { className: "num" }, quantity ? `${cells.obs_value}${cells.upper_value ? "–" + cells.upper_value : ""} ${cells.unit_measure}` : row.value_text),
        make("span", {}, quantity ? cells.indicator_phrase || cells.indicator : t("left_out") + colon() + word("reason", cells.reason)),
        make("span", {}, quantity ? cells.time_period : ""));
      parts.push(line);
    }
    $("space").replaceChildren(...parts);
    point();
  }

  function point() {
    const list = $("list"), here = $(`r${at}`);
    for (const line of list.querySelectorAll("[aria-selected=true]")) if (line !== here) line.setAttribute("aria-selected", "false");
    if (here) { here.setAttribute("aria-selected", "true"); list.setAttribute("aria-activedescendant", here.id); } else list.removeAttribute("aria-activedescendant");
  }

  // A mark that is well in sight stays where it is: the passage keeps still under the reader's eye.
  function reveal(mark) {
    const box = $("paper").getBoundingClientRect(), spot = mark.getBoundingClientRect(), edge = box.height / 6;
    if (spot.top < box.top + edge || spot.bottom > box.bottom - edge) mark.scrollIntoView({ block: "start" });
  }

  function head() {
    const counts = draft.counts, all = rows.length, done = counts.accepted + counts.left_out;
    $("name").textContent = `${t("title")} · ${draft.facts.title || draft.source_id}`;
    document.title = `${done}/${all} · ${draft.source_id}`;
    $("progress").textContent = t("progress").replace("{done}", done).replace("{all}", all).replace("{look}", counts.look);
    const share = (n) => { const bar = make("i"); bar.style.width = `${all ? 100 * n / all : 0}%`; return bar; };
    $("bar").replaceChildren(share(counts.accepted), share(counts.left_out));
  }

  function tools() {
    const list = [["undo", () => decide({ do: "undo" })], ["redo", () => decide({ do: "redo" })], ["document", about], ["names", names],
      ["sight", showSight], ["theme", theme], ["lang", switchLang], ["keys", keys]];
    $("tools").replaceChildren(...list.map(([name, act]) => make("button", { type: "button", onclick: act, id: `do-${name}` }, t(name))));
    $("filter").replaceChildren(...filters().map(([value, label]) => make("option", { value }, label)));
    $("filter").setAttribute("aria-label", t("filter"));
    $("find").setAttribute("aria-label", t("find")); $("find").placeholder = t("find");
    $("paper").setAttribute("aria-label", t("paper")); $("list").setAttribute("aria-label", t("list")); $("sight").setAttribute("aria-label", t("sight"));
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  }

  // The rule behind a cell, in words; a rule without words gives its name.
  function why(row, name) {
    const [rule, seen] = row.why[name] || [];
    if (!rule) return "";
    const said = (draft.reasons[name === "obs_value" ? "transformation" : name] || {})[rule.startsWith("score") ? "score" : rule];
    return said ? said[lang === "zh" ? 0 : 1].replace("{words}", seen || "") : rule;
  }

  // A comment that reading gave names its rule; the page says it in its language.
  const remark = (words) => { const said = draft.reasons.reason[words.replaceAll(" ", "_")]; return said ? said[lang === "zh" ? 0 : 1] : words; };
  const doubt = (name) => { const said = draft.reasons.doubt[name]; return said ? said[lang === "zh" ? 0 : 1] : name; };

  // The printed page with the number framed, and the table that it stands in: what a person checks the row against.
  let looked = "", asked = 0;
  const looks = new Map();
  function sight() {
    const box = $("sight"), row = find(at);
    if (box.hidden || !row || looked === at) return;
    looked = at;
    const turn = ++asked, known = looks.get(at);
    box.replaceChildren(make("p", {}, t("drawing")));
    const told = known ? Promise.resolve(known) : new Promise((go) => setTimeout(go, 120)).then(() => (turn === asked ? ask(`/sight?row=${encodeURIComponent(row.id)}`) : null));
    told.then((seen) => {
      if (!seen || turn !== asked) return;
      looks.set(row.id, seen);
      if (looks.size > 40) looks.delete(looks.keys().next().value);
      const parts = [];
      if (seen.picture) {
        const figure = make("figure", {}, make("img", { src: `data:image/png;base64,${seen.picture}`, alt: seen.place }));
        if (seen.frame) {
          const frame = make("div", { className: "frame" });
          ["left", "top", "width", "height"].forEach((side, n) => { frame.style[side] = `${100 * seen.frame[n]}%`; });
          figure.append(frame);
        }
        parts.push(figure);
      }
      if (seen.table) parts.push(make("p", {}, `${seen.table.caption} ${seen.table.unit}`.trim()), grid(seen.table.rows), make("p", {}, seen.table.notes));
      box.replaceChildren(...(parts.length ? parts : [make("p", {}, t("unseen"))]));
      const here = box.querySelector(".here, .frame"), picture = box.querySelector("img");
      const show = () => { if (here) box.scrollTop += here.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2; };
      if (picture && !picture.complete) picture.onload = show; else show();
    }).catch((error) => { looked = ""; note(error.told ? error.message : t("offline")); });
  }

  function grid(lines) {
    return make("table", {}, ...lines.map((cells) => make("tr", {}, ...cells.map(([words, rowSpan, colSpan, head, here]) =>
      make(head ? "th" : "td", { rowSpan, colSpan, className: here ? "here" : "" }, words)))));
  }

  function showSight() {
    const box = $("sight");
    box.hidden = !box.hidden;
    looked = "";
    sight();
  }

  function form() {
    const box = $("form"), row = find(at), active = document.activeElement;
    if (!row) { box.replaceChildren(make("p", { className: "wide" }, t("none"))); return; }
    if (active && box.contains(active) && active.dataset.row === row.id) { mends(row); return; }
    const quantity = row.role === "observation", names = quantity ? CELLS : ["reason", "comment"];
    const acts = make("div", { className: "wide acts" }, make("b", {}, `${row.value_text} · ${t(row.state)} · ${row.cells.locator}`),
      ...[["accept", accept], ["leave", leave], quantity ? ["split", () => decide({ do: "split", row: at })] : ["observe", observe], ["merge", merge],
        ["sureall", sureAll], ["reopen", reopen]].map(([name, act]) => make("button", { type: "button", onclick: act }, t(name))));
    const parts = [acts];
    if (row.doubts.length) parts.push(make("div", { className: "wide why" }, `${t("doubts")}${colon()}${row.doubts.map(doubt).join(lang === "zh" ? "；" : "; ")}`));
    for (const name of names) {
      const choice = CHOICES.includes(name);
      const input = make(choice ? "select" : "input", { name, id: `c-${name}` });
      input.dataset.row = row.id;
      if (choice) {
        const known = draft.words[name] || [], now = row.cells[name] || "";
        input.append(...[...new Set(["", ...known, now])].map((value) => make("option", { value }, value ? word(name, value) : "—")));
      } else if (LISTS[name]) input.setAttribute("list", LISTS[name]);
      input.value = name === "comment" ? remark(row.cells[name] || "") : row.cells[name] || "";
      const label = make("label", { className: "cell" + (["indicator", "indicator_phrase", "comment"].includes(name) ? " wide" : "") },
        make("span", {}, t(name)), input);
      label.dataset.cell = name;
      label.append(make("span", { className: "wrong" }), make("span", { className: "why" }, why(row, name) || ""));
      parts.push(label);
    }
    parts.push(make("div", { className: "wide wrong", id: "wrong" }));
    box.replaceChildren(...parts);
    mends(row);
  }

  function mends(row) {
    const rest = [];
    const found = problems[row.id] || [];
    for (const label of $("form").querySelectorAll("label.cell")) {
      const own = found.filter(([cell]) => cell === label.dataset.cell);
      label.querySelector(".wrong").textContent = own.map(([, words]) => words).join(" ");
      label.classList.toggle("changed", row.changed.includes(label.dataset.cell));
    }
    for (const [cell, words] of found) if (!$("form").querySelector(`[data-cell="${CSS.escape(cell || "-")}"]`)) rest.push(words);
    const wrong = $("wrong");
    if (wrong) wrong.textContent = rest.join(" ");
  }

  function choose(id, follow = true) {
    const before = at;
    at = id;
    for (const one of [before, at]) { const row = find(one); if (row) dress(row); }
    const n = shown.findIndex((row) => row.id === id), list = $("list");
    if (n >= 0 && (n * HEIGHT < list.scrollTop || (n + 1) * HEIGHT > list.scrollTop + list.clientHeight)) { list.scrollTop = Math.max(0, n * HEIGHT - list.clientHeight / 2); draw(); } else point();
    const mark = marks.get(id);
    if (due) return;
    due = true;  // a key held down asks for many rows in one frame; the form is made for the last
    requestAnimationFrame(() => {
      due = false; form(); sight();
      const here = marks.get(at);
      if (here && (follow || here !== mark)) reveal(here);
    });
  }

  function step(by, wanted) {
    const pool = shown.length ? shown : rows;
    let n = pool.findIndex((row) => row.id === at);
    if (n < 0) { const here = find(at); n = here ? pool.findIndex((row) => row.start >= here.start) - (by > 0 ? 1 : 0) : -1; }
    for (let k = 0; k < pool.length; k += 1) {
      n = (n + by + pool.length) % pool.length;
      if (!wanted || wanted(pool[n])) { choose(pool[n].id); return; }
    }
  }
  const toLook = (row) => !row.decided && (row.state === "look" || (problems[row.id] || []).length > 0);
  const onward = () => { if (rows.some(toLook)) step(1, toLook); else step(1, (row) => !row.decided); };
  // The page goes on at once; if the decision could not be taken, the draft is fetched again and says so.
  const settle = (row, change) => {
    const before = row.state;
    Object.assign(row, change);
    draft.counts[before] -= 1; draft.counts[row.state] += 1;
    dress(row); head(); onward();
  };
  function accept() {
    const row = find(at);
    if (!row) return;
    const done = decide({ do: "accept", rows: [row.id] });
    settle(row, { decided: true, state: row.role === "exclusion" ? "left_out" : "accepted" });
    return done;
  }
  const reopen = () => { if (at) decide({ do: "reopen", rows: [at] }); };
  const observe = () => decide({ do: "set", row: at, cells: { role: "observation" } }, () => focusCell());
  const merge = () => { const n = rows.findIndex((row) => row.id === at); if (rows[n + 1]) decide({ do: "merge", row: at, with: rows[n + 1].id }); };
  function sureAll() {
    const here = find(at);
    if (!here) return;
    const same = rows.filter((row) => row.state === "sure" && row.role === here.role && !(problems[row.id] || []).length &&
      (here.role === "exclusion" || row.cells.kind === here.cells.kind));
    if (same.length) decide({ do: "accept", rows: same.map((row) => row.id) });
  }
  function focusCell() { form(); const first = $("form").querySelector("input, select"); if (first) { first.focus(); if (first.select) first.select(); } }

  function leave() {
    const row = find(at);
    if (!row) return;
    const reasons = draft.words.reason, kept = row.cells.comment || "", comment = make("input", { id: "leave-comment", value: remark(kept) });
    const pick = (reason) => { $("dialog").close(); decide({ do: "leave_out", rows: [at], reason, comment: comment.value === remark(kept) ? kept : comment.value }); settle(row, { decided: true, role: "exclusion", state: "left_out" }); };
    show(`${t("leave")} · ${row.value_text}`, make("label", {}, t("comment"), comment),
      make("div", { className: "acts" }, ...reasons.map((reason, n) => make("button", { type: "button", onclick: () => pick(reason) }, make("kbd", {}, "123456789abcdefg"[n] || ""), " ", word("reason", reason)))));
    $("dialog").onkeydown = (event) => {
      const n = "123456789abcdefg".indexOf(event.key);
      if (event.target.tagName !== "INPUT" && n >= 0 && n < reasons.length) { event.preventDefault(); pick(reasons[n]); }
    };
    $("dialog").querySelector(".acts button").focus();
  }

  function show(title, ...inside) {
    const box = $("dialog");
    box.onkeydown = null;
    box.setAttribute("aria-label", title);
    box.replaceChildren(make("h2", {}, title), ...inside, make("p", {}, make("button", { type: "button", onclick: () => box.close() }, t("close"))));
    if (!box.open) box.showModal();
  }
  function field(kind, name, cell, value) {
    const input = make("input", { value });
    input.setAttribute("aria-label", `${name} ${t(cell)}`.trim());
    const mark = `${kind}:${name}:${cell}:${Date.now()}`;
    input.oninput = () => decide({ do: kind, name, edit: mark, cells: { [cell]: input.value } });
    return input;
  }
  const table = (heads, lines) => make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...lines.map((line) => make("tr", {}, ...line.map((cell) => make("td", {}, cell))))));
  async function about() {
    const told = await ask("/new").catch((error) => note(error.message));
    if (!told) return;
    const given = draft.about.document[""] || {};
    const lines = ["title_zh", "title_en", "producer", "doc_number", "doc_type", "published", "area", "url", "disclosure"].map((name) =>
      [t(name), field("document", "", name, given[name] || told.source[name] || draft.facts[name] || (name === "published" ? told.source.date_published : ""))]);
    show(t("document"), table([t("document"), t("edit")], lines));
  }
  async function names() {
    const told = await ask("/new").catch((error) => note(error.message));
    if (!told) return;
    const listed = (kind, name, cell, value, list) => {
      const input = field(kind, name, cell, value);
      input.setAttribute("list", list);
      return input;
    };
    const inside = (name, row) => {
      const said = (draft.about.area[name] || {}).parent, known = draft.areas.find(([, , id]) => id === row.parent);
      return said === undefined ? (known || [""])[0] : said;
    };
    const clean = (row) => row.name_en === row.name_zh ? "" : row.name_en;
    show(t("names"), table([t("indicator"), t("name_en"), t("same_as")], Object.entries(told.indicators).map(([name, row]) =>
      [`${name} (${row.unit_measure})`, field("indicator", name, "name_en", clean(row)), listed("indicator", name, "same_as", "", "indicators")])),
    table([t("area"), t("name_en"), t("parent")], Object.entries(told.areas).map(([name, row]) =>
      [name, field("area", name, "name_en", clean(row)), listed("area", name, "parent", inside(name, row), "areas")])));
  }
  function keys() {
    show(t("keys"), table([t("keys"), t("act")], KEYS.map(([key, name]) => [make("kbd", {}, key), t(name)])));
  }
  function theme() {
    const root = document.documentElement, dark = getComputedStyle(root).colorScheme === "dark" || (root.style.colorScheme === "" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.style.colorScheme = dark ? "light" : "dark";
  }
  function switchLang() { lang = lang === "zh" ? "en" : "zh"; const kept = $("filter").value; tools(); $("filter").value = kept; head(); paper(); sift(); form(); }
  function markSelection() {
    const range = getSelection();
    if (!range.rangeCount || range.isCollapsed) return;
    const line = (range.anchorNode.parentElement || range.anchorNode).closest("#paper p");
    if (!line) return;
    const before = document.createRange();
    before.selectNodeContents(line); before.setEnd(range.getRangeAt(0).startContainer, range.getRangeAt(0).startOffset);
    const start = Number(line.dataset.start) + Array.from(before.toString()).length, end = start + Array.from(range.toString()).length;
    decide({ do: "mark", start, end }, () => choose(`${start}-${end}`));
  }

  const ACTS = { j: () => step(1, toLook), ArrowDown: () => step(1, toLook), k: () => step(-1, toLook), ArrowUp: () => step(-1, toLook), n: () => step(1), p: () => step(-1),
    Enter: accept, a: accept, e: focusCell, x: leave, s: () => decide({ do: "split", row: at }), m: merge, A: sureAll, o: reopen, q: observe, i: markSelection,
    u: () => decide({ do: "undo" }), r: () => decide({ do: "redo" }), f: () => { const box = $("filter"); box.selectedIndex = (box.selectedIndex + 1) % box.options.length; narrow(); },
    "/": () => $("find").focus(), v: showSight, d: about, w: names, l: switchLang, t: theme, "?": keys };
  document.addEventListener("keydown", (event) => {
    if ($("dialog").open) return;
    const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
    if (typing) {
      if (event.key === "Escape" || (event.key === "Enter" && !event.isComposing && event.target.tagName === "INPUT")) { event.preventDefault(); event.target.blur(); $("list").focus(); form(); }
      return;
    }
    if ((event.ctrlKey || event.metaKey) && "zy".includes(event.key.toLowerCase())) {
      event.preventDefault();
      decide({ do: event.key.toLowerCase() === "y" || event.shiftKey ? "redo" : "undo" });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || (event.key === "Enter" && event.target.tagName === "BUTTON")) return;
    const act = ACTS[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  $("form").addEventListener("focusin", () => { edit = `${at}:${Date.now()}`; });
  const typed = (event) => {
    const input = event.target;
    if (!input.name || !input.dataset.row) return;
    decide({ do: "set", row: input.dataset.row, edit: `${edit}:${input.name}`, cells: { [input.name]: input.value } });
  };
  $("form").addEventListener("input", typed);
  $("form").addEventListener("submit", (event) => event.preventDefault());
  $("list").addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  $("list").addEventListener("click", (event) => { const line = event.target.closest(".row"); if (line) choose(line.dataset.id); });
  $("paper").addEventListener("click", (event) => { const mark = event.target.closest("mark"); if (mark) choose(mark.dataset.id, false); });
  $("filter").addEventListener("change", narrow);
  $("find").addEventListener("input", narrow);
  addEventListener("resize", draw);
  addEventListener("beforeunload", (event) => { if (dead) event.preventDefault(); });

  ask("/draft").then((told) => {
    draft = told; rows = told.rows; problems = told.problems; version = told.version;
    const fill = (id, list) => $(id).append(...list.map(([value, label]) => make("option", { value, label })));
    fill("areas", told.areas); fill("units", told.units.map((unit) => [unit, unit])); fill("activities", told.activities);
    fill("indicators", told.indicators.map(([id, zh, en, unit]) => [id, `${zh} · ${en} (${unit})`]));
    $("sight").hidden = !told.sights;
    tools(); paper(); sift(); head();
    choose((rows.find(toLook) || rows.find((row) => !row.decided) || rows[0] || {}).id || "");
    $("list").focus();
    document.body.dataset.ready = "yes";
  }).catch((error) => note(error.message));
})();
