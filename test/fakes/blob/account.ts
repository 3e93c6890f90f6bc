/**
 * A fake of one blob with its versions, as the SDK asks for it: Azurite keeps no versions. Only what is asked here: Get Blob
 * with If-None-Match or a version, List Blobs with versions, two to a page.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Version {
  id: string;
  bytes: Buffer;
}

const perPage = 2;

export class FakeBlobAccount {
  /** Oldest first; the last one is the current one, unless the blob was deleted. */
  readonly versions: Version[] = [];
  deleted = false;
  /** What was asked for, and the status that it got. */
  readonly asked: string[] = [];
  /** Answers in place of it. */
  instead: ((response: ServerResponse, what: string) => boolean) | undefined;
  readonly #server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://account');
    const isList = url.searchParams.get('comp') === 'list';
    const version = url.searchParams.get('versionid');
    const what = isList ? 'list' : version === null ? 'blob' : `version ${version}`;
    response.on('finish', () => this.asked.push(`${what}: ${response.statusCode}`));
    if (this.instead?.(response, what)) return;
    if (isList) this.#list(response, url.searchParams);
    else this.#get(response, version, request.headers['if-none-match']);
  });

  static async start(): Promise<FakeBlobAccount> {
    const account = new FakeBlobAccount();
    account.#server.listen(0, '127.0.0.1');
    await once(account.#server, 'listening');
    return account;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/devstoreaccount1`;
  }

  get fleetUrl(): string {
    return `${this.endpoint}/fleet/fleet.yaml`;
  }

  get connectionString(): string {
    const key = Buffer.from('the key of a fake account').toString('base64');
    const services = ['Table', 'Queue', 'Blob'].map((name) => `${name}Endpoint=${this.endpoint}`);
    return [
      'DefaultEndpointsProtocol=http',
      'AccountName=devstoreaccount1',
      `AccountKey=${key}`,
      ...services,
    ].join(';');
  }

  write(text: string | Buffer): void {
    const second = String(this.versions.length).padStart(2, '0');
    this.versions.push({ id: `2026-11-22T02:00:${second}.0000000Z`, bytes: Buffer.from(text) });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #get(response: ServerResponse, id: string | null, known: string | undefined): void {
    const current = this.deleted ? undefined : this.versions.at(-1);
    const found = id === null ? current : this.versions.find((version) => version.id === id);
    if (!found) {
      refuse(response, 404, 'BlobNotFound');
      return;
    }
    const etag = `"${found.id}"`;
    if (known === etag) {
      refuse(response, 304, 'ConditionNotMet');
      return;
    }
    response.writeHead(200, { etag, 'content-length': found.bytes.length }).end(found.bytes);
  }

  #list(response: ServerResponse, query: URLSearchParams): void {
    const start = Number(query.get('marker') ?? 0);
    const page = this.versions.slice(start, start + perPage);
    const end = start + page.length;
    const last = this.versions.at(-1);
    const blobs = page.map((version) => {
      const isCurrent = version === last && !this.deleted;
      return `<Blob><Name>fleet.yaml</Name><VersionId>${version.id}</VersionId>${
        isCurrent ? '<IsCurrentVersion>true</IsCurrentVersion>' : ''
      }<Properties><Content-Length>${version.bytes.length}</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>`;
    });
    const next = end < this.versions.length ? String(end) : '';
    const other = next ? '' : '<Blob><Name>fleet.yaml.old</Name><VersionId>9</VersionId><Properties/></Blob>';
    const body = `<?xml version="1.0"?><EnumerationResults><Blobs>${blobs.join('')}${other}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`;
    response.writeHead(200, { 'content-type': 'application/xml' }).end(body);
  }
}

export function refuse(response: ServerResponse, status: number, code: string): void {
  const body = status === 304 ? undefined : `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;
  response.writeHead(status, { 'x-ms-error-code': code, 'content-type': 'application/xml' }).end(body);
}
