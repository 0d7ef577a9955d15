import { plot } from '@observablehq/plot';
import { DOMParser } from 'linkedom';

const SVG = 'http://www.w3.org/2000/svg';
const HEAD = 74;

/** Readable on a light and on a dark page: the image has a background of its own. */
const STYLE = `
.chart { color: #1f2328 }
.background { fill: #ffffff; stroke: #d1d9e0 }
.halo { stroke: #ffffff; stroke-width: 5px; paint-order: stroke }
@media (prefers-color-scheme: dark) {
  .chart { color: #e6edf3 }
  .background { fill: #0d1117; stroke: #3d444d }
  .halo { stroke: #0d1117 }
}`;

/** The colors: both backgrounds leave enough contrast to them. */
export const COLORS = {
  library: '#2f81f7',
  baseline: '#8b949e',
  bad: '#e5534b',
  peers: ['#c2711c', '#2da44e', '#a475f9', '#d1578e'],
};

/**
 * A chart as an SVG file with a title, a subtitle and a description. The same figures give the same bytes.
 *
 * @param options the options of Plot; texts on lines have the class `halo`
 */
export function chart({ title, subtitle, description, isResult }, options) {
  const document = new DOMParser().parseFromString(
    `<svg xmlns="${SVG}"/>`,
    'image/svg+xml',
  );
  const svg = plot({
    document,
    width: 900,
    marginBottom: 58,
    style: { fontSize: '13px' },
    ...options,
    marginTop: HEAD + (options.marginTop ?? 0),
  });
  const element = (name, attributes, text = '') => {
    const created = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes))
      created.setAttribute(key, value);
    created.textContent = text;
    return created;
  };
  svg.setAttribute('xmlns', SVG);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-labelledby', 'title description');
  svg.setAttribute('class', `${svg.getAttribute('class')} chart`);
  svg.prepend(
    element('title', { id: 'title' }, title),
    element('desc', { id: 'description' }, description),
    element('style', {}, STYLE),
    element('rect', {
      class: 'background',
      x: '0.5',
      y: '0.5',
      width: String(svg.getAttribute('width') - 1),
      height: String(svg.getAttribute('height') - 1),
      rx: '6',
    }),
    text(element, 18, 28, title, { 'font-size': '17', 'font-weight': '600' }),
    text(
      element,
      18,
      49,
      isResult ? subtitle : `No result, but a quick run. ${subtitle}`,
      { 'fill-opacity': '0.75' },
    ),
  );
  return { title, svg: `${rounded(svg.outerHTML)}\n` };
}

const text = (element, x, y, content, attributes) =>
  element(
    'text',
    { x: String(x), y: String(y), 'text-anchor': 'start', ...attributes },
    content,
  );

/** The last digits of a logarithm differ among machines. */
const rounded = (svg) =>
  svg.replaceAll(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) =>
    String(Math.round(Number(number) * 100) / 100),
  );
