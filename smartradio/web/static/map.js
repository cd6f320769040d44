// The map that can be moved and made larger. Without this the drawn one stands as it is.
"use strict";
(() => {
  const place = document.getElementById("map");
  if (!place || !window.L) return;
  const shapes = { offline: '<rect x="1" y="1" width="18" height="18" rx="4"/><path d="M6 6l8 8M14 6l-8 8"/>',
    faulty: '<path class="solid" d="M10 .7L19.3 10 10 19.3.7 10z"/><path d="M10 5.8v5.2M10 14v.2"/>',
    watch: '<path class="solid" d="M10 1.4L19.4 18H.6z"/><path d="M10 7.5v4.6M10 15v.2"/>',
    new: '<circle cx="10" cy="10" r="8.5" class="hollow dashed"/>',
    fine: '<circle cx="10" cy="10" r="9"/><path d="M6 10.3l2.7 2.7L14 7.2"/>' };
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const json = (path) => fetch(path).then((answer) => { if (!answer.ok) throw new Error(path); return answer.json(); });
  const sign = (condition) => L.divIcon({ className: `map-sign condition-${condition}`, iconSize: [44, 44], iconAnchor: [13, 13],
    html: `<svg class="sign" viewBox="0 0 20 20" aria-hidden="true">${shapes[condition] || shapes.new}</svg>` });
  const said = (node) => {
    const link = document.createElement("a");
    link.href = `/nodes/${node.name}`;
    link.textContent = node.title;
    const box = document.createElement("p");
    box.append(link, document.createElement("br"), node.says);
    return box;
  };
  const escaped = (text) => { const span = document.createElement("span"); span.textContent = text; return span; };
  const begin = ([shapesOf, nodes]) => {
    const drawn = place.querySelector("[data-live]");
    const map = L.map(place, { attributionControl: false, zoomControl: false, zoomSnap: 0.25, minZoom: 8, maxZoom: 19 });
    L.control.zoom({ zoomInTitle: place.dataset.closer, zoomOutTitle: place.dataset.farther }).addTo(map);
    const titles = [];
    const lines = L.geoJSON(shapesOf, {
      style: (feature) => feature.geometry.type === "Polygon" ? { color: css("--edge"), weight: 1.5, fillColor: css("--tint"), fillOpacity: 1 }
        : { color: css("--rail"), weight: 4, fill: false },
      pointToLayer: (feature, at) => L.circleMarker(at, { radius: 3, color: css("--edge") }),
      onEachFeature: (feature, layer) => {
        const box = layer.getBounds ? layer.getBounds() : layer.getLatLng().toBounds(1);
        // Above the middle, where a hamlet's pole often stands.
        const at = [box.getNorth() - 0.28 * (box.getNorth() - box.getSouth()), box.getCenter().lng];
        if (feature.properties.name) titles.push(L.tooltip({ permanent: true, direction: "center", className: "map-title" }).setLatLng(at).setContent(escaped(feature.properties.name)));
      },
    }).addTo(map);
    titles.forEach((title) => title.addTo(map));
    const marks = L.featureGroup().addTo(map);
    const put = (rows) => {
      marks.clearLayers();
      for (const node of rows) {
        L.marker([node.lat, node.lon], { icon: sign(node.condition), title: `${node.title}: ${node.says}`, alt: `${node.title}: ${node.says}` })
          .bindPopup(said(node)).addTo(marks);
      }
    };
    put(nodes);
    const bounds = lines.getBounds().isValid() ? lines.getBounds() : marks.getBounds();
    map.fitBounds(bounds.pad(0.08));
    const form = document.querySelector("#placing form");
    const here = L.circleMarker([0, 0], { radius: 9, color: css("--accent"), weight: 3, fill: false });
    if (form) map.on("click", ({ latlng }) => {
      form.lat.value = latlng.lat.toFixed(6);
      form.lon.value = latlng.lng.toFixed(6);
      here.setLatLng(latlng).addTo(map);
    });
    if (drawn) drawn.addEventListener("live", () => json(place.dataset.nodes).then(put).catch(() => undefined));
  };
  Promise.all([json(place.dataset.shapes), json(place.dataset.nodes)]).then(begin).catch(() => undefined); // the drawn map stays
})();
