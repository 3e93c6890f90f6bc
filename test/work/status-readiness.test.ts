/** Whether a node that restarts now would unseal, as the status page says it. */
import { expect, it } from 'vitest';
import type { Readiness } from '../../shared/readiness/readiness.ts';
import { StateError } from '../../shared/state/errors.ts';
import { readStatus } from '../../shared/work/status.ts';
import { aroundPorts } from './around-ports.ts';
import { FleetUnderTest } from './fleet-under-test.ts';

const hourMs = 3_600_000;

async function shown(standing: Readiness['standing'], over: Partial<Readiness> = {}) {
  const fleet = new FleetUnderTest();
  const at = fleet.clock.now();
  fleet.state.readinessRows.push({
    cluster: 'payments',
    seal: 'shamir',
    standing,
    evidence: ['not for this page'],
    problems: [],
    unjudged: {},
    at: at - hourMs,
    validUntil: at + hourMs,
    ...over,
  });
  const [line] = (await readStatus(fleet.main)).clusters.map(({ readiness }) => readiness);
  return { line, at, exercised: new Date(at - hourMs).toISOString() };
}

it.each([
  [{ state: 'ready' }],
  [{ state: 'not-ready', why: 'the provider is sealed' }],
  [{ state: 'unknown', why: 'seal.token is not in fleet.yaml' }],
] satisfies [Readiness['standing']][])('is as last exercised: %j', async (standing) => {
  const { line, exercised } = await shown(standing);
  expect(line).toEqual({ ...standing, exercised });
});

it('says until when it is ready', async () => {
  const at = Date.UTC(2026, 11, 12);
  const { line, exercised } = await shown({ state: 'at-risk', why: 'the token ends', at });
  const until = '2026-12-12T00:00:00.000Z';
  expect(line).toEqual({ state: 'at-risk', why: 'the token ends', until, exercised });
});

it('says where the credential itself was not exercised', async () => {
  expect((await shown({ state: 'ready' }, { indirect: true })).line).toMatchObject({ indirect: true });
});

it('is stale once the exercise is too old to say anything', async () => {
  const { at, exercised } = await shown({ state: 'ready' });
  const { line } = await shown({ state: 'ready' }, { validUntil: at });
  expect(line).toEqual({ state: 'stale', why: 'not exercised for too long', exercised });
});

it('says nothing of the seal that the cluster had before', async () => {
  expect((await shown({ state: 'ready' }, { seal: 'transit' })).line).toEqual({ state: 'never' });
});

it('is never without an exercise, and says why a row cannot be read', async () => {
  const fleet = new FleetUnderTest();
  expect((await readStatus(fleet.main)).clusters[0]?.readiness).toEqual({ state: 'never' });
  const deps = aroundPorts(fleet.process(), (call, run) =>
    call.name === 'rotate.readiness' ? Promise.reject(new StateError('unavailable', 'no connection')) : run(),
  );
  expect((await readStatus(deps)).clusters[0]?.readiness).toEqual({
    state: 'unread',
    why: expect.stringContaining('table readiness cannot be read: no connection') as string,
  });
});
