/** One reading over time: a band from the smallest to the largest value, and the average as a line. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatReading, unitOf } from './format.ts';
import type { Columns, Span } from './series.ts';

export interface ChartData {
  readonly columns: Columns;
  /** Unix seconds: what the x axis spans, also where nothing was measured. */
  readonly window: Span;
  /** Shaded: the check had a problem then. */
  readonly problems: readonly Span[];
}

export interface Chart {
  update(data: ChartData): void;
  /** Reads the colours again, after a change of the theme. */
  recolour(): void;
  destroy(): void;
}

export interface ChartOptions {
  /** The name of the reading; it has the unit. */
  readonly reading: string;
  /** The index under the pointer, null when it left. */
  readonly onPoint: (index: number | null) => void;
}

const HEIGHT = 132;
/** Charts of a page move their pointers together. */
const SYNC = 'meerkat';

export function createChart(root: HTMLElement, options: ChartOptions): Chart {
  let problems: readonly Span[] = [];
  let window: Span = { from: 0, to: 1 };
  let colours = readColours(root);
  const plot = new uPlot(
    {
      width: Math.max(160, root.clientWidth),
      height: HEIGHT,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      cursor: { sync: { key: SYNC }, y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: true } },
      scales: {
        x: { time: true, range: (_, min, max) => rangeX(window, min, max) },
        y: { range: rangeY(options.reading) },
      },
      axes: [timeAxis(() => colours), valueAxis(options.reading, () => colours)],
      series: [
        {},
        { stroke: 'transparent', points: { show: false } },
        { stroke: 'transparent', points: { show: false } },
        { stroke: () => colours.line, width: 1.5, points: { show: false } },
      ],
      bands: [{ series: [1, 2], fill: () => colours.band }],
      hooks: {
        drawClear: [(u) => shade(u, problems, colours.problem)],
        setCursor: [(u) => options.onPoint(u.cursor.idx ?? null)],
      },
    },
    [[], [], [], []],
    root,
  );
  const resizing = new ResizeObserver(() => plot.setSize({ width: Math.max(160, root.clientWidth), height: HEIGHT }));
  resizing.observe(root);
  return {
    update(data) {
      ({ problems, window } = data);
      const { times, averages, minima, maxima } = data.columns;
      plot.setData([[...times], [...maxima], [...minima], [...averages]]);
    },
    recolour() {
      colours = readColours(root);
      plot.redraw();
    },
    destroy() {
      resizing.disconnect();
      plot.destroy();
    },
  };
}

interface Colours {
  readonly line: string;
  readonly band: string;
  readonly problem: string;
  readonly grid: string;
  readonly text: string;
}

/** A canvas knows no custom properties. These are registered as colours in the style sheet, so they come resolved. */
function readColours(root: HTMLElement): Colours {
  const style = getComputedStyle(root);
  const read = (name: string): string => style.getPropertyValue(`--chart-${name}`);
  return { line: read('line'), band: read('band'), problem: read('problem'), grid: read('grid'), text: read('text') };
}

/** The whole window, unless the operator zoomed in: a zoom lies inside the window and is narrower. */
function rangeX(window: Span, min: number | null, max: number | null): uPlot.Range.MinMax {
  const isZoom = min !== null && max !== null && min > window.from && max < window.to && max - min > 1;
  return isZoom && (max - min) / (window.to - window.from) < 0.999 ? [min, max] : [window.from, window.to];
}

/** From zero, so that a small change looks small; counters, which only grow, and signed values are shown as they are. */
const rangeY =
  (reading: string): uPlot.Range.Function =>
  (_, min, max) => {
    if (min === null || max === null) return [0, 1];
    const isFree = reading.endsWith('_total') || min < 0;
    const low = isFree ? min : 0;
    const pad = (max - low) * 0.08 || Math.abs(max) * 0.1 || 1;
    return [isFree ? low - pad : 0, max + pad];
  };

const FONT = '11px system-ui, sans-serif';

function timeAxis(colours: () => Colours): uPlot.Axis {
  return {
    stroke: () => colours().text,
    font: FONT,
    grid: { stroke: () => colours().grid, width: 1 },
    ticks: { show: false },
    size: 24,
    gap: 4,
    space: 56,
    values: [
      [86_400, '{MM}-{DD}', null, null, null, null, null, null, 1],
      [3600, '{HH}:{mm}', '\n{MM}-{DD}', null, null, null, null, null, 0],
      [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
      [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
    ],
  };
}

const SECOND_STEPS = [
  60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 864_000, 2_592_000, 8_640_000,
];

/** Round steps in the unit that is shown: powers of two for bytes, minutes and hours for long durations. */
function stepsOf(reading: string): number[] {
  const decimal = Array.from({ length: 18 }, (_, power) =>
    [1, 2, 2.5, 5].map((step) => step * 10 ** (power - 9)),
  ).flat();
  switch (unitOf(reading)) {
    case 'bytes':
      return Array.from({ length: 50 }, (_, power) => 2 ** power);
    case 'seconds':
      return [...decimal.filter((step) => step < 60), ...SECOND_STEPS];
    default:
      return decimal;
  }
}

function valueAxis(reading: string, colours: () => Colours): uPlot.Axis {
  return {
    stroke: () => colours().text,
    font: FONT,
    grid: { stroke: () => colours().grid, width: 1 },
    ticks: { show: false },
    size: 68,
    gap: 6,
    space: 28,
    incrs: stepsOf(reading),
    values: (_, splits) => splits.map((value) => formatReading(reading, value)),
  };
}

function shade(plot: uPlot, spans: readonly Span[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colour;
  for (const span of spans) {
    const left = Math.max(bbox.left, plot.valToPos(span.from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(span.to, 'x', true));
    // A short problem is still to be seen.
    if (right >= bbox.left && left <= bbox.left + bbox.width) {
      ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    }
  }
  ctx.restore();
}
