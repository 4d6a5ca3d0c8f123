import { describe, expect, it } from 'vitest';
import { redactLine, redactLines } from './redact.ts';

const LONG = 1_000_000;

describe('one line', () => {
  it.each([
    // [what a container writes, what must not be left of it]
    ['level=info msg="connecting" password=hunter2 user=app', 'hunter2'],
    ['db_passwd: s3cr3t!', 's3cr3t!'],
    ['{"user":"app","password":"pa\\"ss wd","n":1}', 'ss wd'],
    ['{"dbPassword" : "correct horse battery staple"}', 'horse'],
    ['{"level":"info","body":"{\\"client_secret\\":\\"abc def\\"}"}', 'abc def'],
    ["config: {'api_key': 'k-12345', debug: True}", 'k-12345'],
    ['MYSQL_ROOT_PASSWORD=Zx9#kk starting', 'Zx9#kk'],
    ['export GITHUB_TOKEN=abcdef0123456789abcdef0123456789abcdef01', 'abcdef0123'],
    ['secret => "opensesame"', 'opensesame'],
    ['running: app --db-password hunter2 --verbose', 'hunter2'],
    ['password: hunter', 'hunter'],
    ['passwort vergessen, password="unclosed and on', 'unclosed and on'],
    ['GET /x HTTP/1.1 Authorization: Bearer abcdef.ghi-jkl', 'abcdef.ghi-jkl'],
    ['headers {"authorization":"Basic dXNlcjpwYXNz","accept":"*/*"}', 'dXNlcjpwYXNz'],
    ['using bearer Zm9vYmFyMTIzNDU2', 'Zm9vYmFyMTIzNDU2'],
    ['Cookie: session=9f8e7d; theme=dark', '9f8e7d'],
    ['got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4 back', 'eyJ'],
    ['dial postgres://app:p@ss@db.prod:5432/app failed', 'p@ss'],
    ['clone https://ghp0123456789@example.org/x.git', 'ghp0123456789'],
    ['redis://:verysecret@10.0.0.7:6379/0', 'verysecret'],
    ['GET /blob?sv=2026&sig=aB%2Bc%3D&se=1', 'aB%2Bc%3D'],
    ['PUT https://s3/x?X-Amz-Signature=deadbeef00&X-Amz-Date=1', 'deadbeef00'],
    ['GET /api?access_token=ya29.abc&page=2', 'ya29.abc'],
    ['key id AKIAIOSFODNN7EXAMPLE was refused', 'AKIAIOSFODNN7EXAMPLE'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalr'],
    ['pushed with ghp_0123456789abcdefghijABCDEFGHIJ012345', 'ghp_0123'],
    ['slack xoxb-123456789012-abcdefghij', 'xoxb-1234'],
    ['signing key: MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6', 'MHcCAQ'],
    ['loaded -----BEGIN RSA PRIVATE KEY-----\\nMIIEow\\n-----END RSA PRIVATE KEY----- ok', 'MIIEow'],
    ['cut: -----BEGIN PRIVATE KEY-----MIIEvQ', 'MIIEvQ'],
  ])('is masked: %j', (line, secret) => {
    const text = redactLine(line);
    expect(text).not.toContain(secret);
    expect(text).toContain('[redacted]');
  });

  it('keeps what stands around a secret', () => {
    expect(redactLine('a password=x1 b="c" token="y" {"secret":"z","n":1} tail')).toBe(
      'a password=[redacted] b="c" token="[redacted]" {"secret":"[redacted]","n":1} tail',
    );
    expect(redactLine('postgres://app:pw@db:5432/app?sslmode=require')).toBe(
      'postgres://app:[redacted]@db:5432/app?sslmode=require',
    );
    expect(redactLine('-----BEGIN EC PRIVATE KEY-----\\nx\\n-----END EC PRIVATE KEY----- and on')).toBe(
      '[redacted] and on',
    );
  });

  it.each([
    'exit code=1 after 12 s',
    'panic: runtime error: index out of range [5] with length 3',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'cache key: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'request 123e4567-e89b-12d3-a456-426614174000 took 12ms',
    'idempotency key=123e4567-e89b-12d3-a456-426614174000',
    'dial tcp 10.0.0.7:5432: connect: connection refused',
    'GET http://[fd00::7]:7575/status?format=text 200',
    'reading /etc/ssl/private/server.key: permission denied',
    'cert: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
    'basic authentication failed for user app',
    'invalid token: expired',
    'password=null',
    'max_tokens=4096 tokens=12',
    'tokenizer=gpt2 passwords=3',
    'the secret of success',
    'key=value foo=bar',
    'mail to someone@example.org from a@b',
    'at com.example.SessionTokenManager.run(SessionTokenManager.java:42)',
    'commit 3f2a1b4c5d6e7f8091a2b3c4d5e6f708192a3b4c on main',
    '-----BEGIN CERTIFICATE-----',
    'Aussprache: Paßwörter, 密码, 🔑',
  ])('stays readable: %j', (line) => {
    expect(redactLine(line)).toBe(line);
  });

  it('is masked once: what is masked stays as it is', () => {
    const once = redactLine('password=a authorization: Bearer abcdefgh1 postgres://u:p@h');
    expect(redactLine(once)).toBe(once);
  });
});

describe('lines', () => {
  const masked = (lines: readonly string[]): readonly string[] => redactLines(lines).map(({ text }) => text);
  const BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';

  it('of a private key are masked to its end', () => {
    const lines = ['before', '-----BEGIN PRIVATE KEY-----', BODY, 'abc=', '-----END PRIVATE KEY-----', 'after'];
    expect(masked(lines)).toEqual(['before', '[redacted]', '[redacted]', '[redacted]', '[redacted]', 'after']);
  });

  it('of a private key whose beginning was not read are masked, too', () => {
    expect(masked(['before it', BODY, BODY, '-----END RSA PRIVATE KEY-----', 'after'])).toEqual([
      'before it',
      '[redacted]',
      '[redacted]',
      '[redacted]',
      'after',
    ]);
  });

  it('of a private key without an end are masked for a while only', () => {
    const lines = ['-----BEGIN PRIVATE KEY-----', ...Array.from({ length: 300 }, (_, index) => `line ${index}`)];
    const out = masked(lines);
    expect(out.slice(0, 100).every((text) => text === '[redacted]')).toBe(true);
    expect(out.at(-1)).toBe('line 299');
  });

  it('say which of them are masked', () => {
    expect(redactLines(['a', 'token=x1']).map(({ isMasked }) => isMasked)).toEqual([false, true]);
  });
});

/** Work that grows with the square of the length would take minutes for these, which is longer than a test may. */
it.each([
  ['names of secrets', 'password'],
  ['names with values', 'password=x '],
  ['quotes that do not close', 'password="'],
  ['escaped quotes', 'secret=\\"'],
  ['headers', 'authorization: '],
  ['beginnings of tokens', 'eyJ'],
  ['parts of tokens', 'eyJaaaaaaaaaa.'],
  ['beginnings of URLs', '://a:'],
  ['beginnings of keys', '-----BEGIN PRIVATE KEY-----'],
  ['dashes', '-'],
  ['flags', '--a'],
  ['words', 'key=aaaaaaaa'],
  ['letters', 'a'],
  ['backslashes', '\\'],
  ['schemes', 'bearer '],
])('%s in a row take time in proportion', (_, part) => {
  const line = part.repeat(Math.ceil(LONG / part.length)).slice(0, LONG);
  expect(redactLines([line, line])).toHaveLength(2);
});
