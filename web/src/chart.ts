/** One reading over time: a band from the smallest to the largest value, and the average as a line. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatClock, formatDay, formatReading, unitOf } from './format.ts';
import { type Columns, lonePoints, type Mark, type Span } from './series.ts';

export interface ChartData {
  readonly columns: Columns;
  /** Unix seconds: what the x axis spans, also where nothing was measured. */
  readonly window: Span;
  /** Shaded: the check had a problem then. */
  readonly problems: readonly Span[];
  /** What happened meanwhile. */
  readonly marks: readonly Mark[];
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
  /** A part was dragged over, Unix seconds. */
  readonly onZoom: (span: Span) => void;
}

const HEIGHT = 132;
/** Charts of a page move their pointers together. */
const SYNC = 'meerkat';

export function createChart(root: HTMLElement, options: ChartOptions): Chart {
  const drawn: Drawn = { problems: [], marks: [], window: { from: 0, to: 1 }, colours: readColours(root) };
  const plot = new uPlot(plotOptions(widthOf(root), options, drawn), [[], [], [], []], root);
  const resizing = new ResizeObserver(() => plot.setSize({ width: widthOf(root), height: HEIGHT }));
  resizing.observe(root);
  return {
    update({ columns: { times, averages, minima, maxima }, window, problems, marks }) {
      Object.assign(drawn, { window, problems, marks });
      plot.setData([[...times], [...maxima], [...minima], [...averages]]);
    },
    recolour() {
      drawn.colours = readColours(root);
      plot.redraw();
    },
    destroy() {
      resizing.disconnect();
      plot.destroy();
    },
  };
}

/** What uPlot asks for while it draws, besides the data. */
interface Drawn {
  problems: readonly Span[];
  marks: readonly Mark[];
  window: Span;
  colours: Colours;
}

const MIN_WIDTH = 160;
const widthOf = (root: HTMLElement): number => Math.max(MIN_WIDTH, root.clientWidth);

/** Series: time, largest, smallest, average. */
function plotOptions(width: number, { reading, onPoint, onZoom }: ChartOptions, drawn: Drawn): uPlot.Options {
  const hidden: uPlot.Series = { stroke: 'transparent', points: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: { sync: { key: SYNC }, y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false } },
    scales: {
      // What is zoomed into is asked for anew, with more points than are here.
      x: { time: true, range: () => [drawn.window.from, drawn.window.to] },
      y: { range: rangeY(reading) },
    },
    axes: [timeAxis(drawn), valueAxis(reading, drawn)],
    series: [{}, hidden, hidden, averageLine(drawn)],
    bands: [{ series: [1, 2], fill: () => drawn.colours.band }],
    hooks: {
      drawClear: [(plot) => shade(plot, drawn)],
      draw: [(plot) => mark(plot, drawn)],
      setSelect: [(plot) => zoom(plot, onZoom)],
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)],
    },
  };
}

const averageLine = (drawn: Drawn): uPlot.Series => ({
  stroke: () => drawn.colours.line,
  width: 1.5,
  // A line needs two points: one alone is drawn as a dot, else it would look like a gap.
  points: { show: true, size: 4, fill: () => drawn.colours.line, filter: (plot) => lonePoints(plot.data[3] ?? []) },
});

interface Colours {
  readonly line: string;
  readonly band: string;
  readonly problem: string;
  readonly bad: string;
  readonly good: string;
  readonly other: string;
  readonly grid: string;
  readonly text: string;
}

/** A canvas knows no custom properties. These are registered as colours in the style sheet, so they come resolved. */
function readColours(root: HTMLElement): Colours {
  const style = getComputedStyle(root);
  const read = (name: string): string => style.getPropertyValue(`--chart-${name}`);
  return {
    line: read('line'),
    band: read('band'),
    problem: read('problem'),
    bad: read('bad'),
    good: read('good'),
    other: read('text'),
    grid: read('grid'),
    text: read('text'),
  };
}

/** Less was a click. Pixels. */
const LEAST_DRAG = 8;

function zoom(plot: uPlot, onZoom: (span: Span) => void): void {
  const { left, width } = plot.select;
  if (width < LEAST_DRAG) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom({ from: plot.posToVal(left, 'x'), to: plot.posToVal(left + width, 'x') });
}

/** From zero, so that a small change looks small; counters, which only grow, and signed values are shown as they are. */
const rangeY =
  (reading: string): uPlot.Range.Function =>
  (_, min, max) => {
    if (min === null || max === null) return [0, 1];
    const isFree = reading.endsWith('_total') || min < 0;
    const low = isFree ? min : 0;
    const pad = (max - low) * 0.08 || Math.abs(max) * 0.1 || 1;
    // A part of a whole does not go beyond it.
    const high = unitOf(reading) === 'ratio' && max <= 1 ? Math.min(1, max + pad) : max + pad;
    return [isFree ? low - pad : 0, high];
  };

const FONT = '11px system-ui, sans-serif';

function timeAxis(drawn: Drawn): uPlot.Axis {
  return {
    stroke: () => drawn.colours.text,
    font: FONT,
    grid: { stroke: () => drawn.colours.grid, width: 1 },
    ticks: { show: false },
    size: 24,
    gap: 4,
    space: 56,
    values: (_, splits, __, ___, step) => splits.map((at) => timeLabel(at * 1000, step)),
  };
}

/** The time of day; the date at midnight. */
function timeLabel(at: number, stepSeconds: number): string {
  const clock = formatClock(at);
  if (clock === '00:00:00' || stepSeconds >= 86_400) return formatDay(at).slice(5);
  return stepSeconds < 60 ? clock : clock.slice(0, 5);
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

function valueAxis(reading: string, drawn: Drawn): uPlot.Axis {
  return {
    stroke: () => drawn.colours.text,
    font: FONT,
    grid: { stroke: () => drawn.colours.grid, width: 1 },
    ticks: { show: false },
    size: 68,
    gap: 6,
    space: 28,
    incrs: stepsOf(reading),
    values: (_, splits) => splits.map((value) => (value === 0 ? '0' : formatReading(reading, value))),
  };
}

function shade(plot: uPlot, { problems, colours }: Drawn): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colours.problem;
  for (const span of problems) {
    const left = Math.max(bbox.left, plot.valToPos(span.from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(span.to, 'x', true));
    // A short problem is still to be seen.
    if (right >= bbox.left && left <= bbox.left + bbox.width) {
      ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    }
  }
  ctx.restore();
}

/** A dashed line for what happened, with a head that tells by its shape: down for bad news, up for good, else flat. */
function mark(plot: uPlot, { marks, colours }: Drawn): void {
  const { ctx, bbox } = plot;
  const unit = devicePixelRatio;
  const [size, bottom] = [4 * unit, bbox.top + bbox.height];
  ctx.save();
  ctx.lineWidth = unit;
  for (const { at, kind } of marks) {
    const x = plot.valToPos(at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colours[kind];
    ctx.fillStyle = colours[kind];
    ctx.setLineDash([3 * unit, 3 * unit]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    const [base, tip] =
      kind === 'good' ? [bbox.top + size, bbox.top] : [bbox.top, bbox.top + (kind === 'bad' ? size : size / 2)];
    ctx.beginPath();
    ctx.moveTo(x - size, base);
    ctx.lineTo(x + size, base);
    ctx.lineTo(x, tip);
    ctx.fill();
  }
  ctx.restore();
}
