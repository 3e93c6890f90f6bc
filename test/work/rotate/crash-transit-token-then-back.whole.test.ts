import { diesEverywhere } from './real/crash.ts';
import { TransitServers } from './real/transit-servers.ts';

diesEverywhere('transit-token', 'then back', () => TransitServers.start());
