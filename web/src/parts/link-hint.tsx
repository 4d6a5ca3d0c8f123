import type { ApiLink } from '../../../agent/http/contract.ts';
import { linkWords } from '../links.ts';
import { Icon } from './icon.tsx';
import { LinkFigures, linkSign } from './link-mark.tsx';
import { Instant } from './time.tsx';

interface LinkHintProps {
  readonly from: string;
  readonly to: string;
  readonly link: ApiLink | undefined;
}

/** What a cell of the matrix stands for. */
export function LinkHint({ from, to, link }: LinkHintProps) {
  if (link === undefined) return <p>{`${from} does not look at ${to}: they are no neighbours.`}</p>;
  const { word } = linkWords(link);
  return (
    <>
      <p class="hint-title">
        <strong>{from}</strong> sees <strong>{to}</strong>
      </p>
      <p class="hint-state">
        <Icon sign={linkSign(link)} />
        <strong>{link.stale === true ? `was ${word}` : word}</strong>
        <span>
          since <Instant at={link.since} />
        </span>
      </p>
      <p class="muted">
        <LinkFigures link={link} />
      </p>
      {link.stale === true ? <p class="muted">{`History: ${from} is not connected.`}</p> : null}
      {link.sampled === true ? <p class="muted">A single probe: the two are no neighbours.</p> : null}
    </>
  );
}
