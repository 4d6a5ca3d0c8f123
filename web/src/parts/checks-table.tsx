import type { ComponentChildren } from 'preact';
import type { ApiCheck } from '../../../agent/http/contract.ts';
import { useApp } from '../app.ts';
import { catalogueOf, explanationOf, headlineOf, lookOf, sortChecks, stateOf } from '../checks.ts';
import { formatReading, formatTook, readingWords } from '../format.ts';
import { checkAddress } from '../route.ts';
import { Icon } from './icon.tsx';
import { Age, Instant, Lasting } from './time.tsx';

interface ChecksTableProps {
  readonly node: string;
  readonly checks: readonly ApiCheck[];
  readonly receivedAt: number;
  /** The report is history: nothing in it is said to be so now. */
  readonly isPast: boolean;
}

/**
 * A row for each check. The roles are stated because a narrow page lays the rows out as blocks, and a browser forgets
 * that they are a table then.
 */
export function ChecksTable({ node, checks, receivedAt, isPast }: ChecksTableProps) {
  return (
    <table class={isPast ? 'checks history' : 'checks'} role="table" aria-label={`Checks of ${node}`}>
      <thead role="rowgroup">
        <tr role="row">
          <Column name="State" />
          <Column name="Check" />
          <Column name="What it saw" />
          <Column name="Since" />
          <Column name="Age" />
          <Column name="Took" />
        </tr>
      </thead>
      <tbody role="rowgroup">
        {sortChecks(checks).map((check) => (
          <CheckRow key={check.check} node={node} check={check} receivedAt={receivedAt} isPast={isPast} />
        ))}
      </tbody>
    </table>
  );
}

const Column = ({ name }: { readonly name: string }) => (
  <th role="columnheader" scope="col" class={`col-${name === 'What it saw' ? 'what' : name.toLowerCase()}`}>
    {name}
  </th>
);

const Cell = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <td role="cell" class={`col-${name}`}>
    {children}
  </td>
);

interface CheckRowProps {
  readonly node: string;
  readonly check: ApiCheck;
  readonly receivedAt: number;
  readonly isPast: boolean;
}

function CheckRow({ node, check, receivedAt, isPast }: CheckRowProps) {
  const look = lookOf(check);
  // Where something is to be explained, the instant belongs to it.
  const showsInstant = look !== 'ok' && look !== 'absent' && check.ageSeconds !== null;
  return (
    <tr role="row" class={`check check-${look}`}>
      <Cell name="state">
        <StateMark check={check} isPast={isPast} />
      </Cell>
      <th role="rowheader" scope="row" class="col-check">
        <a class="check-link" href={checkAddress(node, check.check)}>
          {check.title}
        </a>
      </th>
      <Cell name="what">
        <WhatItSaw check={check} />
      </Cell>
      <Cell name="since">
        <Lasting since={check.since} />
        {showsInstant ? (
          <span class="since-at">
            <Instant at={check.since} />
          </span>
        ) : null}
      </Cell>
      <Cell name="age">
        <Age seconds={check.ageSeconds} receivedAt={receivedAt} />
      </Cell>
      <Cell name="took">
        {check.durationSeconds === null ? null : <span class="number">{formatTook(check.durationSeconds)}</span>}
      </Cell>
    </tr>
  );
}

/** Shape and word of a check's state. */
export function StateMark({ check, isPast }: { readonly check: ApiCheck; readonly isPast: boolean }) {
  const look = lookOf(check);
  return (
    <span class={`state state-${look}`}>
      <Icon sign={look} />
      <span>
        {isPast ? 'was ' : ''}
        {stateOf(check) === 'problem' ? look : check.overdue ? 'overdue' : stateOf(check)}
      </span>
    </span>
  );
}

function WhatItSaw({ check }: { readonly check: ApiCheck }) {
  const explanation = explanationOf(check);
  return (
    <>
      {explanation === undefined ? <Headline check={check} /> : <span class="explanation">{explanation}</span>}
      {check.confirming ? <span class="tag">being confirmed</span> : null}
    </>
  );
}

function Headline({ check }: { readonly check: ApiCheck }) {
  const { state } = useApp();
  const reading = headlineOf(check);
  if (reading === undefined) return null;
  const listed = catalogueOf(state.catalogue.value, check.check)?.readings.find((entry) => entry.name === reading.name);
  return (
    <span class="headline">
      <span class="number">{formatReading(reading.name, reading.value)}</span>
      <span class="muted">
        {listed?.title ?? readingWords(reading.name)}
        {reading.subject === undefined ? null : `, ${reading.subject}`}
      </span>
    </span>
  );
}
