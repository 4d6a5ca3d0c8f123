import { describe, expect, it } from 'vitest';
import { PATTERNS, redactLine, redactLines } from './redact.ts';
import { FORMS } from './secret-forms.ts';

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
    ['panic: bad key: MIIEow+/ab== cDef\\n-----END RSA PRIVATE KEY----- at x.go:7', 'MIIEow'],
    ['panic: bad key: MIIEow+/ab== cDef\\n-----END RSA PRIVATE KEY----- at x.go:7', 'cDef'],
    ['DB_PASS=hunter2', 'hunter2'],
    ['SMTP_PASS: x-Zy', 'x-Zy'],
    ['{"user":"a","pass":"hunter2"}', 'hunter2'],
    ['mail.pass = hunter2', 'hunter2'],
    ['dbPass=hunter2 userpass=hunter2 smtpPass: hunter2', 'hunter2'],
    ['connect --pass hunter2', 'hunter2'],
    ['pass: hunter2', 'hunter2'],
    ['map[Accept:[*/*] Password:[hunter2 two] User:[a]]', 'hunter2'],
    ['map[Accept:[*/*] Password:[hunter2 two] User:[a]]', 'two'],
    ['X-Vault-Token:[hvs.abc]', 'hvs.abc'],
    ['map[Cookie:[a=b1; c=d2] Accept:[*/*]]', 'd2'],
    ['Config { user: "a", password: Some("hunter2") }', 'hunter2'],
    ['Config { password: Some(Secret("hunter2")), n: 1 }', 'hunter2'],
    ['Config(password=Optional[hunter2], n=1)', 'hunter2'],
    ["{'user': 'a', 'password': b'hunter2'}", 'hunter2'],
    ['"password": ["hunter1", "hunter2"]', 'hunter2'],
    [`password: Some("${'x'.repeat(600)}hunter2")`, 'hunter2'],
    ['password=Tr0ub&dor;x tail', 'dor'],
    ['password=Tr0ub,dor|y{z tail', 'dor'],
    ['password=Tr0ub,dor|y{z tail', 'z'],
    ['password={noop}hunter2', 'hunter2'],
    ['password=ab\\cd<ef>gh', 'cd'],
    ['password=ab\\cd<ef>gh', 'gh'],
    ['spring.datasource.password      = hunter2', 'hunter2'],
    ['<password>hunter2</password>', 'hunter2'],
    ['<ns:dbPassword type="x">hunter two</ns:dbPassword>', 'two'],
    ['root:hunter2@tcp(db:3306)/shop', 'hunter2'],
    ['opening "app:hun@ter2@db.prod:5432/shop"', 'ter2'],
    ['postgres://u:p/w@h/db', 'p/w'],
    ['https://hooks.slack.com/services/T000/B000/XXXX', 'XXXX'],
    ['POST https://api.telegram.org/bot123456:AAbb-cc/sendMessage', 'AAbb-cc'],
    ['https://discord.com/api/webhooks/12345/aBc-dEf', 'aBc-dEf'],
    ['using sk-ant-api03-AbCd_Ef-0123456789', 'AbCd_Ef'],
    ['using sk-proj-AbCd_Ef-0123456789', 'AbCd_Ef'],
    ['using sk-AbCdEfGhIjKlMnOpQrSt0123', 'AbCdEf'],
    ['using sk_live_AbCdEfGh0123', 'AbCdEf'],
    ['vault hvs.CAESIJabcdef-_0', 'CAESIJ'],
    ['docker dckr_pat_AbCdEfGh01234567', 'AbCdEf'],
    ['sendgrid SG.AbCdEfGh01234.KlMnOpQr-_5678', 'KlMnOp'],
    ['google ya29.a0AfH6SMBxyz-_', 'a0AfH6'],
    ['gitlab glpat-AbCdEfGh0123-_456789', 'AbCdEf'],
    ['github github_pat_11ABCDEFG0_abcdefghijklmnop', '11ABC'],
    ['slack xoxp-1234567890-abcdef', 'abcdef'],
    ['{"auths":{"r.example.org":{"auth":"dXNlcjpwYXNz"}}}', 'dXNlcjpwYXNz'],
    ['"{\\"auth\\":\\"dXNlcjpwYXNz\\"}"', 'dXNlcjpwYXNz'],
    ['JSESSIONID=AB12CD34', 'AB12CD34'],
    ['GET /x;jsessionid=AB12CD34?y=1', 'AB12CD34'],
    ['Set-Cookie: sid="9f8e7d"; Path=/', '9f8e7d'],
    ['+ curl -u admin:hunter2 https://x', 'hunter2'],
    ["+ curl --user='admin:hunter2' https://x", 'hunter2'],
    ['+ mysql -h db -uroot -phunter2 shop', 'hunter2'],
    ['+ mysqldump --user root --password hunter2', 'hunter2'],
    ['+ docker login -u me -p hunter2 r.example.org', 'hunter2'],
    ['+ curl -sSu "admin:two hunter2" https://x', 'hunter2'],
    ['+ mysqladmin -u root -p"two hunter2" ping', 'hunter2'],
    ['{"name":"DB_PASSWORD","value":"hunter2"}', 'hunter2'],
    ['EnvVar{Name:DB_PASSWORD,Value:hunter2,ValueFrom:nil,}', 'hunter2'],
    ['- name: DB_PASSWORD   value: hunter2', 'hunter2'],
    ['{"token":{"value":"hunter2"}}', 'hunter2'],
    ["ERROR: syntax error, STATEMENT: ALTER USER app WITH PASSWORD 'hunter2'", 'hunter2'],
    ["CREATE USER app IDENTIFIED BY 'hunter2'", 'hunter2'],
    ['login of "bob" with password "two hunter2"', 'hunter2'],
    ['+ redis-cli -h r -a hunter2 ping', 'hunter2'],
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
    expect(redactLine('GET /api?token=x1&page=2 password=a;b password=c;user=d;n=1 e')).toBe(
      'GET /api?token=[redacted]&page=2 password=[redacted] password=[redacted];user=d;n=1 e',
    );
    expect(redactLine('map[Password:[x y] User:[a]] Some(password: Some("x"), n: 1)')).toBe(
      'map[Password:[redacted] User:[a]] Some(password: [redacted], n: 1)',
    );
    expect(redactLine('a: MIIE+x==\n-----END PRIVATE KEY----- (b)')).toBe('a:[redacted] (b)');
    expect(redactLine('<password>x</password><n>1</n>')).toBe('<password>[redacted]</password><n>1</n>');
    expect(redactLine('root:x@tcp(db:3306)/shop')).toBe('root:[redacted]@tcp(db:3306)/shop');
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
    'pass=12 fail=3',
    'ok: pass: 12, fail: 0, PASS=3/4 pass=99.5%',
    '--- PASS: TestDialer (0.03s)',
    'PASS: all tests',
    'second pass: inlining',
    'bypass=yes bypass: Cached compass=north',
    'token bucket full',
    'token bucket: 12 of 100',
    'unexpected token: { at 3:7',
    'secret "regcred" not found',
    'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
    '{"secretName":"web-tls","secretRef":{"name":"regcred"},"secret":{"secretName":"x"}}',
    'Secret:&SecretVolumeSource{SecretName:web-tls,Optional:nil}',
    'Failed to pull image "r.example.org:5000/app:v1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
    'docker-pullable://postgresql@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'docker-pullable://nginx:1.25@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'containerd://9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 exited',
    'GET http://10.0.0.7:8080/users/me@example.org 404',
    'docker run -u 1000:1000 -p 8080:80 app',
    'ssh -p 2222 app@10.0.0.7:/data',
    'mkdir -p /var/lib/mysql',
    'mysqld --pid-file=/x.pid -port 3306',
    'docker run -u app:staff app',
    'reflector.go:138: Failed to watch *v1.Secret: failed to list *v1.Secret: Unauthorized',
    'couldn’t get secret default/web: secrets "web" is forbidden: cannot get resource "secrets"',
    'PWD=/app OLDPWD=/ HOME=/root',
    'failed to fetch oauth token: unexpected status: 401 Unauthorized',
    'password authentication failed for user "app"',
    '"auth":"kerberos" "auth": "password"',
    'disk-0123456789abcdef0123 risk-free-and-without-any-figure sk-and-words-without-figures',
    'password=[] secret={} token=<nil>',
    'usage: app [--password]',
    'mesh 12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp joined',
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

