// Charts that tell the figure under the finger. Without this the drawn lines stand as they are.
"use strict";
(() => {
  const panel = document.querySelector("[data-series]");
  if (!panel || !window.uPlot) return;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const language = document.documentElement.lang;
  const when = new Intl.DateTimeFormat(language, { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
  const local = (s) => uPlot.tzDate(new Date(s * 1000), "Asia/Ho_Chi_Minh");
  const figure = (value, unit) => value == null ? "—" : `${value.toLocaleString(language, { maximumFractionDigits: 2 })} ${unit}`.trim();
  const draw = (place, series) => {
    const values = series[place.dataset.figure];
    const old = place.querySelector("svg");
    if (!values || !old || series.at.length < 2) return;
    const bars = "bars" in place.dataset;
    const name = place.querySelector("figcaption span").textContent;
    const axis = { stroke: css("--soft"), grid: { stroke: css("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const chart = new uPlot({
      width: old.clientWidth, height: 130, tzDate: local, cursor: { drag: { x: true, y: false } }, legend: { live: true },
      axes: [{ ...axis, size: 26, values: (u, splits) => splits.map((s) => when.format(s * 1000).replace(/[, ]+/g, " ")), space: 110 }, { ...axis, size: 48 }],
      series: [
        { label: "", value: (u, s) => s == null ? "" : when.format(s * 1000) },
        { label: name, stroke: css("--accent"), width: 2, fill: bars ? css("--tint") : undefined, value: (u, v) => figure(v, place.dataset.unit),
          paths: bars ? uPlot.paths.bars({ size: [0.9, 40] }) : undefined, points: { show: false } },
      ],
    }, [series.at, values], place);
    old.replaceWith(chart.root);
  };
  const all = () => fetch(panel.dataset.series).then((answer) => answer.ok ? answer.json() : null)
    .then((series) => { if (series) panel.querySelectorAll("[data-figure]").forEach((place) => draw(place, series)); })
    .catch(() => undefined); // the link is weak; the drawn lines stay
  all();
})();
