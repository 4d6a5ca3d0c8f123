import { expect, it } from 'vitest';
import { settingsHelp } from './help.ts';
import { CHECKS } from './testing.ts';

it('lists every flag with what it allows', () => {
  const help = settingsHelp(CHECKS);
  expect(help).toContain('  --http.port VALUE\n      Port to listen on. 0: any free port.\n');
  expect(help).toContain('an integer from 0 to 65535; default: 7575');
  expect(help).toContain('--checks.disk-space.min-free-ratio VALUE');
});
