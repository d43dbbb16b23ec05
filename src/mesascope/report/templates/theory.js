"use strict";
// The same closed forms as mesascope.theory, for the four built-in costs.
const start = {{ start }};
const element = (id) => document.getElementById(id);
const logarithmic = { a: true, b: true, c: true, P: true, N: true, k: false };
const used = { linear: ["a"], fixed: ["a", "c"], power: ["a", "k"], exponential: ["a", "b"] };

function read() {
  const values = { form: element("form").value };
  for (const [name, log] of Object.entries(logarithmic)) {
    const raw = Number(element(name).value);
    values[name] = log ? 10 ** raw : raw;
  }
  return values;
}

function better(P, N, first, second, cost) {
  const total = (x) => (P - cost(x)) / N + x;
  return total(second) > total(first) ? second : first;
}

function optimum(v, P, N) {
  if (v.form === "linear") return N > v.a ? P / v.a : 0;
  if (v.form === "fixed") {
    if (P <= v.c) return 0;
    return better(P, N, 0, (P - v.c) / v.a, (x) => (x > 0 ? v.c + v.a * x : 0));
  }
  if (v.form === "exponential") {
    const most = Math.log1p(P / v.a) / v.b;
    return Math.min(Math.max(Math.log(N / (v.a * v.b)) / v.b, 0), most);
  }
  const most = (P / v.a) ** (1 / v.k);
  if (v.k > 1) return Math.min((N / (v.a * v.k)) ** (1 / (v.k - 1)), most);
  return better(P, N, 0, most, (x) => v.a * x ** v.k);
}

function cost(v, x) {
  if (x === 0) return 0;
  if (v.form === "linear") return v.a * x;
  if (v.form === "fixed") return v.c + v.a * x;
  if (v.form === "power") return v.a * x ** v.k;
  return v.a * Math.expm1(v.b * x);
}

function allocation(v, P, N) {
  const x = optimum(v, P, N);
  const tuned = Math.max(P - cost(v, x), 0) / N;
  return { x, tuned, total: x + tuned, share: x + tuned > 0 ? x / (x + tuned) : 0 };
}

const LEFT = 90, BOTTOM = 80, TOP = 50, OCTAVES = 6;
const COLORS = { x: "#d1495b", tuned: "#1f5fa8", total: "#444" };

