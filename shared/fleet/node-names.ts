/** What nodes are called: their own name, else the address's host, with its port where hosts repeat in the cluster. */
export function nodeNames(nodes: { address: string; name?: string }[]): string[] {
  const hosts = new Map<string, number>();
  for (const { address } of nodes) {
    const { hostname } = new URL(address);
    hosts.set(hostname, (hosts.get(hostname) ?? 0) + 1);
  }
  return nodes.map(({ address, name }) => {
    const { hostname, port, protocol } = new URL(address);
    if (name !== undefined) return name;
    return hosts.get(hostname) === 1
      ? hostname
      : `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
  });
}
