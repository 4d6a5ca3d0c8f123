/** Names for sockets, without getaddrinfo: two names that hang would hold up all others in Node's thread pool. */
import type { LookupAddress } from 'node:dns';
import { isIPv6, type LookupFunction } from 'node:net';
import type { LookupName, NameAnswer, NameFault } from './lookup.ts';

/** RFC 6761, section 6.3: it is this machine, whatever a server or a missing hosts file says. */
const LOCALHOST: NameAnswer = { ipv4: ['127.0.0.1'], ipv6: ['::1'] };

const FAULTS: Readonly<Record<NameFault, { readonly code: string; readonly message: string }>> = {
  'no-such-name': { code: 'ENOTFOUND', message: 'DNS knows no such name' },
  'no-addresses': { code: 'ENOTFOUND', message: 'the name has no address' },
  'no-server': { code: 'EAI_AGAIN', message: 'no DNS server answers for the name' },
};

/** As `net.connect` and `http.request` take it. */
export function createSocketLookup(lookup: LookupName): LookupFunction {
  return (hostname, { all, family }, tell) => {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    const answered = name === 'localhost' ? Promise.resolve(LOCALHOST) : lookup(name);
    void answered.then((answer) => {
      const wanted = ofFamily(answer, family);
      const [first] = wanted;
      if (first === undefined) tell(faultOf(answer), []);
      else if (all === true) tell(null, wanted);
      else tell(null, first.address, first.family);
    });
  };
}

function ofFamily({ ipv4, ipv6 }: NameAnswer, family: number | string | undefined): LookupAddress[] {
  const known = [ipv4, ipv6].flatMap((answer) => (typeof answer === 'string' ? [] : answer));
  const all = known.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  const digit = Number(String(family ?? 0).replace('IPv', ''));
  return digit === 0 ? all : all.filter((one) => one.family === digit);
}

/** That a server is silent, or knows of no such name, says more than that it has no address of one family. */
function faultOf({ ipv4, ipv6 }: NameAnswer): Error {
  const faults = [ipv4, ipv6].filter((answer) => typeof answer === 'string');
  const fault: NameFault = faults.find((one) => one !== 'no-addresses') ?? 'no-addresses';
  const { code, message } = FAULTS[fault];
  return Object.assign(new Error(message), { code });
}
