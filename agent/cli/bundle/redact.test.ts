import { expect, it } from 'vitest';
import { createRedact } from './redact.ts';

const redact = createRedact({ secrets: ['s3cret-of-the-cluster\n', 'short'], addresses: false });

it.each([
  ['the key is s3cret-of-the-cluster, is it', 'the key is [redacted], is it'],
  ['a short one stays', 'a short one stays'],
  ['Authorization: Bearer abcdef0123456789', 'Authorization: Bearer [redacted]'],
  ['GET http://user:hunter2@db:5432/x failed', 'GET http://user:[redacted]@db:5432/x failed'],
  ['DB_PASSWORD=hunter2 ./run', 'DB_PASSWORD=[redacted] ./run'],
  ['{"token": "a\\"b", "n": 1}', '{"token": "[redacted]", "n": 1}'],
  ['{"token":7,"secret":{"a":1},"tokenFile":"/t"}', '{"token":7,"secret":{"a":1},"tokenFile":"/t"}'],
  ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest', '[redacted]\nrest'],
  ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl', '[redacted]'],
  ['{"keys":["1a2b3c4d"],"digest":"0123456789abcdef"}', '{"keys":["1a2b3c4d"],"digest":"0123456789abcdef"}'],
  ['10.0.0.7 stays', '10.0.0.7 stays'],
  [String.raw`{"message":"{\"token\":\"hunter22\"}"}`, String.raw`{"message":"{\"token\":\"[redacted]\"}"}`],
  [String.raw`"ran --password=\"hunter22\" and left"`, String.raw`"ran --password=\"[redacted]\" and left"`],
  ["password='hunter22' PGPASSWORD=hunter22", "password='[redacted]' PGPASSWORD=[redacted]"],
  ['["mysql","--password","hunter22","-h"]', '["mysql","--password","[redacted]","-h"]'],
  ['{"clientSecret":"hunter22","accessToken": "x1"}', '{"clientSecret":"[redacted]","accessToken": "[redacted]"}'],
  [
    'https://hunter22@git.example/x?key=hunter22&sig=h2',
    'https://[redacted]@git.example/x?key=[redacted]&sig=[redacted]',
  ],
  ['Cookie: session=hunter22; b=2', 'Cookie: [redacted]'],
  ['{"m":"-----BEGIN PRIVATE KEY-----abc","n":1}', '{"m":"[redacted]","n":1}'],
])('%s', (text, clean) => {
  expect(redact(text)).toBe(clean);
});

const anonymous = createRedact({ secrets: [], addresses: true });

it('replaces an address by the same word everywhere', () => {
  expect(anonymous('10.0.0.7 refused 10.0.0.8:7576')).toBe('address-1 refused address-2:7576');
  expect(anonymous('"http://10.0.0.8:80/", fd00::7, [fd00::7]:7576 and 10.0.0.7.')).toBe(
    '"http://address-2:80/", address-3, [address-3]:7576 and address-1.',
  );
  expect(anonymous('at 52:54:00:12:34:56 on FD00::7:')).toBe('at address-4 on address-3:');
  expect(anonymous('ip-10-0-0-7.ec2.internal')).toBe('ip-address-1.ec2.internal');
});

it.each([
  '14:02:11 UTC',
  '2026-01-01T12:00:00.000Z',
  'Meerkat 0.1.0',
  '127.0.0.1:7575',
  '::1',
  'checks: 3',
  '1.2.3.4.5',
  'std::vec',
])('leaves %s as it is', (text) => {
  expect(anonymous(text)).toBe(text);
});
