import { type CatalogueCheck, groupReadings, type Reading } from '../checks.ts';
import { formatReading, readingWords } from '../format.ts';

interface ReadingsTableProps {
  readonly readings: readonly Reading[];
  readonly listed: CatalogueCheck | undefined;
}

/** All figures of the last run. */
export function ReadingsTable({ readings, listed }: ReadingsTableProps) {
  const hasSubjects = readings.some((reading) => reading.subject !== undefined);
  return (
    <table class="readings">
      <thead>
        <tr>
          <th scope="col">Reading</th>
          {hasSubjects ? <th scope="col">Subject</th> : null}
          <th scope="col" class="cell-number">
            Value
          </th>
        </tr>
      </thead>
      <tbody>
        {[...groupReadings(readings)].map(([name, group]) =>
          group.map((reading, index) => (
            <tr key={`${name}/${reading.subject ?? ''}`}>
              {index > 0 ? null : (
                <th scope="rowgroup" rowSpan={group.length}>
                  <span>{titleOf(listed, name)}</span>
                  <code class="muted">{name}</code>
                </th>
              )}
              {hasSubjects ? <td>{reading.subject}</td> : null}
              <td class="cell-number number">{formatReading(name, reading.value)}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}

/** What the catalogue calls a reading, else its name in words. */
export const titleOf = (listed: CatalogueCheck | undefined, reading: string): string =>
  listed?.readings.find((entry) => entry.name === reading)?.title ?? readingWords(reading);
