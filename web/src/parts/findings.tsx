import type { ApiStatus } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { type FindingGroup, groupFindings, ticketText } from '../ticket.ts';
import { words } from '../words/words.ts';
import { CopyButton } from './copy-button.tsx';
import { FindingBody, FindingHead, hasBody } from './finding-parts.tsx';

/** The first of them show their evidence at once; the rest on demand. */
const SHOWN_OPEN = 3;

/** Causes with what each of them explains. */
export function Findings() {
  const { state } = useApp();
  const { findings: text } = words();
  const status = state.shown.value?.value;
  if (status === undefined || status.findings.length === 0) return null;
  const groups = groupFindings(status.findings);
  const title = !groups.some(isSerious) ? text.worthKnowing : status.past === undefined ? text.wrong : text.wrongThen;
  const leftOut = status.past?.leftOut ?? 0;
  return (
    <section class="panel" aria-labelledby="findings-title">
      <div class="panel-head">
        <h2 id="findings-title">{title}</h2>
        <p class="muted">{countWords(status, groups)}</p>
        <span class="panel-tools">
          <CopyButton text={() => textNow(status)} label={text.copyText} />
          <CopyButton text={() => `${JSON.stringify(status, undefined, 2)}\n`} label={text.copyJson} />
        </span>
      </div>
      <ol class="findings">
        {groups.map((group, index) => (
          <Cause key={group.cause.id} group={group} place={index + 1} open={index < SHOWN_OPEN && isSerious(group)} />
        ))}
      </ol>
      {leftOut === 0 ? null : <p class="muted">{text.leftOut(leftOut)}</p>}
    </section>
  );

  function textNow(shown: ApiStatus): string {
    const isStale = state.at.peek() === undefined && !state.current.peek();
    return ticketText(shown, isStale ? state.asOf.peek() : undefined);
  }
}

const isSerious = ({ cause }: FindingGroup): boolean => cause.severity !== 'info';

function countWords({ findings }: ApiStatus, groups: readonly FindingGroup[]): string {
  const { count, comma } = words();
  const causes = groups.filter(isSerious).length;
  const counts = [
    { many: causes, text: count.causes },
    { many: findings.length - groups.length, text: count.consequences },
    { many: groups.length - causes, text: count.notes },
  ];
  return counts
    .filter(({ many }) => many > 0)
    .map(({ many, text }) => text(many))
    .join(comma);
}

interface CauseProps {
  readonly group: FindingGroup;
  /** As the timeline calls it. */
  readonly place: number;
  readonly open: boolean;
}

function Cause({ group: { cause, consequences }, place, open }: CauseProps) {
  const { findings: text } = words();
  return (
    <li class={`finding finding-${cause.severity}`} data-finding={cause.id} tabIndex={-1}>
      <FindingHead finding={cause} place={place} />
      {hasBody(cause) ? (
        <details class="fold" open={open}>
          <summary>{text.body}</summary>
          <FindingBody finding={cause} />
        </details>
      ) : null}
      {consequences.length === 0 ? null : (
        <details class="fold">
          <summary>{text.consequences(consequences.length)}</summary>
          <ul class="consequences">
            {consequences.map((finding) => (
              <li
                key={finding.id}
                class={`finding finding-${finding.severity}`}
                data-finding={finding.id}
                tabIndex={-1}
              >
                <FindingHead finding={finding} />
                {hasBody(finding) ? <FindingBody finding={finding} /> : null}
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}
