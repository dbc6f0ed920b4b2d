// Preloaded with --import into a program and its threads: whatever would reach for the network, or start another program
// that might, is written to the file in NETWORK_LOG and throws.
import child_process from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns";
import { appendFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import tls from "node:tls";
import { isMainThread } from "node:worker_threads";

const thread = isMainThread ? "main" : "worker";
const note = (text) => appendFileSync(process.env.NETWORK_LOG, `${thread} ${text}\n`);

function forbid(owner, label, names) {
  for (const name of names) {
    if (typeof owner[name] !== "function") continue;
    owner[name] = () => {
      note(`${label}${name}`);
      throw new Error(`${label}${name} was called`);
    };
  }
}

const lookups = Object.keys(dns).filter((name) => /^(lookup|resolve|reverse)/.test(name));
forbid(dns, "dns.", lookups);
forbid(dns.promises, "dns.promises.", lookups);
forbid(net.Socket.prototype, "net.Socket.", ["connect"]);
forbid(net, "net.", ["connect", "createConnection", "createServer"]);
forbid(net.Server.prototype, "net.Server.", ["listen"]);
forbid(tls, "tls.", ["connect"]);
forbid(http, "http.", ["request", "get"]);
forbid(https, "https.", ["request", "get"]);
forbid(http2, "http2.", ["connect"]);
forbid(dgram, "dgram.", ["createSocket"]);
forbid(globalThis, "", ["fetch", "WebSocket", "EventSource"]);
const starters = ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"];
forbid(child_process, "child_process.", starters);
syncBuiltinESMExports();
note("armed");
