/** Azurite as this machine's storage account: one child process for tables, blobs and queues, on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

export interface Azurite {
  /** For every Azure SDK client; data-tables also wants `allowInsecureConnection: true`. */
  connectionString: string;
  pid: number;
  /** Resolves with how it ended when it did so without `close`: storage is gone then. */
  ended: Promise<string>;
  /** Writes what is unwritten and ends the process. */
  close(): Promise<void>;
}

/** Azurite's documented development account; its key is public and protects nothing. */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

// Ends with its parent, even one that was killed; what is in memory yet is written first, by Azurite's own handler
// of SIGTERM. Nobody reads its output then: an EPIPE must not end it half way. Its own process group: Ctrl-C must
// not end the storage while the host still writes to it.
const endWithParent =
  'data:text/javascript,process.on("disconnect",()=>{' +
  'for(const s of[process.stdout,process.stderr])s.on("error",()=>{});setTimeout(()=>process.exit(1),5000).unref();' +
  'process.kill(process.pid,"SIGTERM")});process.channel.unref()';

/**
 * Starts Azurite on free ports.
 *
 * @param options.folder keeps data there; without it all is in memory.
 * @throws when it does not listen within 60 s, with the last lines that it printed.
 */
export async function startAzurite(options: { folder?: string } = {}): Promise<Azurite> {
  const program = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  const child = spawn(
    process.execPath,
    [
      `--import=${endWithParent}`,
      program,
      ...(options.folder === undefined ? ['--inMemoryPersistence'] : ['--location', options.folder]),
      '--silent',
      '--disableTelemetry',
      '--skipApiVersionCheck',
      '--blobPort=0',
      '--queuePort=0',
      '--tablePort=0',
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true },
  );
  const exited = once(child, 'exit');
  // Neither the child nor its pipes keep the host alive.
  child.unref();
  child.channel?.unref();

  const endpoints = await listening(child).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  for (const pipe of [child.stdout, child.stderr] as Socket[])
    pipe.removeAllListeners('data').resume().unref();

  let closing = false;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      if (!closing) resolve(signal ?? `exit code ${code}`);
    });
  });
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};${endpoints}`,
    pid: child.pid ?? 0,
    ended,
    async close() {
      closing = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(patience);
    },
  };
}

/** Endpoints of the connection string, once all three services listen. */
async function listening(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let output = '';
  const fail = (why: string): void =>
    reject(new Error(`Azurite ${why}. It printed: ${output.slice(-500).trim() || 'nothing'}`));
  const limit = setTimeout(() => fail('did not listen within 60 s'), 60_000);
  for (const pipe of [child.stdout, child.stderr]) {
    pipe?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = [...output.matchAll(/Azurite (\w+) service is successfully listening at (\S+)\s/g)];
      if (found.length === 3)
        resolve(found.map(([, of, url]) => `${of}Endpoint=${url}/${account};`).join(''));
    });
  }
  child.once('error', (error) => fail(`cannot be run: ${error.message}`));
  child.once('exit', (code) => fail(`ended with ${code}`));
  return promise.finally(() => clearTimeout(limit));
}
