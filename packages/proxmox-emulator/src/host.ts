/** CPUs and memory of every emulated node. */
export const HOST = {
  cpus: 8,
  memory: 32 * 1024 ** 3,
  disk: 256 * 1024 ** 3,
  diskUsed: 19_752_079_360,
} as const;
