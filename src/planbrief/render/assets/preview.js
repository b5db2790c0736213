// planbrief preview: reload when there is a new version, and stay where the reader was.
(() => {
  "use strict";
  const own = document.currentScript.dataset;
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

  const badge = document.createElement("div");
  badge.textContent = own.building;
  badge.setAttribute("role", "status");
  Object.assign(badge.style, {
    position: "fixed", right: "1rem", bottom: "1rem", padding: ".2rem .7rem", borderRadius: ".3rem",
    background: "Canvas", color: "CanvasText", border: "1px solid", font: "0.875rem sans-serif", zIndex: "99",
  });

  const events = new EventSource("/events?lang=" + own.lang + "&version=" + own.version);
  events.onmessage = (message) => {
    const news = JSON.parse(message.data);
    if (news.version === Number(own.version)) {
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
