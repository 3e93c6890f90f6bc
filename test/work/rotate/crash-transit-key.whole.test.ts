import { diesEverywhere } from './real/crash.ts';
import { TransitServers } from './real/transit-servers.ts';

diesEverywhere('transit-key', 'forward', () => TransitServers.start());
diesEverywhere('transit-key', 'then back', () => TransitServers.start());
diesEverywhere('transit-key', 'back', () => TransitServers.start());