it('has no pattern that repeats anything without a bound', () => {
  const sources = [...FORMS.map(([pattern]) => pattern), ...PATTERNS].map(({ source }) =>
    // Without what stands for itself: `\+`, `[+*]`.
    source.replaceAll(/\\./g, 'x').replaceAll(/\[[^\]]*\]/g, 'x'),
  );
  expect(sources.length).toBeGreaterThan(20);
  for (const source of sources) {
    expect(source).not.toMatch(/[*+]|\{\d+,\}/);
    for (const [, most] of source.matchAll(/\{\d+,(\d+)\}/g)) expect(Number(most)).toBeLessThanOrEqual(8192);
  }
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
  ['brackets', '('],
  ['values in brackets', 'password=('],
  ['brackets with quotes', 'token=["'],
  ['quotes behind brackets', 'password=a("b'],
  ['separators', 'token=&;,|'],
  ['parts of queries', '&token=a'],
  ['ends of keys', 'a -----END PRIVATE KEY-----'],
  ['halves of ends of keys', 'MIIE-----END PRIVATE'],
  ['names and colons', ' a:b'],
  ['colons and ats', ',a:b@'],
  ['elements', '<password>'],
  ['beginnings of elements', '<a'],
  ['commands', 'mysql '],
  ['commands with options', 'redis-cli -u a:'],
  ['cookies with quotes', 'cookie: a="'],
  ['headers in brackets', 'cookie:['],
  ['docker', '"auth":"'],
  ['keys', 'sk-a'],
  ['blanks', 'password                   '],
  ['short words', 'pass'],
  ['programs', 'curl -u '],
  ['options', ' -p"'],
  ['names before values', 'password,value:"'],
  ['names before quotes', "password '"],
])('%s in a row take time in proportion', (_, part) => {
  const line = part.repeat(Math.ceil(LONG / part.length)).slice(0, LONG);
  expect(redactLines([line, line])).toHaveLength(2);
});
