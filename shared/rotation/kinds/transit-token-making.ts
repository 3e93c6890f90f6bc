/** A new token for a transit seal: made by the token role, handed over response-wrapped, and checked before it is used. */
import type { RotationClient, TokenRole, WrapInfo } from '../../vault/rotation-client.ts';
import type { TokenFacts } from '../../vault/transit-client.ts';
import type { Did, Made, NotMade } from '../rotation.ts';
import { madeUnfit, periodOf, roleUnfit } from './token-role.ts';
import {
  asOurselves,
  failedBy,
  failure,
  firstThatServes,
  inCall,
  lacks,
  limitOf,
  madeNothing,
  theOneThatServes,
} from './transit-provider.ts';
import { endOurs, lookUpAccessor, plain } from './transit-token-ours.ts';
import {
  clusterMeta,
  roleLine,
  rotationMeta,
  type TransitTokenCall,
  type TransitTokenPorts,
} from './transit-token-ports.ts';

/** A role that nobody may read makes nothing: no token shows the period and the maximum of its role (VAULT-FACTS). */
export async function readRole(client: RotationClient, ports: TransitTokenCall): Promise<Did<TokenRole>> {
  const { role, provider } = ports;
  const { error, ...did } = await asOurselves(
    client,
    ports,
    (token, options) => client.tokenRole(role, token, options),
    `token role ${role} ${lacks(ports, roleLine(role), 'read')}`,
  );
  if (did.ok || error?.status !== 404) return did;
  return failure('wrong', `${provider} has no token role ${role}: make it, or correct rotation.token.role`);
}

/** What it is, is checked with its value: whatever fails then, its accessor is on record before. */
export async function createToken(id: string, given: TransitTokenPorts): Promise<Did<Made> & NotMade> {
  const ports = inCall(given);
  const { role, cluster, wrapTtlSeconds } = ports;
  const read = await theOneThatServes(ports, (client) => readRole(client, ports));
  if (!read.ok) return { ...read, nothingMade: true };
  const { client, said: asked } = read.value;
  const unfit = roleUnfit(role, asked);
  if (unfit !== undefined) return { ...failure('wrong', unfit), nothingMade: true };
  const named = { displayName: `sealwatch-${cluster}`, meta: { [rotationMeta]: id, [clusterMeta]: cluster } };
  const wrapped = await asOurselves(
    client,
    ports,
    (token, options) => client.createWrapped(role, named, wrapTtlSeconds, token, options),
    `creation ${lacks(ports, `auth/token/create/${role}`, 'update')}`,
    'change',
  );
  if (!wrapped.ok) return { ...plain(wrapped), ...(madeNothing(wrapped.error) && { nothingMade: true }) };
  const { wrapped_accessor: ref } = wrapped.value;
  if (ref === undefined) return failure('wrong', `${ports.provider} wrapped something else than a token`);
  const madeAt = ports.clock.now();
  let taken = false;
  return {
    ok: true,
    value: {
      fresh: { ref, madeAt, endsAt: madeAt + periodOf(asked) * 1000 },
      async value() {
        if (taken) return failure('odd', 'the new token was handed over already: it comes out once');
        const did = await take(ref, wrapped.value, asked, inCall(given));
        taken = did.ok;
        return did;
      },
    },
  };
}

async function take(
  ref: string,
  wrapped: WrapInfo,
  asked: TokenRole,
  ports: TransitTokenCall,
): Promise<Did<Buffer>> {
  const checked = await check(ref, wrapped, asked, ports);
  const did = checked.ok
    ? await unwrap(ref, wrapped, checked.value ? undefined : asked, ports)
    : plain(checked);
  // Who may have it must not keep it until the next turn. What that leaves, the next turn ends: it is on record.
  if (!did.ok && did.code === 'wrong') await endOurs(ref, ports);
  return did;
}

/** @returns false where what the token is cannot be looked up by its accessor: then it is asked with itself. */
async function check(
  ref: string,
  { token, creation_path }: WrapInfo,
  role: TokenRole,
  ports: TransitTokenCall,
): Promise<Did<boolean>> {
  const expected = `auth/token/create/${ports.role}`;
  const looked = await firstThatServes(ports, async (client) => {
    const answer = await client.wrappingLookup(token, { timeoutMs: limitOf(ports) });
    if (answer.ok) return { ok: true, value: answer.body };
    if (answer.error.status === 400) return usedUp(ports);
    return failedBy(answer.error, client, 'sys/wrapping/lookup is refused (403)');
  });
  if (!looked.ok) return looked;
  if (looked.value.creation_path !== expected || creation_path !== expected)
    return failure(
      'wrong',
      `the wrapping token was not made by ${expected}: somebody else may have the new token, and it is not used`,
    );
  const made = await firstThatServes(ports, (client) => lookUpAccessor(client, ref, ports));
  if (!made.ok) return made.code === 'denied' ? { ok: true, value: false } : made;
  if (!made.value)
    return failure('wrong', 'the new token was gone as soon as it was made: did somebody revoke it?');
  return judged(made.value, role, ports);
}

function judged(made: TokenFacts, role: TokenRole, ports: TransitTokenPorts): Did<boolean> {
  const unfit = madeUnfit(ports.role, role, made, ports.provider);
  return unfit === undefined ? { ok: true, value: true } : failure('wrong', unfit);
}

/** @param unchecked the role, where what it made is still to be compared with it. */
async function unwrap(
  ref: string,
  { token }: WrapInfo,
  unchecked: TokenRole | undefined,
  ports: TransitTokenCall,
): Promise<Did<Buffer>> {
  const unwrapped = await firstThatServes(ports, async (client) => {
    const answer = await client.unwrap(token, { timeoutMs: limitOf(ports) });
    if (answer.ok) return { ok: true, value: answer.body };
    if (answer.error.status === 400) return usedUp(ports);
    return failedBy(answer.error, client, 'sys/wrapping/unwrap is refused (403)');
  });
  if (!unwrapped.ok) return unwrapped;
  const { value } = unwrapped;
  const checked = value.accessor === ref ? await checkByItself(value.token, unchecked, ports) : otherToken();
  if (checked.ok) return { ok: true, value: value.token };
  value.token.fill(0);
  return plain(checked);
}

async function checkByItself(token: Buffer, role: TokenRole | undefined, ports: TransitTokenCall) {
  if (!role) return { ok: true, value: true } as const;
  const made = await firstThatServes(ports, async (client) => {
    const answer = await client.lookupSelf(token.toString(), { timeoutMs: limitOf(ports) });
    if (answer.ok) return { ok: true, value: answer.body };
    return failedBy(answer.error, client, 'the new token cannot look itself up (403)');
  });
  return made.ok ? judged(made.value, role, ports) : made;
}

const otherToken = () => failure('wrong', 'another token came out than was wrapped: it is not used');

function usedUp({ wrapTtlSeconds }: TransitTokenPorts) {
  return failure(
    'wrong',
    `the wrapping token is used up (400): ${wrapTtlSeconds} s went by, or somebody else has unwrapped the new token. It is not used`,
  );
}
