/** The folders of clusters in blob containers. */
import { StateError } from './errors.ts';
import { checkKey } from './limits.ts';

/** Where the blobs of a cluster are. One named `..` would lead to another container. @throws StateError `illegal-key` */
export function folderOf(cluster: string): string {
  checkKey('cluster', cluster);
  if (/^\.+$/.test(cluster)) {
    throw new StateError(
      'illegal-key',
      `cluster ${JSON.stringify(cluster)} cannot be part of a blob's name.`,
    );
  }
  return `${cluster}/`;
}
