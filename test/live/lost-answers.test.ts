/** Plans whose answers are lost on their way from Azurite: the SDK asks again, and what it hears is a conflict with itself. */
import { type IncomingMessage, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import type { Batch, State } from '../../shared/state/ports.ts';
import { PlanRows } from '../../shared/work/batches/plan-rows.ts';
import { aBatch } from '../fakes/state/examples.ts';
import { startInFront } from '../servers/in-front.ts';

type Loss = 'reset' | '500';

let azurite: Azurite;
let front: Awaited<ReturnType<typeof startInFront>>;
let state: State;
/** What becomes of the answers to transactions, in their order. */
let losses: (Loss | undefined)[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
  await connectState(azurite, systemClock).prepare();
  front = await startInFront(azurite.connectionString, async (_service, target, request, response) => {
    const { method, url, headers } = request;
    const body = await buffer(request);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const passed = send(
        { hostname: target.hostname, port: target.port, method, path: url, headers },
        resolve,
      );
      passed.on('error', reject);
      passed.end(body);
    });
    const bytes = await buffer(answer);
    const loss = url?.includes('$batch') ? losses.shift() : undefined;
    if (loss === 'reset') response.destroy();
    else if (loss === '500') response.writeHead(500).end();
    else response.writeHead(answer.statusCode ?? 502, answer.headers).end(bytes);
  });
  state = connectState(front, systemClock);
});
afterAll(async () => {
  await front?.close();
  await azurite?.close();
});

const planOf = (id: string, count: number) =>
  Array.from({ length: count }, (_, number) => aBatch({ number, sweep: { ...aBatch().sweep, id } }));
const rowsNow = async () => (await state.batches.list()).batches;
const sweeps = (rows: Batch[]) => [...new Set(rows.map(({ sweep }) => sweep.id))];

beforeEach(async () => {
  losses = [];
  const there = (await rowsNow()).map(({ value }) => value.number);
  await state.batches.plan(planOf('old', 250), there);
});

test.each<Loss>(['reset', '500'])('a plan of one transaction is there, and is known (%s)', async (loss) => {
  const rows = await PlanRows.read(state.batches);
  losses = [loss];
  expect(await rows.write(planOf('new', 50), new Set(numbers(100, 250)), true)).toBe(true);
  expect(losses).toEqual([]);
  const found = (await rowsNow()).map(({ value }) => value);
  expect(found.filter(({ sweep }) => sweep.id === 'new').map(({ number }) => number)).toEqual(numbers(0, 50));
  expect(found.map(({ number }) => number)).toEqual([...numbers(0, 50), ...numbers(100, 250)]);
});

test.each<{ of: number; lost: (Loss | undefined)[]; writes: number }>([
  { of: 1, lost: ['500'], writes: 2 },
  { of: 2, lost: [undefined, 'reset'], writes: 2 },
  { of: 3, lost: [undefined, undefined, '500'], writes: 1 },
])('of three transactions the answer to number $of: $writes plans', async ({ lost, writes }) => {
  const rows = await PlanRows.read(state.batches);
  losses = [...lost];
  for (let plan = 1; plan < writes; plan += 1) {
    expect(await rows.write(planOf(`new-${plan}`, 250), new Set(), true)).toBe(false);
    // What it wrote over is what the next one is made from.
    expect(sweeps(rows.found.batches.map(({ value }) => value))).toEqual(['old']);
    expect(rows.found.batches).toHaveLength(250);
  }
  expect(await rows.write(planOf(`new-${writes}`, 250), new Set(), true)).toBe(true);
  expect(losses).toEqual([]);
  expect(sweeps((await rowsNow()).map(({ value }) => value))).toEqual([`new-${writes}`]);
});

test('a row that a worker claims beyond the first transaction stays its own', async () => {
  const rows = await PlanRows.read(state.batches);
  const row = (await rowsNow()).find(({ value }) => value.number === 150);
  if (!row) throw new Error('no row');
  const claim = { by: 'late', at: 1, until: 2 };
  await state.batches.update({ ...row, value: { ...row.value, claim } });
  expect(await rows.write(planOf('new-1', 250), new Set(), true)).toBe(false);
  const found = new Map(rows.found.batches.map(({ value }) => [value.number, value]));
  expect(found.size).toBe(250);
  expect(found.get(150)).toMatchObject({ sweep: { id: 'old' }, claim });
  expect(sweeps([...found.values()])).toEqual(['old']);
  const others = planOf('new-2', 250).filter(({ number }) => number !== 150);
  expect(await rows.write(others, new Set([150]), true)).toBe(true);
  const last = (await rowsNow()).map(({ value }) => value);
  expect(last.filter(({ sweep }) => sweep.id === 'new-2')).toHaveLength(249);
  expect(last.find(({ number }) => number === 150)).toMatchObject({ sweep: { id: 'old' }, claim });
});

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) => from + n);
}
