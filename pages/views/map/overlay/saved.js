// What a saved picture shows of the overlay: its labels as Plotly's annotations, its legend as Plotly's. Joined with overlay.js.

/** Return a text as Plotly writes it as it is, which reads tags, entities and formulas in it. */
function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\$/g, "&#36;")
}

/** Return labels, where they stand now over their points, as annotations of a flat chart or of a scene. */
function annotationsOf(labels, color, size) {
  return labels.map(({ text, point: [x, y, z], place, top, isFirst }) => ({
    x, y, ...(z === undefined ? {} : { z }),
    text: isFirst ? `<b>${escaped(text)}</b>` : escaped(text),
    showarrow: false,
    yanchor: top < place.y ? "bottom" : "top",
    yshift: top < place.y ? 4 : -4,
    font: { size, color },
    borderpad: 0,
  }))
}

/** Give a chart's layout what only the overlay draws, while `copy` runs: Plotly copies the layout at once. */
function withLabels(layout, annotations, { isSpace, hasLegend }) {
  const owner = isSpace ? layout.scene : layout
  const before = [owner.annotations, layout.showlegend]
  owner.annotations = [...(owner.annotations ?? []), ...annotations]
  layout.showlegend = hasLegend || layout.showlegend
  return () => {
    ;[owner.annotations, layout.showlegend] = before
  }
}
