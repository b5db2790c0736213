/* light and dark, remembered for all pages of an edition */
(function () {
"use strict";
var root = document.documentElement;
var theme = document.getElementById("page-theme");
function stored(value) {
  try {
    if (value === undefined) { return localStorage.getItem("planbrief-theme"); }
    localStorage.setItem("planbrief-theme", value);
  } catch (error) { /* private windows have no storage */ }
  return null;
}
var chosen = stored();
if (chosen === "light" || chosen === "dark") { root.setAttribute("data-theme", chosen); }
function isDark() {
  var set = root.getAttribute("data-theme");
  return set ? set === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
}
theme.hidden = false;
theme.setAttribute("aria-pressed", String(isDark()));
theme.addEventListener("click", function () {
  var next = isDark() ? "light" : "dark";
  root.setAttribute("data-theme", next);
  theme.setAttribute("aria-pressed", String(next === "dark"));
  stored(next);
});
}());
