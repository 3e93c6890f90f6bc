import { audienceProblem } from './login-audience.ts';

/** Settings of the deployment that fleet.yaml cannot widen (rule 16). */
export interface Limits {
  /** `env:` references name variables that begin with this. */
  envPrefix: string;
  /** `file:` references stay inside this folder; undefined: none are resolved. */
  fileRoot?: string;
  /** Origins of the Key Vaults that `keyvault:` references may read. */
  keyVaults: string[];
  /** Origins of the Key Vaults whose keys may be custodians of shares. */
  escrowVaults: string[];
  /** Origins of the Key Vaults whose keys unseal clusters and may be tried; undefined: none is. */
  sealVaults?: string[];
  /** Hosts that a seal's token may be sent to, written like `endpointHosts`; undefined: this machine only. */
  sealHosts?: string[];
  /** Origins of the Key Vaults whose secrets rotate may write; undefined: none. */
  sinkVaults?: string[];
  /** Hosts that may be told of a new credential, written like `endpointHosts`; undefined: none. */
  sinkHosts?: string[];
  /** Files that rotate writes stay inside this folder; undefined: none is written. */
  sinkRoot?: string;
  /** Hosts that webhooks and the heartbeat may call: "host" (port 443), "host:port" or "*.suffix". */
  endpointHosts: string[];
  /** Audiences, exactly, of the tokens that logins by the Azure identity send to a Vault; undefined: none. */
  loginAudiences?: string[];
}

const hostPattern = /^(\*\.)?([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:\d{1,5})?$/;

/**
 * Reads the limits from a deployment's settings; lists are separated by commas or spaces. Every problem at once; none
 * repeats a setting's value.
 */
export function readLimits(
  settings: Record<string, string | undefined>,
): { ok: true; limits: Limits } | { ok: false; problems: string[] } {
  const problems: string[] = [];
  const envPrefix = settings['SEALWATCH_ENV_PREFIX'] ?? 'SEALWATCH_SECRET_';
  if (!/^[A-Za-z_][A-Za-z0-9_]{3,}$/.test(envPrefix))
    problems.push('SEALWATCH_ENV_PREFIX must be at least 4 letters, digits or underscores');
  const fileRoot = folder('SEALWATCH_FILE_ROOT', settings, problems);
  const keyVaults = vaults('SEALWATCH_KEY_VAULTS', settings, problems);
  const escrowVaults = vaults('SEALWATCH_ESCROW_VAULTS', settings, problems);
  const sealVaults = vaults('SEALWATCH_SEAL_VAULTS', settings, problems);
  const sealHosts = hosts('SEALWATCH_SEAL_HOSTS', settings, problems);
  const sinkVaults = vaults('SEALWATCH_SINK_VAULTS', settings, problems);
  const sinkHosts = hosts('SEALWATCH_SINK_HOSTS', settings, problems);
  const sinkRoot = folder('SEALWATCH_SINK_ROOT', settings, problems);
  const endpointHosts = hosts('SEALWATCH_ENDPOINT_HOSTS', settings, problems);
  const loginAudiences = audiences('SEALWATCH_LOGIN_AUDIENCES', settings, problems);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    limits: {
      envPrefix,
      ...(fileRoot && { fileRoot }),
      keyVaults,
      escrowVaults,
      ...(sealVaults.length > 0 && { sealVaults }),
      ...(sealHosts.length > 0 && { sealHosts }),
      ...(sinkVaults.length > 0 && { sinkVaults }),
      ...(sinkHosts.length > 0 && { sinkHosts }),
      ...(sinkRoot && { sinkRoot }),
      endpointHosts,
      ...(loginAudiences.length > 0 && { loginAudiences }),
    },
  };
}

/** A folder that a setting names. */
function folder(
  name: string,
  settings: Record<string, string | undefined>,
  problems: string[],
): string | undefined {
  const path = settings[name] || undefined;
  if (path !== undefined && !/^(\/(?!\.{0,2}(\/|$))[^/\0]+)+\/?$/.test(path))
    problems.push(`${name} must be an absolute path of a folder, not the root itself`);
  return path;
}

/** Origins of the Key Vaults that a setting lists. */
function vaults(name: string, settings: Record<string, string | undefined>, problems: string[]): string[] {
  return list(settings[name]).map((item, index) => {
    if (URL.canParse(item) && item.startsWith('https://') && !/[?#@]/.test(item)) {
      const url = new URL(item);
      if (url.pathname === '/') return url.origin;
    }
    problems.push(`${name}: entry ${index + 1} is not an address like https://NAME.vault.azure.net`);
    return item;
  });
}

/** Hosts that a setting lists. */
function hosts(name: string, settings: Record<string, string | undefined>, problems: string[]): string[] {
  return list(settings[name]).map((item, index) => {
    const host = item.toLowerCase();
    if (!hostPattern.test(host))
      problems.push(`${name}: entry ${index + 1} is not a host, host:port or *.suffix`);
    return host;
  });
}

/** Audiences of tokens that a setting lists; one of Microsoft's is refused here as it is in fleet.yaml. */
function audiences(name: string, settings: Record<string, string | undefined>, problems: string[]): string[] {
  return list(settings[name]).map((item, index) => {
    const problem = audienceProblem(item);
    if (problem !== undefined) problems.push(`${name}: entry ${index + 1} ${problem}`);
    return item;
  });
}

function list(setting: string | undefined): string[] {
  return (setting ?? '').split(/[\s,]+/).filter((item) => item !== '');
}
