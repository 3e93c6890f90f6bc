/** Azurite as this machine's storage account: one child process for tables, blobs and queues, on loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';

export interface Azurite {
  /** For every Azure SDK client; data-tables also wants `allowInsecureConnection: true`. */
  connectionString: string;
  blobUrl: string;
  queueUrl: string;
  tableUrl: string;
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

  const urls = await new Promise<Record<'Blob' | 'Queue' | 'Table', string>>((resolve, reject) => {
    let output = '';
    const fail = (why: string) => {
      clearTimeout(limit);
      child.kill('SIGKILL');
      reject(new Error(`Azurite ${why}. It printed: ${output.slice(-500).trim() || 'nothing'}`));
    };
    const limit = setTimeout(() => fail('did not listen within 60 s'), 60_000);
    const listen = (chunk: Buffer) => {
      output += chunk.toString();
      const found = Object.fromEntries(
        [...output.matchAll(/Azurite (\w+) service is successfully listening at (\S+)/g)].map((match) => [
          match[1],
          match[2],
        ]),
      );
      const { Blob: blob, Queue: queue, Table: table } = found;
      if (blob === undefined || queue === undefined || table === undefined) return;
      clearTimeout(limit);
      resolve({ Blob: blob, Queue: queue, Table: table });
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', (error) => fail(`cannot be run: ${error.message}`));
    child.once('exit', (code) => fail(`ended with ${code}`));
  });
  for (const pipe of [child.stdout, child.stderr]) {
    pipe?.removeAllListeners('data').resume();
    if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }

  const blobUrl = `${urls.Blob}/${account}`;
  const queueUrl = `${urls.Queue}/${account}`;
  const tableUrl = `${urls.Table}/${account}`;
  let closing = false;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      if (!closing) resolve(signal === null ? `exit code ${code}` : signal);
    });
  });
  return {
    connectionString:
      `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};` +
      `BlobEndpoint=${blobUrl};QueueEndpoint=${queueUrl};TableEndpoint=${tableUrl};`,
    blobUrl,
    queueUrl,
    tableUrl,
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
