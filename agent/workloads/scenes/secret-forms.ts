/**
 * Forms by which a secret gives itself away, without its name: of keys that say who made them, of URLs and command lines. Each
 * has only repetitions with a bound, so that no line takes more than time in proportion to its length.
 */

/** What stands where something was. */
export const MASK = '[redacted]';

/** What names a secret, where it is the end of a name: `db_password`, `clientSecret`, `--api-key`, `SMTP_PASS`. */
export const SECRET = String.raw`passw(?:or)?d|passphrase|pass|pwd|secret|token|credentials?|(?:j|php|asp\.net_)?sess(?:ion)?id|connect\.sid|(?:api|access|private|secret|signing|encryption|account|master|session)[-_ ]?key(?:[-_ ]?id)?`;

type Form = readonly [pattern: RegExp, replacement: string];

/** Who made them wrote so before them. */
const KEYS: readonly Form[] = [
  // JSON Web Tokens.
  [/(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{4,8192}(?:\.[\w-]{0,8192}){0,3}/g, MASK],
  [/(?<![A-Z0-9])(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}(?![A-Z0-9])/g, MASK],
  // GitHub, GitLab, npm, PyPI, Docker, Hugging Face, Shopify, DigitalOcean.
  [/(?<!\w)(?:gh[opusr]_|github_pat_|npm_|hf_|shp(?:at|ss|ca|pa)_|do[opr]_v1_)\w{20,255}/g, MASK],
  [/(?<!\w)(?:gl(?:pat|dt|rt|cbt|ptt|soat|ft|agent|oas|imt|ffct)-|pypi-|dckr_[po]at_)[\w-]{12,255}/g, MASK],
  // Slack, Google, Vault, SendGrid, age.
  [/(?<!\w)(?:xox[abceprs](?:\.xox[bp])?-|xapp-|AIza|ya29\.|AGE-SECRET-KEY-1)[\w.-]{10,2048}/g, MASK],
  [/(?<![\w.])(?:hv[bsr]\.[\w-]{8,512}|SG\.[\w-]{10,64}\.[\w-]{10,128})/g, MASK],
  // Stripe; Anthropic, OpenAI and those like them, of which some letter is a digit.
  [/(?<!\w)(?:[sr]k_(?:live|test|prod)_\w{8,255}|whsec_\w{16,255})/g, MASK],
  [/(?<![\w-])[sr]k-(?=[A-Za-z_-]{0,64}\d)[\w-]{16,255}/g, MASK],
];

/** Behind a colon that is no port: to the last `@` before the path, or to the first where a password has a slash. */
const USERINFO =
  /(:\/\/[^\s/@:[\]"'<>]{0,128}):(?:[^\s/?#"'<>]{1,256}@|(?!\d{1,5}[/?#])[^\s@"'<>]{1,256}@)(?!sha\d{3}:)/g;

const PLACES: readonly Form[] = [
  [USERINFO, `$1:${MASK}@`],
  [/(:\/\/)[^\s/@:"'<>]{8,256}@(?!sha\d{3}:)/g, `$1${MASK}@`],
  [/([?&](?:sig|signature|key|auth|code|x-(?:amz|goog)-[\w-]{1,32})=)[^\s"'&\\<>]{1,2048}/gi, `$1${MASK}`],
  // `root:pw@tcp(db:3306)/shop`, `app:pw@db:5432/shop`; but not `app:v1@sha256:...`.
  [
    /(?<![\w.%+:/@-])([\w.%+-]{1,64}):(?!\/\/)[^\s"'<>]{1,256}@(?=(?:tcp|udp|unix|cloudsql)\d?\(|[\w.-]{1,128}:\d{2,5}(?!\w))/g,
    `$1:${MASK}@`,
  ],
  // Whoever knows these may write there.
  [/(hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/)[\w/-]{1,256}/gi, `$1${MASK}`],
  [/(discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/\d{1,24}\/)[\w-]{1,256}/gi, `$1${MASK}`],
  [/(webhook\.office\.com\/webhookb2\/)[\w@/-]{1,512}/gi, `$1${MASK}`],
  [/(api\.telegram\.org\/(?:file\/)?bot)\d{1,20}(?::|%3A)[\w-]{1,128}/gi, `$1${MASK}`],
  [/(?<!\w)\d{8,12}:AA[\w-]{32,64}/g, MASK],
];

/** Also one with blanks, in quotes. */
const ARGUMENT = String.raw`(?:"[^"]{1,256}|'[^']{1,256}|[^\s"']{1,256})`;
/** Behind a program and what else it is told. @param option with what stands before its argument */
const inCommand = (program: string, option: string): Form => [
  new RegExp(String.raw`(\b(?:${program})[ \t](?:[^\n]{0,200}?\s)?${option})${ARGUMENT}`, 'g'),
  `$1${MASK}`,
];

const COMMANDS: readonly Form[] = [
  [
    /(\b(?:curl|wget|https?)[ \t](?:[^\n]{0,200}?\s)?(?:-[A-Za-z]{0,5}u|--(?:proxy-)?user)(?:[ \t]{1,3}|=)?)(?:(["'])[^:"']{1,128}:[^"']{1,256}|[^\s:"']{1,128}:[^\s"']{1,256})/g,
    `$1$2${MASK}`,
  ],
  inCommand('mysql[a-z]{0,16}|mariadb(?:-[a-z]{1,16})?', '-p(?!id|ort|rotocol|lugin)'),
  inCommand(
    'sshpass|mongo(?:sh|dump|restore|export|import)?|(?:docker|podman|helm registry|oc) login',
    '-p[ \\t]{0,3}(?!ort)',
  ),
  inCommand('redis-cli', '-a[ \\t]{1,3}'),
];

const MARKUP: readonly Form[] = [
  [new RegExp(String.raw`(<[\w.:-]{0,40}(?:${SECRET})(?:\s[^<>]{0,100})?>)[^<]{1,4096}`, 'gi'), `$1${MASK}`],
];

/** In this order. */
export const FORMS: readonly Form[] = [...KEYS, ...PLACES, ...COMMANDS, ...MARKUP];
