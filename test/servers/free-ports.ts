import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const taken = new Set<number>();

/**
 * Ports on 127.0.0.1 that nothing listens on. Below the range that systems give to outgoing connections
 * (32768 on Linux): a stopped node must find its port free when it starts again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count && tries < 1000; tries += 1) {
    const port = randomInt(10_000, 32_000);
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    ports.push(port);
  }
  if (ports.length < count) throw new Error('no free ports between 10000 and 32000 on 127.0.0.1');
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
