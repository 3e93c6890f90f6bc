/** `sealwatch token`: a token of the embedded host's own issuer. Whoever can read its file is anybody. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemClock } from '../../shared/compose/clock.ts';
import { openLocalIssuer } from '../../shared/people/local-issuer.ts';
import { parseRole } from '../../shared/people/roles.ts';
import { parse, required } from '../arguments.ts';
import { type Command, Refused, Usage } from '../context.ts';

export const defaultIssuerFile = '.sealwatch/issuer.pem';

export const token: Command = async (args, { env, terminal }) => {
  const { values } = parse(args, {
    as: { type: 'string' },
    role: { type: 'string', multiple: true, default: [] },
  });
  const name = required(values.as, '--as');
  const roles = values.role.map((text) => {
    const role = parseRole(text);
    if (!role) throw new Usage('--role takes read, operate or approve');
    return role;
  });
  if (roles.length === 0)
    throw new Usage('--role is missing: read, operate or approve; more than one is fine');
  if (env.WEBSITE_SITE_NAME?.trim()) {
    throw new Refused(
      "the embedded host's own issuer does not exist on Azure: sign in with Entra (az login)",
    );
  }
  const file = env.SEALWATCH_ISSUER_FILE?.trim() || defaultIssuerFile;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const opened = await openLocalIssuer(file);
  if (!opened.ok) throw new Refused(opened.message);
  const signed = await opened.issuer.sign(name, [...new Set(roles)], systemClock.now());
  if (!signed.ok) throw new Refused(signed.message);
  terminal.say(signed.token);
  terminal.complain(
    `For local/${name}, until ${new Date(signed.expiresAt).toISOString()}, on this machine only.`,
  );
  return 0;
};
