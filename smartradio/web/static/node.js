// Charts that tell the figure under the finger. Without this the drawn lines stand as they are.
"use strict";
(() => {
  const panel = document.querySelector("[data-series]");
  if (!panel || !window.uPlot) return;
  const zone = "Asia/Ho_Chi_Minh";
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const language = document.documentElement.lang;
  const when = new Intl.DateTimeFormat(language, { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", timeZone: zone });
  const figure = (value, unit) => `${value.toLocaleString(language, { maximumFractionDigits: 2 })} ${unit}`.trim();
  // Where nothing was measured the line breaks.
  const broken = (at, values) => {
    const steps = at.slice(1).map((s, i) => s - at[i]).sort((a, b) => a - b);
    const usual = steps[steps.length >> 1] || 300;
    const xs = [], ys = [];
    at.forEach((s, i) => {
      if (i && s - at[i - 1] > 2.5 * usual) { xs.push(at[i - 1] + usual); ys.push(null); }
      xs.push(s);
      ys.push(values[i]);
    });
    return [xs, ys];
  };
  const draw = (place, series) => {
    const values = series[place.dataset.figure];
    const old = place.querySelector("svg");
    if (!values || !old || series.at.length < 2) return;
    const bars = "bars" in place.dataset;
    const told = place.querySelector("figcaption strong");
    const usual = told.textContent;
    const axis = { stroke: css("--soft"), grid: { stroke: css("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const chart = new uPlot({
      width: old.clientWidth, height: 120, tzDate: (s) => uPlot.tzDate(new Date(s * 1000), zone), legend: { show: false },
      cursor: { drag: { x: true, y: false }, y: false },
      scales: { y: { range: (u, low, high) => {
        if (bars) return [0, Math.max(high, 1e-9) * 1.05];
        const half = Math.max(high - low, Number(place.dataset.least)) / 2, middle = (low + high) / 2;
        return [middle - half * 1.05, middle + half * 1.05];
      } } },
      axes: [{ ...axis, size: 24, space: 110, values: (u, splits) => splits.map((s) => when.format(s * 1000).replace(/[, ]+/g, " ")) }, { ...axis, size: 54 }],
      series: [{}, { stroke: css("--accent"), width: 2, fill: bars ? css("--accent") : undefined, points: { show: false },
        paths: bars ? uPlot.paths.bars({ size: [0.9, 40, 2] }) : undefined }],
      hooks: { setCursor: [(u) => {
        const at = u.cursor.idx, value = at == null ? null : u.data[1][at];
        told.textContent = value == null ? usual : `${figure(value, place.dataset.unit)} · ${when.format(u.data[0][at] * 1000)}`;
      }] },
    }, broken(series.at, values), place);
    old.replaceWith(chart.root);
  };
  fetch(panel.dataset.series).then((answer) => answer.ok ? answer.json() : null)
    .then((series) => { if (series) panel.querySelectorAll("[data-figure]").forEach((place) => draw(place, series)); })
    .catch(() => undefined); // the link is weak; the drawn lines stay
})();
