export interface Arguments {
  /** Plain lines, every step asserted. */
  check: boolean;
  /** The simulated Vault, whatever is installed. */
  simulated: boolean;
  help: boolean;
}

const switches: Record<string, keyof Arguments> = {
  '--check': 'check',
  '--sim': 'simulated',
  '--help': 'help',
  '-h': 'help',
};

export const usage = `Usage: npm run demo [-- OPTIONS]

Starts three Vault servers on this machine, watches them with Sealwatch, breaks them in three ways, and shows what
Sealwatch says and how soon. It needs no account and no root, and leaves nothing behind.

  --sim      on the simulated Vault: at once, also where no Vault can be had
  --check    without a live screen: plain lines; exit 0 when every step went as it should, else 1
  --help     this text

A Vault is taken from SEALWATCH_VAULT_BIN, from PATH (vault or bao), or built once with Go (3 to 7 minutes).`;

/** The arguments, or what is wrong with them. */
export function readArguments(words: string[]): Arguments | { wrong: string } {
  const read: Arguments = { check: false, simulated: false, help: false };
  const unknown = words.filter((word) => !Object.hasOwn(switches, word));
  if (unknown.length > 0)
    return { wrong: `npm run demo does not know ${unknown.join(', ')}: it knows --check, --sim and --help` };
  for (const word of words) {
    const name = switches[word];
    if (name) read[name] = true;
  }
  return read;
}
