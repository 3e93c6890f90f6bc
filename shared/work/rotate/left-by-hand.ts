/** What an open rotation leaves once no turn works on it any more: what may live, and what a person does with it. Pure. */
import { clip, oneLine } from '../../alert/text.ts';
import { rotationMeta } from '../../rotation/kinds/transit-token-ports.ts';
import { isSecret } from '../../rotation/plan/policy.ts';
import type { Credential, Rotation } from '../../rotation/rotation.ts';

const textLength = 100;

/** Lines for people; the first says what lives. People's own secrets are never what they are told to end. */
export function leftByHand(rotation: Rotation): string[] {
  const { kind, fresh } = rotation;
  if (!isSecret(kind)) return [keyText(rotation)];
  if (!fresh) return [unmadeText(rotation)];
  const slots =
    'Its first sink may hold values beside the live one (next, previous), which open as much as that does: empty both at the end.';
  return [...liveTexts(rotation, fresh), ...(fresh.fingerprint === undefined ? [] : [slots])];
}

function keyText({ fresh, creating }: Rotation): string {
  const stays = 'stays, and does no harm: older versions decrypt as before. There is nothing to end.';
  if (fresh) return `Version ${text(fresh.ref)} ${stays}`;
  return creating ? `A version that it may have made ${stays}` : 'It made nothing: there is nothing to end.';
}

/** A turn that died in a creation leaves what nobody knows of (rule 10). */
function unmadeText({ creating, kind, id }: Rotation): string {
  if (!creating) return 'It made nothing: there is nothing to end.';
  return kind === 'transit-token'
    ? `It may have made a token that nobody holds: that ends by itself after its period. Sooner: revoke the one whose meta ${rotationMeta} is ${text(id)}.`
    : `It may have made a client secret that nobody holds: remove the one that is called "sealwatch ${text(id)}" from the application.`;
}

function liveTexts(rotation: Rotation, fresh: Credential): string[] {
  const { old, stage, direction, reached, sinks, consumers } = rotation;
  const made = named('the new one', fresh.ref);
  const before = old ? named('the one before', old.ref) : 'none before it';
  if (stage === 'retired' && direction === 'forward')
    return [`Nodes use ${made}: leave it. The one before has ended already.`];
  if (direction === 'back' && reached.retired !== undefined)
    return [`The new one has ended already.${old ? ` Nodes use ${before}: leave it.` : ''}`];
  const given = Object.values(sinks).some(({ startedAt }) => startedAt !== undefined);
  if (!given) {
    const leave = old ? ` Nodes read ${before}: leave that.` : '';
    return [`No node was given ${made}: end it (${howToEnd(rotation, fresh.ref)}).${leave}`];
  }
  if (!old) return [`Only ${made} works, and nodes read it: leave it.`];
  const nodes = clip(oneLine(consumers.join(', ')), textLength);
  const theirs = old.ours ? '' : ' The one before was made by people: it is theirs to end.';
  return [
    `Both may live, ${made} and ${before}: let every place that nodes read hold the same one, and see that it works.`,
    `End the other one once every node of ${nodes} was restarted since (${howToEnd(rotation)}).${theirs}`,
  ];
}

/** Not every provider shows what names one. */
function named(which: string, ref: string): string {
  return ref === '' ? which : `${which} (${text(ref)})`;
}

function howToEnd({ kind }: Rotation, ref?: string): string {
  const named = ref && text(ref);
  return kind === 'transit-token'
    ? `at the provider: vault token revoke -accessor ${named ?? 'ITS-ACCESSOR'}`
    : `in the application: remove the client secret with key id ${named ?? 'as above'}`;
}

function text(value: string): string {
  return clip(oneLine(value), textLength);
}
