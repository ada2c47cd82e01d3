// The loss curve: an SVG that is drawn anew with every step.

const HEIGHT = 240, LEFT = 44, RIGHT = 12, TOP = 12, BOTTOM = 30;

/** Draws losses (bits per token) of the steps so far; the axis reaches to the last step that is planned. */
export function drawLosses(svg, losses, total) {
  if (!svg.hasChildNodes()) svg.append(node('g', {})); // an empty one is not shown and has no width
  const width = svg.clientWidth || 640;
  svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
  const top = niceCeiling(Math.max(...losses, 1));
  const x = step => LEFT + (width - LEFT - RIGHT) * (total > 1 ? (step - 1) / (total - 1) : 0);
  const y = value => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value / top);
  const parts = [];
  for (let i = 0; i <= 4; i++) {
    const value = top * i / 4;
    parts.push(node('line', { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value), class: i ? 'grid' : 'axis' }));
    parts.push(node('text', { x: LEFT - 8, y: y(value) + 4, 'text-anchor': 'end' }, trim(value)));
  }
  for (const step of new Set([1, Math.ceil(total / 2), total]))
    parts.push(node('text', { x: x(step), y: HEIGHT - 8, 'text-anchor': step === total && total > 1 ? 'end' : step === 1 ? 'start' : 'middle' }, step === 1 ? 'step 1' : String(step)));
  const points = losses.map((loss, i) => `${x(i + 1).toFixed(1)},${y(loss).toFixed(1)}`);
  if (points.length > 1) parts.push(node('polyline', { points: points.join(' '), class: 'curve' }));
  if (points.length) {
    const [cx, cy] = points.at(-1).split(',');
    parts.push(node('circle', { cx, cy, r: 4, class: 'now' }));
  }
  svg.replaceChildren(...parts);
}

function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 4, 6, 8, 10].find(factor => factor * power >= value);
}

const trim = value => String(Number(value.toFixed(2)));

function node(name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}