function frame(canvas, title, yLabel) {
  const pen = canvas.getContext("2d");
  const box = { left: LEFT, top: TOP, width: canvas.width - LEFT - 30, height: canvas.height - TOP - BOTTOM };
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#222";
  pen.font = "26px sans-serif";
  pen.textAlign = "left";
  pen.fillText(title, LEFT, 32);
  pen.textAlign = "center";
  pen.fillText("N, distinct instances", box.left + box.width / 2, canvas.height - 16);
  pen.save();
  pen.translate(26, box.top + box.height / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(yLabel, 0, 0);
  pen.restore();
  pen.font = "20px sans-serif";
  for (let power = 0; power <= OCTAVES; power++) {
    pen.fillText("10" + "⁰¹²³⁴⁵⁶"[power], box.left + (box.width * power) / OCTAVES, box.top + box.height + 26);
  }
  return { pen, box };
}

function tick(pen, box, share, text) {
  pen.textAlign = "right";
  pen.fillText(text, box.left - 8, box.top + box.height * (1 - share) + 7);
}

function drawCurves(v) {
  const { pen, box } = frame(element("curves"), "Bits per instance", "bits (logarithmic)");
  const points = Array.from({ length: 400 }, (_, i) => {
    const exponent = (OCTAVES * i) / 399;
    return { exponent, ...allocation(v, v.P, 10 ** exponent) };
  });
  const highest = Math.log10(Math.max(...points.map((point) => point.total), 1e-6));
  const lowest = highest - 7;
  const y = (value) => box.top + box.height * (1 - Math.max(Math.log10(Math.max(value, 1e-300)) - lowest, 0) / 7.2);
  for (let power = Math.ceil(lowest); power <= highest; power++) {
    tick(pen, box, (power - lowest) / 7.2, power >= 0 && power < 5 ? String(10 ** power) : "1e" + power);
  }
  let line = 0;
  for (const [name, color] of Object.entries(COLORS)) {
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = name === "total" ? 3 : 6;
    pen.setLineDash(name === "total" ? [10, 8] : []);
    pen.beginPath();
    points.forEach((point, i) => {
      const at = [box.left + (box.width * point.exponent) / OCTAVES, y(point[name])];
      if (i === 0) pen.moveTo(...at);
      else pen.lineTo(...at);
    });
    pen.stroke();
    pen.setLineDash([]);
    pen.textAlign = "left";
    pen.fillText({ x: "run-time x*", tuned: "tuned", total: "total" }[name], box.left + box.width - 150, box.top + 24 + 26 * line++);
  }
  const here = box.left + (box.width * Math.log10(v.N)) / OCTAVES;
  pen.strokeStyle = "#999";
  pen.lineWidth = 2;
  pen.strokeRect(here, box.top, 0, box.height);
}

function drawPhases(v) {
  const canvas = element("phases");
  const { pen, box } = frame(canvas, "Share of run-time bits", "P, bits");
  const columns = 120, rows = 90;
  const shares = [];
  for (let row = 0; row < rows; row++) {
    const P = 10 ** ((OCTAVES * (row + 0.5)) / rows);
    shares.push(Array.from({ length: columns }, (_, i) => allocation(v, P, 10 ** ((OCTAVES * (i + 0.5)) / columns)).share));
  }
  const wide = box.width / columns, high = box.height / rows;
  shares.forEach((line, row) => line.forEach((share, column) => {
    pen.fillStyle = shade(share);
    pen.fillRect(box.left + column * wide, box.top + box.height - (row + 1) * high, wide + 1, high + 1);
  }));
  pen.strokeStyle = "#111";
  pen.lineWidth = 4;
  pen.beginPath();
  shares.forEach((line, row) => {
    const half = line.findIndex((share) => share > 0.5);
    if (half >= 0) pen.lineTo(box.left + half * wide, box.top + box.height - (row + 0.5) * high);
  });
  pen.stroke();
  pen.fillStyle = "#222";
  pen.font = "20px sans-serif";
  for (let power = 0; power <= OCTAVES; power++) tick(pen, box, power / OCTAVES, "10" + "⁰¹²³⁴⁵⁶"[power]);
  name(pen, box, shares, (share) => share < 0.05, "tuned");
  name(pen, box, shares, (share) => share > 0.95, "run-time");
  const x = box.left + (box.width * Math.log10(v.N)) / OCTAVES;
  const y = box.top + box.height * (1 - Math.log10(v.P) / OCTAVES);
  pen.strokeStyle = "#fff";
  pen.lineWidth = 5;
  pen.beginPath();
  pen.arc(x, y, 11, 0, 7);
  pen.stroke();
}

// Blue where all is tuned, white between, red where all is done at run time.
function shade(share) {
  const end = share < 0.5 ? [86, 133, 190] : [209, 73, 91];
  const depth = Math.abs(share - 0.5) * 2;
  return `rgb(${end.map((part) => Math.round(247 + (part - 247) * depth)).join(" ")})`;
}

// Writes a region's name in its middle, if it is large enough to hold it.
function name(pen, box, shares, inside, text) {
  let count = 0, right = 0, up = 0;
  shares.forEach((line, row) => line.forEach((share, column) => {
    if (inside(share)) { count++; right += column; up += row; }
  }));
  if (count < 400) return;
  pen.textAlign = "center";
  pen.font = "28px sans-serif";
  pen.fillText(text, box.left + (box.width * right) / count / shares[0].length, box.top + box.height * (1 - up / count / shares.length));
}

function show(value) {
  if (value === 0) return "0";
  return Math.abs(value) >= 1e4 || Math.abs(value) < 1e-2 ? value.toExponential(2) : value.toPrecision(4);
}

function draw() {
  const v = read();
  for (const id of Object.keys(logarithmic)) {
    const slider = element(id);
    slider.nextElementSibling.textContent = show(v[id]);
    slider.disabled = !["P", "N", ...used[v.form]].includes(id);
  }
  const found = allocation(v, v.P, v.N);
  element("now").textContent =
    `run-time x* = ${show(found.x)} bits, tuned ${show(found.tuned)}, total ${show(found.total)}: ` +
    `${(100 * found.share).toFixed(1)}% at run time`;
  drawCurves(v);
  drawPhases(v);
}

function goTo(event) {
  const canvas = element("phases"), area = canvas.getBoundingClientRect();
  const across = ((event.clientX - area.left) * canvas.width) / area.width;
  const down = ((event.clientY - area.top) * canvas.height) / area.height;
  const width = canvas.width - LEFT - 30, height = canvas.height - TOP - BOTTOM;
  element("N").value = Math.min(Math.max(((across - LEFT) / width) * OCTAVES, 0), OCTAVES);
  element("P").value = Math.min(Math.max((1 - (down - TOP) / height) * OCTAVES, 0), OCTAVES);
  draw();
}

for (const [id, value] of Object.entries(start)) element(id).value = logarithmic[id] ? Math.log10(value) : value;
for (const control of document.querySelectorAll("input, select")) control.addEventListener("input", draw);
element("phases").addEventListener("pointerdown", goTo);
element("phases").addEventListener("pointermove", (event) => { if (event.buttons) goTo(event); });
draw();
