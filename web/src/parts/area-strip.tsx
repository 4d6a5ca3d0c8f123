import type { ApiFinding } from '../../../agent/http/contract.ts';
import type { ApiArea } from '../../../agent/http/contract/overview.ts';
import { useApp } from '../app.ts';
import { words } from '../words/words.ts';
import { focusFinding } from './finding-focus.ts';
import { Icon } from './icon.tsx';
import type { Sign } from './shapes.ts';

/** Control plane, workers, network, DNS: where it is broken and where not, at a glance. Of an earlier time nobody says. */
export function AreaStrip() {
  const { state } = useApp();
  const status = state.shown.value?.value;
  if (status?.areas === undefined) return null;
  return (
    <ul class="areas" aria-label={words().areas.label}>
      {status.areas.map((area) => (
        <Area key={area.area} area={area} findings={status.findings} isCurrent={state.current.value} />
      ))}
    </ul>
  );
}

interface AreaProps {
  readonly area: ApiArea;
  readonly findings: readonly ApiFinding[];
  readonly isCurrent: boolean;
}

/** What is not current is said to have been so, and looks as what is not known. */
function Area({ area, findings, isCurrent }: AreaProps) {
  const { areas } = words();
  const sign = signOf(area, findings);
  const word = areas.status[area.status];
  const [first] = area.findings;
  return (
    <li class={`area area-${isCurrent ? sign : 'unknown'}`}>
      <Icon sign={sign} />
      <div>
        <p>
          <strong class="area-name">{areas.name[area.area]}</strong>{' '}
          <span class={`word word-${sign}`}>{isCurrent ? word : areas.was(word)}</span>
        </p>
        <p class="area-note">
          {first === undefined ? null : (
            <button type="button" class="button-link" onClick={() => focusFinding(first)}>
              {areas.findings(area.findings.length)}
            </button>
          )}
          <span>{noteOf(area)}</span>
        </p>
      </div>
    </li>
  );
}

function noteOf({ status, looked, of }: ApiArea): string {
  const { areas } = words();
  if (of === 0) return status === 'absent' ? areas.nothing : '';
  return looked === 0 ? areas.nobody : areas.looked(looked, of);
}

/** A problem by the gravest of its findings. */
function signOf({ status, findings: ids }: ApiArea, findings: readonly ApiFinding[]): Sign {
  if (status !== 'problem') return status;
  return findings.some(({ id, severity }) => severity === 'critical' && ids.includes(id)) ? 'critical' : 'warning';
}
