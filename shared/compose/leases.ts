/** Who uses the clients of a cluster, and whose connections stay open meanwhile. */
import type { ClusterAccess } from '../probe/gather.ts';
import type { VaultClient } from '../vault/client.ts';
import type { LeasedAccess } from '../work/deps.ts';

/** The clients of one cluster, as they were opened. */
export class Opened {
  readonly access: ClusterAccess;
  /** Leases that were not released. */
  users = 0;
  /** Something took its place: closed when nobody uses it any more. */
  replaced = false;

  constructor(access: ClusterAccess) {
    this.access = access;
  }
}

/**
 * Connections of a cluster stay open while it is used, and afterwards for as many nodes as are allowed: those of the
 * clusters that were used last.
 */
export class Leases {
  /** Most nodes whose connections stay open while nobody uses them. */
  mostNodes = 0;
  /** Open and not used, the one that was used last at the end. */
  readonly #idle = new Set<Opened>();
  #idleNodes = 0;

  lease(opened: Opened): LeasedAccess {
    opened.users += 1;
    this.#take(opened);
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#released(opened);
    };
    return { ...opened.access, release };
  }

  /** Closed now, or when its last user is done. */
  giveUp(opened: Opened): void {
    opened.replaced = true;
    this.#take(opened);
    if (opened.users === 0) closeAll(opened);
  }

  #released(opened: Opened): void {
    opened.users -= 1;
    if (opened.users > 0) return;
    if (opened.replaced) {
      closeAll(opened);
      return;
    }
    this.#idle.add(opened);
    this.#idleNodes += opened.access.clients.size;
    for (const oldest of this.#idle) {
      if (this.#idleNodes <= this.mostNodes) return;
      this.#take(oldest);
      for (const client of clientsOf(oldest)) void client.disconnect();
    }
  }

  #take(opened: Opened): void {
    if (this.#idle.delete(opened)) this.#idleNodes -= opened.access.clients.size;
  }
}

export function closeAll(opened: Opened): void {
  for (const client of clientsOf(opened)) void client.close();
}

function clientsOf({ access }: Opened): VaultClient[] {
  return [...access.clients.values()].flatMap((target) => (target.ok ? [target.client] : []));
}
