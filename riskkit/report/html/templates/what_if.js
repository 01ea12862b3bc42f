"use strict";
(() => {
  const data = JSON.parse(document.getElementById("what-if-data").textContent);
  const form = document.getElementById("what-if");
  const status = document.getElementById("status");
  const sliders = ["rate", "impact"].map((name) => document.getElementById(name));
  const bases = sliders.map((slider) => (slider ? Number(slider.dataset.base) : 0));

  // All elements that a node changes, with their content in the base case.
  const cells = (id) =>
    Array.from(document.querySelectorAll(`#${id} tbody tr`), (row) => Array.from(row.querySelectorAll("td")));
  const tables = { table: cells("rules-table"), differences: cells("differences-table") };
  const verdict = document.getElementById("verdict");
  const texts = (rows) => rows.map((row) => row.map((cell) => cell.textContent));
  const base = { table: texts(tables.table), differences: texts(tables.differences), verdict: [verdict.textContent] };

  const places = () => sliders.map((slider, kind) => (slider ? Number(slider.value) : bases[kind]));

  function show() {
    const [rate, impact] = places();
    const node = data.nodes[impact][rate];
    sliders.forEach((slider, kind) => {
      if (!slider) return;
      const output = form.querySelector(`output[for="${slider.id}"]`);
      const value = JSON.parse(output.dataset.nodes)[slider.value];
      const note = Number(slider.value) === bases[kind] ? " (base case)" : "";
      output.textContent = value + note;
      slider.setAttribute("aria-valuetext", value + note);
    });
    const content = node || base;
    for (const name of Object.keys(tables)) {
      tables[name].forEach((row, r) => row.forEach((cell, c) => { cell.textContent = content[name][r][c]; }));
    }
    verdict.textContent = content.verdict.join(" ");
    status.hidden = !node;
    status.textContent = node ? node.status : "";
    const frontier = document.getElementById("frontier");
    if (frontier) frontier.hidden = Boolean(node);
    redraw("gaps", node && node.gaps.some(Boolean) ? drawGaps(node) : null);
    redraw("curves", node ? drawCurves(node) : null);
  }

  // A figure shows its own picture in the base case, and one drawn here at any other node.
  function redraw(id, picture) {
    const figure = document.getElementById(id);
    if (!figure) return;
    const [own, drawn] = figure.querySelectorAll("svg.drawn, .scroll > svg:not(.drawn)");
    if (drawn) drawn.remove();
    own.style.display = picture ? "none" : "";
    const caption = figure.querySelector("figcaption");
    caption.dataset.own ??= caption.textContent;
    // Curves that are drawn here have no bands.
    const text = picture ? caption.dataset.own.replace(/, with 95\s% bands/, "") : caption.dataset.own;
    caption.textContent = text;
    if (picture) {
      picture.classList.add("drawn");
      picture.setAttribute("role", "img");
      picture.setAttribute("aria-label", `${text} ${status.textContent}`);
      own.after(picture);
    }
  }

  const WIDTH = 600;
  const LEFT = 150;
  const RIGHT = 580;

  function add(parent, tag, attributes, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  }

  function newSvg(height) {
    const holder = document.createElement("div");
    return add(holder, "svg", { viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, style: "max-width: 100%; height: auto" });
  }

  const MARKS = {
    o: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z", s: "M-3.5 -3.5h7v7h-7Z", "^": "M0 -4.5L4.5 4h-9Z", v: "M0 4.5L4.5 -4h-9Z",
    D: "M0 -5L5 0L0 5L-5 0Z", P: "M-1.5 -4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z", p: "M0 -5L5 -1L3 5h-6L-5 -1Z",
    "<": "M-4.5 0L4 -4.5v9Z", ">": "M4.5 0L-4 -4.5v9Z",
    "*": "M0 -5L1.1 -1.5L4.8 -1.5L1.8 0.6L2.9 4L0 1.9L-2.9 4L-1.8 0.6L-4.8 -1.5L-1.1 -1.5Z",
    X: "M-4.5 -2.5L-2.5 -4.5L0 -2L2.5 -4.5L4.5 -2.5L2 0L4.5 2.5L2.5 4.5L0 2L-2.5 4.5L-4.5 2.5L-2 0Z",
  };

  function mark(svg, rule, x, y) {
    add(svg, "path", { d: MARKS[rule.mark] || MARKS.o, transform: `translate(${x} ${y})`, fill: rule.colour });
  }

  function label(svg, x, y, text, anchor) {
    add(svg, "text", { x, y, "font-size": 12, "text-anchor": anchor, fill: "currentColor" }, text);
  }

  const shortened = (name) => (name.length > 22 ? `${name.slice(0, 12)}…${name.slice(-9)}` : name);

  const line = (svg, x1, y1, x2, y2, opacity) =>
    add(svg, "line", { x1, y1, x2, y2, stroke: "currentColor", "stroke-opacity": opacity });

  // Axis ticks at steps of 1, 2 or 5 times a power of ten, about five of them.
  function ticks(low, high) {
    const raw = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
    const found = [];
    for (let k = Math.ceil(low / step); k * step <= high; k += 1) found.push(Number((k * step).toPrecision(12)));
    return found;
  }

  const plain = (number) => String(number).replace("-", "−");

  function drawGaps(node) {
    const rows = data.rules.map((rule, place) => [rule, node.gaps[place]]).filter(([, gap]) => gap);
    const bottom = 20 + 26 * rows.length;
    const svg = newSvg(bottom + 50);
    const ends = rows.flatMap(([, gap]) => gap).filter((end) => end !== null).concat(0);
    let [low, high] = [Math.min(...ends), Math.max(...ends)];
    if (low === high) [low, high] = [low - 1, high + 1];
    const margin = 0.05 * (high - low);
    const x = (value) => LEFT + ((value - low + margin) / (high - low + 2 * margin)) * (RIGHT - LEFT);
    for (const tick of ticks(low - margin, high + margin)) {
      line(svg, x(tick), 10, x(tick), bottom, tick === 0 ? 0.9 : 0.15);
      label(svg, x(tick), bottom + 18, plain(tick), "middle");
    }
    rows.forEach(([rule, [value, from, to]], row) => {
      const y = 26 + 26 * row;
      label(svg, LEFT - 12, y + 4, shortened(rule.name), "end");
      if (from !== null) add(svg, "line", { x1: x(from), x2: x(to), y1: y, y2: y, stroke: rule.colour, "stroke-width": 2 });
      mark(svg, rule, x(value), y);
    });
    label(svg, (LEFT + RIGHT) / 2, bottom + 40, "median of final wealth minus that of the baseline (times the start)", "middle");
    return svg;
  }

  function drawCurves(node) {
    const [left, top, bottom] = [55, 20 + 20 * Math.ceil(data.rules.length / 3), 60 + 20 * Math.ceil(data.rules.length / 3) + 280];
    const svg = newSvg(bottom + 50);
    const x = (share) => left + share * (RIGHT - left);
    const y = (share) => bottom - share * (bottom - top - 20);
    for (const share of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      line(svg, x(share), y(0), x(share), y(1), 0.15);
      line(svg, x(0), y(share), x(1), y(share), 0.15);
      label(svg, x(share), bottom + 18, Math.round(100 * share), "middle");
      label(svg, left - 8, y(share) + 4, Math.round(100 * share), "end");
    }
    data.rules.forEach((rule, place) => {
      const points = node.curves[place].map((share, k) => [x(data.depths[k]), y(share)]);
      add(svg, "polyline", { points: points.join(" "), fill: "none", stroke: rule.colour, "stroke-width": 1.5 });
      points.filter((_, k) => (k + 3 * place) % 8 === 0).forEach(([a, b]) => mark(svg, rule, a, b));
      const [a, b] = [left + 8 + 180 * (place % 3), 14 + 20 * Math.floor(place / 3)];
      mark(svg, rule, a, b);
      label(svg, a + 10, b + 4, shortened(rule.name), "start");
    });
    label(svg, left, top + 8, "P(max drawdown > x) (% of paths)", "start");
    label(svg, (left + RIGHT) / 2, bottom + 40, "x: max drawdown (%)", "middle");
    return svg;
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  // A reset sets the sliders after its event.
  form.addEventListener("reset", () => setTimeout(show));
  form.hidden = false;
  form.reset();
})();
