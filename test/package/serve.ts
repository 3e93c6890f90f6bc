/**
 * Asks one HTTP function of a package, with the library that is in it and by the host.json that is in it; prints the
 * answer and the log. A process of its own.
 *
 * Usage: node serve.ts FOLDER METHOD PATH
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { collectFunctions, invokeBy } from '../../host/functions-core.ts';
import { readHostJson } from '../../host/host-json.ts';
import { hostFunctions } from '../../host/hosted-function.ts';
import { listenToHttp } from '../../host/http.ts';
import { createLog } from '../../shared/log/log.ts';

const [, , folder = '', method = '', path = ''] = process.argv;
const lines: string[] = [];
const log = createLog({ write: (line) => lines.push(line), clock: { now: () => 0 } });
const load = async () => void (await import(pathToFileURL(join(folder, 'main.mjs')).href));
const { registrations, model } = await collectFunctions(load, log);
const host = readHostJson(JSON.parse(await readFile(join(folder, 'host.json'), 'utf8')));
const settings = { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true', SEALWATCH_SCHEDULE: '0 0 0 1 1 *' };
const functions = hostFunctions(registrations, { settings, host, hasKey: true });
const invoke = invokeBy(model, log, new Map());
console.log = (line: string) => lines.push(line);
const { url } = await listenToHttp({ functions, invoke, functionKey: 'key' }, '127.0.0.1', 0);
const headers = { 'x-functions-key': 'key', authorization: 'Bearer e30.e30.e30' };
const response = await fetch(`${url}/api/${path}`, { method, headers });
const answer = { status: response.status, body: await response.json(), log: lines.join('\n') };
process.stdout.write(JSON.stringify(answer), () => process.exit(0));
