/**
 * Builds a Vault in a process group of its own, so that one signal to the group ends Go and its compilers, and the
 * terminal's Ctrl-C does not end some of them before us. Started by ./choose-vault.ts, which reads its messages.
 */
import { findVault } from '../test/servers/find-vault.ts';

// Go got the same signal: it removes its work folder and ends, and then findVault returns.
const goEndsFirst = (): void => undefined;
process.on('SIGINT', goEndsFirst);
process.on('SIGTERM', goEndsFirst);
process.once('disconnect', () => process.exit(1));

const vault = await findVault({ env: process.env, progress: (line) => process.send?.({ progress: line }) });
process.send?.({ vault }, () => process.exit(0));
