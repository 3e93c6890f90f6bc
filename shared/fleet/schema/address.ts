import { isLinkLocal, isLoopback } from '../network.ts';
import type { Complaint } from './text.ts';
import { text } from './text.ts';

/** The origin in its one spelling: "https://Host:443/" → "https://host"; undefined when it is no http(s) URL. */
export function normalAddress(value: string): string | undefined {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const { origin } = new URL(value);
  return origin === 'null' ? undefined : origin;
}

/** Only the origin of a Vault API: shares and tokens are sent to it, so nothing about it may be unclear. */
function check(value: string): Complaint {
  const origin = normalAddress(value);
  if (origin === undefined) return 'must be an address like https://vault-0.example.com:8200';
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password: use `login`';
  if (url.search !== '' || url.hash !== '' || url.pathname !== '/')
    return 'must be an origin only, without path or query';
  if (url.hostname.endsWith('.')) return 'must not have a dot after the host name';
  if (isLinkLocal(url.hostname)) return 'must not be a link-local address: they are never called';
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'must use https: plain http is for loopback addresses only';
  if (value !== origin && value !== `${origin}:${url.protocol === 'https:' ? 443 : 80}`)
    return {
      message: 'must be written in its plain form: lower case, no slash at the end',
      suggestion: origin,
    };
  return undefined;
}

export const address = text(
  {
    description: 'Address of the Vault API: https://host:port and nothing after it. http only on loopback.',
    pattern: '^https?://[^/?#@\\s]+$',
    examples: ['https://vault-0.example.com:8200'],
  },
  check,
  'must be an address like https://vault-0.example.com:8200',
).transform((value) => normalAddress(value) ?? value);
