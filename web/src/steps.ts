/** Texts that advise: sentences with commands between backticks, or a command alone. */

export interface Step {
  readonly kind: 'text' | 'command';
  readonly text: string;
}

/** A step that starts with one of these and does not end as a sentence is a command as it stands. */
const COMMANDS =
  /^(\$ |sudo |(?:cat|chronyc|chroot|crictl|ctr|curl|date|df|dig|dmesg|docker|du|etcdctl|findmnt|grep|iostat|ip|ipvsadm|iptables|journalctl|kubeadm|kubectl|ls|lsof|meerkat|mount|nft|openssl|ping|ps|smartctl|ss|swapoff|sysctl|systemctl|timedatectl|top|tracepath|vmstat)\b)/;

/** Splits advice into sentences and commands, in their order. */
export function splitSteps(advice: string): Step[] {
  const text = advice.trim();
  if (text === '') return [];
  if (!text.includes('`')) return splitPlain(text);
  return text
    .split('`')
    .map((part, index): Step => ({ kind: index % 2 === 1 ? 'command' : 'text', text: part }))
    .filter((step) => step.text !== '');
}

/** A command alone, or one behind the last colon of a sentence. */
function splitPlain(text: string): Step[] {
  const colon = text.lastIndexOf(': ');
  const tail = text.slice(colon === -1 ? 0 : colon + 2);
  if (!COMMANDS.test(tail) || /[.:]$/.test(tail)) return [{ kind: 'text', text }];
  const command: Step = { kind: 'command', text: tail.replace(/^\$ /, '') };
  return colon === -1 ? [command] : [{ kind: 'text', text: text.slice(0, colon + 2) }, command];
}
