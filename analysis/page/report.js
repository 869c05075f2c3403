// Shows the value of a point on hover, on tap and from the keyboard: a figure is one tab stop, the
// arrow keys walk its points, Escape hides the value. Without this script the points keep their
// native titles.
"use strict";
for (const figure of document.querySelectorAll("figure")) {
  const points = [...figure.querySelectorAll(".point")];
  if (points.length === 0) continue;
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  figure.append(tip);
  let at = 0;

  const hide = () => {
    tip.hidden = true;
    points[at].classList.remove("on");
  };
  const show = (index) => {
    points[at].classList.remove("on");
    at = index;
    points[at].classList.add("on");
    tip.textContent = points[at].dataset.tip;
    tip.hidden = false;
    const frame = figure.getBoundingClientRect();
    const box = points[at].getBoundingClientRect();
    const left = box.left - frame.left + box.width / 2 - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(0, Math.min(left, frame.width - tip.offsetWidth))}px`;
    const above = box.top - frame.top - tip.offsetHeight - 4;
    tip.style.top = `${above >= 0 ? above : box.bottom - frame.top + 4}px`;
  };

  points.forEach((point, index) => {
    point.querySelector("title")?.remove();  // else the browser shows a second value
    point.addEventListener("mouseenter", () => show(index));
    point.addEventListener("mouseleave", hide);
    point.addEventListener("click", () => show(index));
  });
  const svg = figure.querySelector("svg");
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("focus", () => show(at));
  svg.addEventListener("blur", hide);
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") hide();
    if (step === undefined) return;
    event.preventDefault();
    show((at + step + points.length) % points.length);
  });
}
document.documentElement.dataset.ready = "yes";
