// planbrief preview: reload when there is a new version, and stay where the reader was.
(() => {
  "use strict";
  const own = JSON.parse(document.currentScript.dataset.told);
  const key = "planbrief-preview:" + location.pathname;
  const root = document.documentElement;

  // The place: the last element with an id that begins above the middle of the window, and how far from the top it is.
  const place = () => {
    let found = null;
    for (const element of document.querySelectorAll("main [id]")) {
      const top = element.getBoundingClientRect().top;
      if (top > window.innerHeight / 2) break;
      if (element.getClientRects().length) found = { id: element.id, top };
    }
    return { y: window.scrollY, end: root.scrollHeight, element: found };
  };

  const restore = (saved) => {
    const element = saved.element && saved.end !== root.scrollHeight && document.getElementById(saved.element.id);
    const top = element ? window.scrollY + element.getBoundingClientRect().top - saved.element.top : saved.y;
    window.scrollTo({ top, behavior: "instant" });
  };

  history.scrollRestoration = "manual";
  let saved = null;
  try { saved = JSON.parse(sessionStorage.getItem(key)); sessionStorage.removeItem(key); } catch { /* none */ }
  if (saved) {
    restore(saved);
    addEventListener("load", () => restore(saved), { once: true });
  }

  const made = (tag, text, style) => {
    const node = document.createElement(tag);
    node.textContent = text;
    Object.assign(node.style, { font: "0.875rem sans-serif", ...style });
    return node;
  };
  const panel = { background: "Canvas", color: "CanvasText", border: "1px solid", borderRadius: ".3rem", zIndex: "99" };
  const badge = made("div", own.building, { ...panel, position: "fixed", right: "1rem", bottom: "1rem", padding: ".2rem .7rem" });
  badge.setAttribute("role", "status");

  // The bar: every report, the languages of this one, and its parameters.
  const bar = own.bar;
  const nav = made("nav", "", { ...panel, position: "sticky", bottom: "0", display: "flex", flexWrap: "wrap", gap: ".6rem", padding: ".3rem .7rem" });
  nav.setAttribute("aria-label", "preview");
  const field = (name, value, choices) => {
    const label = made("label", name + " ", {});
    const input = document.createElement(choices.length ? "select" : "input");
    for (const [key, text] of choices) input.append(new Option(text, key, false, key === value));
    input.name = name;
    input.value = value;
    label.append(input);
    return [label, input];
  };
  const all = made("a", bar.all, {});
  all.href = bar.index;
  const [reports, report] = field("", bar.report, [["", "…"], ...Object.keys(bar.reports).map((id) => [id, id])]);
  report.setAttribute("aria-label", bar.all);
  report.onchange = () => { if (report.value) location.href = "/" + bar.reports[report.value] + "/" + encodeURIComponent(report.value) + ".html"; };
  nav.append(all, reports);
  for (const [lang, name] of Object.entries(bar.languages)) {
    if (lang === bar.lang) continue;
    const link = made("a", name, {});
    link.href = "/" + lang + "/" + encodeURIComponent(bar.report) + ".html";
    nav.append(link);
  }
  const inputs = bar.parameters.map((one) => field(one.name, one.value, one.choices));
  for (const [label, input] of inputs) {
    nav.append(label);
    input.onchange = () => {
      const query = new URLSearchParams({ report: bar.report, lang: bar.lang });
      for (const [, other] of inputs) if (other.value) query.set(other.name, other.value);
      location.href = "/open?" + query;
    };
  }
  document.body.append(nav);

  const query = new URLSearchParams({ page: own.page, version: own.version, front: own.front });
  const events = new EventSource("/events?" + query);
  events.onmessage = (message) => {
    const news = JSON.parse(message.data);
    if (news.front) {
      events.close();
      location.href = news.front;
      return;
    }
    if (!own.page || news.version === own.version) {
      if (news.building) document.body.append(badge); else badge.remove();
      return;
    }
    events.close();
    // On a page that shows an error, the place in the report stays remembered.
    const here = document.body.classList.contains("report") ? place() : saved;
    try { if (here) sessionStorage.setItem(key, JSON.stringify(here)); } catch { /* storage is closed */ }
    if (location.search) location.replace(location.pathname + location.hash); else location.reload();
  };
})();
