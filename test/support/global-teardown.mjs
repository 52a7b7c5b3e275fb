export default async function globalTeardown() { await globalThis.lastmileTestServers?.stop(); }
