/* the other language at the same number */
document.querySelectorAll(".tools .switch, .foot .switch").forEach(function (link) {
  var address = link.getAttribute("href");
  link.addEventListener("click", function () { link.href = address + location.hash; });
});
