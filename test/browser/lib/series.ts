/** History that looks like a node's: a daily wave, noise, an incident, and hours in which nobody measured. */
import type { ApiCheck } from '../../../agent/http/contract.ts';
import type { ApiSeries } from '../../../agent/http/contract/history.ts';

type OneSeries = ApiSeries['series'][number];

const MAX_POINTS = 360;

export function historyOf(node: string, check: ApiCheck, fromMs: number, toMs: number): ApiSeries {
  const spanSeconds = (toMs - fromMs) / 1000;
  const resolution = spanSeconds > 3 * 86_400 ? '15m' : '1m';
  const stepSeconds = Math.max(resolution === '15m' ? 900 : 60, Math.round(spanSeconds / MAX_POINTS));
  return {
    series: check.readings.map((reading, index) => ({
      node,
      check: check.check,
      reading: reading.name,
      ...(reading.subject === undefined ? {} : { subject: reading.subject }),
      resolution,
      stepSeconds,
      ...columns(
        reading.value,
        index,
        reading.name.endsWith('_ratio') ? 1 : Infinity,
        fromMs / 1000,
        toMs / 1000,
        stepSeconds,
      ),
    })),
  };
}

function columns(
  value: number,
  seed: number,
  limit: number,
  from: number,
  to: number,
  step: number,
): Pick<OneSeries, 'times' | 'averages' | 'minima' | 'maxima'> {
  const cap = (figure: number): number => Math.min(limit, figure);
  const times: number[] = [];
  const averages: number[] = [];
  const minima: number[] = [];
  const maxima: number[] = [];
  for (let index = 0; from + index * step < to; index += 1) {
    const part = (index * step) / (to - from);
    // Nobody measured for a while: no points at all, as when the agent was down.
    if (part > 0.42 && part < 0.5) continue;
    const wave = 1 + 0.25 * Math.sin(part * 9 + seed) + 0.1 * noise(index + seed * 1000);
    const burst = part > 0.9 && seed === 0 ? 4 : 1;
    times.push(Math.round(from + index * step));
    averages.push(cap(value * wave * burst));
    minima.push(cap(value * wave * (0.7 + 0.1 * noise(index))));
    maxima.push(cap(value * wave * burst * (1.15 + 0.3 * Math.abs(noise(index + 7)))));
  }
  return { times, averages, minima, maxima };
}

/** -1 to 1, the same for the same index. */
function noise(index: number): number {
  const wave = Math.sin(index * 127.1) * 43_758.5453;
  return 2 * (wave - Math.floor(wave)) - 1;
}
